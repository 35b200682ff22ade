//! The authorization request: OAuth 2.1 §4.1.1, OpenID Connect Core §3.1.2.1. Parsed and checked, before anyone is asked anything.
//!
//! It comes from a browser, or straight from the client ([`By`]). In order: 1. `client_id`; 2. `redirect_uri` — until here nothing is ever redirected; 3. what is not supported; 4. `response_type`,
//! `response_mode`; 5. the client's grant type; 6. PKCE; 7. `scope`; 8. `resource`, `authorization_details`; 9. `claims`, `prompt`, `max_age` and the rest.

use crate::acr::Demand;
use crate::authorization_details;
use crate::claims_parameter::{self, ClaimsRequest};
use crate::client::{Client, GrantType};
use crate::language::{self, Language};
use crate::params::Params;
use crate::pkce::CodeChallenge;
use crate::ports::Host;
use crate::redirect_uri::{self, Place, RegisteredRedirectUri};
use crate::refusal::Refusal;
use crate::resource;
use crate::scope::Scope;
use crate::settings::Server;
use serde::{Deserialize, Serialize};

/// Longest `state` and `nonce`, bytes.
const MAX_STATE: usize = 4096;

/// An authorization request that passed every check that needs no person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizationRequest {
    /// Who asks.
    pub client_id: String,
    /// Where the answer goes.
    pub redirect_uri: RegisteredRedirectUri,
    /// The request named it itself.
    pub redirect_uri_sent: bool,
    /// Given back as it came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// What is asked for that the client may have.
    pub scope: Scope,
    /// RFC 8707.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<String>,
    /// RFC 9396.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub authorization_details: Vec<serde_json::Value>,
    /// RFC 7636.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub challenge: Option<CodeChallenge>,
    /// For the ID token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    /// The key that must be shown when the code is redeemed (RFC 9449 §10).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dpop_jkt: Option<String>,
    /// What the person is to be asked.
    #[serde(default)]
    pub prompt: Prompt,
    /// The sign-in may be at most so old, seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_age_s: Option<u64>,
    /// Single claims, those of scopes that the client may have.
    #[serde(default, skip_serializing_if = "ClaimsRequest::is_empty")]
    pub claims: ClaimsRequest,
    /// How the answer travels.
    #[serde(default)]
    pub response_mode: ResponseMode,
    /// How strong the sign-in is to be.
    #[serde(default, skip_serializing_if = "Demand::is_empty")]
    pub acr: Demand,
    /// Whom the client expects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login_hint: Option<String>,
    /// The language that the client wants pages in: the first of its `ui_locales` that is offered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    /// The provider that the client wants the person to use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// The `sub` of `id_token_hint`, or the one that `claims` asks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_sub: Option<String>,
}

/// How an answer travels (OAuth 2.0 Multiple Response Type Encoding Practices §2.1, OAuth 2.0 Form Post Response Mode).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum ResponseMode {
    /// In the query of the redirect URI.
    #[default]
    Query,
    /// In a form that the browser posts there.
    FormPost,
}

/// Where an answer goes, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplyTo {
    /// A place of the client's own.
    pub redirect_uri: RegisteredRedirectUri,
    /// Given back as it came.
    pub state: Option<String>,
    /// How.
    pub response_mode: ResponseMode,
}

impl AuthorizationRequest {
    /// Where its answer goes.
    #[must_use]
    pub fn reply_to(&self) -> ReplyTo {
        ReplyTo {
            redirect_uri: self.redirect_uri.clone(),
            state: self.state.clone(),
            response_mode: self.response_mode,
        }
    }
}

/// The values of `prompt` (OpenID Connect Core §3.1.2.1). Others are passed over, as Core advises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[expect(clippy::struct_excessive_bools, reason = "four values, in any mixture")]
pub struct Prompt {
    /// Show nothing.
    pub none: bool,
    /// Sign in again.
    pub login: bool,
    /// Ask again.
    pub consent: bool,
    /// Ask whether to go on as whoever is signed in.
    #[serde(default)]
    pub select_account: bool,
}

/// A refusal, and where it may be told.
#[derive(Debug, Clone)]
pub struct Refused {
    /// Why.
    pub refusal: Refusal,
    /// The client's place for answers, once it is known to be its own.
    pub reply_to: Option<ReplyTo>,
    /// The client, once it is known.
    pub client: Option<Box<Client>>,
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self {
            refusal,
            reply_to: None,
            client: None,
        }
    }
}

