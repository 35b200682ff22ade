//! What `doorward compose` refuses. Some of it is what `serve` refuses; what only the native server has (its sealing key,
//! its SMTP server) is not asked for.

use super::mail::Mail;
use super::safety::{
    development, is_loopback_host, issuer, issuer_problem, listen_address, literal_secrets,
    providers, refuse, rotation,
};
use super::{Config, ConfigError, Document};

/// Everything that keeps a configuration from being composed, all at once. `serves_itself`: the host that it is composed for
/// is a bare HTTP server, started by the operator.
pub(crate) fn refusals(config: &Config, serves_itself: bool) -> Vec<ConfigError> {
    let document = &config.document;
    let mut found = Vec::new();
    found.extend(issuer(document));
    found.extend(literal_secrets(config));
    found.extend(document.mail.as_ref().and_then(mail));
    found.extend(providers(config));
    found.extend(development(config));
    found.extend(rotation(document));
    found.extend(authorities(document));
    found.extend(certificate_header(document));
    found.extend(sealed_secrets(document));
    if serves_itself {
        found.extend(server(document));
    }
    found
}

fn mail(mail: &Mail) -> Option<ConfigError> {
    let Some(api) = mail.api else {
        return refuse(
            "[mail]",
            "has no api: this host has no SMTP, so name a service that takes mail over HTTP, api = \"resend\" or \"postmark\"",
        );
    };
    let url = mail.api_url.as_deref().unwrap_or_else(|| api.url());
    // What holds for an issuer's scheme and host holds here; a path may end in a slash.
    issuer_problem(url.trim_end_matches('/'))
        .and_then(|problem| refuse("api_url of [mail]", format!("{url:?} {problem}")))
}

/// What names the header is believed by everyone who asks: only a proxy that removes it may be in front.
fn certificate_header(document: &Document) -> Option<ConfigError> {
    let server = &document.server;
    if server.client_certificate_header.is_none() || server.behind_proxy {
        return None;
    }
    refuse(
        "server.client_certificate_header",
        "names what a proxy writes, but no proxy is stated: state `server.behind_proxy = true`, and let the proxy remove the header \
         from what clients send",
    )
}

/// The sealing key comes at run time, and what is composed holds no secret.
fn sealed_secrets(document: &Document) -> Option<ConfigError> {
    let mut clients = document.client.iter();
    let client = clients.find(|client| client.needs_sealed_secret())?;
    refuse(
        &format!(
            "token_endpoint_auth_method of [[client]] {:?}",
            client.client_id
        ),
        "is `client_secret_jwt`, which needs its secret sealed under a key that `compose` does not have: use `private_key_jwt`",
    )
}

/// The host around the component verifies certificates there, by its own roots.
fn authorities(document: &Document) -> Option<ConfigError> {
    document.outbound.ca.as_ref()?;
    refuse(
        "ca of [outbound]",
        "is for the native server: elsewhere the host decides which certificate authorities are believed. Leave it out",
    )
}

/// `wasmtime serve` speaks plain HTTP and tells nobody's address.
fn server(document: &Document) -> Option<ConfigError> {
    let server = &document.server;
    if server.tls.is_some() {
        return refuse(
            "[server.tls]",
            "is not for `wasmtime serve`, which has no TLS: end TLS at a proxy and state `server.behind_proxy = true`",
        );
    }
    if server.behind_proxy {
        return None;
    }
    let issuer = document.issuer.as_deref().unwrap_or_default();
    if issuer.starts_with("https://") {
        return refuse(
            "server.behind_proxy",
            "is false, but with an https issuer a proxy must end TLS in front of `wasmtime serve`: state \
             `server.behind_proxy = true`",
        );
    }
    let address = listen_address(document);
    if is_loopback_host(&address.ip().to_string()) {
        return None;
    }
    refuse(
        "listen",
        format!("{address} is reachable from outside without TLS: listen on 127.0.0.1"),
    )
}
