//! `/{provider}/{path}`: the pages and callbacks of login providers.
//!
//! In order: 1. path; 2. GET or POST; 3. the sign-in, begun by this browser; 4. for a POST the form's token; 5. the provider; 6. what it
//! answers: a page, a redirect to a host of its own, or who this is. A new session begins only at the last.

use super::{Call, login as login_page};
use crate::backchannel_logout;
use crate::browser::Browser;
use crate::cookie::Kind;
use crate::http::Answer;
use crate::login::{self, Goal, Transaction};
use crate::page::{Page, ProviderPage, SignedIn};
use crate::params::Params;
use crate::ports::{Level, LoginFailure};
use crate::provider::{Context, Failure, Identity, Method, Outcome, Purpose, Request, Step};
use crate::refusal::Refusal;
use crate::session::{self, ActiveSession};
use crate::user;
use fluent_uri::Uri;

/// Parameters that are ours and that no provider sees.
const OWN_PARAMETERS: [&str; 2] = ["transaction", "csrf"];

/// Answers a request to a path of a provider.
#[must_use]
pub fn serve(provider_id: &str, path: &str, call: &Call<'_>) -> Answer {
    let browser = call.browser();
    match handle(provider_id, path, &browser, call) {
        Ok(answer) => browser.remember(answer, &call.cookies()),
        Err(refusal) => call.error_page(&refusal),
    }
}

fn handle(
    provider_id: &str,
    path: &str,
    browser: &Browser,
    call: &Call<'_>,
) -> Result<Answer, Refusal> {
    if !is_path(path)
        || !call
            .host
            .providers()
            .iter()
            .any(|provider| provider.id == provider_id)
    {
        return Err(Refusal::UnknownProvider);
    }
    let query = call.request.query()?;
    let (method, form) = match call.request.method {
        "GET" | "HEAD" => (Method::Get, Params::default()),
        "POST" => (Method::Post, call.request.form()?),
        _ => return Err(Refusal::WrongMethod { allow: "GET, POST" }),
    };
    let named = match method {
        Method::Post => form.get("transaction"),
        // An upstream server brings the sign-in back as `state` (RFC 6749 §4.1.2).
        Method::Get => query.get("transaction").or_else(|| query.get("state")),
    };
    if named.is_none() && method == Method::Get && path == "authorize" {
        return begin_without_application(provider_id, browser, call);
    }
    let mut transaction = match named {
        None if method == Method::Get => login::begin(call, browser, None, None)?,
        named => login::find(named, browser, call.host)?,
    };
    if method == Method::Post
        && !browser.sent(
            call,
            form.get("csrf"),
            &["provider", &transaction.id, provider_id],
        )
    {
        return Err(Refusal::CsrfMismatch);
    }
    let request = Request {
        method,
        path: path.to_owned(),
        query: query.without(&OWN_PARAMETERS),
        form: form.without(&OWN_PARAMETERS),
    };
    let session = call.session()?;
    let context = context(provider_id, &transaction, session.as_ref(), call);
    let outcome = call
        .host
        .handle(provider_id, &context, &request)
        .map_err(|failure| refusal(provider_id, failure, call))?;
    follow(
        provider_id,
        outcome,
        &mut transaction,
        browser,
        session.as_ref(),
        call,
    )
}

/// Someone opened a provider's page by itself: a sign-in without application.
fn begin_without_application(
    provider_id: &str,
    browser: &Browser,
    call: &Call<'_>,
) -> Result<Answer, Refusal> {
    let transaction = login::begin(call, browser, None, None)?;
    Ok(Answer::see_other(format!(
        "{}/{provider_id}/authorize?transaction={}",
        call.base(),
        transaction.id
    )))
}

fn context(
    provider_id: &str,
    transaction: &Transaction,
    session: Option<&ActiveSession>,
    call: &Call<'_>,
) -> Context {
    Context {
        provider_id: provider_id.to_owned(),
        base_url: format!("{}/{provider_id}", call.server.issuer),
        state: transaction.state_of(provider_id),
        transaction: transaction.id.clone(),
        purpose: Purpose::SignIn,
        account: session.map(|session| session.user.account_at(provider_id)),
        login_hint: transaction
            .login
            .request
            .as_ref()
            .and_then(|request| request.login_hint.clone()),
        language: "en".to_owned(),
        client_address: call.request.client_address.map(str::to_owned),
        service_name: call.server.service_name.clone(),
    }
}

/// Does what the provider answered.
fn follow(
    provider_id: &str,
    outcome: Outcome,
    transaction: &mut Transaction,
    browser: &Browser,
    session: Option<&ActiveSession>,
    call: &Call<'_>,
) -> Result<Answer, Refusal> {
    match outcome.step {
        Step::Authenticated(identity) => {
            authenticated(provider_id, &identity, transaction, session, call)
        }
        Step::Page(page) => {
            transaction.keep_state(
                provider_id,
                outcome.state.as_deref(),
                call.server,
                call.host,
            )?;
            let several = call.host.providers().len() > 1;
            let page = ProviderPage {
                provider_id: provider_id.to_owned(),
                client: login_page::client_card(call, transaction)?,
                page,
                base_path: format!("{}/{provider_id}/", call.base()),
                transaction: transaction.id.clone(),
                csrf: browser.csrf(&["provider", &transaction.id, provider_id]),
                other_ways: several
                    .then(|| format!("{}/login?transaction={}", call.base(), transaction.id)),
            };
            Ok(Answer::page(200, Page::Provider(page)))
        }
        Step::Redirect(url) => {
            let description = call.host.describe(provider_id);
            let allowed = description.map_or_else(Vec::new, |one| one.outbound_hosts);
            if !is_upstream(&url, &allowed) {
                return Err(Refusal::ProviderOutsideContract(
                    "it redirects to a host that is not its own",
                ));
            }
            transaction.keep_state(
                provider_id,
                outcome.state.as_deref(),
                call.server,
                call.host,
            )?;
            Ok(Answer::see_other(url))
        }
        Step::Unenrolled => Err(Refusal::ProviderOutsideContract(
            "there was nothing to confirm",
        )),
        Step::Managed { .. } => Err(Refusal::ProviderOutsideContract(
            "there was nothing to manage",
        )),
    }
}

