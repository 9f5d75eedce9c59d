//! Prints what requests and stored sessions cost. `quick` takes fewer rounds and sessions.

use std::error::Error;

use threelo_bench::apps::APPS;
use threelo_bench::measure::{Case, Effort, interleave};
use threelo_bench::sessions::{ACCOUNTS, Cookies};
use threelo_bench::visit::VISITS;
use threelo_bench::{callgrind, loopback, memory, refresh, report, sessions, wrk};
use tokio::runtime::Runtime;

fn main() -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["memory", store, count, accounts] => {
            let bytes = memory::fill(store, count.parse()?, accounts.parse()?)?;
            println!("{} {}", bytes.live, bytes.resident);
            Ok(())
        }
        [] => everything(&runtime, Effort::FULL, [1_000, 1_000_000]),
        ["tokens"] => {
            println!("{}", refresh::tables(&runtime, Effort::FULL.rounds)?);
            Ok(())
        }
        ["serve", store, count, port] => {
            runtime.block_on(loopback::serve(store, count.parse()?, port.parse()?))
        }
        ["stores"] => {
            println!("{}", wrk::table(7)?);
            Ok(())
        }
        ["callgrind", ref wanted @ ..] => {
            println!("{}", callgrind::table(wanted)?);
            Ok(())
        }
        ["one", visit, app, times] => {
            let allocations = callgrind::one(&runtime, visit, app, times.parse()?)?;
            println!("{allocations}");
            Ok(())
        }
        ["quick"] => everything(&runtime, Effort::QUICK, [1_000, 100_000]),
        _ => Err("expected no argument, or one of: quick, tokens, stores, callgrind".into()),
    }
}

fn everything(runtime: &Runtime, effort: Effort, sizes: [usize; 2]) -> Result<(), Box<dyn Error>> {
    for count in sizes {
        println!(
            "\n## {count} sessions, {} rounds of {} requests\n\n{}",
            effort.rounds,
            effort.requests,
            requests(runtime, effort, count)?
        );
    }
    let [_, most] = sizes;
    println!("## Bytes per session\n\n{}", memory_table(most));
    println!("## Stores\n\n{}", wrk::table(effort.rounds)?);
    println!("## Tokens\n\n{}", refresh::tables(runtime, effort.rounds)?);
    Ok(())
}

fn requests(runtime: &Runtime, effort: Effort, count: usize) -> Result<String, Box<dyn Error>> {
    let stores = sessions::stores(count)?;
    let cookies = Cookies::of(count);
    let mut cases = Vec::new();
    for visit in VISITS {
        for app in APPS {
            cases.push(Case::new(visit, app, app.router(&stores)?));
        }
    }
    interleave(runtime, &mut cases, &cookies, effort);
    Ok(report::requests(&cases))
}

fn memory_table(count: usize) -> String {
    let row = |accounts: usize| {
        let of = |store| memory::in_own_process(store, count, accounts).unwrap_or_default();
        let name = format!("{count} of {accounts} accounts");
        (name, of("floor"), of("ours"))
    };
    report::memory(&[row(ACCOUNTS), row(count)])
}