/// The way that an authorization request took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// A browser brought it.
    Browser,
    /// Its client pushed it (RFC 9126).
    Push,
}

/// Checks an authorization request of a client that is known: it authenticated, or nobody had to believe that it is the one.
///
/// # Errors
/// [`Refused`]; without `reply_to` only a page may tell it (RFC 6749 §4.1.2.1).
pub fn check(
    client: Client,
    params: &Params,
    by: By,
    server: &Server,
    host: &dyn Host,
) -> Result<(AuthorizationRequest, Client), Refused> {
    let redirect_uri = match redirect_uri(params, &client) {
        Ok(uri) => uri,
        Err(refusal) => {
            return Err(Refused {
                refusal,
                reply_to: None,
                client: Some(Box::new(client)),
            });
        }
    };
    // From here on there is a place to answer to.
    let state = params
        .bounded("state", MAX_STATE)
        .map(|state| state.map(str::to_owned));
    let reply_state = state.clone().ok().flatten();
    let checked = must_push(&client, by, server)
        .and(state)
        .and_then(|state| rest(params, &client, redirect_uri.clone(), state, server, host));
    match checked {
        Ok(request) => Ok((request, client)),
        Err(refusal) => Err(Refused {
            refusal,
            reply_to: Some(ReplyTo {
                response_mode: response_mode(params, &redirect_uri).unwrap_or_default(),
                redirect_uri,
                state: reply_state,
            }),
            client: Some(Box::new(client)),
        }),
    }
}

/// Whether the client may ask in this way (RFC 9126 §5, §6).
const fn must_push(client: &Client, by: By, server: &Server) -> Result<(), Refusal> {
    let required = server.pushed_authorization_requests.required
        || client.require_pushed_authorization_requests;
    match by {
        By::Browser if required => Err(Refusal::PushedRequestRequired),
        By::Browser | By::Push => Ok(()),
    }
}

/// The redirect URI: sent and registered, or the only one that the client has (OAuth 2.1 §2.3.2).
fn redirect_uri(params: &Params, client: &Client) -> Result<RegisteredRedirectUri, Refusal> {
    match (params.get("redirect_uri"), client.redirect_uris.as_slice()) {
        (Some(uri), registered) => redirect_uri::find(uri, registered, client.loopback_any_path),
        (None, [only]) if matches!(redirect_uri::place(only), Ok(Place::Web(_))) => {
            redirect_uri::find(only, client.redirect_uris.as_slice(), false)
        }
        (None, _) => Err(Refusal::MissingParameter("redirect_uri")),
    }
}

/// Posting needs an address that can be posted to.
fn response_mode(
    params: &Params,
    redirect_uri: &RegisteredRedirectUri,
) -> Result<ResponseMode, Refusal> {
    let postable = matches!(redirect_uri.place(), Some(Place::Web(_) | Place::Loopback));
    match params.get("response_mode") {
        None | Some("query") => Ok(ResponseMode::Query),
        Some("form_post") if postable => Ok(ResponseMode::FormPost),
        Some(_) => Err(Refusal::UnsupportedResponseMode),
    }
}

fn rest(
    params: &Params,
    client: &Client,
    redirect_uri: RegisteredRedirectUri,
    state: Option<String>,
    server: &Server,
    host: &dyn Host,
) -> Result<AuthorizationRequest, Refusal> {
    refuse_unsupported(params)?;
    let response_mode = response_mode(params, &redirect_uri)?;
    if !client.may(GrantType::AuthorizationCode) {
        return Err(Refusal::GrantTypeOfAnotherClient);
    }
    let challenge = CodeChallenge::from_request(
        params.get("code_challenge"),
        params.get("code_challenge_method"),
    )?;
    if challenge.is_none() && (client.require_pkce || !client.is_confidential()) {
        return Err(Refusal::ChallengeMissing);
    }
    let asked = claims_parameter::parse(params.get("claims"))?;
    let hinted = expected_sub(params, server, host)?;
    if asked.sub.is_some() && hinted.is_some() && asked.sub != hinted {
        return Err(Refusal::MalformedParameter("claims"));
    }
    Ok(AuthorizationRequest {
        client_id: client.client_id.clone(),
        redirect_uri,
        redirect_uri_sent: params.get("redirect_uri").is_some(),
        state,
        scope: scope(params.get("scope"), client)?,
        resources: resource::from_request(params.all("resource"), server, host)?,
        authorization_details: authorization_details::from_request(
            params.get("authorization_details"),
            client,
            server,
        )?,
        challenge,
        nonce: params.bounded("nonce", MAX_STATE)?.map(str::to_owned),
        dpop_jkt: dpop_jkt(params.get("dpop_jkt"), server)?,
        prompt: prompt(params.get("prompt"))?,
        max_age_s: max_age(params.get("max_age"))?.or(client.default_max_age),
        claims: asked.claims.within(&client.scope),
        response_mode,
        acr: asked.acr.map_or_else(|| acr(params, client), Ok)?,
        login_hint: params.bounded("login_hint", 320)?.map(str::to_owned),
        language: params
            .get("ui_locales")
            .and_then(|wanted| language::first_of(wanted, &server.languages)),
        provider: params.bounded("provider", 64)?.map(str::to_owned),
        expected_sub: asked.sub.or(hinted),
    })
}

