//! `/login`: choose a way to sign in.

use super::Call;
use crate::client::{self, Client};
use crate::device;
use crate::http::Answer;
use crate::login::{self, Transaction};
use crate::page::{Choice, Choose, ClientCard, Page};
use crate::provider::Listing;
use crate::redirect_uri::Place;
use crate::refusal::Refusal;

/// Answers a request to `/login`: the choice for a sign-in under way, or the start of one without an application.
#[must_use]
pub fn serve(call: &Call<'_>) -> Answer {
    match show(call) {
        Ok(answer) => answer,
        Err(refusal) => call.error_page(&refusal),
    }
}

fn show(call: &Call<'_>) -> Result<Answer, Refusal> {
    if !matches!(call.request.method, "GET" | "HEAD") {
        return Err(Refusal::WrongMethod { allow: "GET" });
    }
    let query = call.request.query()?;
    let browser = call.browser();
    let transaction = match query.get("transaction") {
        Some(id) => login::find(Some(id), &browser, call.host)?,
        None => login::begin(call, &browser, None, None)?,
    };
    Ok(browser.remember(choose(call, &transaction, None)?, &call.cookies()))
}

/// The page on which to choose; straight to the provider if there is one only, or one is asked for.
pub(super) fn choose(
    call: &Call<'_>,
    transaction: &Transaction,
    wanted: Option<&str>,
) -> Result<Answer, Refusal> {
    let providers = call.host.providers();
    let wanted = wanted.and_then(|id| providers.iter().find(|provider| provider.id == id));
    match (wanted, providers.as_slice()) {
        (Some(only), _) | (None, [only]) => {
            Ok(Answer::see_other(href(call, &only.id, transaction)))
        }
        (None, []) => Err(Refusal::Misconfigured(
            "no provider is configured".to_owned(),
        )),
        (None, several) => {
            let providers = several
                .iter()
                .map(|provider| choice(call, provider, transaction))
                .collect();
            let client = client_card(call, transaction)?;
            Ok(Answer::page(
                200,
                Page::Choose(Choose { client, providers }),
            ))
        }
    }
}

fn choice(call: &Call<'_>, provider: &Listing, transaction: &Transaction) -> Choice {
    Choice {
        provider_id: provider.id.clone(),
        label: provider.label.clone(),
        icon: provider.icon.clone(),
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
    Ok(Some(card(client, redirect_host, loopback)))
}

/// The application on a device: its answer goes to whoever began it, and nowhere that can be shown.
fn device_card(call: &Call<'_>, id: &str) -> Result<Option<ClientCard>, Refusal> {
    let Some(device) = device::find(id, call.host)? else {
        return Ok(None);
    };
    let client = client::find(&device.value.client_id, call.host)?;
    Ok(Some(card(client, String::new(), false)))
}

fn card(client: Client, redirect_host: String, loopback: bool) -> ClientCard {
    ClientCard {
        name: client.client_name.unwrap_or(client.client_id),
        redirect_host,
        loopback,
        unverified: client.trust == client::Trust::Dynamic,
        client_uri: client.client_uri,
        policy_uri: client.policy_uri,
        tos_uri: client.tos_uri,
    }
}
