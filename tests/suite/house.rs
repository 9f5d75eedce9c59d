//! The house rules that no compiler checks.

use std::fs;
use std::path::{Path, PathBuf};

/// Core's modules, lowest floor first: a module imports only from below.
const FLOORS: &[&[&str]] = &[
    &["secret", "scope", "ids", "clock", "environment"],
    &["crypto", "message"],
    &["return_to"],
    &["config"],
    &["provider"],
    &["store", "http_client"],
    &["error"],
    &["pages", "sealed"],
    &["ports"],
    &["grant"],
    &["refresh"],
    &["session", "sites"],
    &["flow"],
    &["atlassian"],
    &["web"],
    &["auth"],
    &["faces", "guide", "testing"],
];
/// Floors up to this one never await, log, read a clock or draw randomness.
const PURE: usize = 4;
const MOST_LINES: usize = 400;
const ADAPTERS: [&str; 2] = ["tower-layer/src", "actix-middleware/src"];
const ADAPTER_LINES: usize = 400;

#[test]
fn imports_point_downward() {
    let core = root().join("core/src");
    let climbs: Vec<String> = sources(&core)
        .iter()
        .flat_map(|path| climbing_imports(&core, path))
        .collect();

    assert!(
        climbs.is_empty(),
        "imports that climb:\n{}",
        climbs.join("\n")
    );
}

#[test]
fn every_module_of_core_has_a_floor() {
    let core = root().join("core/src");
    for path in sources(&core) {
        let module = module_of(&core, &path);
        assert!(
            module == "lib" || floor(&module).is_some(),
            "{module} has no floor"
        );
    }
}

#[test]
fn the_pure_floors_never_await_log_read_a_clock_or_draw_randomness() {
    let core = root().join("core/src");
    for path in sources(&core) {
        let module = module_of(&core, &path);
        if matches!(module.as_str(), "clock" | "crypto")
            || floor(&module).is_none_or(|floor| floor > PURE)
        {
            continue;
        }
        let text = code(&path);
        for banned in [
            ".await",
            "tracing::",
            "SystemTime::now",
            "rand::",
            "tokio::",
        ] {
            assert!(!text.contains(banned), "{} has {banned}", path.display());
        }
    }
}

#[test]
fn statuses_of_ours_stand_in_error_and_web_only() {
    // The others name statuses of Atlassian that they read.
    let core = root().join("core/src");
    for path in sources(&core) {
        let module = module_of(&core, &path);
        if matches!(
            module.as_str(),
            "error" | "pages" | "web" | "message" | "provider" | "atlassian"
        ) {
            continue;
        }
        assert!(!code(&path).contains("StatusCode::"), "{}", path.display());
    }
}

#[test]
fn core_names_no_web_framework() {
    let manifest = fs::read_to_string(root().join("core/Cargo.toml")).unwrap();
    for framework in ["axum", "actix", "tower", "hyper", "warp", "rocket"] {
        assert!(
            !manifest.lines().any(|line| line.starts_with(framework)),
            "{framework}"
        );
    }
}

#[test]
fn files_stay_small_and_adapters_thin() {
    for folder in [
        "core/src",
        "tower-layer/src",
        "actix-middleware/src",
        "sandbox/src",
        "stores",
        "xtask/src",
        "examples",
        "tests/kit",
    ] {
        for path in sources(&root().join(folder)) {
            let lines = code(&path).lines().count();
            assert!(lines <= MOST_LINES, "{} has {lines} lines", path.display());
        }
    }
    for adapter in ADAPTERS {
        let sources = sources(&root().join(adapter));
        let lines: usize = sources.iter().map(|path| code_lines(path)).sum();
        assert!(lines <= ADAPTER_LINES, "{adapter} has {lines} lines");
    }
}

#[test]
fn the_sandbox_shares_no_code_with_core() {
    let manifest = fs::read_to_string(root().join("sandbox/Cargo.toml")).unwrap();
    assert!(!manifest.lines().any(|line| line.starts_with("threelo")));
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A file without its tests.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    text.split("\n#[cfg(test)]\nmod tests")
        .next()
        .unwrap_or_default()
        .to_owned()
}

/// Lines that are neither empty nor comments.
fn code_lines(path: &Path) -> usize {
    let is_code = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with("//");
    code(path).lines().filter(is_code).count()
}

fn climbing_imports(core: &Path, path: &Path) -> Vec<String> {
    let module = module_of(core, path);
    let Some(here) = floor(&module) else {
        return Vec::new();
    };
    let text = code(path);
    let without_docs: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect();
    without_docs
        .join("\n")
        .split("crate::")
        .skip(1)
        .filter_map(|rest| {
            rest.split(|c: char| !c.is_alphanumeric() && c != '_')
                .next()
        })
        .filter(|import| *import != module && floor(import).is_some_and(|there| here <= there))
        .map(|import| format!("{module} -> {import} in {}", path.display()))
        .collect()
}

fn floor(module: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| floor.contains(&module))
}

fn module_of(core: &Path, path: &Path) -> String {
    let relative = path.strip_prefix(core).unwrap().with_extension("");
    relative
        .iter()
        .next()
        .unwrap()
        .to_string_lossy()
        .into_owned()
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}
