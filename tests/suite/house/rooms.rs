//! The rooms of core and of the sandbox: each imports from lower ones only.

use std::collections::{BTreeMap, BTreeSet};

use super::modules::Crate;
use super::source::Source;

/// A crate's rooms, lowest first. Rooms of one line import nothing from each other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tower {
    pub(super) folder: &'static str,
    pub(super) rooms: &'static [&'static [&'static str]],
}

pub(super) const CORE: Tower = Tower {
    folder: "core/src",
    rooms: ROOMS,
};

/// Core's.
pub(super) const ROOMS: &[&[&str]] = &[
    &["secret"],
    &["ids", "clock", "scope", "environment"],
    &["http_client"],
    &["crypto"],
    &["message"],
    &["return_to"],
    &["config"],
    &["provider"],
    &["store"],
    &["error"],
    &["pages"],
    &["sealed"],
    &["ports"],
    &["grant"],
    &["refresh"],
    &["session"],
    &["sites"],
    &["flow"],
    &["atlassian"],
    &["web"],
    &["auth"],
    &["adapter", "guide", "internals", "testing"],
];

pub(super) const SANDBOX: Tower = Tower {
    folder: "sandbox/src",
    rooms: &[
        &["time", "mint", "body", "request"],
        &["state"],
        &["response"],
        &["api", "products"],
        &["oauth"],
        &["fault_response"],
        &["server"],
        &["sandbox"],
        &["builder", "user_agent", "events"],
    ],
};

/// Rooms that never await, log, read a clock or draw randomness. (`clock` reads one.)
pub(super) const PURE: &[&str] = &[
    "ids",
    "secret",
    "scope",
    "environment",
    "message",
    "return_to",
    "config",
    "provider",
];

/// Rooms that name statuses: those of our own replies, then those that Atlassian's replies are read by.
pub(super) const STATUSES: &[&str] = &["error", "pages", "web", "message", "provider", "atlassian"];

/// The room of a file, by its path below the crate's folder.
pub(super) fn room_of(path: &str) -> &str {
    let room = path.split('/').next().unwrap_or(path);
    room.trim_end_matches(".rs")
}

impl Tower {
    fn floor(self, room: &str) -> Option<usize> {
        self.rooms.iter().position(|rooms| rooms.contains(&room))
    }

    /// The imports that lead to a room which is not below.
    pub(super) fn climbs(self, sources: &[Source]) -> Vec<String> {
        let the_crate = Crate::read(self.folder, sources);
        let mut found = BTreeMap::new();
        for reference in the_crate.references() {
            let [from, to] = [reference.from, reference.to].map(|file| &*the_crate.files[file]);
            let [here, there] = [from, to].map(room_of);
            let is_below = match (self.floor(here), self.floor(there)) {
                (Some(here), Some(there)) => there < here,
                // The root passes on what the rooms define; nothing below it needs it.
                (Some(_), None) => reference.path == "crate",
                (None, _) => true,
            };
            if here != there && !is_below {
                let line = format!("{from}:{} -> {to} by `{}`", reference.line, reference.path);
                found.entry((from, to)).or_insert(line);
            }
        }
        found.into_values().collect()
    }

    /// The rooms that stand in no line of the table.
    pub(super) fn strangers(self, sources: &[Source]) -> BTreeSet<String> {
        let rooms = sources
            .iter()
            .map(|source| room_of(source.below(self.folder)));
        rooms
            .filter(|room| !matches!(*room, "lib" | "main") && self.floor(room).is_none())
            .map(str::to_owned)
            .collect()
    }
}
