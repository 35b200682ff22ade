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
}

/// `[server.tls]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tls {
    /// PEM file of the certificate and its chain. Read again on SIGHUP.
    pub(crate) certificate: PathBuf,
    /// PEM file of its private key (PKCS #8, PKCS #1 or SEC 1). Read again on SIGHUP.
    pub(crate) key: PathBuf,
}
