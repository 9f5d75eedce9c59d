//! Running cargo.

use std::process::Command;

/// What a command says at its end, or why it failed.
pub(crate) type Outcome = Result<String, String>;

/// Runs cargo with these arguments.
pub(crate) fn cargo(arguments: &[&str]) -> Outcome {
    cargo_with(&[], arguments)
}

/// Runs cargo with these variables and arguments.
pub(crate) fn cargo_with(variables: &[(&str, &str)], arguments: &[&str]) -> Outcome {
    let program = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let mut command = Command::new(program);
    command.args(arguments).envs(variables.iter().copied());
    run(&mut command, &format!("cargo {}", arguments.join(" ")))
}

/// Whether `cargo NAME` exists.
pub(crate) fn has_cargo_tool(name: &str) -> bool {
    let found = Command::new("cargo").args([name, "--version"]).output();
    found.is_ok_and(|output| output.status.success())
}

/// Runs a command, its output shown.
pub(crate) fn run(command: &mut Command, name: &str) -> Outcome {
    match command.status() {
        Ok(status) if status.success() => Ok(String::new()),
        Ok(status) => Err(format!("`{name}` failed: {status}")),
        Err(error) => Err(format!("`{name}` cannot be run: {error}")),
    }
}
