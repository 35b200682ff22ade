//! The authorization endpoint: OAuth 2.1 §3.1, OpenID Connect Core §3.1.2.
//!
//! In order: 1. GET or POST; 2. the checks of [`crate::authorization`]; 3. who is signed in, and is that enough; 4. the policy; 5. consent;
//! 6. a code. What needs a person begins a sign-in and shows a page; `prompt=none` gets an error instead.

use super::{Call, login};
use crate::authorization::{self, AuthorizationRequest, Refused};
use crate::client::{Client, Trust};
use crate::consent::{self, ConsentGiven};
use crate::grant::{self, Code, Grant};
use crate::http::Answer;
use crate::login::Transaction;
use crate::policy::{self, Permit};
use crate::ports::Level;
use crate::redirect_uri::RegisteredRedirectUri;
use crate::refusal::Refusal;
use crate::secret::{SecretHash, random_id, random_secret};
use crate::session::{self, ActiveSession};
use crate::store;

/// Answers a request to `/authorize`.
#[must_use]
pub fn serve(call: &Call<'_>) -> Answer {
    let params = match call.request.method {
        "GET" | "HEAD" => call.request.query(),
        "POST" => call.request.form(),
        _ => Err(Refusal::WrongMethod { allow: "GET, POST" }),
    };
    let params = match params {
        Ok(params) => params,
        Err(refusal) => return refuse(call, &Refused::from(refusal)),
    };
    match authorization::check(&params, call.server, call.host) {
        Ok(_) if call.request.method == "POST" && call.browser().is_new() => {
            Answer::see_other(call.again_by_get("/authorize", &params))
        }
        Ok((request, client)) => match begin(call, request, &client) {
            Ok(answer) => answer,
            Err(refusal) => call.error_page(&refusal),
        },
        Err(refused) => refuse(call, &refused),
    }
}

/// What stands between a request and its code.
pub(super) enum Next {
    /// A person must sign in, perhaps by this provider.
    SignIn(Option<String>),
    /// They must be asked.
    Ask(Permit),
    /// Nothing.
    Answer(Permit, ConsentGiven),
}

/// Goes as far as it can without a person.
fn begin(
    call: &Call<'_>,
    request: AuthorizationRequest,
    client: &Client,
) -> Result<Answer, Refusal> {
    let session = call.session()?;
    let next = match next(call, &request, client, session.as_ref(), None) {
        Ok(next) => next,
        Err(refusal) if refusal.is_ours() => return Err(refusal),
        Err(refusal) => {
            return Ok(answer_error(
                call,
                &request.redirect_uri,
                request.state.as_deref(),
                &refusal,
            ));
        }
    };
    match (next, session) {
        (Next::Answer(permit, given), Some(session)) => {
            code(call, &request, client, &session, &permit, given)
        }
        (Next::Ask(_), _) if request.prompt.none => Ok(answer_error(
            call,
            &request.redirect_uri,
            request.state.as_deref(),
            &Refusal::ConsentRequired,
        )),
        (_, _) if request.prompt.none => Ok(answer_error(
            call,
            &request.redirect_uri,
            request.state.as_deref(),
            &Refusal::LoginRequired,
        )),
        (Next::Ask(_), Some(session)) => {
            let browser = call.browser();
            let transaction = crate::login::begin(call, &browser, Some(request), Some(session.id))?;
            let location = format!("{}/consent?transaction={}", call.base(), transaction.id);
            Ok(browser.remember(Answer::see_other(location), &call.cookies()))
        }
        (Next::SignIn(provider), _) => {
            let browser = call.browser();
            let transaction = crate::login::begin(call, &browser, Some(request), None)?;
            let answer = login::choose(call, &transaction, provider.as_deref())?;
            Ok(browser.remember(answer, &call.cookies()))
        }
        (Next::Ask(_) | Next::Answer(..), None) => Err(Refusal::LoginRequired),
    }
}

/// Decides what stands between a request and its code. `transaction`: the sign-in that led here, if there was one.
pub(super) fn next(
    call: &Call<'_>,
    request: &AuthorizationRequest,
    client: &Client,
    session: Option<&ActiveSession>,
    transaction: Option<&Transaction>,
) -> Result<Next, Refusal> {
    let by_this_sign_in = |session: &ActiveSession| {
        transaction.is_some_and(|transaction| transaction.login.sid.as_ref() == Some(&session.id))
    };
    let session = match session {
        Some(session) if is_enough(call, request, session) => session,
        Some(session) if by_this_sign_in(session) && is_expected(request, session) => session,
        // They signed in, but as someone else than `id_token_hint` names: asking again would go in circles.
        Some(session) if by_this_sign_in(session) => return Err(Refusal::LoginRequired),
        _ => return Ok(Next::SignIn(request.provider.clone())),
    };
    let input = policy::Input {
        stage: "authorization".to_owned(),
        now: call.now.0,
        client: client.facts(),
        user: Some(session.user.facts()),
        session: Some(session.facts(call.request.client_address)),
        grant_type: "authorization_code".to_owned(),
        scopes: request.scope.tokens().to_vec(),
        resources: request.resources.clone(),
    };
    let permit = policy::permit(&input, call.host)?;
    if permit
        .require_provider
        .as_ref()
        .is_some_and(|provider| *provider != session.session.provider)
    {
        return Ok(Next::SignIn(permit.require_provider));
    }
    if permit.scope.is_empty() && !request.scope.is_empty() {
        return Err(Refusal::NoScopeLeft);
    }
    let given = if permit.require_consent {
        None
    } else {
        consent::already_given(request, &permit.scope, client, &session.user.sub, call.host)?
    };
    Ok(given.map_or_else(
        || Next::Ask(permit.clone()),
        |given| Next::Answer(permit.clone(), given),
    ))
}

