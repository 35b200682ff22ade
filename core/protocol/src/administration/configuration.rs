//! `server.check`, `resource.check`, `theme.check`: the configuration, by the rules of those who use it.

mod arriving;
mod assertions;

use super::Failure;
use crate::acr;
use crate::client::SigningAlg;
use crate::dpop;
use crate::egress;
use crate::endpoint::RESERVED_SEGMENTS;
use crate::language::Language;
use crate::ports::Host;
use crate::provider::Purpose;
use crate::resource;
use crate::scope::Scope;
use crate::settings::{
    AccessTokenFormat, AuthenticationContext, AuthorizationDetailsType, Device, Image, Lifetimes,
    Resource, Server, Theme, Userinfo, VARIABLES, check_value,
};
use fluent_uri::Uri;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeMap;

/// Reads a section as everybody else does, from text: reading it from a value too would be code of its own, a twentieth of the core's.
fn parse<T: DeserializeOwned>(value: &Value) -> Result<T, Failure> {
    serde_json::from_str(&value.to_string()).map_err(|error| {
        let text = error.to_string();
        // Nobody sees the line that it is about.
        let end = text.find(" at line ").unwrap_or(text.len());
        Failure::Refused(text.get(..end).unwrap_or_default().to_owned())
    })
}

fn refuse<T>(text: impl Into<String>) -> Result<T, Failure> {
    Err(Failure::Refused(text.into()))
}

/// Checks the section `server`.
pub(super) fn server(mut value: Value, host: &dyn Host) -> Result<Server, Failure> {
    arriving::hash_initial_access_tokens(&mut value)?;
    let server: Server = parse(&value)?;
    issuer(&server.issuer)?;
    lifetimes(&server.lifetimes)?;
    let pushed_s = server.pushed_authorization_requests.lifetime_s;
    if !(5..=600).contains(&pushed_s) {
        return refuse("pushed_authorization_requests.lifetime_s must be 5 to 600");
    }
    if server.pushed_authorization_requests.required
        && !server.pushed_authorization_requests.enabled
    {
        return refuse("pushed_authorization_requests.required is set, but enabled is not");
    }
    signing_algs(&server.signing_algs)?;
    device(&server.device)?;
    if server.refresh_reuse_window_s > crate::grant::refresh_token::MAX_REUSE_WINDOW_S {
        return refuse("refresh_reuse_window_s must be 0 to 3600");
    }
    if server.service_name.is_empty()
        || server.service_name.len() > 100
        || server.service_name.chars().any(char::is_control)
    {
        return refuse("service_name must be 1 to 100 bytes without control characters");
    }
    languages(&server.languages)?;
    for name in server.scopes.keys() {
        scope_name(name)?;
    }
    arriving::check(&server, host)?;
    authentication_contexts(&server.authentication_contexts)?;
    confirmations(&server, host)?;
    userinfo(&server.userinfo, &server.authentication_contexts)?;
    for (name, declared) in &server.authorization_details {
        details_type(name, declared)?;
    }
    assertions::check(&server).map_err(Failure::Refused)?;
    alias_origin(server.mutual_tls.alias_origin.as_deref())?;
    egress::check(&server.outbound, &server.resolve).map_err(Failure::Refused)?;
    Ok(server)
}

fn languages(languages: &[Language]) -> Result<(), Failure> {
    if languages.is_empty() {
        return refuse(
            "languages is empty: name at least one, the first for those who ask for none of them",
        );
    }
    for (at, language) in languages.iter().enumerate() {
        if languages.iter().skip(at + 1).any(|other| other == language) {
            return refuse(format!("languages holds {:?} twice", language.tag()));
        }
    }
    Ok(())
}

