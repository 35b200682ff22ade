//! Certificates of clients, and TLS connections that show them. All keys are made for one test and gone after it.

use super::jwt;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, PKCS_ECDSA_P256_SHA256,
};
use rustls::crypto::aws_lc_rs;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

/// A certification authority.
pub(crate) struct Authority {
    pem: String,
    params: CertificateParams,
    key: KeyPair,
}

fn key() -> KeyPair {
    KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).expect("a key")
}

/// An authority with a key of its own, whatever others of this name have.
pub(crate) fn authority(name: &str) -> Authority {
    let key = key();
    let mut params = CertificateParams::new(Vec::new()).expect("parameters");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, name);
    let pem = params.self_signed(&key).expect("a certificate").pem();
    Authority { pem, params, key }
}

impl Authority {
    pub(crate) fn pem(&self) -> String {
        self.pem.clone()
    }

    /// A certificate for `CN=<name>,O=Example` and `<name>.example`.
    pub(crate) fn identity(&self, name: &str) -> Identity {
        let key = key();
        let issuer = Issuer::from_params(&self.params, &self.key);
        let certificate = params(name)
            .signed_by(&key, &issuer)
            .expect("a certificate");
        Identity::of(&certificate, &key)
    }
}

fn params(name: &str) -> CertificateParams {
    // The one name that a server here is reached by is no client's.
    let host = if name == "localhost" {
        name.to_owned()
    } else {
        format!("{name}.example")
    };
    let mut params = CertificateParams::new(vec![host]).expect("parameters");
    params.distinguished_name = DistinguishedName::new();
    params
        .distinguished_name
        .push(DnType::OrganizationName, "Example");
    params.distinguished_name.push(DnType::CommonName, name);
    params.extended_key_usages = vec![
        ExtendedKeyUsagePurpose::ClientAuth,
        ExtendedKeyUsagePurpose::ServerAuth,
    ];
    params
}

/// A certificate and its key.
#[derive(Clone)]
pub(crate) struct Identity {
    der: CertificateDer<'static>,
    pem: String,
    key_der: Vec<u8>,
    key_pem: String,
    /// x and y.
    point: Vec<u8>,
}

impl Identity {
    fn of(certificate: &rcgen::Certificate, key: &KeyPair) -> Self {
        Self {
            der: certificate.der().clone(),
            pem: certificate.pem(),
            key_der: key.serialize_der(),
            key_pem: key.serialize_pem(),
            point: key.public_key_raw()[1..].to_vec(),
        }
    }

    pub(crate) fn self_signed(name: &str) -> Self {
        let key = key();
        let certificate = params(name).self_signed(&key).expect("a certificate");
        Self::of(&certificate, &key)
    }

    /// This certificate with somebody else's key.
    pub(crate) fn with_key_of(&self, other: &Self) -> Self {
        Self {
            key_der: other.key_der.clone(),
            ..self.clone()
        }
    }

    pub(crate) fn der(&self) -> &[u8] {
        &self.der
    }

    pub(crate) fn pem(&self) -> String {
        self.pem.clone()
    }

    pub(crate) fn key_pem(&self) -> String {
        self.key_pem.clone()
    }

    /// Its public key (RFC 7517).
    pub(crate) fn jwk(&self) -> Value {
        let (x, y) = self.point.split_at(32);
        serde_json::json!({"kty": "EC", "crv": "P-256", "x": jwt::encode(x), "y": jwt::encode(y)})
    }

    /// `x5t#S256` (RFC 8705 §3.1).
    pub(crate) fn thumbprint(&self) -> String {
        jwt::encode(&Sha256::digest(self.der()))
    }
}

/// A client of a TLS server on this machine.
pub(crate) struct Tls {
    address: String,
    roots: Arc<RootCertStore>,
}

impl Tls {
    /// `server`: the certificate that is believed.
    pub(crate) fn new(address: &str, server: &Identity) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(server.der.clone()).expect("a certificate");
        Self {
            address: address.to_owned(),
            roots: Arc::new(roots),
        }
    }

    /// One request over one connection: status and body, or none if there was no connection.
    pub(crate) fn send(
        &self,
        identity: Option<&Identity>,
        method: &str,
        path: &str,
        form: &str,
    ) -> Option<(u16, String)> {
        let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_root_certificates(Arc::clone(&self.roots));
        let config = match identity {
            None => builder.with_no_client_auth(),
            Some(identity) => {
                let key = PrivateKeyDer::Pkcs8(identity.key_der.clone().into());
                let resolver = rustls::sign::CertifiedKey::new(
                    vec![identity.der.clone()],
                    aws_lc_rs::sign::any_supported_type(&key).expect("a key"),
                );
                // As it is: a key that is not the certificate's is the server's to notice.
                builder.with_client_cert_resolver(Arc::new(rustls::sign::SingleCertAndKey::from(
                    resolver,
                )))
            }
        };
        let name = ServerName::try_from("localhost").expect("a name");
        let connection = ClientConnection::new(Arc::new(config), name).expect("a connection");
        let socket = TcpStream::connect(&self.address).ok()?;
        socket
            .set_read_timeout(Some(Duration::from_mins(1)))
            .expect("a timeout");
        let mut stream = StreamOwned::new(connection, socket);
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
             content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{form}",
            form.len()
        );
        stream.write_all(request.as_bytes()).ok()?;
        let mut answer = Vec::new();
        // A close without a goodbye is an end as well.
        let _ = stream.read_to_end(&mut answer);
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let (head, body) = answer.split_once("\r\n\r\n")?;
        let status = head.split(' ').nth(1)?.parse().ok()?;
        Some((status, body.to_owned()))
    }
}
