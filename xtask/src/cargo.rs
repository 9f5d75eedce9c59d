//! Running cargo.

use std::process::{Command, Stdio};

/// The last message of a command, or why it failed.
pub(crate) type Outcome = Result<String, String>;

/// Runs cargo with these arguments.
pub(crate) fn cargo(arguments: &[&str]) -> Outcome {
    cargo_with(&[], arguments)
}

/// Runs cargo with these variables and arguments.
pub(crate) fn cargo_with(variables: &[(&str, &str)], arguments: &[&str]) -> Outcome {
    let mut command = command(arguments);
    command.envs(variables.iter().copied());
    run(&mut command, &format!("cargo {}", arguments.join(" ")))
}

/// Runs cargo and returns its output; its progress is shown.
pub(crate) fn cargo_output(arguments: &[&str]) -> Outcome {
    let name = arguments.join(" ");
    let output = command(arguments).stderr(Stdio::inherit()).output();
    let output = output.map_err(|error| format!("`cargo {name}` cannot be run: {error}"))?;
    if !output.status.success() {
        return Err(format!("`cargo {name}` failed: {}", output.status));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn command(arguments: &[&str]) -> Command {
    let program = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let mut command = Command::new(program);
    command.args(arguments);
    command
}

/// Whether `cargo NAME` exists.
pub(crate) fn has_cargo_tool(name: &str) -> bool {
    let found = Command::new("cargo").args([name, "--version"]).output();
    found.is_ok_and(|output| output.status.success())
}

/// Runs a command and shows its output.
pub(crate) fn run(command: &mut Command, name: &str) -> Outcome {
    match command.status() {
        Ok(status) if status.success() => Ok(String::new()),
        Ok(status) => Err(format!("`{name}` failed: {status}")),
        Err(error) => Err(format!("`{name}` cannot be run: {error}")),
    }
}
