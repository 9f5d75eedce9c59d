//! Files of one room that need each other, directly or by way of others.

use std::collections::{BTreeMap, BTreeSet};

use super::modules::{Crate, Reference};
use super::rooms::{CORE, SANDBOX, room_of};
use super::source::Source;

/// A line for each circle, with the imports that close it. A crate without a tower is one room.
pub(super) fn circles(folder: &str, sources: &[Source]) -> Vec<String> {
    let the_crate = Crate::read(folder, sources);
    let has_tower = [CORE, SANDBOX].iter().any(|tower| tower.folder == folder);
    let room = |file: usize| match has_tower {
        true => room_of(&the_crate.files[file]),
        false => "",
    };
    let mut edges: BTreeMap<(usize, usize), Reference> = BTreeMap::new();
    for reference in the_crate.references() {
        if reference.is_use && room(reference.from) == room(reference.to) {
            let edge = (reference.from, reference.to);
            edges.entry(edge).or_insert(reference);
        }
    }
    let reached: Vec<BTreeSet<usize>> = (0..the_crate.files.len())
        .map(|file| reachable(file, &edges))
        .collect();
    let mut told = BTreeSet::new();
    let mut found = Vec::new();
    for file in 0..the_crate.files.len() {
        let circle: BTreeSet<usize> = reached[file]
            .iter()
            .copied()
            .filter(|other| reached[*other].contains(&file))
            .collect();
        if circle.len() > 1 && told.insert(circle.clone()) {
            found.push(described(&the_crate, &circle, &edges));
        }
    }
    found
}

fn reachable(from: usize, edges: &BTreeMap<(usize, usize), Reference>) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    let mut next = vec![from];
    while let Some(file) = next.pop() {
        for (_, to) in edges
            .range((file, 0)..=(file, usize::MAX))
            .map(|(edge, _)| edge)
        {
            if found.insert(*to) {
                next.push(*to);
            }
        }
    }
    found
}

fn described(
    the_crate: &Crate,
    circle: &BTreeSet<usize>,
    edges: &BTreeMap<(usize, usize), Reference>,
) -> String {
    let mut text = format!("{} files import each other:", circle.len());
    let inside = edges
        .iter()
        .filter(|((from, to), _)| circle.contains(from) && circle.contains(to));
    for ((from, to), reference) in inside {
        let [from, to] = [from, to].map(|file| &the_crate.files[*file]);
        let Reference { path, line, .. } = reference;
        text += &format!("\n    {from}:{line} -> {to} by `{path}`");
    }
    text
}