/// RFC 9396: a name, and required members that there are.
fn details_type(name: &str, declared: &AuthorizationDetailsType) -> Result<(), Failure> {
    let at = format!("authorization_details.{name}");
    if name.is_empty() || name.len() > 128 || !name.bytes().all(|b| b.is_ascii_graphic()) {
        return refuse(format!("{at}: a type is 1 to 128 visible ASCII characters"));
    }
    let lists = [
        ("type", true),
        ("actions", !declared.actions.is_empty()),
        ("locations", !declared.locations.is_empty()),
        ("datatypes", !declared.datatypes.is_empty()),
        ("privileges", !declared.privileges.is_empty()),
    ];
    if let Some((member, _)) = lists
        .iter()
        .find(|(member, _)| declared.members.contains_key(*member))
    {
        return refuse(format!("{at}: members must not hold `{member}`"));
    }
    let is_there = |required: &String| {
        declared.members.contains_key(required)
            || lists
                .iter()
                .any(|(member, used)| member == required && *used)
    };
    match declared
        .required
        .iter()
        .find(|required| !is_there(required))
    {
        Some(required) => refuse(format!(
            "{at}: required holds `{required}`, which it does not have"
        )),
        None => Ok(()),
    }
}

/// Each value once, each reachable.
fn authentication_contexts(contexts: &[AuthenticationContext]) -> Result<(), Failure> {
    for (at, context) in contexts.iter().enumerate() {
        let acr = &context.acr;
        let legal = !acr.is_empty()
            && acr.len() <= acr::MAX_LENGTH
            && acr
                .bytes()
                .all(|b| b.is_ascii_graphic() && b != b'"' && b != b'\\');
        if !legal {
            return refuse(format!(
                "authentication_contexts: acr `{acr}` must be 1 to 256 visible ASCII characters without quotes and spaces"
            ));
        }
        if contexts
            .iter()
            .skip(at.saturating_add(1))
            .any(|other| other.acr == *acr)
        {
            return refuse(format!(
                "authentication_contexts: acr `{acr}` is listed twice"
            ));
        }
        if context.amr.is_empty() || context.amr.iter().any(Vec::is_empty) {
            return refuse(format!(
                "authentication_contexts: `{acr}` needs amr, one or more lists of methods such as [[\"pwd\"], [\"otp\"]]"
            ));
        }
    }
    Ok(())
}

/// A rule that names nobody would keep people out, or ask nothing of them.
fn confirmations(server: &Server, host: &dyn Host) -> Result<(), Failure> {
    let providers = host.providers();
    let check = |place: &str, by: &[String]| {
        for id in by {
            let listing = providers.iter().find(|one| one.id == *id);
            match listing.map(|one| one.is_for(Purpose::Confirm)) {
                Some(true) => {}
                Some(false) => {
                    return refuse(format!(
                        "{place}: provider `{id}` cannot confirm people; name one that can, such as totp or passkey"
                    ));
                }
                None => {
                    return refuse(format!(
                        "{place}: there is no provider `{id}`; add a [[provider]] with that id"
                    ));
                }
            }
        }
        Ok(())
    };
    for rule in &server.confirmations {
        if rule.by.is_empty() {
            return refuse("confirmations: `by` names no provider");
        }
        check("confirmations.by", &rule.by)?;
        let alone = |id: &&String| rule.by.iter().all(|by| by == *id);
        if let Some(id) = rule.after.iter().find(alone) {
            return refuse(format!(
                "confirmations: provider `{id}` cannot confirm itself; name another one in `by`"
            ));
        }
        let unknown = |id: &&String| !providers.iter().any(|one| one.id == **id);
        if let Some(id) = rule.after.iter().find(unknown) {
            return refuse(format!(
                "confirmations.after: there is no provider `{id}`; add a [[provider]] with that id"
            ));
        }
    }
    for context in &server.authentication_contexts {
        check("authentication_contexts.confirm_by", &context.confirm_by)?;
    }
    Ok(())
}

/// What nobody can reach would shut everyone out.
fn userinfo(asked: &Userinfo, contexts: &[AuthenticationContext]) -> Result<(), Failure> {
    if asked.max_age_s == Some(0) {
        return refuse(
            "userinfo.max_age_s must be 1 or more: no sign-in is ever newer than the token that came of it",
        );
    }
    let is_listed = |acr: &String| contexts.iter().any(|context| context.acr == *acr);
    match asked.acr_values.iter().find(|acr| !is_listed(acr)) {
        Some(acr) => refuse(format!(
            "userinfo.acr_values: `{acr}` is none of [[authentication_contexts]]; list it there, with the amr that reaches it"
        )),
        None => Ok(()),
    }
}

