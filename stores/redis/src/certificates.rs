//! What TLS needs besides an address.

use redis::{Client, ConnectionInfo, RedisResult};
#[cfg(feature = "rustls-no-provider")]
use redis::{ClientTlsConfig, ConnectionAddr, TlsCertificates};

use crate::setup_error::RedisSetupError;

/// The certificates that the app gave. Without TLS there are none.
#[derive(Clone, Default)]
pub(crate) struct Certificates {
    /// In PEM; `None` for the authorities that the system trusts.
    #[cfg(feature = "rustls-no-provider")]
    pub(crate) roots: Option<Vec<u8>>,
    /// What this app proves itself with.
    #[cfg(feature = "rustls-no-provider")]
    pub(crate) client: Option<ClientTlsConfig>,
}

#[cfg(feature = "rustls-no-provider")]
impl Certificates {
    /// How to connect to an address.
    pub(crate) fn client(&self, address: ConnectionInfo) -> RedisResult<Client> {
        match self.given().filter(|_| is_tls(&address)) {
            Some(certificates) => Client::build_with_tls(address, certificates),
            None => Client::open(address),
        }
    }

    /// The certificates, if the app gave any.
    pub(crate) fn given(&self) -> Option<TlsCertificates> {
        let Self { roots, client } = self.clone();
        (roots.is_some() || client.is_some()).then_some(TlsCertificates {
            client_tls: client,
            root_cert: roots,
        })
    }

    /// Sees to a crypto provider, without which rustls panics, as it does with two of which none is installed.
    pub(crate) fn find_provider<'a>(
        &self,
        mut addresses: impl Iterator<Item = &'a ConnectionInfo>,
    ) -> Result<(), RedisSetupError> {
        let is_there = || rustls::crypto::CryptoProvider::get_default().is_some();
        if !addresses.any(is_tls) || is_there() {
            return Ok(());
        }
        // If another thread was faster, there is one now.
        #[cfg(feature = "rustls")]
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        is_there()
            .then_some(())
            .ok_or(RedisSetupError::NoCryptoProvider)
    }
}

#[cfg(not(feature = "rustls-no-provider"))]
impl Certificates {
    /// How to connect to an address.
    pub(crate) fn client(&self, address: ConnectionInfo) -> RedisResult<Client> {
        Client::open(address)
    }

    /// Nothing: `rediss://` is refused when the client is made.
    pub(crate) fn find_provider<'a>(
        &self,
        _addresses: impl Iterator<Item = &'a ConnectionInfo>,
    ) -> Result<(), RedisSetupError> {
        Ok(())
    }
}

#[cfg(feature = "rustls-no-provider")]
fn is_tls(address: &ConnectionInfo) -> bool {
    matches!(address.addr(), ConnectionAddr::TcpTls { .. })
}
