//! The authorization endpoint: OAuth 2.1 §3.1, OpenID Connect Core §3.1.2.
//!
//! In order: 1. GET or POST; 2. what a `request_uri` of ours refers to ([`crate::pushed`]), or what a request object says
//! ([`crate::request_object`]); 3. the checks of [`crate::authorization`]; 4. a request object is used up, once; 5. who is signed in, and is
//! that enough; 6. the policy; 7. consent; 8. a pushed request is used up, once; 9. a code. What needs a person begins a sign-in and shows
//! a page; `prompt=none` gets an error instead.

use super::{Call, login};
use crate::acr::{self, Demand};
use crate::authorization::{self, AuthorizationRequest, By, Refused, ReplyTo, ResponseMode};
use crate::backchannel_logout::Participant;
use crate::browser::Browser;
use crate::claims_parameter;
use crate::client::{self, Client};
use crate::consent::{self, ConsentGiven};
use crate::grant::{self, Code, Grant};
use crate::granted;
use crate::http::Answer;
use crate::login::Transaction;
use crate::page::{FormPost, Page};
use crate::pairwise;
use crate::params::Params;
use crate::policy::{self, Permit};
use crate::ports::Level;
use crate::pushed::{self, Found, Pushed};
use crate::refusal::Refusal;
use crate::request_object::{self, Unpacked};
use crate::secret::{SecretHash, random_id, random_secret};
use crate::session::{self, ActiveSession};
use crate::time::UnixTime;

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
        Err(refusal) => return refuse(call, &Refused::from(refusal), &Params::default()),
    };
    let asked = match asked(call, &params) {
        Ok(asked) => asked,
        Err(refused) => return refuse(call, &refused, &params),
    };
    if call.request.method == "POST" && call.browser().is_new() {
        return Answer::see_other(call.again_by_get("/authorize", &params));
    }
    let answer = match asked {
        Asked::New(request, client) => begin(call, *request, &client, None),
        Asked::Signed(request, client, object) => object
            .spend(call.host)
            .and_then(|()| begin(call, *request, &client, None)),
        Asked::Pushed(request, client, pushed) => begin(call, *request, &client, Some(&pushed)),
        Asked::UnderWay(transaction) => resume(call, &transaction),
    };
    answer.unwrap_or_else(|refusal| page(call, &refusal))
}

/// What a browser came with.
enum Asked {
    /// A request.
    New(Box<AuthorizationRequest>, Box<Client>),
    /// One in a request object.
    Signed(Box<AuthorizationRequest>, Box<Client>, Unpacked),
    /// One that was pushed, and that nobody has used.
    Pushed(Box<AuthorizationRequest>, Box<Client>, Pushed),
    /// The sign-in that its `request_uri` began.
    UnderWay(String),
}

/// The request itself, or the one that it refers to. Of a pushed one nothing but `client_id` and `request_uri` counts here (RFC 9126 §4).
fn asked(call: &Call<'_>, params: &Params) -> Result<Asked, Refused> {
    let request_uri = params
        .get("request_uri")
        .filter(|uri| call.server.pushed_authorization_requests.enabled && pushed::is_ours(uri));
    let client = client::find(params.require("client_id")?, call.host)?;
    let Some(request_uri) = request_uri else {
        let unpacked = request_object::unpack(params, &client, call.server, call.now, call.host)?;
        let checked = authorization::check(
            client,
            &unpacked.params,
            By::Browser,
            call.server,
            call.host,
        );
        let (request, client) = checked?;
        let (request, client) = (Box::new(request), Box::new(client));
        return Ok(if params.get("request").is_some() {
            Asked::Signed(request, client, unpacked)
        } else {
            Asked::New(request, client)
        });
    };
    // RFC 9101 §5: one of them, never both.
    if params.get("request").is_some() {
        return Err(Refusal::MalformedParameter("request_uri").into());
    }
    let found = pushed::find(request_uri, &client.client_id, call.host)?;
    let pushed = match found {
        Found::Fresh(pushed) => pushed,
        Found::Used(transaction) => return Ok(Asked::UnderWay(transaction)),
    };
    let params = pushed.params();
    let (request, client) =
        authorization::check(client, &params, By::Push, call.server, call.host)?;
    Ok(Asked::Pushed(Box::new(request), Box::new(client), pushed))
}

