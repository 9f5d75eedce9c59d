//! Programs of earlier releases.

use std::path::Path;
use std::process::Command;

use crate::cargo::{Outcome, cargo, run};

/// The last commit whose tables had a version only, and no steps.
const OLD: &str = "5a9d721f8446ee7486d9f431b94c56432a3bdf5e";

/// Builds the instance of the release before tables had steps, from the history of this repository. Returns its path.
pub(crate) fn build_old_instance() -> Outcome {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    // Named after the commit, so that another one gets a tree of its own.
    let tree = root.join(format!("target/release-{}", OLD.get(..8).unwrap_or(OLD)));
    let (root, tree) = (root.display().to_string(), tree.display().to_string());
    if !Path::new(&tree).exists() {
        // Forced, because an earlier tree may have been deleted without git.
        let arguments = [
            "-C", &root, "worktree", "add", "--force", "--detach", &tree, OLD,
        ];
        let name = format!("git worktree add {OLD}, which needs the whole history");
        run(Command::new("git").args(arguments), &name)?;
    }
    let (manifest, target) = (format!("{tree}/Cargo.toml"), format!("{tree}/target"));
    let package = ["--package", "threelo-tests", "--bin", "instance"];
    let place = ["--manifest-path", &manifest, "--target-dir", &target];
    cargo(&[&["build", "--locked"], package.as_slice(), &place].concat())?;
    Ok(format!("{target}/debug/instance"))
}
