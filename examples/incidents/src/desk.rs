//! The incidents of all users, in memory.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use threelo::{ApiClient, ApiError, Connect, ConnectedAccounts, Site, Subject};

use crate::users::{SignIn, USERS};
use crate::{jira, pages};

/// What a user noticed.
#[derive(Clone, Debug)]
pub(crate) struct Incident {
    pub(crate) title: String,
    /// Confidential: for the user, and for those who can read the user's Jira.
    pub(crate) confidential: String,
    pub(crate) filed: Option<Filed>,
}

/// Where an incident is in Jira.
#[derive(Clone, Debug)]
pub(crate) struct Filed {
    pub(crate) key: String,
    pub(crate) site: String,
}

/// Keeps incidents, and files each in the Jira of the user who noticed it.
#[derive(Debug)]
pub struct Desk {
    connect: Connect,
    incidents: Mutex<HashMap<String, Vec<Incident>>>,
}

impl Desk {
    /// A desk on which every user has some incidents.
    pub fn new(connect: Connect) -> Self {
        let noticed = || NOTICED.map(|(title, confidential)| incident(title, confidential));
        let of_all = USERS.map(|user| (user.id.to_owned(), noticed().into()));
        Self {
            connect,
            incidents: Mutex::new(HashMap::from(of_all)),
        }
    }

    /// Where a user goes after signing in to the app: to `return_to`, if it is a page of this app.
    pub fn place_after(&self, sign_in: &SignIn) -> String {
        self.connect.return_target(&sign_in.return_to).to_string()
    }

    /// The home page of a user.
    pub fn home(&self, connections: &ConnectedAccounts) -> String {
        let incidents = self.lock().get(connections.subject().as_str()).cloned();
        pages::home(connections, &incidents.unwrap_or_default())
    }

    /// Files an incident in the user's Jira, once.
    ///
    /// # Errors
    ///
    /// If Jira does not accept the incident.
    pub async fn file(
        &self,
        user: &Subject,
        number: usize,
        atlassian: &ApiClient,
        site: &Site,
    ) -> Result<(), ApiError> {
        let Some(incident) = self.unfiled(user, number) else {
            return Ok(());
        };
        let key = jira::create(atlassian, site, &incident).await?;
        let site = site.name.to_string();
        if let Some(incident) = of(&mut self.lock(), user, number) {
            incident.filed = Some(Filed { key, site });
        }
        Ok(())
    }

    fn unfiled(&self, user: &Subject, number: usize) -> Option<Incident> {
        let incident = of(&mut self.lock(), user, number).cloned();
        incident.filter(|incident| incident.filed.is_none())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Vec<Incident>>> {
        self.incidents
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// An incident of this user; those of other users are not found.
fn of<'a>(
    incidents: &'a mut HashMap<String, Vec<Incident>>,
    user: &Subject,
    number: usize,
) -> Option<&'a mut Incident> {
    incidents.get_mut(user.as_str())?.get_mut(number)
}

const NOTICED: [(&str, &str); 2] = [
    (
        "Payroll export on a public share",
        "The salaries of all staff can be read without a password.",
    ),
    (
        "Badge reader accepts any card",
        "The door of the server room opens for any card.",
    ),
];

fn incident(title: &str, confidential: &str) -> Incident {
    Incident {
        title: title.to_owned(),
        confidential: confidential.to_owned(),
        filed: None,
    }
}
