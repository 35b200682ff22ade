//! TLS 1.2 and 1.3 by rustls and aws-lc, for those who run without a proxy.
//!
//! Clients may be asked for a certificate (RFC 8705). Whoever shows one proves in the handshake to hold its key, or there is no
//! connection; nobody must show one. Whether an authority vouches for it is looked at apart, with every connection, so that
//! certificates which nobody vouches for can still bind tokens.

use super::client_certificate::PeerCertificate;
use anyhow::Context as _;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, aws_lc_rs, verify_tls12_signature,
    verify_tls13_signature,
};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    DigitallySignedStruct, DistinguishedName, RootCertStore, ServerConfig, SignatureScheme,
};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// Where certificate, key and authorities lie.
pub(crate) struct Files {
    /// The server's own chain.
    pub(crate) certificate: PathBuf,
    /// Its key.
    pub(crate) key: PathBuf,
    /// Authorities that vouch for clients.
    pub(crate) client_ca: Option<PathBuf>,
    /// Whether clients are asked for a certificate.
    pub(crate) ask_clients: bool,
}

/// A certificate and its key, read from files, and again when told to.
pub(crate) struct Tls {
    files: Files,
    current: RwLock<Current>,
}

#[derive(Clone)]
struct Current {
    server: Arc<ServerConfig>,
    /// Who vouches for clients.
    authorities: Option<Arc<dyn ClientCertVerifier>>,
}

impl Tls {
    /// Reads certificate chain, key, and authorities of clients.
    ///
    /// # Errors
    /// A file cannot be read or does not hold what it should, or the key is not the certificate's.
    pub(crate) fn load(files: Files) -> anyhow::Result<Self> {
        let current = RwLock::new(read(&files)?);
        Ok(Self { files, current })
    }

    /// Reads the files again. What was read before stays in use if that fails.
    pub(crate) fn reload(&self) {
        match read(&self.files) {
            Ok(current) => {
                *self.current.write().unwrap_or_else(PoisonError::into_inner) = current;
                tracing::info!("certificate read again");
            }
            Err(error) => tracing::error!("the certificate is not replaced: {error:#}"),
        }
    }

    /// The handshake of one connection, and the certificate that its client showed.
    pub(super) async fn accept(
        &self,
        stream: TcpStream,
    ) -> std::io::Result<(TlsStream<TcpStream>, Option<PeerCertificate>)> {
        let current = self
            .current
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let stream = TlsAcceptor::from(current.server).accept(stream).await?;
        let chain = stream.get_ref().1.peer_certificates();
        let certificate = chain.and_then(|chain| {
            let (own, intermediates) = chain.split_first()?;
            let vouched = current.authorities.is_some_and(|authorities| {
                let now = UnixTime::now();
                authorities
                    .verify_client_cert(own, intermediates, now)
                    .is_ok()
            });
            PeerCertificate::new(own.clone().into_owned(), vouched)
        });
        Ok((stream, certificate))
    }
}

fn read(files: &Files) -> anyhow::Result<Current> {
    let chain = certificates("certificate", &files.certificate)?;
    let key = PrivateKeyDer::from_pem_file(&files.key)
        .with_context(|| format!("key {}", files.key.display()))?;
    let provider = Arc::new(aws_lc_rs::default_provider());
    let authorities = match &files.client_ca {
        Some(file) => Some(authorities(file, &provider)?),
        None => None,
    };
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider));
    let builder = builder
        .with_safe_default_protocol_versions()
        .context("TLS versions")?;
    let builder = if files.ask_clients {
        builder.with_client_cert_verifier(Arc::new(Possession {
            algorithms: provider.signature_verification_algorithms,
            hints: authorities
                .as_ref()
                .map(|authorities| authorities.root_hint_subjects().to_vec())
                .unwrap_or_default(),
        }))
    } else {
        builder.with_no_client_auth()
    };
    let mut server = builder
        .with_single_cert(chain, key)
        .context("certificate and key")?;
    server.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Current {
        server: Arc::new(server),
        authorities,
    })
}

fn certificates(what: &str, file: &Path) -> anyhow::Result<Vec<CertificateDer<'static>>> {
    let place = || format!("{what} {}", file.display());
    let chain: Result<Vec<_>, _> = CertificateDer::pem_file_iter(file)
        .with_context(place)?
        .collect();
    chain.with_context(place)
}

fn authorities(
    file: &Path,
    provider: &Arc<CryptoProvider>,
) -> anyhow::Result<Arc<dyn ClientCertVerifier>> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates("client_ca", file)? {
        roots
            .add(certificate)
            .with_context(|| format!("client_ca {}", file.display()))?;
    }
    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider))
        .build()
        .with_context(|| format!("client_ca {}", file.display()))
}

/// Takes any certificate whose key the client proves to hold. That is all that it says: who vouches for it is another question.
#[derive(Debug)]
struct Possession {
    algorithms: WebPkiSupportedAlgorithms,
    /// Names of authorities, so that browsers do not offer certificates of others.
    hints: Vec<DistinguishedName>,
}

impl ClientCertVerifier for Possession {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &self.hints
    }

    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn verify_client_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
