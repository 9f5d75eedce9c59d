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
    /// For the eyes of the user only, and of those who can see the user's Jira.
    pub(crate) confidential: String,
    pub(crate) filed: Option<Filed>,
}

/// Where an incident is in Jira.
#[derive(Clone, Debug)]
pub(crate) struct Filed {
    pub(crate) key: String,
    pub(crate) site: String,
}

/// The desk where incidents are kept, and filed in the Jira of whoever noticed them.
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

    /// Where somebody goes who signed in to the app: where they were going, if that is a place of this app.
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
    /// What Jira answers, if it does not take the incident.
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

/// An incident of this user, and of no other.
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
        "Badge reader lets everybody in",
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
