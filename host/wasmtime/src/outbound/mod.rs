//! Outbound HTTP of the core: what it may reach from here.
//!
//! The core knows only names; where a name leads, this host sees. A name is resolved once, every address that it resolves to is
//! judged ([`address`]), and the connection goes to an address that was judged, so that a second answer of the DNS changes
//! nothing (DNS rebinding). In this order, each request by a connection of its own:
//!
//! 1. plain HTTP only to the listeners on this machine that `[dev.resolve]` names; anything else is https;
//! 2. the host is a DNS name that is not this machine's or its network's, the port is 443;
//! 3. every address of the name is a global one;
//! 4. TLS by the name, against the system's roots.
//!
//! `[outbound] allow` lifts 2 and 3 for hosts and ports that the operator names, though never as far as link-local addresses,
//! where clouds keep credentials. No redirect is followed and no proxy of the environment is used: nothing here does either.

pub(crate) mod address;
pub(crate) mod resolver;
mod send;

#[cfg(test)]
mod tests;

use anyhow::Context as _;
use hyper::Uri;
use hyper::http::uri::{PathAndQuery, Scheme};
use resolver::{Resolver, SystemResolver};
use rustls::crypto::aws_lc_rs;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks};

/// Where requests of the core may go.
pub(crate) struct Outbound {
    /// `host`, or `host:port` if the port is not 443.
    allow: Vec<String>,
    /// Names that lead to listeners on this machine instead, by plain HTTP: `http://127.0.0.1:9000`.
    resolve: BTreeMap<String, String>,
    resolver: Box<dyn Resolver>,
    /// Certificates of authorities beside the system's.
    authorities: Vec<CertificateDer<'static>>,
    /// Made with the first request: reading the system's roots takes a while.
    tls: OnceLock<Arc<ClientConfig>>,
}

impl Outbound {
    /// To public hosts, to those of `allow`, and to the listeners of `resolve`. `ca`: a PEM file of further authorities.
    ///
    /// # Errors
    /// The file cannot be read, or holds no certificate.
    pub(crate) fn new(
        allow: Vec<String>,
        resolve: BTreeMap<String, String>,
        ca: Option<&Path>,
    ) -> anyhow::Result<Self> {
        let authorities = ca.map(authorities).transpose()?.unwrap_or_default();
        Ok(Self {
            allow,
            resolve,
            resolver: Box::new(SystemResolver),
            authorities,
            tls: OnceLock::new(),
        })
    }

    /// Whether a listener on this machine is named by `[dev.resolve]`.
    fn is_local(&self, authority: &str) -> bool {
        let mut origins = self.resolve.values();
        origins.any(|origin| origin.strip_prefix("http://") == Some(authority))
    }

    /// Where `[dev.resolve]` leads a request of a plugin. The core has its own way there.
    fn resolved(&self, uri: &Uri) -> Option<Uri> {
        let origin = self.resolve.get(&uri.host()?.to_ascii_lowercase())?;
        let path = uri.path_and_query().map_or("/", PathAndQuery::as_str);
        format!("{origin}{path}").parse().ok()
    }

    /// The system's roots and the operator's.
    fn tls(&self) -> Result<Arc<ClientConfig>, Error> {
        if let Some(config) = self.tls.get() {
            return Ok(Arc::clone(config));
        }
        let mut roots = RootCertStore::empty();
        let system = rustls_native_certs::load_native_certs();
        for error in &system.errors {
            tracing::warn!(%error, "a root certificate of the system cannot be read");
        }
        roots.add_parsable_certificates(system.certs);
        roots.add_parsable_certificates(self.authorities.iter().cloned());
        if roots.is_empty() {
            tracing::error!(
                "this system has no root certificates, so no other server can be reached: install ca-certificates"
            );
            return Err(Error::ConfigurationError);
        }
        let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
        let mut config = builder
            .with_safe_default_protocol_versions()
            .map_err(|_error| Error::ConfigurationError)?
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::clone(self.tls.get_or_init(|| Arc::new(config))))
    }
}

fn authorities(file: &Path) -> anyhow::Result<Vec<CertificateDer<'static>>> {
    let place = || format!("ca of [outbound], {}", file.display());
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_file_iter(file)
        .with_context(place)?
        .collect();
    let certificates = certificates.with_context(place)?;
    anyhow::ensure!(!certificates.is_empty(), "{} holds no certificate", place());
    Ok(certificates)
}

type Sent = (
    hyper::Response<WasiBody>,
    Box<dyn Future<Output = Result<(), Error>> + Send>,
);

/// What one guest may reach of what [`Outbound`] lets through.
#[derive(Clone)]
pub(crate) enum Reach {
    /// Nothing: policies.
    Nowhere,
    /// All of it: the core.
    Everywhere(Arc<Outbound>),
    /// These hosts of it: a plugin.
    Hosts(Arc<Outbound>, Arc<[String]>),
}

impl Reach {
    /// Who sends a request to `host` and `port`, if it may be sent. A grant without a port is for 443.
    fn to(&self, host: &str, port: u16) -> Option<&Arc<Outbound>> {
        match self {
            Self::Nowhere => None,
            Self::Everywhere(outbound) => Some(outbound),
            Self::Hosts(outbound, hosts) => hosts
                .iter()
                .any(|granted| granted.eq_ignore_ascii_case(host) && port == 443)
                .then_some(outbound),
        }
    }
}

/// Sends the requests of one guest.
pub(crate) struct Hooks(pub(crate) Reach);

impl WasiHttpHooks for Hooks {
    fn send_request(
        &mut self,
        mut request: hyper::Request<WasiBody>,
        options: Option<RequestOptions>,
        _sent: Box<dyn Future<Output = Result<(), Error>> + Send>,
    ) -> Box<dyn Future<Output = Result<Sent, Error>> + Send> {
        let host = request.uri().host().unwrap_or_default().to_owned();
        let port = request.uri().port_u16().unwrap_or(443);
        let outbound = self.0.to(&host, port).cloned();
        if let (Reach::Hosts(..), Some(outbound)) = (&self.0, &outbound)
            && request.uri().scheme() == Some(&Scheme::HTTPS)
            && let Some(here) = outbound.resolved(request.uri())
        {
            *request.uri_mut() = here;
        }
        Box::new(async move {
            let Some(outbound) = outbound else {
                tracing::warn!(host, "a request to a host that was not granted was refused");
                return Err(Error::HttpRequestDenied);
            };
            let answer = outbound.send(request, options.unwrap_or_default()).await;
            if let Err(error) = &answer {
                // Which address a name led to is for the log alone: it maps the inside of a network.
                tracing::warn!(host, %error, "a request to another server failed");
            }
            answer
        })
    }
}
