//! The registration endpoint: RFC 7591. Below it the configuration endpoint of each client that used it: [`configuration`].
//!
//! In order: 1. registration is on; 2. POST, JSON of at most 64 KiB; 3. the initial access token, which mode `token` demands; 4. the software
//! statement, which the operator may demand; 5. the metadata ([`crate::client::registration`]); 6. the policy; 7. how many this network and
//! all together registered; 8. the initial access token is used up; 9. one record.

mod configuration;

pub use configuration::manage;

use super::Call;
use crate::client::initial_access::{self, Admission};
use crate::client::registration::room::{self, Place};
use crate::client::registration::{self, MAX_BODY, MAX_DEPTH, Offer, Registration, Said};
use crate::client::{self, Client, arrivals, client_secret_jwt};
use crate::http::Answer;
use crate::policy;
use crate::ports::Level;
use crate::refusal::Refusal;
use crate::scope::Scope;
use crate::secret::random_secret;
use crate::settings::RegistrationMode;
use crate::software_statement::SoftwareStatement;
use crate::store;
use crate::strict_json;
use serde_json::{Map, Value, json};

/// Starts every registration access token.
const TOKEN_PREFIX: &str = "dwm_";
/// Starts every client secret that we make up.
const SECRET_PREFIX: &str = "dws_";

/// Answers a request to `/register`.
#[must_use]
pub fn serve(call: &Call<'_>) -> Answer {
    if call.server.registration.mode == RegistrationMode::Off {
        return Answer::refusal(&Refusal::NotFound).cors();
    }
    if let Some(answer) = call.request.turned_away("POST, OPTIONS") {
        return answer;
    }
    register(call).unwrap_or_else(|refusal| refuse(call, &refusal))
}

fn register(call: &Call<'_>) -> Result<Answer, Refusal> {
    let said = body(call)?;
    let admission = admission(call)?;
    let from = call.request.client_address;
    let said = Said::in_request(&said, from, call.server, call.now, call.host)?;
    let made_up = (registration::new_id(call.host), new_secret(call));
    let (mut client, secret) = read(call, &said, made_up)?;
    let admitted_by = admission.as_ref().map(|it| it.name().to_owned());
    let place = match admission {
        Some(admission) => admission.take(call.host).map(|()| None)?,
        None => Some(take_place(call)?),
    };
    let token = new_token(call);
    let registration = Registration::new(&token, &said, place, call.server, call.now);
    client.registration = Some(registration);
    let key = client::key(&client.client_id);
    store::insert(call.host, &key, &client, client.kept_until())?;
    let by = ("initial_access_token", &*admitted_by.unwrap_or_default());
    log(call, "client.registered", &client, &[voucher(&said), by]);
    Ok(told(call, 201, &client, secret.as_deref(), &token))
}

/// Counts one more registration: in this hour from this network, and among the unused from anyone.
fn take_place(call: &Call<'_>) -> Result<Place, Refusal> {
    let from = call.request.client_address;
    arrivals::admit(from, call.server, call.now, call.host)?;
    room::take(call.server, call.now, call.host)
}

/// The client that metadata describes, as far as the policy lets it be.
fn read(
    call: &Call<'_>,
    said: &Said,
    made_up: (String, String),
) -> Result<registration::Read, Refusal> {
    let offer = Offer::to_dynamic_clients(call.server, call.host);
    let (mut client, secret) = registration::read(said, &offer, made_up, call.now)?;
    let days = u64::from(call.server.registration.client_secret_days);
    if days > 0 {
        let ends = call.now.plus(days.saturating_mul(86_400));
        for secret in &mut client.secrets {
            secret.expires_at = Some(ends);
        }
    }
    client_secret_jwt::keep(&mut client, secret.as_deref(), call.host)?;
    let input = policy::Input {
        stage: "registration".to_owned(),
        now: call.now.0,
        client: client.facts(),
        scopes: client.scope.tokens().to_vec(),
        ..policy::Input::default()
    };
    let permit = policy::permit(&input, call.host)?;
    if permit.scope.is_empty() && !client.scope.is_empty() {
        return Err(Refusal::PolicyDenied {
            reason: "scope".to_owned(),
        });
    }
    client.default_scope = client
        .default_scope
        .map(|default| default.within(&permit.scope))
        .filter(|default: &Scope| !default.is_empty());
    client.scope = permit.scope;
    Ok((client, secret))
}

