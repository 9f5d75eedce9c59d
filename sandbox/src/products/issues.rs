//! What people work on at the sites.

use std::time::Duration;

use crate::mint::hash;
use crate::state::State;
use crate::state::issue::Issue;
use crate::state::seed::Site;

const HOUR: Duration = Duration::from_secs(3600);

/// A project of a site: where, its key, its name.
type Project = (&'static str, &'static str, &'static str);

const PROJECTS: [Project; 8] = [
    ("Aurora Design", "AD", "Design system"),
    ("Aurora Design", "WEB", "Website"),
    ("Aurora Design", "OPS", "Studio operations"),
    ("Borealis Lab", "LAB", "Lab equipment"),
    ("Borealis Lab", "SPEC", "Spectrometer firmware"),
    ("Cirrus Support", "HELP", "Help desk"),
    ("Cirrus Support", "KB", "Knowledge base"),
    ("", "TEAM", "Team"),
];

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

const STATES: [(&str, &str); 3] = [
    ("To Do", "new"),
    ("In Progress", "indeterminate"),
    ("Done", "done"),
];
const PRIORITIES: [&str; 4] = ["Highest", "High", "Medium", "Low"];

/// Key and name of a site's projects.
pub(super) fn projects(site: &Site) -> Vec<(&'static str, &'static str)> {
    let of = |name: &str| -> Vec<(&str, &str)> {
        let theirs = PROJECTS.iter().filter(|(at, _, _)| *at == name);
        theirs.map(|(_, key, name)| (*key, *name)).collect()
    };
    let theirs = of(&site.name);
    if theirs.is_empty() { of("") } else { theirs }
}

/// All issues of a site, the newest first.
pub(super) fn issues(state: &State, site: &Site) -> Vec<Issue> {
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

fn of_project(state: &State, site: &Site, (key, name): (&str, &str)) -> Vec<Issue> {
    let summaries = SUMMARIES.iter().filter(|(project, _)| *project == key);
    let issue = |(index, (_, summary)): (usize, &(&str, &str))| {
        let chance = hash(summary);
        // The first of every project were touched within the last day.
        let age = if index < 2 {
            2 + chance % 20
        } else {
            30 + chance % 2000
        };
        Issue {
            site: site.id.clone(),
            id: 10_000 + chance % 80_000,
            key: format!("{key}-{}", index + 1),
            project: (key.to_owned(), name.to_owned()),
            summary: (*summary).to_owned(),
            status: STATES[(chance as usize / 5 + index) % STATES.len()],
            priority: PRIORITIES[chance as usize / 7 % PRIORITIES.len()],
            assignee: None,
            updated: state.started_at - HOUR * u32::try_from(age).unwrap_or(1),
        }
    };
    summaries.enumerate().map(issue).collect()
}

/// A new issue in a project of the site.
pub(super) fn create(
    state: &mut State,
    site: &Site,
    (key, summary): (&str, &str),
) -> Option<Issue> {
    let (key, name) = projects(site)
        .into_iter()
        .find(|(known, _)| *known == key)?;
    let count = issues(state, site)
        .iter()
        .filter(|issue| issue.project.0 == key)
        .count();
    let issue = Issue {
        site: site.id.clone(),
        id: 90_000 + state.created.len() as u64,
        key: format!("{key}-{}", count + 1),
        project: (key.to_owned(), name.to_owned()),
        summary: summary.to_owned(),
        status: STATES[0],
        priority: "Medium",
        assignee: None,
        updated: state.clock.now(),
    };
    state.created.push(issue.clone());
    Some(issue)
}
