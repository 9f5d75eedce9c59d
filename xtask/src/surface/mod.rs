//! `cargo xtask surface`: compares the public surface of each published crate with the committed one.

mod listing;
#[cfg(test)]
mod tests;
mod types;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use rustdoc_types::{Crate, FORMAT_VERSION};

use crate::cargo::{Outcome, cargo_with};

use self::listing::{Surface, surface};

const PUBLISHED: [&str; 6] = [
    "threelo",
    "threelo-tower",
    "threelo-actix",
    "threelo-redis",
    "threelo-sqlx",
    "threelo-sandbox",
];

/// Compares the surfaces with the committed ones, or writes them.
pub(crate) fn run(words: &[&str]) -> Outcome {
    let is_written = match words {
        [] => false,
        ["--write"] => true,
        _ => return Err("usage: cargo xtask surface [--write]".to_owned()),
    };
    let (mut changes, mut warnings) = (String::new(), BTreeSet::new());
    for package in PUBLISHED {
        let Surface {
            lines,
            warnings: of,
        } = surface(&documented(package)?);
        warnings.extend(of);
        let file = root().join("docs/surface").join(format!("{package}.txt"));
        if is_written {
            write(&file, &lines)?;
        } else {
            let committed = fs::read_to_string(&file).unwrap_or_default();
            changes += &difference(package, &committed, &lines);
        }
    }
    let warnings = warned(&warnings);
    if !changes.is_empty() {
        return Err(format!(
            "the public surface is not the committed one:\n{changes}\n\
             If this is meant, run `cargo xtask surface --write`, commit docs/surface, and tell users in CHANGELOG.md."
        ));
    }
    let done = match is_written {
        true => "docs/surface is written",
        false => "the public surface matches the committed one",
    };
    Ok(format!("{warnings}{done}"))
}

/// rustdoc's description of a crate, with all its features.
fn documented(package: &str) -> Result<Crate, String> {
    // A folder of its own: the variable that lets a stable rustdoc write JSON makes cargo build all dependencies again.
    let target = root().join("target/surface");
    cargo_with(
        &[
            ("RUSTC_BOOTSTRAP", "1"),
            ("CARGO_TARGET_DIR", &target.to_string_lossy()),
        ],
        &[
            "rustdoc",
            "--quiet",
            "--package",
            package,
            "--all-features",
            "--lib",
            "--",
            "-Zunstable-options",
            "--output-format=json",
        ],
    )?;
    let name = package.replace('-', "_");
    read(&target.join("doc").join(format!("{name}.json")))
}

/// Reads what `rustdoc --output-format=json` has written.
fn read(file: &Path) -> Result<Crate, String> {
    let failed = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
    let text = fs::read(file).map_err(|error| failed(&error))?;
    let json: serde_json::Value = serde_json::from_slice(&text).map_err(|error| failed(&error))?;
    let format = &json["format_version"];
    if *format != FORMAT_VERSION {
        return Err(format!(
            "this rustdoc writes format {format} and xtask reads {FORMAT_VERSION}: \
             choose the version of rustdoc-types in xtask/Cargo.toml that fits the toolchain"
        ));
    }
    serde_json::from_value(json).map_err(|error| failed(&error))
}

fn write(file: &Path, lines: &[String]) -> Result<(), String> {
    let folder = file.parent().unwrap_or(file);
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(file, lines.join("\n") + "\n"))
        .map_err(|error| format!("{}: {error}", file.display()))
}

/// The lines that were added and removed; empty if there are none.
fn difference(package: &str, committed: &str, lines: &[String]) -> String {
    let before: BTreeSet<&str> = committed.lines().collect();
    let after: BTreeSet<&str> = lines.iter().map(String::as_str).collect();
    let gone = before
        .difference(&after)
        .map(|line| format!("  - {line}\n"));
    let new = after
        .difference(&before)
        .map(|line| format!("  + {line}\n"));
    let changes: String = gone.chain(new).collect();
    match changes.as_str() {
        "" => changes,
        changes => format!("{package}:\n{changes}"),
    }
}

fn warned(types: &BTreeSet<String>) -> String {
    if types.is_empty() {
        return String::new();
    }
    let types: String = types.iter().map(|name| format!("  {name}\n")).collect();
    format!(
        "warning: these show all their fields or variants without #[non_exhaustive], so that every addition breaks \
         users:\n{types}"
    )
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
