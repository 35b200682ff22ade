//! `/login`: go on as whoever is signed in, or choose a way to sign in.
//!
//! In order: 1. GET or POST; 2. the sign-in, begun by this browser; 3. for a POST the form's token, bound to the person shown on the page;
//! 4. is that person enough for what the application asks.

use super::authorize::{self, Next};
use super::{Call, provider};
use crate::browser::Browser;
use crate::client::{self, Client};
use crate::confirmation::Pending;
use crate::device;
use crate::http::Answer;
use crate::login::{self, Transaction};
use crate::page::{Choice, Choose, ClientCard, Page, SelectAccount};
use crate::params::Params;
use crate::provider::{Listing, Purpose};
use crate::redirect_uri::Place;
use crate::refusal::Refusal;
use crate::session::ActiveSession;

/// Answers a request to `/login`: the choice for a sign-in under way, or the start of one without an application.
#[must_use]
pub fn serve(call: &Call<'_>) -> Answer {
    match show(call) {
        Ok(answer) => answer,
        Err(refusal) => call.error_page(&refusal),
    }
}

fn show(call: &Call<'_>) -> Result<Answer, Refusal> {
    let browser = call.browser();
    let query = match call.request.method {
        "GET" | "HEAD" => call.request.query()?,
        "POST" => return go_on(call, &browser, &call.request.form()?),
        _ => return Err(Refusal::WrongMethod { allow: "GET, POST" }),
    };
    let answer = match query.get("transaction") {
        Some(id) => {
            let mut transaction = login::find(Some(id), &browser, call.host)?;
            if query.get(ANOTHER).is_some() {
                transaction.start_over(call.server, call.host)?;
                choose(call, &transaction, &ways(call, &transaction))?
            } else {
                resume(call, &browser, &transaction)?
            }
        }
        None => choose(call, &login::begin(call, &browser, None, None)?, &[])?,
    };
    Ok(browser.remember(answer, &call.cookies()))
}

/// The parameter that says: not whoever is signed in.
const ANOTHER: &str = "another";

/// Where "use another account" leads.
pub(super) fn another(call: &Call<'_>, transaction: &Transaction) -> String {
    format!(
        "{}/login?transaction={}&{ANOTHER}=true",
        call.base(),
        transaction.id
    )
}

/// The providers that can give the application what it asks for; none: perhaps any.
fn ways(call: &Call<'_>, transaction: &Transaction) -> Vec<String> {
    let request = transaction.login.request.as_ref();
    request
        .map(|request| authorize::sign_in_for(call, request, Refusal::LoginRequired).providers)
        .unwrap_or_default()
}

/// What a form about this sign-in and this person is bound to.
fn purpose<'a>(transaction: &'a Transaction, session: &'a ActiveSession) -> [&'a str; 3] {
    ["account", &transaction.id, &session.user.sub]
}

/// Whoever is signed in, if it must be asked whether they go on.
fn candidate(call: &Call<'_>, transaction: &Transaction) -> Result<Option<ActiveSession>, Refusal> {
    let (Some(request), None) = (&transaction.login.request, &transaction.login.sid) else {
        return Ok(None);
    };
    let client = client::find(&request.client_id, call.host)?;
    let session = call.session()?;
    let next = authorize::next(call, request, &client, session.as_ref(), Some(transaction));
    match next {
        Ok(Next::SelectAccount) => Ok(session),
        Err(refusal) if refusal.is_ours() => Err(refusal),
        // Whatever else stands in the way is told where it is asked for.
        Ok(_) | Err(_) => Ok(None),
    }
}

/// The next page of a sign-in: who goes on, or by what.
pub(super) fn resume(
    call: &Call<'_>,
    browser: &Browser,
    transaction: &Transaction,
) -> Result<Answer, Refusal> {
    if let Some(pending) = &transaction.login.confirmation {
        return choose_confirmation(call, transaction, pending);
    }
    let Some(session) = candidate(call, transaction)? else {
        return choose(call, transaction, &ways(call, transaction));
    };
    let page = SelectAccount {
        client: client_card(call, transaction)?,
        account: session.user.account(),
        action: format!("{}/login", call.base()),
        transaction: transaction.id.clone(),
        csrf: browser.csrf(&purpose(transaction, &session)),
        another: another(call, transaction),
    };
    Ok(call.page_in_language(
        Page::SelectAccount(page),
        transaction.login.request.as_ref(),
    ))
}

