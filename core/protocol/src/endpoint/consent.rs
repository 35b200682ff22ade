//! `/consent`: the last step of a sign-in that an application began.
//!
//! In order: 1. GET or POST; 2. the sign-in, begun by this browser; 3. its redirect URI, still the client's; 4. who is signed in, and is that
//! enough; 5. the policy; 6. for a POST the form's token, bound to the person shown on the page; 7. the decision; 8. the sign-in ends,
//! once; 9. a code.

use super::authorize::{self, Next};
use super::{Call, login as login_page, provider};
use crate::authorization::AuthorizationRequest;
use crate::authorization_details;
use crate::browser::Browser;
use crate::client::{self, Client};
use crate::consent;
use crate::http::Answer;
use crate::login::{self, Transaction};
use crate::page::{Consent, DetailLine, Page, ResourceLine, ScopeLine};
use crate::params::Params;
use crate::policy::Permit;
use crate::ports::Level;
use crate::redirect_uri;
use crate::refusal::Refusal;
use crate::resource;
use crate::scope::Scope;
use crate::session::{self, ActiveSession};
use serde_json::Value;

/// Answers a request to `/consent`.
#[must_use]
pub fn serve(call: &Call<'_>) -> Answer {
    match handle(call) {
        Ok(answer) => answer,
        Err(refusal) => call.error_page(&refusal),
    }
}

fn handle(call: &Call<'_>) -> Result<Answer, Refusal> {
    let (posted, params) = match call.request.method {
        "GET" | "HEAD" => (false, call.request.query()?),
        "POST" => (true, call.request.form()?),
        _ => return Err(Refusal::WrongMethod { allow: "GET, POST" }),
    };
    let browser = call.browser();
    let mut transaction = login::find(params.get("transaction"), &browser, call.host)?;
    let request = transaction
        .login
        .request
        .clone()
        .ok_or(Refusal::LoginUnknown)?;
    let client = client::find(&request.client_id, call.host)?;
    // What was registered when the sign-in began may have been taken from the client since.
    redirect_uri::find(
        request.redirect_uri.as_str(),
        &client.redirect_uris,
        client.loopback_any_path,
    )?;
    let session = match &transaction.login.sid {
        Some(sid) => session::of_sign_in(sid, call.server, call.now, call.host)?,
        None => call.session()?,
    };
    let next = match authorize::next(
        call,
        &request,
        &client,
        session.as_ref(),
        Some(&transaction),
    ) {
        Ok(next) => next,
        Err(refusal) if refusal.is_ours() => return Err(refusal),
        Err(refusal) => {
            call.log_refusal("authorization.refused", &refusal, &client.client_id);
            transaction.finish(call.host)?;
            return Ok(authorize::answer_error(call, &request.reply_to(), &refusal));
        }
    };
    match (next, session) {
        (Next::Answer(permit, given), Some(session)) => {
            transaction.finish(call.host)?;
            authorize::code(call, &request, &client, &session, &permit, given)
        }
        (Next::Ask(permit), Some(session)) if posted => {
            let asked = Asked {
                transaction: &transaction,
                request: &request,
                client: &client,
                session: &session,
                permit,
            };
            decide(call, &browser, &params, &asked)
        }
        (Next::Ask(permit), Some(session)) => {
            ask(call, &browser, &transaction, &request, &session, &permit)
        }
        (Next::SignIn(sign_in), Some(session)) if !sign_in.confirm_by.is_empty() => {
            provider::confirm(call, &session, &sign_in.confirm_by, true, &mut transaction)
        }
        (Next::SignIn(sign_in), _) => login_page::choose(call, &transaction, &sign_in.providers),
        (Next::SelectAccount, _) | (_, None) => login_page::resume(call, &browser, &transaction),
    }
}

/// A question that was put to a person.
struct Asked<'a> {
    transaction: &'a Transaction,
    request: &'a AuthorizationRequest,
    client: &'a Client,
    session: &'a ActiveSession,
    permit: Permit,
}

/// What the form's token is bound to: the sign-in, the person, and what they were shown.
fn purpose<'a>(
    transaction: &'a Transaction,
    session: &'a ActiveSession,
    shown: &'a str,
) -> [&'a str; 4] {
    ["consent", &transaction.id, &session.user.sub, shown]
}

