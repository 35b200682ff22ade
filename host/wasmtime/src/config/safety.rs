//! What `doorward serve` refuses to start with. Each refusal says what, where, and how to cure it.

use super::document::DEFAULT_LISTEN;
use super::mail::{Encryption, Mail};
use super::secret::Secret;
use super::{Config, ConfigError, Document};
use crate::keys::LEAST_LEAD_S;
use std::net::{IpAddr, SocketAddr};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

/// Everything that is unsafe about a configuration, all at once.
pub(crate) fn refusals(config: &Config) -> Vec<ConfigError> {
    let document = &config.document;
    let mut found = Vec::new();
    found.extend(issuer(document));
    found.extend(listen(document));
    found.extend(proxy(document));
    found.extend(literal_secrets(config));
    found.extend(sealing_key(config));
    found.extend(rotation(document));
    found.extend(mail(document));
    found.extend(providers(config));
    found.extend(development(config));
    found.extend(certificate_header(document));
    found.extend(
        document
            .limits
            .check()
            .err()
            .map(|problem| ConfigError::entry("[limits]", problem)),
    );
    found
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "every check returns a refusal or none"
)]
pub(super) fn refuse(place: &str, problem: impl Into<String>) -> Option<ConfigError> {
    Some(ConfigError::entry(place, problem))
}

/// A header that nobody is trusted to write would only look as if it counted.
fn certificate_header(document: &Document) -> Option<ConfigError> {
    let server = &document.server;
    if server.client_certificate_header.is_none() || !server.trusted_proxies.is_empty() {
        return None;
    }
    refuse(
        "server.client_certificate_header",
        "is believed from trusted proxies only, and there are none: name them in server.trusted_proxies",
    )
}

/// `[dev]` leads names of other servers to listeners without TLS.
pub(super) fn development(config: &Config) -> Option<ConfigError> {
    if config.document.dev.is_none() || config.development {
        return None;
    }
    refuse(
        "[dev]",
        "is for `doorward dev` alone: it leads names of other servers to this machine, without TLS. Leave it out",
    )
}

pub(super) fn issuer(document: &Document) -> Option<ConfigError> {
    let Some(issuer) = &document.issuer else {
        return refuse(
            "issuer",
            "is missing: set it to the URL at which people reach this server, e.g. \"https://id.example\"",
        );
    };
    issuer_problem(issuer).and_then(|problem| refuse("issuer", format!("{issuer:?} {problem}")))
}

/// What is wrong with an issuer (RFC 8414 §2).
pub(crate) fn issuer_problem(issuer: &str) -> Option<String> {
    if issuer.contains(['?', '#']) {
        return Some(String::from(
            "has a query or a fragment, which an issuer may not have: leave it out",
        ));
    }
    if issuer.ends_with('/') {
        return Some(String::from(
            "ends in a slash, and clients compare issuers by letter: leave the slash out",
        ));
    }
    let uri: hyper::Uri = match issuer.parse() {
        Ok(uri) => uri,
        Err(_) => {
            return Some(String::from(
                "is no URL: write it as \"https://id.example\"",
            ));
        }
    };
    let host = uri.host().unwrap_or_default();
    if host.is_empty()
        || uri
            .authority()
            .is_some_and(|authority| authority.as_str().contains('@'))
    {
        return Some(String::from("must have a host and no user information"));
    }
    match uri.scheme_str() {
        Some("https") => None,
        Some("http") if is_loopback_host(host) => None,
        Some("http") => Some(String::from(
            "is http, over which anyone on the way reads tokens: use https (http is for loopback only)",
        )),
        _ => Some(String::from("must begin with https://")),
    }
}

