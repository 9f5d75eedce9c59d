//! How a sandbox is configured and started.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::net::TcpListener;

use crate::sandbox::Sandbox;
use crate::server;
use crate::state::State;
use crate::state::knobs::Knobs;
use crate::state::seed::Seed;

/// Configures and starts a [`Sandbox`]; created by [`Sandbox::builder`].
///
/// By default it listens on a free port of 127.0.0.1, with [`Seed::default`] and
/// [`Knobs::default`]. Starting a clone gives a second, independent sandbox.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::time::Duration;
/// use threelo_sandbox::{Sandbox, Seed};
///
/// let sandbox = Sandbox::builder()
///     .listen("127.0.0.1:0")
///     .seed(Seed::default())
///     .knobs(|knobs| knobs.token_lifetime = Duration::from_secs(60))
///     .start()
///     .await?;
/// assert!(sandbox.url().starts_with("http://127.0.0.1:"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct SandboxBuilder {
    /// An address as [`TcpListener::bind`] takes it.
    listen: String,
    seed: Seed,
    knobs: Knobs,
}

/// Why a sandbox does not start.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// use threelo_sandbox::{Sandbox, Seed, StartError};
///
/// let mut seed = Seed::default();
/// seed.apps.clear();
///
/// let error = Sandbox::builder().seed(seed).start().await.unwrap_err();
/// assert!(matches!(error, StartError::NoApp));
/// assert_eq!(error.to_string(), "the seed has no app");
/// # }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum StartError {
    /// The sandbox cannot listen on the address: it is in use, belongs to another machine, or is
    /// malformed. Holds the address as it was given and the error of the operating system.
    Listen(String, io::Error),
    /// The seed has no app, so that there are no credentials to sign in with.
    NoApp,
}

impl std::fmt::Display for StartError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Listen(address, error) => write!(f, "cannot listen on {address}: {error}"),
            Self::NoApp => f.write_str("the seed has no app"),
        }
    }
}

impl std::error::Error for StartError {}

impl Sandbox {
    /// A builder with the default seed, the default knobs and a free port of 127.0.0.1.
    pub fn builder() -> SandboxBuilder {
        SandboxBuilder::new()
    }
}

impl SandboxBuilder {
    fn new() -> Self {
        Self {
            listen: "127.0.0.1:0".to_owned(),
            seed: Seed::default(),
            knobs: Knobs::default(),
        }
    }

    /// Sets the address to listen on, such as `127.0.0.1:9400`; port 0 takes a free one. The
    /// default is `127.0.0.1:0`.
    ///
    /// The address is resolved by [`start`](Self::start), which fails if it is malformed.
    pub fn listen(mut self, address: impl Into<String>) -> Self {
        self.listen = address.into();
        self
    }

    /// Sets the apps, sites and users that exist at the start. The seed replaces the default one as
    /// a whole; nothing is merged.
    pub fn seed(mut self, seed: Seed) -> Self {
        self.seed = seed;
        self
    }

    /// Changes how the sandbox behaves, from its first request on. The changes of several calls
    /// accumulate.
    ///
    /// [`Sandbox::knobs`] does the same while the sandbox runs.
    pub fn knobs(mut self, turn: impl FnOnce(&mut Knobs)) -> Self {
        turn(&mut self.knobs);
        self
    }

    /// Listens and serves in the background; must run inside a tokio runtime.
    ///
    /// When it returns, the port is bound and requests are accepted.
    ///
    /// # Errors
    ///
    /// [`StartError::NoApp`] if the seed has no app, [`StartError::Listen`] if the address cannot
    /// be listened on.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime with I/O enabled.
    pub async fn start(self) -> Result<Sandbox, StartError> {
        if self.seed.apps.is_empty() {
            return Err(StartError::NoApp);
        }
        let listen = |error| StartError::Listen(self.listen.clone(), error);
        let listener = TcpListener::bind(&self.listen).await.map_err(listen)?;
        let address: SocketAddr = listener.local_addr().map_err(listen)?;
        let state = Arc::new(Mutex::new(State::new(self.seed.clone(), self.knobs)));
        let task = tokio::spawn(server::serve(listener, Arc::clone(&state)));
        Ok(Sandbox::new(
            format!("http://{address}"),
            &self.seed,
            state,
            task.abort_handle(),
        ))
    }
}
