//! The app's own payload of a flow.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// What the app gave to a flow with [`LoginRequest::details`](crate::LoginRequest::details) and
/// gets back in its hooks. It is sealed on the way: the visitor can neither read nor change it. It
/// is not kept after the flow.
///
/// ```
/// use serde::Deserialize;
/// use threelo::{BoxError, HookDecision, SignIn};
///
/// #[derive(Deserialize)]
/// struct Invitation {
///     team: String,
/// }
///
/// async fn on_login(sign_in: SignIn) -> Result<HookDecision, BoxError> {
///     if sign_in.details.is_empty() {
///         return Ok(HookDecision::Continue);
///     }
///     let invitation: Invitation = sign_in.details.read()?;
///     Ok(HookDecision::GoTo(format!("/teams/{}", invitation.team)))
/// }
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FlowDetails(Value);

impl FlowDetails {
    /// The details of a flow that was opened.
    pub(crate) fn new(value: Value) -> Self {
        Self(value)
    }

    /// The details of a flow that begins.
    ///
    /// # Errors
    ///
    /// [`serde_json::Error`] if they cannot be serialized as JSON, such as a map whose keys are not
    /// text.
    pub(crate) fn of(details: &impl Serialize) -> Result<Self, serde_json::Error> {
        serde_json::to_value(details).map(Self)
    }

    /// The details as JSON, to be sealed.
    pub(crate) fn value(&self) -> &Value {
        &self.0
    }

    /// Whether the app gave no details, or `null`.
    pub fn is_empty(&self) -> bool {
        self.0.is_null()
    }

    /// Reads the details as the type that the app gave. A flow that was started by an older version
    /// of the app may bring an older shape.
    ///
    /// # Errors
    ///
    /// [`serde_json::Error`] if they have another shape; missing details read as `null`.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        T::deserialize(&self.0)
    }
}
