//! https in front of an app, with a certificate made for the test.

use std::sync::Arc;

use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// A front that ends TLS and copies bytes.
#[derive(Debug)]
pub struct TlsFront {
    listener: TcpListener,
    /// Where browsers connect.
    pub port: u16,
}

impl TlsFront {
    /// Listens on a free port.
    pub async fn bind() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        Self { listener, port }
    }

    /// Serves `name` from now on, by what answers on `upstream`.
    pub fn serve(self, name: &str, upstream: u16) {
        let made = rcgen::generate_simple_self_signed([name.to_owned()]).expect("a certificate");
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(
            tokio_rustls::rustls::crypto::ring::default_provider(),
        ))
        .with_safe_default_protocol_versions()
        .expect("TLS versions")
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .expect("a TLS configuration");
        let acceptor = TlsAcceptor::from(Arc::new(config));
        tokio::spawn(async move {
            while let Ok((stream, _)) = self.listener.accept().await {
                tokio::spawn(copy(acceptor.clone(), stream, upstream));
            }
        });
    }
}

async fn copy(acceptor: TlsAcceptor, stream: TcpStream, upstream: u16) {
    let Ok(mut inside) = acceptor.accept(stream).await else {
        return;
    };
    let Ok(mut outside) = TcpStream::connect(("127.0.0.1", upstream)).await else {
        return;
    };
    // The end of either side ends both.
    let _ = tokio::io::copy_bidirectional(&mut inside, &mut outside).await;
}