/// Whether a host names this machine and no other: a loopback address, in brackets or not, or `localhost`.
pub(crate) fn is_loopback_host(host: &str) -> bool {
    let address = host
        .trim_start_matches('[')
        .trim_end_matches(']')
        .parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// The address to listen on.
pub(crate) fn listen_address(document: &Document) -> SocketAddr {
    let default = || SocketAddr::from(([127, 0, 0, 1], 8787));
    document
        .listen
        .unwrap_or_else(|| DEFAULT_LISTEN.parse().unwrap_or_else(|_| default()))
}

fn listen(document: &Document) -> Option<ConfigError> {
    let address = listen_address(document);
    if address.ip().is_loopback() || document.server.tls.is_some() || document.server.behind_proxy {
        return None;
    }
    refuse(
        "listen",
        format!(
            "{address} is reachable from outside without TLS: give a certificate in [server.tls], or state \
             `server.behind_proxy = true` if a proxy ends TLS in front, or listen on 127.0.0.1"
        ),
    )
}

/// Behind a proxy that is not named, everyone seems to come from one address, and the first who guesses passwords locks out
/// all others.
fn proxy(document: &Document) -> Option<ConfigError> {
    let https = document
        .issuer
        .as_deref()
        .is_some_and(|issuer| issuer.starts_with("https://"));
    if !https || document.server.tls.is_some() || !document.server.trusted_proxies.is_empty() {
        return None;
    }
    refuse(
        "server.trusted_proxies",
        "is empty, but with an https issuer and no [server.tls] a proxy must end TLS in front, and limits per address need \
         to know whom to believe: name it, e.g. trusted_proxies = [\"127.0.0.1/32\"]",
    )
}

pub(super) fn literal_secrets(config: &Config) -> Option<ConfigError> {
    let document = &config.document;
    let place = literal_secret(document)?;
    if !document.allow_literal_secrets {
        let cure = "stands in the file: write { env = \"NAME\" } or { file = \"path\" } instead, or set \
                    `allow_literal_secrets = true` in a test";
        return refuse(&place, cure);
    }
    let file = config.file.as_deref()?;
    let mode = mode(file)?;
    if mode & 0o004 == 0 {
        return None;
    }
    refuse(
        &place,
        format!(
            "stands in a file that every user can read (mode {mode:o}): chmod 600 {}",
            file.display()
        ),
    )
}

/// Where the first secret is that stands in the file.
fn literal_secret(document: &Document) -> Option<String> {
    let is_literal = |secret: Option<&Secret>| secret.is_some_and(Secret::is_literal);
    let client = document
        .client
        .iter()
        .find(|client| is_literal(client.client_secret.as_ref()))
        .map(|client| format!("client_secret of [[client]] {:?}", client.client_id));
    let token = || {
        let mut tokens = document.registration.initial_access_tokens.iter();
        let token = tokens.find(|declared| declared.token.is_literal())?;
        let name = &token.name;
        Some(format!(
            "token of initial_access_tokens {name:?} of [registration]"
        ))
    };
    let mail = || {
        let mail = document.mail.as_ref()?;
        is_literal(mail.password.as_ref()).then(|| String::from("password of [mail]"))
    };
    client.or_else(token).or_else(mail)
}

fn mode(file: &Path) -> Option<u32> {
    Some(std::fs::metadata(file).ok()?.permissions().mode() & 0o777)
}

fn sealing_key(config: &Config) -> Option<ConfigError> {
    let keys = &config.document.keys;
    match (&keys.sealing_key_file, &keys.sealing_key_env) {
        (Some(_), Some(_)) => refuse(
            "[keys]",
            "has both sealing_key_file and sealing_key_env: keep one",
        ),
        (None, None) => refuse(
            "[keys]",
            "has no sealing key, under which the signing keys are encrypted: make one with \
             `doorward keys generate-sealing-key FILE` and set sealing_key_file, or set sealing_key_env",
        ),
        (None, Some(name)) => match std::env::var(name) {
            Ok(_) => None,
            Err(_) => refuse(
                "sealing_key_env of [keys]",
                format!("the environment variable {name} is not set"),
            ),
        },
        (Some(file), None) => {
            let file = config.path(file);
            let place = "sealing_key_file of [keys]";
            match mode(&file) {
                None => refuse(
                    place,
                    format!(
                        "{0} is not there: make it with `doorward keys generate-sealing-key {0}`",
                        file.display()
                    ),
                ),
                Some(mode) if mode & 0o077 != 0 => refuse(
                    place,
                    format!(
                        "{0} can be used by others (mode {mode:o}): chmod 600 {0}",
                        file.display()
                    ),
                ),
                Some(_) => None,
            }
        }
    }
}

/// A key that signs before everyone can have seen it breaks whoever keeps the JWK Set for as long as it may.
pub(super) fn rotation(document: &Document) -> Option<ConfigError> {
    let lead_s = u64::from(document.keys.publish_lead_s?);
    if lead_s >= LEAST_LEAD_S {
        return None;
    }
    refuse(
        "publish_lead_s of [keys]",
        format!(
            "is {lead_s}: applications keep the keys that they know for five minutes, and other servers on the same database may notice a \
             new one five minutes late; set {LEAST_LEAD_S} or more, or leave it out"
        ),
    )
}

fn mail(document: &Document) -> Option<ConfigError> {
    let mail = document.mail.as_ref()?;
    let Some(host) = &mail.host else {
        return Some(Mail::no_host());
    };
    if mail.encryption == Encryption::None && !is_loopback_host(host) {
        return refuse(
            "encryption of [mail]",
            "codes would travel in the clear: use \"starttls\" or \"tls\"",
        );
    }
    match (&mail.username, &mail.password) {
        (Some(_), None) => refuse(
            "[mail]",
            "has a username without a password: add password = { env = \"NAME\" }",
        ),
        (None, Some(_)) => refuse(
            "[mail]",
            "has a password without a username: add the username",
        ),
        _ => None,
    }
}

/// What is wrong with the list of providers.
pub(crate) fn providers(config: &Config) -> Vec<ConfigError> {
    let providers = &config.document.provider;
    if providers.is_empty() {
        return vec![ConfigError::entry(
            "[[provider]]",
            "there is none, so nobody can sign in: add one, e.g. id = \"password\", builtin = \"password\"",
        )];
    }
    let mut found = Vec::new();
    for (index, provider) in providers.iter().enumerate() {
        let place = format!("[[provider]] {:?}", provider.id);
        found.extend(
            provider
                .check()
                .err()
                .map(|problem| ConfigError::entry(place.clone(), problem)),
        );
        if providers
            .iter()
            .take(index)
            .any(|other| other.id == provider.id)
        {
            found.push(ConfigError::entry(
                place.clone(),
                "there are two of this id: rename one",
            ));
        }
        let file = provider.component.as_ref().map(|file| config.path(file));
        let writable = file
            .as_deref()
            .and_then(mode)
            .is_some_and(|mode| mode & 0o002 != 0);
        if let (true, Some(file)) = (writable, file) {
            let cure = format!("every user can change {0}: chmod o-w {0}", file.display());
            found.push(ConfigError::entry(place, cure));
        }
    }
    found
}
