//! An error together with its causes, for the log.

use std::error::Error;
use std::fmt;

/// Writes an error and all its causes in one line, outermost first, so that an operator sees what the database
/// reported. It is for logs only: replies contain the outermost text, or none.
pub(crate) struct Causes<'a>(pub(crate) &'a (dyn Error + 'static));

impl fmt::Display for Causes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}
