//! Instructions and allocations per request, counted under valgrind: figures that do not depend on the load of the machine.

use std::error::Error;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;

use tokio::runtime::Runtime;

use crate::apps::{APPS, App};
use crate::measure::Case;
use crate::sessions::Cookies;
use crate::visit::{VISITS, Visit};
use crate::{refresh, sessions};

type Failure = Box<dyn Error>;

/// Sessions in each store, and grants.
const COUNT: usize = 1_000;
/// Requests of two runs; their difference excludes the start-up.
const SHORT: usize = 1_000;
const LONG: usize = 3_000;
/// The case that asks for an access token instead of serving a request.
const TOKEN: &str = "token";

/// Runs one case `times` times and returns how many allocations that took. `visit` is `token` or the word of a [`Visit`].
///
/// # Errors
///
/// If no case has these names, or its app cannot be built.
pub fn one(runtime: &Runtime, visit: &str, app: &str, times: usize) -> Result<u64, Failure> {
    if visit == TOKEN {
        return refresh::repeat(runtime, COUNT, times);
    }
    let visit = VISITS.into_iter().find(|known| known.word() == visit);
    let app = APPS.into_iter().find(|known| known.word() == app);
    let (Some(visit), Some(app)) = (visit, app) else {
        return Err("no such case: `callgrind` prints the names of all".into());
    };
    let stores = sessions::stores(COUNT)?;
    let cookies = Cookies::of(COUNT);
    let mut case = Case::new(visit, app, app.router(&stores)?);
    let work = tokio::task::coop::unconstrained(case.repeat(&cookies, times));
    Ok(runtime.block_on(work))
}

/// What one request of a case costs.
#[derive(Clone, Copy)]
struct Cost {
    instructions: f64,
    allocations: f64,
}

impl Cost {
    const NONE: Self = Self {
        instructions: 0.0,
        allocations: 0.0,
    };

    /// The rest of a line of the table.
    fn beside(self, bare: Self) -> String {
        format!(
            "| {:.0} | {:.0} | {:.2} | {:.2} |",
            self.instructions,
            self.instructions - bare.instructions,
            self.allocations,
            self.allocations - bare.allocations,
        )
    }
}

/// A table of all cases, or of those whose name contains one of the `wanted` words.
///
/// # Errors
///
/// If valgrind is missing, or a case fails.
pub fn table(wanted: &[&str]) -> Result<String, Failure> {
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|word| name.contains(word));
    let mut table = String::from(
        "| case | instructions | over bare | allocations | over bare |\n|---|---|---|---|---|\n",
    );
    for visit in VISITS.map(Visit::word) {
        let names = APPS.map(|app| format!("{visit} {}", app.word()));
        if !names.iter().any(|name| is_wanted(name)) {
            continue;
        }
        let bare = cost(&visit, &App::Bare.word())?;
        for (app, name) in APPS.iter().zip(names).filter(|(_, name)| is_wanted(name)) {
            let cost = match app {
                App::Bare => bare,
                app => cost(&visit, &app.word())?,
            };
            writeln!(table, "| {name} {}", cost.beside(bare))?;
        }
    }
    if is_wanted(TOKEN) {
        let cost = cost(TOKEN, &App::Ours.word())?;
        writeln!(table, "| {TOKEN} {}", cost.beside(Cost::NONE))?;
    }
    Ok(table)
}

fn cost(visit: &str, app: &str) -> Result<Cost, Failure> {
    let (short, long) = (run(visit, app, SHORT)?, run(visit, app, LONG)?);
    let per_request = |short: u64, long: u64| (long as f64 - short as f64) / (LONG - SHORT) as f64;
    Ok(Cost {
        instructions: per_request(short.instructions, long.instructions),
        allocations: per_request(short.allocations, long.allocations),
    })
}

struct Totals {
    instructions: u64,
    allocations: u64,
}

/// Runs a case under valgrind in a process of its own. Its profile stays in `target/callgrind` for `callgrind_annotate`.
fn run(visit: &str, app: &str, times: usize) -> Result<Totals, Failure> {
    let profile = folder()?.join(format!("{visit}-{app}-{times}.out"));
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--tool=callgrind", "--quiet"]);
    valgrind.arg(format!("--callgrind-out-file={}", profile.display()));
    valgrind.arg(std::env::current_exe()?);
    valgrind.args(["one", visit, app, &times.to_string()]);
    let output = valgrind
        .output()
        .map_err(|error| format!("valgrind cannot be run: {error}"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(format!("{visit} {app} under valgrind: {said}").into());
    }
    let text = std::fs::read_to_string(&profile)?;
    let total = text.lines().find_map(|line| line.strip_prefix("totals: "));
    Ok(Totals {
        instructions: total.ok_or("the profile has no total")?.trim().parse()?,
        allocations: String::from_utf8(output.stdout)?.trim().parse()?,
    })
}

/// Beside the folder of the running program, which is `target/release`.
fn folder() -> Result<PathBuf, Failure> {
    let program = std::env::current_exe()?;
    let target = program.ancestors().nth(2).ok_or("no target folder")?;
    let folder = target.join("callgrind");
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}
