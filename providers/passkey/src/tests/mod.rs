//! The whole provider, through the contract.

mod assertion;
mod authenticator;
mod flows;
mod manage;
mod outages;
mod registration;

use doorward_provider::testing::{Browser, Host};
use doorward_provider::{Failure, Identity, Outcome, Page, Purpose, Step};
use serde_json::Value as Json;

use super::Passkey;
use authenticator::{Authenticator, Parts, host};

type Answer = Result<Outcome, Failure>;

/// What the core calls Ada at this provider.
const ADA: &str = "7lKzGx0pVhKoHmZ0yBv0bS1l3bXo4V8Yk9d2c1q6r5E";
const MALLORY: &str = "0pVhKoHmZ0yBv0bS1l3bXo4V8Yk9d2c1q6r5E7lKzGx";

fn page(answer: Answer) -> Page {
    answer.unwrap().into_page().expect("a page")
}

fn identity(answer: Answer) -> Option<Identity> {
    answer.unwrap().into_identity()
}

fn message_ids(page: &Page) -> Vec<&str> {
    page.messages
        .iter()
        .map(|one| one.text.id.as_str())
        .collect()
}

/// The options of the ceremony of this kind on a page.
fn options(page: &Page, kind: &str) -> Json {
    let ceremonies = page.forms.iter().filter_map(|form| form.ceremony.as_ref());
    ceremonies
        .map(|ceremony| {
            let options: Json = serde_json::from_str(&ceremony.options).unwrap();
            assert!(ceremony.options.len() <= 16 * 1024);
            options
        })
        .find(|options| options["rp"].is_object() == (kind == "create"))
        .unwrap_or_else(|| panic!("no {kind} on {page:?}"))
}

fn honest(_: &mut Parts) {}

/// Somebody at a path that asks for a passkey to be made.
fn makes(
    browser: &mut Browser<'_, Passkey>,
    path: &str,
    device: &mut Authenticator,
    lie: impl FnOnce(&mut Parts),
) -> Answer {
    let asked = options(&page(browser.get(path)), "create");
    let credential = device.create(&asked, lie);
    browser.post(path, &[("action", "create"), ("credential", &credential)])
}

/// Somebody at a path that asks for a passkey to be used.
fn uses(
    browser: &mut Browser<'_, Passkey>,
    path: &str,
    device: &mut Authenticator,
    lie: impl FnOnce(&mut Parts),
) -> Answer {
    let asked = options(&page(browser.get(path)), "get");
    let credential = device.get(&asked, lie);
    browser.post(path, &[("action", "use"), ("credential", &credential)])
}

fn linking<'a>(host: &'a Host, account: &str) -> Browser<'a, Passkey> {
    Browser::new(host).asked_for(Purpose::Link, account, None)
}

fn managing<'a>(host: &'a Host, account: &str) -> Browser<'a, Passkey> {
    Browser::new(host).asked_for(Purpose::Manage, account, Some(account))
}

/// Somebody has linked a passkey.
fn linked(host: &Host, account: &str, seed: u8) -> Authenticator {
    let mut device = Authenticator::new(seed);
    let done = makes(
        &mut linking(host, account),
        "authorize",
        &mut device,
        honest,
    );
    assert_eq!(identity(done).expect("linked").subject, account);
    device
}

/// Who signs in by it, in a new browser.
fn signs_in(host: &Host, device: &mut Authenticator) -> Option<String> {
    let answer = uses(&mut Browser::new(host), "authorize", device, honest);
    identity(answer).map(|identity| identity.subject)
}

/// The reason in the log of the last refusal.
fn refusal(host: &Host) -> Option<String> {
    let events = host.events();
    let refused = events
        .iter()
        .rev()
        .find(|one| one.name == "passkey.refused")?;
    refused.fields.first().map(|(_, value)| value.clone())
}
