//! Runs the example as a reader would.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::process::Command;

#[test]
fn one_bad_grant_does_not_stop_the_others() {
    let run = Command::new(env!("CARGO_BIN_EXE_background-job"))
        .output()
        .unwrap();

    let printed = String::from_utf8(run.stdout).unwrap();
    assert!(
        run.status.success(),
        "{}",
        String::from_utf8_lossy(&run.stderr)
    );
    assert!(printed.contains("Aurora Design AD-1"), "{printed}");
    assert!(printed.contains("Borealis Lab"), "{printed}");
    assert!(
        printed.contains("skipped, the account must consent again (refused)"),
        "{printed}"
    );
}
