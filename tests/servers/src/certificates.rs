use std::process::{Command, Stdio};

use crate::folder::Folder;

/// An authority of its own that has signed a certificate for `127.0.0.1` and one for a client.
#[derive(Debug)]
pub struct Certificates {
    folder: Folder,
}

impl Certificates {
    /// Makes them.
    ///
    /// # Panics
    ///
    /// If `openssl` is not there.
    pub fn new() -> Self {
        let made = Self {
            folder: Folder::new("certificates"),
        };
        let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"];
        let common = ["req", "-x509", "-nodes", "-days", "2"];
        let openssl = |name: &str, more: &[&str]| {
            let (certificate, private) = (format!("{name}.crt"), format!("{name}.key"));
            let status = Command::new("openssl")
                .current_dir(made.folder.path())
                .args(common)
                .args(key)
                .args(["-subj", &format!("/CN={name}")])
                .args(["-out", &certificate, "-keyout", &private])
                .args(more)
                .stderr(Stdio::null())
                .status()
                .expect("openssl starts: `apt-get install openssl`");
            assert!(status.success(), "openssl made no {certificate}");
        };
        openssl("root", &["-addext", "keyUsage=critical,keyCertSign"]);
        let signed = ["-CA", "root.crt", "-CAkey", "root.key"];
        let no_authority = ["-addext", "basicConstraints=critical,CA:FALSE"];
        let address = ["-addext", "subjectAltName=IP:127.0.0.1"];
        openssl(
            "server",
            &[signed.as_slice(), &no_authority, &address].concat(),
        );
        openssl("client", &[signed.as_slice(), &no_authority].concat());
        made
    }

    /// The PEM of `root.crt`, `client.crt`, `client.key`, `server.crt` or `server.key`.
    ///
    /// # Panics
    ///
    /// If there is no such file.
    pub fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.folder.path().join(name)).expect("one of the files")
    }

    /// Where such a file is.
    pub(crate) fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }
}

impl Default for Certificates {
    fn default() -> Self {
        Self::new()
    }
}