/// RFC 8414 §2, OpenID Connect Discovery §3.
fn issuer(issuer: &str) -> Result<(), Failure> {
    let Ok(uri) = Uri::parse(issuer) else {
        return refuse(format!("issuer: `{issuer}` is not an absolute URI"));
    };
    let host = uri
        .authority()
        .map(|authority| authority.host().to_owned())
        .unwrap_or_default();
    let loopback = ["127.0.0.1", "[::1]", "localhost"].contains(&host.as_str());
    match uri.scheme().as_str() {
        "https" if !host.is_empty() => {}
        "http" if loopback => {}
        _ => {
            return refuse(format!(
                "issuer: `{issuer}` must be https (http only on 127.0.0.1, [::1] or localhost)"
            ));
        }
    }
    if issuer.ends_with('/') {
        return refuse(format!(
            "issuer: `{issuer}` must not end with a slash: clients compare it byte by byte"
        ));
    }
    if uri.query().is_some()
        || uri.has_fragment()
        || uri
            .authority()
            .is_some_and(|authority| authority.has_userinfo())
    {
        return refuse(format!(
            "issuer: `{issuer}` must have no query, fragment or user name"
        ));
    }
    let first_segment = uri
        .path()
        .as_str()
        .trim_start_matches('/')
        .split('/')
        .next()
        .unwrap_or_default();
    if RESERVED_SEGMENTS.contains(&first_segment) || uri.path().as_str().contains("//") {
        return refuse(format!(
            "issuer: `{issuer}` has a path that is the server's own; choose another"
        ));
    }
    if host.bytes().any(|b| b.is_ascii_uppercase()) {
        return refuse(format!(
            "issuer: `{issuer}` must have its host in lower case: browsers send it so"
        ));
    }
    Ok(())
}

/// RFC 8705 §5: where requests with certificates arrive. Paths are those of the issuer.
fn alias_origin(origin: Option<&str>) -> Result<(), Failure> {
    let Some(origin) = origin else { return Ok(()) };
    let is_origin = Uri::parse(origin).is_ok_and(|uri| {
        let host = uri.authority().map(|authority| authority.host());
        uri.scheme().as_str() == "https"
            && host.is_some_and(|host| !host.is_empty())
            && !uri
                .authority()
                .is_some_and(|authority| authority.has_userinfo())
            && uri.path().as_str().is_empty()
            && uri.query().is_none()
            && !uri.has_fragment()
    });
    if is_origin {
        Ok(())
    } else {
        refuse(format!(
            "mutual_tls.alias_origin: `{origin}` must be https with a host and no path: \"https://mtls.id.example\""
        ))
    }
}

/// What there are signing keys for: each once, and ES256 always, because access tokens are signed by it unless something else
/// is asked for.
fn signing_algs(algs: &[SigningAlg]) -> Result<(), Failure> {
    if !algs.contains(&SigningAlg::Es256) {
        return refuse(
            "algorithms of [keys] must hold ES256, which signs access tokens: add it to the list",
        );
    }
    for (at, alg) in algs.iter().enumerate() {
        if algs
            .iter()
            .skip(at.saturating_add(1))
            .any(|other| other == alg)
        {
            return refuse(format!("algorithms of [keys] holds {} twice", alg.name()));
        }
    }
    Ok(())
}

/// RFC 8628. The longer a code lives, the more can be guessed; the shorter the interval, the more is polled.
fn device(device: &Device) -> Result<(), Failure> {
    for (name, value, min, max) in [
        ("lifetime_s", device.lifetime_s, 60, 1_800),
        ("interval_s", device.interval_s, 1, 60),
    ] {
        if value < min || value > max {
            return refuse(format!("device.{name} must be {min} to {max}"));
        }
    }
    Ok(())
}

