//! The end of an authorization request: a code, or an error, on its way back to the client (OAuth 2.1 §4.1.2, §4.1.2.1).

use super::super::Call;
use crate::authorization::{AuthorizationRequest, ReplyTo, ResponseMode};
use crate::backchannel_logout::Participant;
use crate::claims_parameter;
use crate::client::Client;
use crate::consent::ConsentGiven;
use crate::grant::{self, Code, Grant};
use crate::granted;
use crate::http::Answer;
use crate::page::{FormPost, Page};
use crate::policy::Permit;
use crate::ports::Level;
use crate::refusal::Refusal;
use crate::secret::{SecretHash, random_id, random_secret};
use crate::session::{self, ActiveSession};
use crate::time::UnixTime;

/// Issues a code and sends the browser back with it (OAuth 2.1 §4.1.2).
pub(in crate::endpoint) fn code(
    call: &Call<'_>,
    request: &AuthorizationRequest,
    client: &Client,
    session: &ActiveSession,
    permit: &Permit,
    _given: ConsentGiven,
) -> Result<Answer, Refusal> {
    let (grant_id, secret) = (random_id(call.host), random_secret(call.host));
    let expires_at = call
        .now
        .plus(u64::from(call.server.lifetimes.authorization_code_s));
    let ends_with_session = !permit.scope.has("offline_access");
    let grant = Grant {
        client_id: client.client_id.clone(),
        sub: session.user.sub.clone(),
        generation: session.user.generation,
        session_generation: ends_with_session.then_some(session.user.session_generation),
        sid: session.id.clone(),
        scope: permit.scope.clone(),
        resources: request.resources.clone(),
        auth_time: session.session.auth_time,
        amr: session.session.amr.clone(),
        provider: session.session.provider.clone(),
        acr: request
            .acr
            .answer(&session.session.amr, &call.server.authentication_contexts),
        authorization_details: request.authorization_details.clone(),
        claims: claims_parameter::kept(&permit.claims_by_name),
        confirmation: None,
        act: None,
        created_at: call.now,
        device: call.device(),
        listed_until: call.now,
        code: Code {
            sha256: SecretHash::of(&secret),
            expires_at,
            redeemed_at: None,
            redirect_uri: request.redirect_uri.as_str().to_owned(),
            redirect_uri_sent: request.redirect_uri_sent,
            challenge: request.challenge.clone(),
            nonce: request.nonce.clone(),
            dpop_jkt: request.dpop_jkt.clone(),
        },
        refresh: None,
    };
    let grant = keep(call, client, session, (&grant_id, grant), expires_at)?;
    let fields = [
        ("client_id", client.client_id.as_str()),
        ("sub", &grant.sub),
        ("scope", &grant.scope.to_string()),
    ];
    call.host.emit(Level::Info, "code.issued", &fields);
    let code = grant::code(&grant_id, &secret);
    Ok(answer(call, &request.reply_to(), &[("code", &code)]))
}

/// Writes what a person just gave to a client: into their session, unless it outlives that, and into the index of what they gave.
pub(in crate::endpoint) fn keep(
    call: &Call<'_>,
    client: &Client,
    session: &ActiveSession,
    (grant_id, grant): (&str, Grant),
    expires_at: UnixTime,
) -> Result<Grant, Refusal> {
    let ends_with_session = grant.session_generation.is_some();
    let participant = Participant::of(client, &grant);
    let participant = participant.filter(|one| !session.session.participants.contains(one));
    if ends_with_session || participant.is_some() {
        let kept = session::Kept {
            grant_id: ends_with_session.then_some(grant_id),
            participant: participant.as_ref(),
        };
        session::keep(&session.id, kept, call.server, call.host)?;
    }
    let grant = granted::insert(grant_id, grant, expires_at, client, call.server, call.host)?;
    if session::of_sign_in(&session.id, call.server, call.now, call.host)?.is_none() {
        // They signed out just now, and did not see this grant.
        grant::revoke(grant_id, call.host)?;
        return Err(Refusal::LoginRequired);
    }
    Ok(grant)
}

/// Sends the browser back with an error (OAuth 2.1 §4.1.2.1).
pub(in crate::endpoint) fn answer_error(
    call: &Call<'_>,
    reply_to: &ReplyTo,
    refusal: &Refusal,
) -> Answer {
    let (_, error) = refusal.on_the_wire();
    answer(
        call,
        reply_to,
        &[
            ("error", error),
            ("error_description", &refusal.description()),
        ],
    )
}

/// Every answer carries `state` as it came, and `iss` (RFC 9207 §2).
fn answer(call: &Call<'_>, reply_to: &ReplyTo, own: &[(&str, &str)]) -> Answer {
    let mut parameters = own.to_vec();
    parameters.extend(reply_to.state.as_deref().map(|state| ("state", state)));
    parameters.push(("iss", &call.server.issuer));
    match reply_to.response_mode {
        ResponseMode::Query => Answer::see_other(reply_to.redirect_uri.with(&parameters)),
        ResponseMode::FormPost => Answer::page(
            200,
            Page::FormPost(FormPost {
                action: reply_to.redirect_uri.clone(),
                fields: parameters
                    .into_iter()
                    .map(|(name, value)| (name.to_owned(), value.to_owned()))
                    .collect(),
            }),
        ),
    }
}
