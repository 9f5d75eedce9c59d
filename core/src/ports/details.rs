//! The app's own payload of a flow.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// What the app gave to a flow and gets back at its end. Sealed on the way: the visitor can neither read nor change it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FlowDetails(Value);

impl FlowDetails {
    pub(crate) fn new(value: Value) -> Self {
        Self(value)
    }

    pub(crate) fn of(details: &impl Serialize) -> Result<Self, serde_json::Error> {
        serde_json::to_value(details).map(Self)
    }

    pub(crate) fn value(&self) -> &Value {
        &self.0
    }

    /// Whether the app gave none.
    pub fn is_empty(&self) -> bool {
        self.0.is_null()
    }

    /// Reads the details as the type that the app gave.
    ///
    /// # Errors
    ///
    /// [`serde_json::Error`] if they have another shape; no details read as `null`.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        T::deserialize(&self.0)
    }
}
