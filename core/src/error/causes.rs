//! An error together with its causes, for the log.

use std::error::Error;
use std::fmt;

/// Writes an error and all its causes in one line, outermost first, so that an operator sees what the database
/// reported. It is for logs only: replies contain the outermost text, or none.
pub(crate) struct Causes<'a>(pub(crate) &'a (dyn Error + 'static));

impl fmt::Display for Causes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_escaped(f, self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            f.write_str(": ")?;
            write_escaped(f, error)?;
            cause = error.source();
        }
        Ok(())
    }
}

/// Writes a text with its control characters escaped: an error of the app may quote what a visitor wrote, and must not begin
/// a line of its own in a log.
fn write_escaped(f: &mut fmt::Formatter<'_>, error: &dyn Error) -> fmt::Result {
    for character in error.to_string().chars() {
        match character.is_control() {
            true => write!(f, "{}", character.escape_default())?,
            false => write!(f, "{character}")?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_cannot_forge_a_line_of_the_log() {
        let error: Box<dyn Error> = "no seat for Mia\nERROR threelo: forged \u{1b}[31m".into();
        let text = Causes(&*error).to_string();
        assert_eq!(text, "no seat for Mia\\nERROR threelo: forged \\u{1b}[31m");
    }
}
