//! `/{provider}/{path}`: the pages and callbacks of login providers.
//!
//! In order: 0. what an upstream server posted comes back as a GET ([`posted`]); 1. path; 2. GET or POST; 3. the sign-in, begun by this browser; 4. for a POST the form's token; 5. what the provider is asked
//! for ([`asked`]), and whether it can be; 6. the provider; 7. what it answers: a page, a redirect to a host of its own, or what the
//! sign-in was for ([`arrive`]). A new session begins only at the last.

mod arrive;
mod asked;
mod posted;

pub(super) use arrive::{confirm, enrolling, run};
pub(super) use asked::is_fresh;

use super::{Call, login as login_page};
use crate::browser::Browser;
use crate::http::Answer;
use crate::login::{self, Transaction};
use crate::page::{Page, ProviderPage};
use crate::params::Params;
use crate::ports::{Level, LoginFailure};
use crate::provider::{Context, Failure, Listing, Method, Outcome, Purpose, Request, Step};
use crate::refusal::Refusal;
use crate::session::ActiveSession;
use asked::Asked;
use fluent_uri::Uri;

/// Parameters that are ours and that no provider sees.
const OWN_PARAMETERS: [&str; 2] = ["transaction", "csrf"];

/// Answers a request to a path of a provider.
#[must_use]
pub fn serve(provider_id: &str, path: &str, call: &Call<'_>) -> Answer {
    if let Some(answer) = posted::elsewhere(provider_id, path, call) {
        return answer.unwrap_or_else(|refusal| call.error_page(&refusal));
    }
    let browser = call.browser();
    match handle(provider_id, path, &browser, call) {
        Ok(answer) => browser.remember(answer, &call.cookies()),
        Err(refusal) => {
            blame(provider_id, &refusal, call);
            call.error_page(&refusal)
        }
    }
}

/// Names the provider in the log if it was its fault: the error page and its event say what happened, not who it was.
fn blame(provider_id: &str, refusal: &Refusal, call: &Call<'_>) {
    let (level, reason) = match refusal {
        Refusal::ProviderBadRequest(text) => (Level::Warning, text.as_str()),
        Refusal::ProviderUnavailable(text) => (Level::Error, text.as_str()),
        Refusal::ProviderOutsideContract(text) => (Level::Error, *text),
        _ => return,
    };
    let fields = [("provider", provider_id), ("reason", reason)];
    call.host.emit(level, "provider.failed", &fields);
}

fn handle(
    provider_id: &str,
    path: &str,
    browser: &Browser,
    call: &Call<'_>,
) -> Result<Answer, Refusal> {
    let listing = call.host.providers();
    let Some(listing) = listing.into_iter().find(|one| one.id == provider_id) else {
        return Err(Refusal::UnknownProvider);
    };
    if !is_path(path) {
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
    let session = call.session()?;
    let asked = asked::of(&listing, path, &transaction, session.as_ref(), call)?;
    let request = Request {
        method,
        path: path.to_owned(),
        query: query.without(&OWN_PARAMETERS),
        form: form.without(&OWN_PARAMETERS),
    };
    let context = context(provider_id, &request, &transaction, &asked, call)?;
    let outcome = call
        .host
        .handle(provider_id, &context, &request)
        .map_err(refusal)?;
    let visit = Visit {
        provider: &listing,
        asked,
        browser,
        session: session.as_ref(),
        call,
    };
    follow(&visit, outcome, &mut transaction)
}

/// One request to a provider, and what it was asked for.
struct Visit<'a> {
    provider: &'a Listing,
    asked: Asked,
    browser: &'a Browser,
    session: Option<&'a ActiveSession>,
    call: &'a Call<'a>,
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
    request: &Request,
    transaction: &Transaction,
    asked: &Asked,
    call: &Call<'_>,
) -> Result<Context, Refusal> {
    let first = matches!(request.path.as_str(), "authorize" | "manage" | "enroll");
    let begins = first && request.method == Method::Get;
    Ok(Context {
        provider_id: provider_id.to_owned(),
        base_url: format!("{}/{provider_id}", call.server.issuer),
        state: transaction.state_of(provider_id, asked.about(), begins)?,
        transaction: transaction.id.clone(),
        purpose: asked.purpose,
        account: asked
            .person
            .as_ref()
            .map(|person| person.account_at(provider_id)),
        login_hint: transaction
            .login
            .request
            .as_ref()
            .and_then(|request| request.login_hint.clone()),
        language: call
            .language(transaction.login.request.as_ref())
            .tag()
            .to_owned(),
        client_address: call.request.client_address.map(str::to_owned),
        service_name: call.server.service_name.clone(),
    })
}

/// Does what the provider answered.
fn follow(
    visit: &Visit<'_>,
    outcome: Outcome,
    transaction: &mut Transaction,
) -> Result<Answer, Refusal> {
    let Visit { provider, call, .. } = visit;
    let id = provider.id.as_str();
    let (about, state) = (visit.asked.about(), outcome.state.as_deref());
    match outcome.step {
        Step::Authenticated(identity) => arrive::authenticated(visit, &identity, transaction),
        Step::Unenrolled => arrive::unenrolled(visit, transaction),
        Step::Managed { credential_changed } => {
            arrive::managed(visit, credential_changed, transaction)
        }
        Step::Page(page) => {
            transaction.keep_state(id, about, state, call.server, call.host)?;
            let page = ProviderPage {
                provider_id: id.to_owned(),
                client: login_page::client_card(call, transaction)?,
                page,
                base_path: format!("{}/{id}/", call.base()),
                transaction: transaction.id.clone(),
                csrf: visit.browser.csrf(&["provider", &transaction.id, id]),
                other_ways: has_other_ways(visit, transaction)
                    .then(|| format!("{}/login?transaction={}", call.base(), transaction.id)),
            };
            let request = transaction.login.request.as_ref();
            Ok(call.page_in_language(Page::Provider(page), request))
        }
        Step::Redirect(url) => {
            let description = call.host.describe(id);
            let allowed = description.map_or_else(Vec::new, |one| one.outbound_hosts);
            if !is_upstream(&url, &allowed) {
                return Err(Refusal::ProviderOutsideContract(
                    "it redirects to a host that is not its own",
                ));
            }
            transaction.keep_state(id, about, state, call.server, call.host)?;
            Ok(Answer::see_other(url))
        }
    }
}

/// Whether the person may go to another provider instead.
fn has_other_ways(visit: &Visit<'_>, transaction: &Transaction) -> bool {
    match visit.asked.purpose {
        Purpose::SignIn => {
            let providers = visit.call.host.providers();
            let ways = providers.iter().filter(|one| one.is_for(Purpose::SignIn));
            ways.count() > 1
        }
        Purpose::Confirm => {
            let pending = transaction.login.confirmation.as_ref();
            pending.is_some_and(|pending| pending.choices().len() > 1)
        }
        Purpose::Link | Purpose::Manage => false,
    }
}

fn refusal(failure: LoginFailure) -> Refusal {
    match failure {
        LoginFailure::UnknownProvider => Refusal::UnknownProvider,
        LoginFailure::Failed(Failure::NotFound) => Refusal::ProviderNotFound,
        LoginFailure::Failed(Failure::BadRequest(text)) => Refusal::ProviderBadRequest(text),
        LoginFailure::Failed(Failure::Unavailable(text)) | LoginFailure::Crashed(text) => {
            Refusal::ProviderUnavailable(text)
        }
        LoginFailure::Failed(Failure::TooManyRequests(seconds)) => {
            Refusal::TooManyRequests(seconds)
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