/// The same browser came back with a `request_uri` that it has used: people reload, and go back.
fn resume(call: &Call<'_>, transaction: &str) -> Result<Answer, Refusal> {
    let found = crate::login::find(Some(transaction), &call.browser(), call.host);
    let transaction = found.map_err(|refusal| match refusal {
        Refusal::LoginUnknown | Refusal::LoginOfAnotherBrowser => Refusal::RequestUriInvalid,
        other => other,
    })?;
    let step = match transaction.login.sid {
        Some(_) => "consent",
        None => "login",
    };
    Ok(to_step(call, step, &transaction))
}

/// To a page of a sign-in under way.
fn to_step(call: &Call<'_>, step: &str, transaction: &Transaction) -> Answer {
    Answer::see_other(format!(
        "{}/{step}?transaction={}",
        call.base(),
        transaction.id
    ))
}

/// What stands between a request and its code.
pub(super) enum Next {
    /// A person must sign in.
    SignIn(SignIn),
    /// Somebody is signed in; it must be asked whether they are the one.
    SelectAccount,
    /// They must be asked.
    Ask(Permit),
    /// Nothing.
    Answer(Permit, ConsentGiven),
}

/// Why and how a person must sign in.
pub(super) struct SignIn {
    /// By one of these providers; none: by any.
    pub(super) providers: Vec<String>,
    /// What `prompt=none` is told instead.
    silent: Refusal,
}

/// Goes as far as it can without a person.
fn begin(
    call: &Call<'_>,
    request: AuthorizationRequest,
    client: &Client,
    pushed: Option<&Pushed>,
) -> Result<Answer, Refusal> {
    let session = call.session()?;
    let spend = || pushed.map_or(Ok(()), |pushed| pushed.spend(call.host));
    // See [`may_send_on`].
    let may_send_on = !client.came_by_itself() || request.prompt.none || session.is_some();
    let error = |refusal: Refusal| {
        spend()?;
        if !may_send_on {
            return Err(refusal);
        }
        Ok(answer_error(call, &request.reply_to(), &refusal))
    };
    let next = match next(call, &request, client, session.as_ref(), None) {
        Ok(next) => next,
        Err(refusal) if refusal.is_ours() => return Err(refusal),
        Err(refusal) => return error(refusal),
    };
    match (next, session) {
        (Next::Answer(permit, given), Some(session)) => {
            spend()?;
            code(call, &request, client, &session, &permit, given)
        }
        (Next::Ask(_), _) if request.prompt.none => error(Refusal::ConsentRequired),
        (Next::SignIn(sign_in), _) if request.prompt.none => error(sign_in.silent),
        (Next::SelectAccount, _) if request.prompt.none => error(Refusal::AccountSelectionRequired),
        (_, None) if request.prompt.none => error(Refusal::LoginRequired),
        (Next::SelectAccount, _) => {
            let (browser, transaction) = begin_sign_in(call, request, None, pushed)?;
            Ok(browser.remember(to_step(call, "login", &transaction), &call.cookies()))
        }
        (Next::Ask(_), Some(session)) => {
            let (browser, transaction) = begin_sign_in(call, request, Some(session.id), pushed)?;
            Ok(browser.remember(to_step(call, "consent", &transaction), &call.cookies()))
        }
        (Next::SignIn(sign_in), _) => {
            let (browser, transaction) = begin_sign_in(call, request, None, pushed)?;
            let answer = match pushed {
                // The page gets an address of its own, which can be reloaded.
                Some(_) if sign_in.providers.len() != 1 => to_step(call, "login", &transaction),
                _ => login::choose(call, &transaction, &sign_in.providers)?,
            };
            Ok(browser.remember(answer, &call.cookies()))
        }
        (Next::Ask(_) | Next::Answer(..), None) => Err(Refusal::LoginRequired),
    }
}

