//! Runs the example as a reader would.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::process::Command;

#[test]
fn one_consent_that_was_withdrawn_does_not_stop_the_other_user() {
    let run = Command::new(env!("CARGO_BIN_EXE_connect-job"))
        .output()
        .unwrap();

    let printed = String::from_utf8(run.stdout).unwrap();
    assert!(
        run.status.success(),
        "{}",
        String::from_utf8_lossy(&run.stderr)
    );
    assert!(
        printed.contains("user-1, as Edward Byrne: skipped, the account must consent again"),
        "{printed}"
    );
    assert!(
        printed.contains("user-2, as Mia Krystof:\n  Aurora Design AD-2 "),
        "{printed}"
    );
    assert!(printed.contains("  Borealis Lab LAB-1 "), "{printed}");
}