/// "Continue as …": the session that was shown is the one to go on with.
fn go_on(call: &Call<'_>, browser: &Browser, form: &Params) -> Result<Answer, Refusal> {
    let mut transaction = login::find(form.get("transaction"), browser, call.host)?;
    let session = candidate(call, &transaction)?;
    match session {
        Some(session) if browser.sent(call, form.get("csrf"), &purpose(&transaction, &session)) => {
            if form.get("decision") != Some("continue") {
                return Err(Refusal::MalformedParameter("decision"));
            }
            transaction.goes_on(&session.id, call.server, call.host)?;
            Ok(Answer::see_other(format!(
                "{}/consent?transaction={}",
                call.base(),
                transaction.id
            )))
        }
        // Another person signed in meanwhile, or nobody is any more.
        _ => {
            let mut again = resume(call, browser, &transaction)?;
            if again.status == 200 {
                again.status = 400;
            }
            Ok(again)
        }
    }
}

/// The page on which to choose, among those in `wanted` if there are any; straight to the provider if there is one only.
pub(super) fn choose(
    call: &Call<'_>,
    transaction: &Transaction,
    wanted: &[String],
) -> Result<Answer, Refusal> {
    let mut providers = call.host.providers();
    providers.retain(|provider| provider.is_for(Purpose::SignIn));
    if providers
        .iter()
        .any(|provider| wanted.contains(&provider.id))
    {
        providers.retain(|provider| wanted.contains(&provider.id));
    }
    match providers.as_slice() {
        [only] => Ok(Answer::see_other(href(call, &only.id, transaction))),
        [] => Err(Refusal::Misconfigured(
            "no provider is configured".to_owned(),
        )),
        several => {
            let providers = several
                .iter()
                .map(|provider| choice(call, provider, transaction))
                .collect();
            let client = client_card(call, transaction)?;
            Ok(call.page_in_language(
                Page::Choose(Choose {
                    client,
                    confirms: false,
                    providers,
                }),
                transaction.login.request.as_ref(),
            ))
        }
    }
}

/// The page on which to choose by what to confirm, or what to set up.
pub(super) fn choose_confirmation(
    call: &Call<'_>,
    transaction: &Transaction,
    pending: &Pending,
) -> Result<Answer, Refusal> {
    let choices = pending.choices();
    let mut providers = call.host.providers();
    providers.retain(|one| choices.contains(&one.id.as_str()) && one.is_for(Purpose::Confirm));
    let providers = providers
        .iter()
        .map(|provider| Choice {
            href: if pending.is_enrolling() {
                let path = provider::enrolling(call, &provider.id);
                format!(
                    "{}/{}/{path}?transaction={}",
                    call.base(),
                    provider.id,
                    transaction.id
                )
            } else {
                href(call, &provider.id, transaction)
            },
            ..choice(call, provider, transaction)
        })
        .collect();
    let client = client_card(call, transaction)?;
    Ok(call.page_in_language(
        Page::Choose(Choose {
            client,
            confirms: true,
            providers,
        }),
        transaction.login.request.as_ref(),
    ))
}

fn choice(call: &Call<'_>, provider: &Listing, transaction: &Transaction) -> Choice {
    Choice {
        provider_id: provider.id.clone(),
        label: provider.label.clone(),
        icon: call
            .host
            .describe(&provider.id)
            .and_then(|description| description.icon),
        href: href(call, &provider.id, transaction),
    }
}

fn href(call: &Call<'_>, provider_id: &str, transaction: &Transaction) -> String {
    format!(
        "{}/{provider_id}/authorize?transaction={}",
        call.base(),
        transaction.id
    )
}

/// The application that a sign-in is for.
pub(super) fn client_card(
    call: &Call<'_>,
    transaction: &Transaction,
) -> Result<Option<ClientCard>, Refusal> {
    if let Some(device) = &transaction.login.device {
        return device_card(call, device);
    }
    let Some(request) = &transaction.login.request else {
        return Ok(None);
    };
    let client = client::find(&request.client_id, call.host)?;
    let (redirect_host, loopback) = match request.redirect_uri.place() {
        Some(Place::Web(host)) => (host, false),
        Some(Place::PrivateUse(scheme)) => (format!("{scheme}:"), false),
        Some(Place::Loopback) | None => ("this device".to_owned(), true),
    };
    Ok(Some(card(call, client, redirect_host, loopback)))
}

/// The application on a device: its answer goes to whoever began it, and nowhere that can be shown.
fn device_card(call: &Call<'_>, id: &str) -> Result<Option<ClientCard>, Refusal> {
    let Some(device) = device::find(id, call.host)? else {
        return Ok(None);
    };
    let client = client::find(&device.value.client_id, call.host)?;
    Ok(Some(card(call, client, String::new(), false)))
}

fn card(call: &Call<'_>, client: Client, redirect_host: String, loopback: bool) -> ClientCard {
    let published_at = client::metadata_document::host_of(&client.client_id).map(str::to_owned);
    let unverified = client.is_unverified(call.server);
    ClientCard {
        name: client.client_name.unwrap_or(client.client_id),
        redirect_host,
        loopback,
        unverified,
        published_at,
        client_uri: client.client_uri,
        policy_uri: client.policy_uri,
        tos_uri: client.tos_uri,
    }
}
