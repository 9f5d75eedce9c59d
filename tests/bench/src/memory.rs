//! The memory of a stored session. Each store is filled in a process of its own, so that released memory does not count.

use std::hint::black_box;
use std::process::Command;

use crate::alloc::{live_bytes, resident_bytes};
use crate::report::Bytes;
use crate::sessions::{self, FillError};

/// Starts this program again to fill `store` (`floor` or `ours`); `None` if that failed.
pub fn in_own_process(store: &str, count: usize, accounts: usize) -> Option<Bytes> {
    let program = std::env::current_exe().ok()?;
    let output = Command::new(program)
        .args(["memory", store, &count.to_string(), &accounts.to_string()])
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let mut figures = text.split_ascii_whitespace().map(str::parse);
    let live = figures.next()?.ok()?;
    let resident = figures.next()?.ok()?;
    Some(Bytes { live, resident })
}

/// Fills `store` and returns the bytes per session. Profiles do not count, because every store needs them.
///
/// # Errors
///
/// [`FillError`], which would be a mistake here.
pub fn fill(store: &str, count: usize, accounts: usize) -> Result<Bytes, FillError> {
    let profiles = sessions::profiles(accounts)?;
    let (live, resident) = (live_bytes(), resident_bytes());
    let filled: Box<dyn std::any::Any> = match store {
        "floor" => Box::new(sessions::floors(count, &profiles)),
        _ => Box::new(sessions::ours(count, &profiles)?),
    };
    let grown = (live_bytes() - live, resident_bytes() - resident);
    black_box(filled);
    Ok(Bytes {
        live: grown.0 as f64 / count as f64,
        resident: grown.1 as f64 / count as f64,
    })
}
