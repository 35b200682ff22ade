//! `client_assertions`, `assertion_issuers`, `registration.software_statement_issuers`: whose JWTs are believed.

use crate::experimental::{self, ID_JAG};
use crate::jwks;
use crate::resource;
use crate::settings::{AssertionIssuer, AssertionProfile, Server, StatementIssuer};
use crate::token::foreign::ALGORITHMS;
use serde_json::Value;

/// Longest life of an ID-JAG, seconds (`draft-ietf-oauth-identity-assertion-authz-grant` §3).
const ID_JAG_S: u32 = 300;
/// Most issuers of software statements.
const MAX_STATEMENT_ISSUERS: usize = 32;

pub(super) fn check(server: &Server) -> Result<(), String> {
    experimental::check(&server.experimental)?;
    if !(30..=3600).contains(&server.client_assertions.max_lifetime_s) {
        return Err("client_assertions.max_lifetime_s must be 30 to 3600".to_owned());
    }
    let mut known: Vec<&str> = Vec::new();
    for issuer in &server.assertion_issuers {
        let whose = |why: String| format!("assertion_issuers: `{}` {why}", issuer.issuer);
        if known.contains(&issuer.issuer.as_str()) {
            return Err(whose("stands there twice".to_owned()));
        }
        known.push(&issuer.issuer);
        assertion_issuer(issuer, server).map_err(whose)?;
        if issuer.profile == AssertionProfile::IdJag {
            experimental::named(ID_JAG, &server.experimental).map_err(whose)?;
        }
    }
    statement_issuers(server)
}

/// RFC 7591 §2.3: who may vouch for software.
fn statement_issuers(server: &Server) -> Result<(), String> {
    let rules = &server.registration;
    let issuers = &rules.software_statement_issuers;
    let at = "registration.software_statement_issuers";
    if issuers.len() > MAX_STATEMENT_ISSUERS {
        return Err(format!("{at} holds more than {MAX_STATEMENT_ISSUERS}"));
    }
    if rules.software_statement_required && issuers.is_empty() {
        return Err(format!(
            "registration.software_statement_required is set without {at}: nobody could register"
        ));
    }
    let mut known: Vec<&str> = Vec::new();
    for trusted in issuers {
        let whose = |why: String| format!("{at}: `{}` {why}", trusted.issuer);
        if known.contains(&trusted.issuer.as_str()) {
            return Err(whose("stands there twice".to_owned()));
        }
        known.push(&trusted.issuer);
        statement_issuer(trusted, server).map_err(whose)?;
    }
    Ok(())
}

fn statement_issuer(trusted: &StatementIssuer, server: &Server) -> Result<(), String> {
    // Tokens that we sign for clients would be statements about clients.
    if trusted.issuer == server.issuer {
        return Err("is this server itself".to_owned());
    }
    let known = |alg: &String| ALGORITHMS.contains(&alg.as_str());
    if trusted.algorithms.is_empty() || !trusted.algorithms.iter().all(known) {
        return Err(format!(
            "algorithms must be some of {}",
            ALGORITHMS.join(", ")
        ));
    }
    keys(
        &trusted.issuer,
        trusted.jwks.as_ref(),
        trusted.jwks_uri.as_deref(),
    )
}

fn assertion_issuer(issuer: &AssertionIssuer, server: &Server) -> Result<(), String> {
    // What we signed ourselves is never a grant here: a token of ours would become another one, again and again.
    if issuer.issuer == server.issuer {
        return Err("is this server itself".to_owned());
    }
    keys(
        &issuer.issuer,
        issuer.jwks.as_ref(),
        issuer.jwks_uri.as_deref(),
    )?;
    if issuer.clients.is_empty() {
        return Err("has no clients: nobody could use it".to_owned());
    }
    if issuer.provider.is_none() && issuer.email_domains.is_empty() {
        return Err("has neither provider nor email_domains: it could name nobody".to_owned());
    }
    let is_domain = |domain: &String| {
        domain.contains('.')
            && domain
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'-'))
    };
    if !issuer.email_domains.iter().all(is_domain) {
        return Err("email_domains must be domains in lower case: `example.com`".to_owned());
    }
    for uri in &issuer.resources {
        resource::check(uri).map_err(|why| format!("resources: `{uri}` {why}"))?;
    }
    let longest = match issuer.profile {
        AssertionProfile::IdJag => ID_JAG_S,
        AssertionProfile::Generic => 3600,
    };
    if !(30..=longest).contains(&issuer.max_lifetime_s) {
        return Err(format!("max_lifetime_s must be 30 to {longest}"));
    }
    if issuer
        .access_token_lifetime_s
        .is_some_and(|seconds| !(1..=86_400).contains(&seconds))
    {
        return Err("access_token_lifetime_s must be 1 to 86400".to_owned());
    }
    Ok(())
}

fn keys(issuer: &str, jwks: Option<&Value>, jwks_uri: Option<&str>) -> Result<(), String> {
    if issuer.is_empty() || issuer.len() > 2048 || issuer.chars().any(char::is_control) {
        return Err("must be 1 to 2048 bytes without control characters".to_owned());
    }
    match (jwks, jwks_uri) {
        (Some(set), None) => jwks::check_inline(set).map_err(|why| format!("jwks {why}")),
        (None, Some(uri)) => jwks::check_uri(uri).map_err(|why| format!("jwks_uri {why}")),
        _ => Err("needs either jwks or jwks_uri".to_owned()),
    }
}