fn lifetimes(lifetimes: &Lifetimes) -> Result<(), Failure> {
    let year = 365 * 86_400;
    let bounds = [
        (
            "authorization_code_s",
            lifetimes.authorization_code_s,
            1,
            60,
        ),
        ("access_token_s", lifetimes.access_token_s, 30, 86_400),
        ("id_token_s", lifetimes.id_token_s, 30, 86_400),
        ("refresh_token_s", lifetimes.refresh_token_s, 1, 10 * year),
        ("grant_s", lifetimes.grant_s, 1, 10 * year),
        ("session_idle_s", lifetimes.session_idle_s, 1, year),
        ("session_s", lifetimes.session_s, 1, year),
        ("login_s", lifetimes.login_s, 60, 86_400),
        ("consent_s", lifetimes.consent_s, 0, 10 * year),
    ];
    for (name, value, min, max) in bounds {
        if value < min || value > max {
            return refuse(format!("lifetimes.{name} must be {min} to {max}"));
        }
    }
    Ok(())
}

fn scope_name(name: &str) -> Result<(), Failure> {
    match Scope::parse(name) {
        Ok(scope) if scope.tokens().len() == 1 && scope.has(name) => Ok(()),
        _ => refuse(format!(
            "scopes: `{name}` is not one scope token (RFC 6749 §3.3)"
        )),
    }
}

/// Checks a section `resource/<uri>`.
pub(super) fn resource(value: &Value, server: &Server) -> Result<Resource, Failure> {
    let resource: Resource = parse(value)?;
    resource::check(&resource.uri)
        .map_err(|why| Failure::Refused(format!("uri: `{}` {why}", resource.uri)))?;
    for name in resource.scopes.keys() {
        scope_name(name)?;
    }
    if resource
        .access_token_lifetime_s
        .is_some_and(|seconds| !(1..=86_400).contains(&seconds))
    {
        return refuse("access_token_lifetime_s must be 1 to 86400");
    }
    if let Some(alg) = resource.access_token_signing_alg {
        server
            .signs_by(alg, "access_token_signing_alg")
            .map_err(Failure::Refused)?;
    }
    if resource.access_token_format == AccessTokenFormat::Opaque
        && (resource.access_token_signing_alg.is_some() || resource.access_token_typ.is_some())
    {
        return refuse(
            "access_token_signing_alg and access_token_typ are of no use to opaque tokens: take them away, or access_token_format",
        );
    }
    sender_constraints(&resource, server)?;
    Ok(resource)
}

/// RFC 9728 §2: a resource can only take what is issued here.
fn sender_constraints(resource: &Resource, server: &Server) -> Result<(), Failure> {
    let algs = &resource.dpop_signing_alg_values_supported;
    let is_name = |alg: &String| {
        (1..=32).contains(&alg.len())
            && alg.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && alg != "none"
            && !alg.starts_with("HS")
    };
    if algs.len() > 16 || !algs.iter().all(is_name) {
        return refuse(
            "dpop_signing_alg_values_supported must be at most 16 names of asymmetric algorithms (RFC 9449 §4.2)",
        );
    }
    if resource.dpop_bound_access_tokens_required {
        if !server.dpop.enabled {
            return refuse(
                "dpop_bound_access_tokens_required: DPoP is off, see `enabled` of [dpop]",
            );
        }
        // The key of the proof at the token endpoint is the key of the proof at the resource.
        if !algs.is_empty() && !algs.iter().any(|alg| dpop::ALGS.contains(&alg.as_str())) {
            return refuse(format!(
                "dpop_signing_alg_values_supported holds none of {}, which proofs are signed by here",
                dpop::ALGS.join(", ")
            ));
        }
    }
    if resource.tls_client_certificate_bound_access_tokens && !server.mutual_tls.enabled {
        return refuse(
            "tls_client_certificate_bound_access_tokens: no token is bound to a certificate, see `enabled` of [mutual_tls]",
        );
    }
    Ok(())
}