/// Someone proved who they are: a new session, and on to what the sign-in was for.
fn authenticated(
    provider_id: &str,
    identity: &Identity,
    transaction: &mut Transaction,
    previous: Option<&ActiveSession>,
    call: &Call<'_>,
) -> Result<Answer, Refusal> {
    if identity.subject.is_empty() || identity.subject.len() > 255 {
        return Err(Refusal::ProviderOutsideContract(
            "subject is empty or longer than 255 bytes",
        ));
    }
    let mut user = user::recognise(provider_id, identity, call.now, call.host)?;
    let mut pending = Vec::new();
    if identity.credential_changed {
        // Whoever knew the old credential may hold sessions and grants: end them all at once.
        user = user::change(&user.sub, call.host, |user| {
            user.generation = user.generation.wrapping_add(1);
        })?;
        call.host.emit(
            Level::Info,
            "user.credential_changed",
            &[("sub", &user.sub), ("provider", provider_id)],
        );
        // They are over whether or not their clients can be told.
        pending = session::clear_ended(&user.sub, Some(&user), call.now, call.host)
            .inspect_err(|refusal| call.log_refusal("logout.not_told", refusal, ""))
            .unwrap_or_default();
    }
    let (active, cookie) = session::begin(call, user, provider_id, identity, previous)?;
    backchannel_logout::tell(&pending, call.server, call.host);
    call.host.emit(
        Level::Info,
        "user.signed_in",
        &[("sub", &active.user.sub), ("provider", provider_id)],
    );
    let set_cookie = call.cookies().set(Kind::Session, &cookie, None);
    let answer = if let Some(page) = transaction.next_page() {
        transaction.signed_in(&active.id, call.server, call.host)?;
        Answer::see_other(format!(
            "{}/{page}?transaction={}",
            call.base(),
            transaction.id
        ))
    } else {
        transaction.finish(call.host)?;
        if transaction.login.goal == Goal::Account {
            return Ok(Answer::see_other(format!("{}/account", call.base()))
                .with("set-cookie", set_cookie));
        }
        Answer::page(
            200,
            Page::SignedIn(SignedIn {
                account: active.user.account(),
                credential_changed: identity.credential_changed,
                sign_out: format!("{}/logout", call.base()),
                account_page: call
                    .server
                    .account
                    .enabled
                    .then(|| format!("{}/account", call.base())),
            }),
        )
    };
    Ok(answer.with("set-cookie", set_cookie))
}

fn refusal(provider_id: &str, failure: LoginFailure, call: &Call<'_>) -> Refusal {
    match failure {
        LoginFailure::UnknownProvider => Refusal::UnknownProvider,
        LoginFailure::Failed(Failure::NotFound) => Refusal::ProviderNotFound,
        LoginFailure::Failed(Failure::BadRequest(text)) => Refusal::ProviderBadRequest(text),
        LoginFailure::Failed(Failure::Unavailable(text)) => Refusal::ProviderUnavailable(text),
        LoginFailure::Failed(Failure::TooManyRequests(seconds)) => {
            Refusal::TooManyRequests(seconds)
        }
        LoginFailure::Crashed(text) => {
            call.host.emit(
                Level::Error,
                "provider.crashed",
                &[("provider", provider_id), ("reason", &text)],
            );
            Refusal::ProviderUnavailable("crashed".to_owned())
        }
    }
}

/// Whether a path may reach a provider.
fn is_path(path: &str) -> bool {
    let legal = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'/');
    !path.is_empty() && path.len() <= 128 && path.bytes().all(legal)
}

/// Whether a provider may send the browser there: https, on a host of its own.
fn is_upstream(url: &str, hosts: &[String]) -> bool {
    Uri::parse(url).is_ok_and(|uri| {
        uri.scheme().as_str() == "https"
            && uri.authority().is_some_and(|authority| {
                !authority.has_userinfo()
                    && hosts
                        .iter()
                        .any(|host| host.eq_ignore_ascii_case(authority.host()))
            })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn providers_send_browsers_only_to_their_own_hosts_over_https() {
        let hosts = ["github.com".to_owned()];
        assert!(is_upstream(
            "https://github.com/login/oauth/authorize?x=1",
            &hosts
        ));
        for bad in [
            "http://github.com/",
            "https://github.com.evil.example/",
            "https://github.com@evil.example/",
            "https://evil.example/?github.com",
            "javascript:alert(1)",
            "//github.com/",
            "https:github.com",
            "https://github.com\\@evil.example/",
        ] {
            assert!(!is_upstream(bad, &hosts), "{bad}");
        }
    }

    #[test]
    fn paths_of_providers_are_plain() {
        for bad in ["", "a%2fb", "../token", "a b", "a?b", &"a".repeat(129)] {
            assert!(!is_path(bad), "{bad}");
        }
        assert!(is_path("callback/form_post"));
    }
}