/// Refuses what would change the meaning of the request if we passed over it.
fn refuse_unsupported(params: &Params) -> Result<(), Refusal> {
    for (name, refusal) in [
        ("request", Refusal::RequestNotSupported),
        ("request_uri", Refusal::RequestUriNotSupported),
        ("registration", Refusal::RegistrationNotSupported),
    ] {
        if params.get(name).is_some() {
            return Err(refusal);
        }
    }
    if params.require("response_type")? != "code" {
        return Err(Refusal::UnsupportedResponseType);
    }
    Ok(())
}

/// Those of the scopes asked for that the client may have; its `default_scope` if it asked for none.
pub(crate) fn scope(asked: Option<&str>, client: &Client) -> Result<Scope, Refusal> {
    let Some(asked) = asked else {
        return Ok(client.default_scope());
    };
    let granted = Scope::parse(asked)?.within(&client.scope);
    // A client that cannot refresh has no use for it, and a consent page must not promise it.
    let granted =
        granted.only(|token| token != "offline_access" || client.may(GrantType::RefreshToken));
    if granted.is_empty() {
        Err(Refusal::NoScopeLeft)
    } else {
        Ok(granted)
    }
}

/// What the request asks of the sign-in; what the client registered if it asks nothing (OpenID Connect Registration §2).
fn acr(params: &Params, client: &Client) -> Result<Demand, Refusal> {
    match params.get("acr_values") {
        Some(values) => Demand::parse(values),
        None => Ok(Demand {
            values: client.default_acr_values.clone(),
            essential: false,
        }),
    }
}

/// RFC 9449 §10. Where proofs are not taken, a code that waits for one would be of no use.
fn dpop_jkt(value: Option<&str>, server: &Server) -> Result<Option<String>, Refusal> {
    match value {
        None => Ok(None),
        Some(jkt) if server.dpop.enabled && crate::jwk::is_thumbprint(jkt) => {
            Ok(Some(jkt.to_owned()))
        }
        Some(_) => Err(Refusal::MalformedParameter("dpop_jkt")),
    }
}

fn prompt(value: Option<&str>) -> Result<Prompt, Refusal> {
    let words: Vec<&str> = value
        .unwrap_or_default()
        .split(' ')
        .filter(|word| !word.is_empty())
        .collect();
    let has = |word| words.contains(&word);
    if has("none") && words.len() > 1 {
        return Err(Refusal::PromptMalformed);
    }
    Ok(Prompt {
        none: has("none"),
        login: has("login"),
        consent: has("consent"),
        select_account: has("select_account"),
    })
}

/// The person whom `id_token_hint` names. One that cannot be verified names nobody, and without a page to ask on that is
/// `login_required` (OpenID Connect Core §3.1.2.1).
fn expected_sub(
    params: &Params,
    server: &Server,
    host: &dyn Host,
) -> Result<Option<String>, Refusal> {
    let Some(hint) = params.get("id_token_hint") else {
        return Ok(None);
    };
    match crate::token::id::hint(hint, server, host) {
        Ok(hint) => Ok(Some(hint.sub)),
        Err(Refusal::HintInvalid) if params.get("prompt") == Some("none") => {
            Err(Refusal::LoginRequired)
        }
        Err(Refusal::HintInvalid) => Ok(None),
        Err(refusal) => Err(refusal),
    }
}

fn max_age(value: Option<&str>) -> Result<Option<u64>, Refusal> {
    value
        .map(|value| {
            value
                .parse()
                .map_err(|_| Refusal::MalformedParameter("max_age"))
        })
        .transpose()
}
