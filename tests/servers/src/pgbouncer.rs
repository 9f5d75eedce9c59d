use std::process::{Child, Command, Stdio};

use crate::folder::Folder;
use crate::postgres::{is_root, own};
use crate::{Postgres, free_port, wait_for};

/// A PgBouncer before a [`Postgres`], with two connections to it.
#[derive(Debug)]
pub struct PgBouncer {
    process: Child,
    port: u16,
    _folder: Folder,
}

impl PgBouncer {
    /// Starts one whose `pool_mode` is `mode`: `session` or `transaction`.
    ///
    /// # Panics
    ///
    /// If PgBouncer is not there or does not start.
    pub fn start(postgres: &Postgres, mode: &str) -> Self {
        let (folder, port) = (Folder::new("pgbouncer"), free_port());
        let (settings, users) = (folder.path().join("ini"), folder.path().join("users"));
        std::fs::write(&users, "\"threelo\" \"\"\n").expect("the users are written");
        let text = format!(
            "[databases]\nthreelo = host=127.0.0.1 port={}\n\
             [pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n\
             auth_type = trust\nauth_file = {}\npool_mode = {mode}\ndefault_pool_size = {}\n",
            postgres.port(),
            users.display(),
            // Each app of a test has up to eight connections, and a session keeps its own.
            if mode == "session" { 90 } else { 2 },
        );
        std::fs::write(&settings, text).expect("the settings are written");
        own(folder.path());
        let mut command = Command::new("pgbouncer");
        command.arg(&settings);
        if is_root() {
            command.args(["--user", "postgres"]);
        }
        let process = command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("pgbouncer starts: `apt-get install pgbouncer`");
        wait_for(port, "pgbouncer");
        Self {
            process,
            port,
            _folder: folder,
        }
    }

    /// The address of the database behind it.
    pub fn url(&self) -> String {
        format!("postgres://threelo@127.0.0.1:{}/threelo", self.port)
    }
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
