//! Log lines, caught; and shown beside a scenario that fails.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use tracing_subscriber::fmt::writer::MakeWriterExt;
use tracing_subscriber::fmt::{MakeWriter, TestWriter};

/// All log lines since the capture began.
#[derive(Clone, Debug, Default)]
pub struct Captured(Arc<Mutex<Vec<u8>>>);

impl Captured {
    /// The lines so far.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Captured {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// Catches every line of the `threelo` targets at TRACE, of all tests of this process, from the first call on. A test that
/// fails shows those of its own thread.
pub fn capture_logs() -> Captured {
    static CAPTURED: OnceLock<Captured> = OnceLock::new();
    let install = || {
        let captured = Captured::default();
        let subscriber = tracing_subscriber::fmt()
            .with_env_filter("threelo=trace,threelo_tower=trace")
            .with_ansi(false)
            .with_writer(captured.clone().and(TestWriter::new()))
            .finish();
        tracing::subscriber::set_global_default(subscriber).expect("no other subscriber is set");
        captured
    };
    CAPTURED.get_or_init(install).clone()
}
