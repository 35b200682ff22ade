//! `redirect_uris` and `post_logout_redirect_uris` as applications list them: those for several servers together.

use super::{ascii, strings};
use crate::client::ApplicationType;
use crate::redirect_uri::{self, Place};
use crate::refusal::Refusal;
use serde_json::{Map, Value, json};

/// Schemes that run or read something where they are opened.
const DANGEROUS_SCHEMES: [&str; 10] = [
    "javascript",
    "data",
    "vbscript",
    "file",
    "blob",
    "filesystem",
    "about",
    "view-source",
    "intent",
    "jar",
];

/// Leaves out what cannot be redirected to, and infers `application_type` where it is not said. `signs_in`: there must be one at least.
///
/// # Errors
/// [`Refusal::RedirectUriUnfit`], [`Refusal::ClientMetadataInvalid`]
pub(super) fn settle(members: &mut Map<String, Value>, signs_in: bool) -> Result<(), Refusal> {
    let redirect_uris = fit(members, "redirect_uris")?;
    if signs_in && redirect_uris.is_empty() {
        return Err(Refusal::RedirectUriUnfit(
            "redirect_uris must hold at least one URI".to_owned(),
        ));
    }
    let after_sign_out = fit(members, "post_logout_redirect_uris")?;
    if !members.contains_key("application_type") {
        let kind = application_type(&redirect_uris);
        members.insert("application_type".to_owned(), json!(kind));
    }
    members.insert("redirect_uris".to_owned(), json!(redirect_uris));
    members.insert(
        "post_logout_redirect_uris".to_owned(),
        json!(after_sign_out),
    );
    Ok(())
}

/// The URIs that can be redirected to. Applications list schemes of their own beside URIs that are good; those without an owner are
/// left out. What nobody can mean well is refused: fragments, wildcards, plain http over a network, schemes that run scripts.
fn fit(members: &Map<String, Value>, name: &'static str) -> Result<Vec<String>, Refusal> {
    let named = strings(members, name)?.unwrap_or_default();
    let mut kept: Vec<String> = Vec::new();
    let mut left_out = None;
    for uri in named {
        match redirect_uri::place(&uri) {
            Ok(_) => {
                if !kept.contains(&uri) {
                    kept.push(uri);
                }
            }
            Err(why) if has_scheme_of_its_own(&uri) => left_out = Some((uri, why)),
            Err(why) => return Err(unfit(name, &uri, why)),
        }
    }
    match left_out {
        Some((uri, why)) if kept.is_empty() => Err(unfit(name, &uri, why)),
        _ => Ok(kept),
    }
}

fn unfit(name: &str, uri: &str, why: &str) -> Refusal {
    Refusal::RedirectUriUnfit(ascii(&format!("{name}: `{uri}` {why}")))
}

/// Whether a URI has a private-use scheme that merely has no owner.
fn has_scheme_of_its_own(uri: &str) -> bool {
    let Some((scheme, _)) = uri.split_once("://") else {
        return false;
    };
    let legal = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'+' | b'-');
    !scheme.is_empty()
        && scheme.bytes().all(legal)
        && !["http", "https", "ws", "wss", "ftp"].contains(&scheme)
        && !DANGEROUS_SCHEMES.contains(&scheme)
}

/// OpenID Connect Registration §2, RFC 8252: an application whose answers all go to a device is native.
fn application_type(redirect_uris: &[String]) -> ApplicationType {
    let on_a_device = |uri: &String| !matches!(redirect_uri::place(uri), Ok(Place::Web(_)));
    if !redirect_uris.is_empty() && redirect_uris.iter().all(on_a_device) {
        ApplicationType::Native
    } else {
        ApplicationType::Web
    }
}