/// Begins a sign-in, and uses up the pushed request that it is for. Nobody knows the id of a sign-in that lost the race for it.
fn begin_sign_in(
    call: &Call<'_>,
    request: AuthorizationRequest,
    sid: Option<String>,
    pushed: Option<&Pushed>,
) -> Result<(Browser, Transaction), Refusal> {
    let browser = call.browser();
    let transaction = crate::login::begin(call, &browser, Some(request), sid)?;
    if let Some(pushed) = pushed
        && let Err(refusal) = pushed.begins(&transaction.id, call.server, call.now, call.host)
    {
        transaction.finish(call.host)?;
        return Err(refusal);
    }
    Ok((browser, transaction))
}

/// Decides what stands between a request and its code. `transaction`: the sign-in that led here, if there was one.
pub(super) fn next(
    call: &Call<'_>,
    request: &AuthorizationRequest,
    client: &Client,
    session: Option<&ActiveSession>,
    transaction: Option<&Transaction>,
) -> Result<Next, Refusal> {
    let is_expected = is_expected(call, request, client, session)?;
    let by_this_sign_in = |session: &ActiveSession| {
        transaction.is_some_and(|transaction| transaction.login.sid.as_ref() == Some(&session.id))
    };
    let contexts = &call.server.authentication_contexts;
    if request.acr.essential && !request.acr.is_known(contexts) {
        return Err(Refusal::UnmetAuthenticationRequirements);
    }
    let session = match session {
        Some(session) if is_expected && is_enough(call, request, session) => session,
        Some(session) if is_expected && by_this_sign_in(session) => session,
        // They signed in, but as someone else than `id_token_hint` names: asking again would go in circles.
        Some(session) if by_this_sign_in(session) => return Err(Refusal::LoginRequired),
        _ => {
            return Ok(Next::SignIn(sign_in_for(
                call,
                request,
                Refusal::LoginRequired,
            )));
        }
    };
    let met = request.acr.is_empty() || request.acr.met(&session.session.amr, contexts).is_some();
    if !met && request.acr.is_known(contexts) {
        match (by_this_sign_in(session), request.acr.essential) {
            (true, true) => return Err(Refusal::UnmetAuthenticationRequirements),
            // It was tried for; or trying would show something.
            (true, false) => {}
            (false, false) if request.prompt.none => {}
            (false, _) => {
                let silent = Refusal::InteractionRequired;
                return Ok(Next::SignIn(sign_in_for(call, request, silent)));
            }
        }
    }
    let must_choose = request.prompt.select_account || is_hinted_elsewhere(request, session);
    if must_choose && !request.prompt.none && !by_this_sign_in(session) {
        return Ok(Next::SelectAccount);
    }
    let input = policy::Input {
        stage: "authorization".to_owned(),
        now: call.now.0,
        client: client.facts(),
        user: Some(session.user.facts()),
        session: Some(session.facts(call.request.client_address, call.server)),
        grant_type: "authorization_code".to_owned(),
        scopes: policy::scopes_of(&request.scope, &request.claims),
        resources: request.resources.clone(),
    };
    let permit =
        policy::permit_before_sign_in(&input, call.host)?.about(&request.scope, &request.claims);
    if let Some(acr) = &permit.require_acr
        && !acr::reaches(&session.session.amr, acr, contexts)
    {
        let demand = Demand::for_one(acr);
        return match (demand.is_known(contexts), by_this_sign_in(session)) {
            (true, false) => Ok(Next::SignIn(SignIn {
                providers: demand.providers(contexts),
                silent: Refusal::InteractionRequired,
            })),
            (true, true) => Err(Refusal::UnmetAuthenticationRequirements),
            (false, _) => Err(Refusal::PolicyDenied {
                reason: "acr".to_owned(),
            }),
        };
    }
    if let Some(provider) = &permit.require_provider
        && *provider != session.session.provider
    {
        return Ok(Next::SignIn(SignIn {
            providers: vec![provider.clone()],
            silent: Refusal::InteractionRequired,
        }));
    }
    if permit.scope.is_empty() && !request.scope.is_empty() {
        return Err(Refusal::NoScopeLeft);
    }
    let given = if permit.require_consent {
        None
    } else {
        consent::already_given(request, &permit, client, &session.user.sub, call.host)?
    };
    match given {
        None => Ok(Next::Ask(permit)),
        // Last of all: to an application that they never agreed to, it would tell who is signed in.
        Some(_) if must_choose && request.prompt.none => Err(Refusal::AccountSelectionRequired),
        Some(given) => Ok(Next::Answer(permit, given)),
    }
}

