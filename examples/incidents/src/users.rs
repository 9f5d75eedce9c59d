//! The users of the app. This is a demo without passwords: a visitor who presses Edward's button is Edward. Your app
//! already has users and a way to sign in.

use serde::Deserialize;

use crate::pages;

/// A user of the app, unknown to Atlassian.
pub(crate) struct User {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
}

pub(crate) const USERS: [User; 2] = [
    User {
        id: "edward",
        name: "Edward",
    },
    User {
        id: "mallory",
        name: "Mallory",
    },
];

/// The query of the login page.
#[derive(Debug, Deserialize)]
pub struct LoginPage {
    return_to: Option<String>,
}

impl LoginPage {
    /// The page, with one button for each user.
    pub fn html(&self) -> String {
        pages::login(self.return_to.as_deref().unwrap_or_default())
    }
}

/// The form that the login page sends.
#[derive(Debug, Deserialize)]
pub struct SignIn {
    user: String,
    pub(crate) return_to: String,
}

impl SignIn {
    /// The id of the user who signs in, if there is such a user.
    pub fn user(&self) -> Option<&'static str> {
        let user = USERS.iter().find(|user| user.id == self.user);
        user.map(|user| user.id)
    }
}
