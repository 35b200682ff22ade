//! `allowed_outbound_hosts`: the addresses that a component may connect to. Nothing is allowed that is not listed.

pub(crate) mod http;

use anyhow::{Context as _, bail, ensure};
use std::net::IpAddr;
use url::Url;

/// The addresses that one component may connect to.
#[derive(Debug, Default)]
pub struct AllowedHosts(Vec<AllowedHost>);

/// `scheme://host[:port]`, each of which may be `*`.
#[derive(Debug)]
struct AllowedHost {
    /// `None`: any.
    scheme: Option<String>,
    host: Host,
    port: Port,
}

#[derive(Debug)]
enum Host {
    Any,
    /// With the dot before it.
    SubdomainOf(String),
    Exactly(String),
}

#[derive(Debug)]
enum Port {
    Any,
    Exactly(u16),
    /// The end is not in it.
    Range(std::ops::Range<u16>),
}

impl AllowedHosts {
    /// Reads the entries of a manifest, their templates replaced already.
    ///
    /// # Errors
    /// If Spin would not read one, or if it is one that this host does not know (networks, `self`).
    pub fn parse(entries: &[String]) -> anyhow::Result<Self> {
        let hosts = entries.iter().map(|entry| {
            AllowedHost::parse(entry).with_context(|| format!("allowed_outbound_hosts: {entry:?}"))
        });
        Ok(Self(hosts.collect::<anyhow::Result<_>>()?))
    }

    /// Whether `url` may be connected to. One without a scheme is taken to have `scheme`.
    #[must_use]
    pub fn allow_url(&self, url: &str, scheme: &str) -> bool {
        let parsed = Url::parse(url).ok().filter(Url::has_host);
        let Some(url) = parsed.or_else(|| Url::parse(&format!("{scheme}://{url}")).ok()) else {
            return false;
        };
        let Some(host) = url.host_str() else {
            return false;
        };
        let port = url.port().or_else(|| well_known_port(url.scheme()));
        self.0
            .iter()
            .any(|allowed| allowed.allows(url.scheme(), host, port))
    }
}

impl AllowedHost {
    fn parse(entry: &str) -> anyhow::Result<Self> {
        let (scheme, rest) = entry
            .trim()
            .split_once("://")
            .context("it has no scheme (`http://`, `*://`)")?;
        let (host, rest) = rest.rsplit_once(':').unwrap_or((rest, ""));
        let port = match rest.split_once('/') {
            Some((_, path)) if !path.is_empty() => bail!("it has a path"),
            Some((port, _)) => port,
            None => rest,
        };
        Ok(Self {
            scheme: parse_scheme(scheme)?,
            host: Host::parse(host)?,
            port: Port::parse(port, scheme)?,
        })
    }

    fn allows(&self, scheme: &str, host: &str, port: Option<u16>) -> bool {
        self.scheme
            .as_deref()
            .is_none_or(|allowed| allowed == scheme)
            && self.host.allows(host)
            && self.port.allows(port)
    }
}

fn parse_scheme(scheme: &str) -> anyhow::Result<Option<String>> {
    if scheme == "*" {
        return Ok(None);
    }
    ensure!(
        scheme.chars().all(char::is_alphabetic),
        "its scheme has more than letters"
    );
    Ok(Some(scheme.to_owned()))
}

impl Host {
    fn parse(host: &str) -> anyhow::Result<Self> {
        let host = host.trim();
        if host == "*" {
            return Ok(Self::Any);
        }
        ensure!(
            !matches!(host, "self" | "self.alt"),
            "this host does not know `{host}`"
        );
        ensure!(!host.starts_with('{'), "its host is a list");
        if let Some((network, mask)) = host.split_once('/')
            && !mask.is_empty()
        {
            ensure!(
                network.parse::<IpAddr>().is_err(),
                "this host does not know networks"
            );
            bail!("its host has a path");
        }
        if let Some(domain) = host.strip_prefix("*.") {
            ensure!(!domain.contains('*'), "`*` may be the first label only");
            return Ok(Self::SubdomainOf(format!(".{domain}")));
        }
        ensure!(
            !host.contains('*'),
            "`*` may be a whole label only, the first"
        );
        Ok(Self::Exactly(host.trim_end_matches('/').to_owned()))
    }

    fn allows(&self, host: &str) -> bool {
        match self {
            Self::Any => true,
            Self::SubdomainOf(domain) => host.ends_with(domain),
            Self::Exactly(allowed) => allowed == host,
        }
    }
}

impl Port {
    fn parse(port: &str, scheme: &str) -> anyhow::Result<Self> {
        if port.is_empty() {
            let port =
                well_known_port(scheme).context("it has no port, and its scheme no default one")?;
            return Ok(Self::Exactly(port));
        }
        if port == "*" {
            return Ok(Self::Any);
        }
        if let Some((start, end)) = port.split_once("..") {
            return Ok(Self::Range(start.parse()?..end.parse()?));
        }
        Ok(Self::Exactly(
            port.parse().context("its port is no number")?,
        ))
    }

    fn allows(&self, port: Option<u16>) -> bool {
        match (self, port) {
            (Self::Any, _) => true,
            (_, None) => false,
            (Self::Exactly(allowed), Some(port)) => *allowed == port,
            (Self::Range(range), Some(port)) => range.contains(&port),
        }
    }
}

fn well_known_port(scheme: &str) -> Option<u16> {
    match scheme {
        "http" => Some(80),
        "https" => Some(443),
        "redis" => Some(6379),
        "postgres" => Some(5432),
        "mysql" => Some(3306),
        "mqtt" => Some(1883),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