/// Bytes of a text.
const TEXT_LIMIT: usize = 4096;

/// Checks the section `theme`.
pub(super) fn theme(value: &Value) -> Result<Theme, Failure> {
    let theme: Theme = parse(value)?;
    let colours = [
        ("primary", &theme.primary),
        ("primary_dark", &theme.primary_dark),
        ("background", &theme.background),
        ("background_dark", &theme.background_dark),
    ];
    for (name, colour) in colours {
        let is_colour = |text: &String| {
            text.strip_prefix('#')
                .is_some_and(|hex| hex.len() == 6 && hex.bytes().all(|b| b.is_ascii_hexdigit()))
        };
        if colour.as_ref().is_some_and(|colour| !is_colour(colour)) {
            return refuse(format!("{name} must be a colour such as #2456d6"));
        }
    }
    if theme
        .radius
        .as_deref()
        .is_some_and(|radius| !["none", "small", "medium", "large", "full"].contains(&radius))
    {
        return refuse("radius must be none, small, medium, large or full");
    }
    let is_font =
        |b: u8| b.is_ascii_alphanumeric() || matches!(b, b' ' | b',' | b'"' | b'\'' | b'-');
    if theme
        .font
        .as_ref()
        .is_some_and(|font| font.len() > 200 || !font.bytes().all(is_font))
    {
        return refuse(
            "font must be a list of names: letters, digits, spaces, commas, quotes and hyphens",
        );
    }
    for (name, image) in [("logo", &theme.logo), ("logo_dark", &theme.logo_dark)] {
        if let Some(image) = image {
            check_image(name, image)?;
        }
    }
    for (member, variables) in [
        ("variables", &theme.variables),
        ("variables_dark", &theme.variables_dark),
    ] {
        check_variables(member, variables)?;
    }
    check_texts(&theme)?;
    for link in &theme.links {
        if !Uri::parse(link.href.as_str())
            .is_ok_and(|uri| uri.scheme().as_str() == "https" && uri.authority().is_some())
        {
            return refuse(format!("links: `{}` is not an https URL", link.href));
        }
    }
    Ok(theme)
}

fn check_variables(member: &str, variables: &BTreeMap<String, String>) -> Result<(), Failure> {
    for (name, value) in variables {
        if !VARIABLES.contains(&name.as_str()) {
            let known = VARIABLES.join(", ");
            return refuse(format!("{member}: there is no {name:?}; there are {known}"));
        }
        if let Err(problem) = check_value(value) {
            return refuse(format!("{member}: {name} = {value:?} {problem}"));
        }
    }
    Ok(())
}

/// Which ids there are is the shell's to say; here, that a language is one of ours and that a text is short.
fn check_texts(theme: &Theme) -> Result<(), Failure> {
    for (key, wording) in &theme.texts {
        let is_ours = Language::ALL.iter().any(|language| language.tag() == key);
        if wording.is_object() && !is_ours {
            let tags = Language::ALL.map(Language::tag).join(", ");
            return refuse(format!(
                "texts.{key}: no such language; there are {tags}. For pages in another one, give every text without a language, and \
                 its tag as the text `page.language`"
            ));
        }
    }
    for (place, _, text) in theme.wordings().map_err(Failure::Refused)? {
        if text.trim().is_empty()
            || text.len() > TEXT_LIMIT
            || text.chars().any(|c| c.is_control() && !"\n\t".contains(c))
        {
            return refuse(format!(
                "{place} must have 1 to {TEXT_LIMIT} bytes and no control characters"
            ));
        }
    }
    Ok(())
}

fn check_image(name: &str, image: &Image) -> Result<(), Failure> {
    if !["image/svg+xml", "image/png"].contains(&image.media_type.as_str()) {
        return refuse(format!(
            "{name}: media_type must be image/svg+xml or image/png"
        ));
    }
    if image.data.len() > 64 * 1024 * 4 / 3 + 4 {
        return refuse(format!("{name} is larger than 64 KiB"));
    }
    Ok(())
}
