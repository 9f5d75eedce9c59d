//! What is wrong with the settings, and how to correct it.

use std::fmt;

use crate::config::settings::Variable;

/// One wrong setting, with the remedy.
///
/// ```
/// use threelo::{Auth, BuildError, Credentials};
///
/// let credentials = Credentials::new("my-client-id", "my-secret");
/// let built = Auth::builder(credentials, "https://app.example.com").prefix("auth/").build();
/// let Err(BuildError::Config(error)) = built else { panic!("the prefix has no slash before it") };
///
/// let problem = &error.problems()[0];
/// assert_eq!((problem.setting, problem.value.as_str()), ("prefix", "\"auth/\""));
/// assert!(problem.remedy.starts_with("give a path such as /auth"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Problem {
    /// The name of the setting: the environment variable if there is one, else the method of the builder or a
    /// description.
    pub setting: &'static str,
    /// Its value, usually in quotes. For secrets it is a description such as `(empty)`, never a part of the value.
    pub value: String,
    /// What is wrong, or what to do.
    pub remedy: String,
}

/// All wrong settings together, so that a deployment is corrected in one step.
///
/// A few checks need the result of others: as long as the public URL cannot be read, for example, the origins of code
/// in browsers are not checked.
///
/// ```
/// use threelo::{Auth, BuildError, Credentials};
///
/// let built = Auth::builder(Credentials::new("", "my-secret"), "http://app.example.com").build();
/// let Err(BuildError::Config(error)) = built else { panic!("two settings are wrong") };
///
/// let wrong: Vec<_> = error.problems().iter().map(|problem| problem.setting).collect();
/// assert_eq!(wrong, ["ATLASSIAN_CLIENT_ID", "PUBLIC_URL"]);
/// assert!(error.to_string().contains("plain http is for localhost only"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    problems: Vec<Problem>,
}

impl ConfigError {
    /// The same problems, with the variables that settings came from as their names.
    pub(crate) fn naming(mut self, variables: &[Variable]) -> Self {
        for problem in &mut self.problems {
            let variable = variables
                .iter()
                .find(|variable| variable.setting == problem.setting);
            problem.setting = variable.map_or(problem.setting, |variable| variable.name);
        }
        self
    }

    /// An error of at least one problem.
    pub(crate) fn new(problems: Vec<Problem>) -> Self {
        Self { problems }
    }

    /// The problems, in the order in which the settings are checked. There is at least one.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

/// One line for each problem, with setting, value and remedy: a text for the terminal of an operator.
impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the auth settings are wrong")?;
        for problem in &self.problems {
            write!(
                f,
                "\n  {} = {}: {}",
                problem.setting, problem.value, problem.remedy
            )?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigError {}