/// The JSON object in the body.
fn body(call: &Call<'_>) -> Result<Map<String, Value>, Refusal> {
    let invalid = |why: &str| Refusal::ClientMetadataInvalid(why.to_owned());
    let media_type = call.request.header("content-type").unwrap_or_default();
    let media_type = media_type.split(';').next().unwrap_or_default().trim();
    if !media_type.eq_ignore_ascii_case("application/json") {
        return Err(invalid("the body must be application/json"));
    }
    if call.request.body.len() > MAX_BODY {
        return Err(invalid("the body is larger than 64 KiB"));
    }
    strict_json::object(call.request.body, MAX_DEPTH).map_err(|_| {
        invalid("the body is not a JSON object, nests too deeply or has a member twice")
    })
}

/// What the initial access token grants. Where everyone may register, one that comes must be good all the same.
fn admission(call: &Call<'_>) -> Result<Option<Admission>, Refusal> {
    match (bearer(call)?, call.server.registration.mode) {
        (Some(token), _) => initial_access::find(token, call.server, call.host).map(Some),
        (None, RegistrationMode::Open) => Ok(None),
        (None, RegistrationMode::Token | RegistrationMode::Off) => Err(Refusal::RegistrationClosed),
    }
}

/// The token of a `Bearer` header (RFC 6750 §2.1); `None` without a header.
fn bearer<'a>(call: &Call<'a>) -> Result<Option<&'a str>, Refusal> {
    if !call.request.has_header("authorization") {
        return Ok(None);
    }
    let token = call
        .request
        .header("authorization")
        .and_then(|header| header.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim());
    token
        .filter(|token| !token.is_empty())
        .map(Some)
        .ok_or(Refusal::TokenInvalid)
}

fn new_secret(call: &Call<'_>) -> String {
    format!("{SECRET_PREFIX}{}", random_secret(call.host))
}

fn new_token(call: &Call<'_>) -> String {
    format!("{TOKEN_PREFIX}{}", random_secret(call.host))
}

/// The client information response (RFC 7591 §3.2.1, RFC 7592 §3).
fn told(
    call: &Call<'_>,
    status: u16,
    client: &Client,
    secret: Option<&str>,
    token: &str,
) -> Answer {
    let mut told = registration::information(client);
    if let Some(secret) = secret {
        told.insert("client_secret".to_owned(), json!(secret));
    }
    if client.is_confidential() && !client.secrets.is_empty() {
        let last = client.secrets.iter().map(|secret| {
            // 0: never (§3.2.1).
            secret.expires_at.map_or(0, |at| at.0)
        });
        told.insert("client_secret_expires_at".to_owned(), json!(last.max()));
    }
    let registration = client.registration.as_ref();
    if let Some(jwt) = registration.and_then(|it| it.software_statement.as_deref()) {
        told.insert("software_statement".to_owned(), json!(jwt)); // Unmodified (RFC 7591 §3.2.1).
    }
    told.insert("registration_access_token".to_owned(), json!(token));
    let uri = format!("{}/register/{}", call.server.issuer, client.client_id);
    told.insert("registration_client_uri".to_owned(), json!(uri));
    Answer::json(status, &told).cors()
}

fn log(call: &Call<'_>, event: &str, client: &Client, more: &[(&str, &str)]) {
    let name = client.client_name.as_deref().unwrap_or_default();
    let network = call.request.client_address.unwrap_or_default();
    let fields = [
        ("client_id", client.client_id.as_str()),
        ("client_name", name),
        ("network", network),
    ];
    call.host
        .emit(Level::Info, event, &[&fields, more].concat());
}

/// For the log: whose statement vouches for a client.
fn voucher(said: &Said) -> (&'static str, &str) {
    let issuer = said.statement().map_or("", SoftwareStatement::issuer);
    ("vouched_for_by", issuer)
}

/// RFC 7591 §3.2.2; for tokens RFC 6750 §3.
fn refuse(call: &Call<'_>, refusal: &Refusal) -> Answer {
    call.log_refusal("registration.refused", refusal, "");
    let (status, error) = refusal.on_the_wire();
    let answer = match refusal {
        Refusal::PolicyDenied { .. } | Refusal::PolicyFailed(_) if status == 403 => {
            let body = json!({ "error": error, "error_description": refusal.description() });
            Answer::json(status, &body)
        }
        _ => Answer::refusal(refusal),
    };
    match refusal {
        Refusal::TokenInvalid => answer.with(
            "www-authenticate",
            "Bearer realm=\"OAuth\", error=\"invalid_token\"",
        ),
        Refusal::BearerTokenMissing | Refusal::RegistrationClosed => {
            answer.with("www-authenticate", "Bearer realm=\"OAuth\"")
        }
        _ => answer,
    }
    .cors()
}
