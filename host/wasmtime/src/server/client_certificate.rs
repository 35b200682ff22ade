//! The certificate that a client proved to hold: of its TLS connection, or told by a proxy that the operator trusts.

// The core's own: how such headers are read is decided in one place.
#[path = "../../../../core/component/src/client_certificate/told.rs"]
mod told;

use super::client_address::ProxyRules;
use crate::engine::core::ClientCertificate;
use hyper::HeaderMap;
use rustls_pki_types::CertificateDer;
use std::net::IpAddr;

/// Largest certificate that is handed on, bytes.
const MAX_DER: usize = 16 << 10;

/// What a proxy tells.
#[derive(Debug, Clone, Default)]
pub(crate) struct CertificateHeader {
    /// The header, in lower case.
    pub(crate) name: Option<String>,
    /// Whether the proxy checks that an authority vouches for it.
    pub(crate) vouched: bool,
}

impl CertificateHeader {
    /// The certificate of a request: from a trusted proxy what its header tells, once, and otherwise nothing but the connection's.
    /// A proxy's own certificate is nobody's who asks through it.
    pub(crate) fn certificate(
        &self,
        proxies: &ProxyRules,
        peer: IpAddr,
        connection: Option<&PeerCertificate>,
        headers: &HeaderMap,
    ) -> Option<ClientCertificate> {
        if !proxies.trusts(peer.to_canonical()) {
            return connection.map(|certificate| ClientCertificate {
                der: certificate.der.to_vec(),
                vouched: certificate.vouched,
            });
        }
        let mut fields = headers.get_all(self.name.as_deref()?).iter();
        let value = fields.next()?;
        if fields.next().is_some() {
            return None;
        }
        Some(ClientCertificate {
            der: told::certificate(value.as_bytes())?,
            vouched: self.vouched,
        })
    }
}

/// The certificate of a connection.
#[derive(Debug, Clone)]
pub(crate) struct PeerCertificate {
    der: CertificateDer<'static>,
    vouched: bool,
}

impl PeerCertificate {
    /// One whose signature the handshake verified; none if it is larger than is looked at.
    pub(super) fn new(der: CertificateDer<'static>, vouched: bool) -> Option<Self> {
        (der.len() <= MAX_DER).then_some(Self { der, vouched })
    }
}

#[cfg(test)]
mod tests {
    use super::{CertificateHeader, PeerCertificate};
    use crate::server::address_block::AddressBlock;
    use crate::server::client_address::ProxyRules;
    use hyper::HeaderMap;

    fn told(name: Option<&str>, peer: &str, fields: &[&'static str]) -> Option<(Vec<u8>, bool)> {
        let proxies = ProxyRules {
            trusted: vec![AddressBlock::parse("10.0.0.0/8").unwrap()],
            ..ProxyRules::default()
        };
        let header = CertificateHeader {
            name: name.map(str::to_owned),
            vouched: true,
        };
        let mut headers = HeaderMap::new();
        for value in fields {
            headers.append("client-cert", value.parse().unwrap());
        }
        let own = PeerCertificate::new(vec![1, 2, 3].into(), false);
        let told = header.certificate(&proxies, peer.parse().unwrap(), own.as_ref(), &headers);
        told.map(|told| (told.der, told.vouched))
    }

    /// checks.md row 49.
    #[test]
    fn rfc9440_s4_1_a_header_is_believed_from_trusted_proxies_only() {
        let proxys = Some((vec![0x30, 0], true));
        let connections = Some((vec![1, 2, 3], false));
        let name = Some("client-cert");
        assert_eq!(told(name, "10.0.0.1", &[":MAA=:"]), proxys);
        assert_eq!(told(name, "::ffff:10.0.0.1", &[":MAA=:"]), proxys);
        assert_eq!(told(name, "203.0.113.1", &[":MAA=:"]), connections);
        assert_eq!(told(name, "203.0.113.1", &[]), connections);
    }

    #[test]
    fn a_proxy_that_tells_none_or_two_has_none() {
        for fields in [&[][..], &[":MAA=:", ":MAA=:"], &["no certificate"]] {
            assert_eq!(told(Some("client-cert"), "10.0.0.1", fields), None);
        }
        assert_eq!(told(None, "10.0.0.1", &[":MAA=:"]), None);
        assert_eq!(told(Some("other"), "10.0.0.1", &[":MAA=:"]), None);
    }
}
