//! The authorization endpoint: OAuth 2.1 §3.1, OpenID Connect Core §3.1.2.
//!
//! In order: 1. GET or POST; 2. what a `request_uri` of ours refers to ([`crate::pushed`]), or what a request object says
//! ([`crate::request_object`]); 3. the checks of [`crate::authorization`]; 4. a request object is used up, once; 5. what stands between the
//! request and its code ([`next()`]); 6. a pushed request is used up, once; 7. a code ([`code`]). What needs a person begins a sign-in and
//! shows a page; `prompt=none` gets an error instead.

mod answer;
mod next;

pub(super) use answer::{answer_error, code, keep};
pub(super) use next::{Next, Tried, next, sign_in_for, stronger};

use super::{Call, login, provider};
use crate::authorization::{self, AuthorizationRequest, By, Refused};
use crate::browser::Browser;
use crate::client::{self, Client};
use crate::http::Answer;
use crate::login::Transaction;
use crate::params::Params;
use crate::pushed::{self, Found, Pushed};
use crate::refusal::Refusal;
use crate::request_object::{self, Unpacked};

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
    let client = client::named(
        params.require("client_id")?,
        call.request.client_address,
        call.host,
    )?;
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
    let found = pushed::find(request_uri, &client, call.host)?;
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
        (Next::SignIn(sign_in), Some(session)) if !sign_in.confirm_by.is_empty() => {
            let (browser, mut transaction) = begin_sign_in(call, request, None, pushed)?;
            let by = &sign_in.confirm_by;
            let answer = provider::confirm(call, &session, by, true, &mut transaction)?;
            Ok(browser.remember(answer, &call.cookies()))
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
