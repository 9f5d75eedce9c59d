//! Fields of a record that only a newer program knows.

use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Value};

/// Fields that a newer program wrote into a record and that this one does not know: during a deploy, programs of two versions
/// write the same records. They are kept and written again as they are.
#[derive(Clone, Default, PartialEq)]
pub struct UnknownFields(Option<Arc<Map<String, Value>>>);

/// Shows how many there are, and none of them: they may be secrets.
impl fmt::Debug for UnknownFields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0.as_ref().map_or(0, |fields| fields.len());
        write!(f, "UnknownFields({count})")
    }
}

/// JSON has no number that differs from itself.
impl Eq for UnknownFields {}

impl UnknownFields {
    pub(crate) fn new(fields: Map<String, Value>) -> Self {
        Self((!fields.is_empty()).then(|| Arc::new(fields)))
    }

    /// Whether there are none, as almost always.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    pub(crate) fn get(&self) -> Option<&Map<String, Value>> {
        self.0.as_deref()
    }
}