/// By which providers the request can be met.
pub(super) fn sign_in_for(
    call: &Call<'_>,
    request: &AuthorizationRequest,
    silent: Refusal,
) -> SignIn {
    let contexts = &call.server.authentication_contexts;
    let strong = request.acr.providers(contexts);
    let providers = match &request.provider {
        Some(provider) if strong.is_empty() || strong.contains(provider) => vec![provider.clone()],
        _ => strong,
    };
    SignIn { providers, silent }
}

/// Whether `login_hint` is the address of someone else than who is signed in.
fn is_hinted_elsewhere(request: &AuthorizationRequest, session: &ActiveSession) -> bool {
    match (&request.login_hint, &session.user.email) {
        (Some(hint), Some(email)) => hint.contains('@') && !hint.eq_ignore_ascii_case(email),
        _ => false,
    }
}

/// Whether a session that was there before satisfies `prompt` and `max_age` (OpenID Connect Core §3.1.2.1).
fn is_enough(call: &Call<'_>, request: &AuthorizationRequest, session: &ActiveSession) -> bool {
    let age_s = call.now.since(session.session.auth_time);
    // 0 asks for a sign-in of its own, even within the second.
    let fresh = request
        .max_age_s
        .is_none_or(|max_age_s| max_age_s > 0 && age_s <= max_age_s);
    !request.prompt.login && fresh
}

/// Whether the person is the one whom the request names, if it names one: by the name that this client knows them by, and by no other
/// (OpenID Connect Core §8.1).
fn is_expected(
    call: &Call<'_>,
    request: &AuthorizationRequest,
    client: &Client,
    session: Option<&ActiveSession>,
) -> Result<bool, Refusal> {
    match (&request.expected_sub, session) {
        (Some(expected), Some(session)) => {
            Ok(*expected == pairwise::sub(client, &session.user.sub, call.host)?)
        }
        (expected, _) => Ok(expected.is_none()),
    }
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
pub(super) fn keep(
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
pub(super) fn answer_error(call: &Call<'_>, reply_to: &ReplyTo, refusal: &Refusal) -> Answer {
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

/// Tells a refusal: to the client if its place is known to be its own, otherwise on a page.
fn refuse(call: &Call<'_>, refused: &Refused, params: &Params) -> Answer {
    let client_id = refused
        .client
        .as_ref()
        .map_or("", |client| client.client_id.as_str());
    call.log_refusal("authorization.refused", &refused.refusal, client_id);
    match &refused.reply_to {
        Some(reply_to) if !refused.refusal.is_ours() && may_send_on(call, refused, params) => {
            answer_error(call, reply_to, &refused.refusal)
        }
        _ => page(call, &refused.refusal),
    }
}

/// Whether the browser may be sent on with nothing but an error. A client that came by itself could use us to send people where it
/// likes (RFC 9700 §4.11.2): only who is signed in here is sent to it, or who would see nothing anyway.
fn may_send_on(call: &Call<'_>, refused: &Refused, params: &Params) -> bool {
    let came_by_itself = |client: &Client| client.came_by_itself();
    !refused.client.as_deref().is_some_and(came_by_itself)
        || params.get("prompt") == Some("none")
        || call.session().is_ok_and(|session| session.is_some())
}

/// On a page every refusal of a request is 400: nobody authenticates here, so 401 would be a lie.
fn page(call: &Call<'_>, refusal: &Refusal) -> Answer {
    let mut answer = call.error_page(refusal);
    if answer.status == 401 {
        answer.status = 400;
    }
    answer
}