/// All that the person is asked to agree to, as one text.
fn shown(request: &AuthorizationRequest, permit: &Permit) -> String {
    let claims = permit.claims_by_name.beyond(&permit.scope);
    let details = &request.authorization_details;
    serde_json::json!([permit.scope, claims, request.resources, details]).to_string()
}

fn decide(
    call: &Call<'_>,
    browser: &Browser,
    params: &Params,
    asked: &Asked<'_>,
) -> Result<Answer, Refusal> {
    let scope = asked.permit.scope.to_string();
    if !browser.sent(
        call,
        params.get("csrf"),
        &purpose(
            asked.transaction,
            asked.session,
            &shown(asked.request, &asked.permit),
        ),
    ) {
        // Another person signed in meanwhile, or the policy changed what is asked: put the question again, to them.
        let again = ask(
            call,
            browser,
            asked.transaction,
            asked.request,
            asked.session,
            &asked.permit,
        )?;
        return Ok(Answer {
            status: 400,
            ..again
        });
    }
    let fields = [
        ("client_id", asked.client.client_id.as_str()),
        ("sub", &asked.session.user.sub),
        ("scope", &scope),
    ];
    match params.get("decision") {
        Some("allow") => {
            asked.transaction.finish(call.host)?;
            let (request, sub) = (asked.request, &asked.session.user.sub);
            let given = consent::give(
                request,
                &asked.permit,
                asked.client,
                sub,
                call.server,
                call.now,
                call.host,
            )?;
            call.host.emit(Level::Info, "consent.given", &fields);
            authorize::code(
                call,
                request,
                asked.client,
                asked.session,
                &asked.permit,
                given,
            )
        }
        Some("deny") => {
            asked.transaction.finish(call.host)?;
            call.host.emit(Level::Info, "consent.denied", &fields);
            let request = asked.request;
            Ok(authorize::answer_error(
                call,
                &request.reply_to(),
                &Refusal::ConsentDenied,
            ))
        }
        _ => Err(Refusal::MalformedParameter("decision")),
    }
}

fn ask(
    call: &Call<'_>,
    browser: &Browser,
    transaction: &Transaction,
    request: &AuthorizationRequest,
    session: &ActiveSession,
    permit: &Permit,
) -> Result<Answer, Refusal> {
    let client = login_page::client_card(call, transaction)?.ok_or(Refusal::LoginUnknown)?;
    let (scopes, resources) = lines(call, &permit.scope, &request.resources);
    let page = Consent {
        client,
        account: session.user.account(),
        user_code: None,
        claims: permit.claims_by_name.beyond(&permit.scope),
        scopes,
        details: details(call, &request.authorization_details),
        resources,
        action: format!("{}/consent", call.base()),
        transaction: transaction.id.clone(),
        csrf: browser.csrf(&purpose(transaction, session, &shown(request, permit))),
        switch_account: login_page::another(call, transaction),
    };
    Ok(call.page_in_language(Page::Consent(page), Some(request)))
}

/// What is asked for and where, in the operator's words.
pub(super) fn lines(
    call: &Call<'_>,
    scope: &Scope,
    resources: &[String],
) -> (Vec<ScopeLine>, Vec<ResourceLine>) {
    let declared: Vec<_> = resources
        .iter()
        .map(|uri| (uri, resource::declared(uri, call.host)))
        .collect();
    let describe = |token: &str| {
        let own = call.server.scopes.get(token);
        let by_resource = declared
            .iter()
            .find_map(|(_, resource)| resource.as_ref()?.scopes.get(token));
        by_resource.or(own).cloned()
    };
    let scopes = scope.tokens().iter().map(|name| ScopeLine {
        name: name.clone(),
        description: describe(name),
    });
    let resources = declared.iter().map(|(uri, resource)| ResourceLine {
        name: resource.as_ref().and_then(|resource| resource.name.clone()),
        uri: (*uri).clone(),
    });
    (scopes.collect(), resources.collect())
}

/// What is asked for in the words of RFC 9396.
pub(super) fn details(call: &Call<'_>, details: &[Value]) -> Vec<DetailLine> {
    let lines = details.iter().map(|detail| {
        let (title, members) = authorization_details::in_words(detail, call.server);
        DetailLine { title, members }
    });
    lines.collect()
}