/// Whether a session that was there before satisfies `prompt`, `max_age` and `id_token_hint` (OpenID Connect Core §3.1.2.1).
fn is_enough(call: &Call<'_>, request: &AuthorizationRequest, session: &ActiveSession) -> bool {
    let age_s = call.now.since(session.session.auth_time);
    let fresh = request.max_age_s.is_none_or(|max_age_s| age_s <= max_age_s);
    !request.prompt.login && fresh && is_expected(request, session)
}

/// Whether the person is the one whom `id_token_hint` names, if it was sent.
fn is_expected(request: &AuthorizationRequest, session: &ActiveSession) -> bool {
    request
        .expected_sub
        .as_ref()
        .is_none_or(|sub| *sub == session.user.sub)
}

/// Issues a code and sends the browser back with it (OAuth 2.1 §4.1.2).
pub(super) fn code(
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
    let grant = Grant {
        client_id: client.client_id.clone(),
        sub: session.user.sub.clone(),
        generation: session.user.generation,
        sid: session.id.clone(),
        scope: permit.scope.clone(),
        resources: request.resources.clone(),
        auth_time: session.session.auth_time,
        amr: session.session.amr.clone(),
        provider: session.session.provider.clone(),
        acr: None,
        authorization_details: Vec::new(),
        claims: None,
        confirmation: None,
        act: None,
        created_at: call.now,
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
    if !permit.scope.has("offline_access") {
        session::add_grant(&session.id, &grant_id, call.server, call.host)?;
    }
    store::insert(call.host, &grant::key(&grant_id), &grant, Some(expires_at))?;
    if session::of_sign_in(&session.id, call.server, call.now, call.host)?.is_none() {
        // They signed out just now, and did not see this grant.
        grant::revoke(&grant_id, call.host)?;
        return Err(Refusal::LoginRequired);
    }
    let fields = [
        ("client_id", client.client_id.as_str()),
        ("sub", &grant.sub),
        ("scope", &grant.scope.to_string()),
    ];
    call.host.emit(Level::Info, "code.issued", &fields);
    let code = grant::code(&grant_id, &secret);
    Ok(answer(
        call,
        &request.redirect_uri,
        request.state.as_deref(),
        &[("code", &code)],
    ))
}

/// Sends the browser back with an error (OAuth 2.1 §4.1.2.1).
pub(super) fn answer_error(
    call: &Call<'_>,
    redirect_uri: &RegisteredRedirectUri,
    state: Option<&str>,
    refusal: &Refusal,
) -> Answer {
    let (_, error) = refusal.on_the_wire();
    answer(
        call,
        redirect_uri,
        state,
        &[
            ("error", error),
            ("error_description", &refusal.description()),
        ],
    )
}

/// Every answer carries `state` as it came, and `iss` (RFC 9207 §2).
fn answer(
    call: &Call<'_>,
    redirect_uri: &RegisteredRedirectUri,
    state: Option<&str>,
    own: &[(&str, &str)],
) -> Answer {
    let mut parameters = own.to_vec();
    parameters.extend(state.map(|state| ("state", state)));
    parameters.push(("iss", &call.server.issuer));
    Answer::see_other(redirect_uri.with(&parameters))
}

/// Tells a refusal: to the client if its place is known to be its own, otherwise on a page.
fn refuse(call: &Call<'_>, refused: &Refused) -> Answer {
    let client_id = refused
        .client
        .as_ref()
        .map_or("", |client| client.client_id.as_str());
    call.log_refusal("authorization.refused", &refused.refusal, client_id);
    // A client that registered itself could use us to send people where it likes (RFC 9700 §4.11.2): its errors are shown
    // here, not sent on.
    let unknown_party = refused
        .client
        .as_ref()
        .is_some_and(|client| client.trust == Trust::Dynamic);
    match &refused.reply_to {
        Some((redirect_uri, state)) if !unknown_party && !refused.refusal.is_ours() => {
            answer_error(call, redirect_uri, state.as_deref(), &refused.refusal)
        }
        _ => page(call, &refused.refusal),
    }
}

/// On a page every refusal of a request is 400: nobody authenticates here, so 401 would be a lie.
fn page(call: &Call<'_>, refusal: &Refusal) -> Answer {
    let mut answer = call.error_page(refusal);
    if answer.status == 401 {
        answer.status = 400;
    }
    answer
}
