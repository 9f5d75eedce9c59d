//! The projects and issues of the sites.
//!
//! Except for the issues that apps create, all of it is derived from the seed and the start of the
//! sandbox: two runs with the same seed have the same issues.

use std::time::Duration;

use crate::mint::hash;
use crate::state::State;
use crate::state::issue::{Issue, Project, Status};
use crate::state::seed::SeedSite;

const HOUR: Duration = Duration::from_secs(3600);

/// Projects by the name of their site; those of the empty name belong to all other sites.
const PROJECTS: [(&str, Project); 8] = [
    ("Aurora Design", project("AD", "Design system")),
    ("Aurora Design", project("WEB", "Website")),
    ("Aurora Design", project("OPS", "Studio operations")),
    ("Borealis Lab", project("LAB", "Lab equipment")),
    ("Borealis Lab", project("SPEC", "Spectrometer firmware")),
    ("Cirrus Support", project("HELP", "Help desk")),
    ("Cirrus Support", project("KB", "Knowledge base")),
    ("", project("TEAM", "Team")),
];

/// Summaries of issues by the key of their project.
const SUMMARIES: [(&str, &str); 29] = [
    ("AD", "Buttons have no focus ring in high contrast mode"),
    ("AD", "Document the spacing scale"),
    ("AD", "Date picker opens behind the dialog"),
    ("AD", "Retire the old colour tokens"),
    ("AD", "Icons look blurry at 125 % zoom"),
    (
        "WEB",
        "Contact form loses the message when the session ends",
    ),
    ("WEB", "Move the case studies to the new template"),
    ("WEB", "Hero image is 4 MB on phones"),
    ("WEB", "Cookie banner covers the imprint"),
    ("WEB", "Add opening hours of the Sydney studio"),
    ("OPS", "Order two more drawing tablets"),
    ("OPS", "Renew the font licences before March"),
    ("OPS", "Plan the summer party"),
    ("LAB", "Calibrate balance no. 4"),
    ("LAB", "Centrifuge stops at 8000 rpm"),
    ("LAB", "Label printer prints the wrong date"),
    ("LAB", "Fume hood alarm has no battery"),
    ("SPEC", "Baseline drifts after an hour"),
    ("SPEC", "Export spectra as CSV"),
    ("SPEC", "Firmware update fails over USB 2"),
    ("SPEC", "Show the lamp hours on the front panel"),
    ("HELP", "Customer cannot reset her password"),
    ("HELP", "Invoices arrive twice"),
    ("HELP", "Chat widget answers in the wrong language"),
    ("HELP", "Refund for order 20417"),
    ("HELP", "Caller waits eleven minutes on Mondays"),
    ("KB", "Rewrite the article about two-factor sign-in"),
    ("KB", "Screenshots show the old menu"),
    ("TEAM", "Write down who does what"),
];

/// The statuses of issues; a new issue has the first.
const STATES: [Status; 3] = [
    status("To Do", "new"),
    status("In Progress", "indeterminate"),
    status("Done", "done"),
];
const PRIORITIES: [&str; 4] = ["Highest", "High", "Medium", "Low"];

/// A row of the table of projects.
const fn project(key: &'static str, name: &'static str) -> Project {
    Project { key, name }
}

/// A row of the table of statuses.
const fn status(name: &'static str, category: &'static str) -> Status {
    Status { name, category }
}

/// The projects of a site, at least one.
pub(super) fn projects(site: &SeedSite) -> Vec<Project> {
    let of = |name: &str| -> Vec<Project> {
        let theirs = PROJECTS.iter().filter(|(at, _)| *at == name);
        theirs.map(|(_, project)| *project).collect()
    };
    let theirs = of(&site.name);
    if theirs.is_empty() { of("") } else { theirs }
}

/// All issues of a site, the newest first.
///
/// Two of three are assigned, in turn, to the users who can access the site. Issues that apps
/// created have no assignee.
pub(super) fn issues(state: &State, site: &SeedSite) -> Vec<Issue> {
    let people: Vec<&str> = state
        .seed
        .users
        .iter()
        .filter(|user| user.sites.contains(&site.name))
        .map(|user| user.key.as_str())
        .collect();
    let mut issues: Vec<Issue> = projects(site)
        .into_iter()
        .flat_map(|project| of_project(state, site, project))
        .collect();
    for (index, issue) in issues.iter_mut().enumerate() {
        let person = people.get(index % people.len().max(1));
        issue.assignee = person
            .filter(|_| index % 3 != 2)
            .map(|key| (*key).to_owned());
    }
    let created = state.created.iter().filter(|issue| issue.site == site.id);
    issues.extend(created.cloned());
    issues.sort_by_key(|issue| std::cmp::Reverse(issue.updated));
    issues
}

/// The issues that a project has from the beginning, not assigned yet.
///
/// Ids, statuses, priorities and ages are derived from the summaries. The first two issues were
/// updated 2 to 21 hours before the start, the others 30 hours to 85 days before it.
fn of_project(state: &State, site: &SeedSite, project: Project) -> Vec<Issue> {
    let in_project = SUMMARIES.iter().filter(|(key, _)| *key == project.key);
    let summaries = in_project.map(|(_, summary)| *summary);
    let issues = summaries.enumerate().map(|(index, summary)| {
        let chance = hash(summary);
        // The first two of every project were updated within the last day, for `updated >= -1d`.
        let age = if index < 2 {
            2 + chance % 20
        } else {
            30 + chance % 2000
        };
        Issue {
            site: site.id.clone(),
            id: 10_000 + chance % 80_000,
            key: format!("{}-{}", project.key, index + 1),
            project,
            summary: summary.to_owned(),
            status: STATES[(chance as usize / 5 + index) % STATES.len()],
            priority: PRIORITIES[chance as usize / 7 % PRIORITIES.len()],
            assignee: None,
            updated: state.started_at - HOUR * u32::try_from(age).unwrap_or(1),
        }
    });
    issues.collect()
}

/// Creates an issue in the project with this key and returns it; `None` if the site has no such
/// project.
///
/// The issue has the next number of the project, the priority Medium, and the current time as that
/// of its update.
pub(super) fn create(
    state: &mut State,
    site: &SeedSite,
    key: &str,
    summary: &str,
) -> Option<Issue> {
    let project = projects(site)
        .into_iter()
        .find(|project| project.key == key)?;
    let count = issues(state, site)
        .iter()
        .filter(|issue| issue.project == project)
        .count();
    let issue = Issue {
        site: site.id.clone(),
        id: 90_000 + state.created.len() as u64,
        key: format!("{key}-{}", count + 1),
        project,
        summary: summary.to_owned(),
        status: STATES[0],
        priority: "Medium",
        assignee: None,
        updated: state.clock.now(),
    };
    state.created.push(issue.clone());
    Some(issue)
}
