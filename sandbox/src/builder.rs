use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::net::TcpListener;

use crate::sandbox::Sandbox;
use crate::server;
use crate::state::State;
use crate::state::knobs::Knobs;
use crate::state::seed::Seed;

/// A sandbox in the making.
#[derive(Clone, Debug)]
#[must_use]
pub struct SandboxBuilder {
    listen: String,
    seed: Seed,
    knobs: Knobs,
}

/// Why a sandbox does not start.
#[derive(Debug)]
#[non_exhaustive]
pub enum StartError {
    /// The address cannot be listened on.
    Listen(String, io::Error),
    /// The seed has no app.
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
    /// A sandbox with the default seed, on a free port, unless told otherwise.
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

    /// Where to listen; a free port of 127.0.0.1 unless set.
    pub fn listen(mut self, address: impl Into<String>) -> Self {
        self.listen = address.into();
        self
    }

    /// Who and what exists.
    pub fn seed(mut self, seed: Seed) -> Self {
        self.seed = seed;
        self
    }

    /// Turns the knobs.
    pub fn knobs(mut self, turn: impl FnOnce(&mut Knobs)) -> Self {
        turn(&mut self.knobs);
        self
    }

    /// Starts serving; must run inside a tokio runtime.
    ///
    /// # Errors
    ///
    /// [`StartError`] if the address cannot be listened on, or the seed has no app.
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
