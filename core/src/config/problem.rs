//! What is wrong with the settings, and the remedy.

use std::fmt;

/// One wrong setting.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Problem {
    /// The setting, by the name under which it was given.
    pub setting: &'static str,
    /// Its value; of secrets never more than a description.
    pub value: String,
    /// What is wrong and what to do.
    pub remedy: String,
}

/// Everything that is wrong with the settings, in one go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    problems: Vec<Problem>,
}

impl ConfigError {
    pub(crate) fn new(problems: Vec<Problem>) -> Self {
        Self { problems }
    }

    /// The problems, in the order of the settings.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

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
