//! `[server]`: how it is reached.

use crate::server::address_block::AddressBlock;
use crate::server::client_address::ForwardedHeader;
use serde::Deserialize;
use std::path::PathBuf;

/// `[server]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Server {
    /// A certificate, for TLS without a proxy.
    pub(crate) tls: Option<Tls>,
    /// States that a proxy ends TLS in front of this server. Without it and without `tls`, `serve` listens on loopback
    /// only. Default `false`.
    pub(crate) behind_proxy: bool,
    /// Addresses of proxies that are believed when they say where a request came from: `["10.0.0.0/8", "::1"]`. Default none.
    pub(crate) trusted_proxies: Vec<AddressBlock>,
    /// What they write: `x-forwarded-for` (default) or `forwarded`. The other one is never read.
    pub(crate) forwarded_header: ForwardedHeader,
    /// The header in which the proxy tells the client's certificate (RFC 8705): `client-cert` (RFC 9440), or any other with PEM in
    /// percent-encoding or bare base64. The proxy must remove it from what clients send. Read from `trusted_proxies` only. Default
    /// none.
    pub(crate) client_certificate_header: Option<String>,
    /// States that the proxy tells only certificates that an authority of the operator's vouches for. Default `false`:
    /// `tls_client_auth` is then refused.
    pub(crate) proxy_verifies_client_certificates: bool,
}

/// `[server.tls]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tls {
    /// PEM file of the certificate and its chain. Read again on SIGHUP.
    pub(crate) certificate: PathBuf,
    /// PEM file of its private key (PKCS #8, PKCS #1 or SEC 1). Read again on SIGHUP.
    pub(crate) key: PathBuf,
    /// Whether clients are asked for a certificate: `off` (default) or `request`. None is ever required.
    #[serde(default)]
    pub(crate) client_certificates: ClientCertificates,
    /// PEM file of the authorities that vouch for clients' certificates. Read again on SIGHUP. Without it no authority vouches for any,
    /// and certificates are good for `self_signed_tls_client_auth` and for binding tokens.
    #[serde(default)]
    pub(crate) client_ca: Option<PathBuf>,
}

/// `client_certificates` of `[server.tls]`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ClientCertificates {
    /// Nobody is asked.
    #[default]
    Off,
    /// Everybody is asked; who has none goes on without.
    Request,
}
