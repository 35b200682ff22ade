//! The whole provider, through the contract.

mod confirm;
mod enroll;
mod manage;
mod outages;

use data_encoding::BASE32_NOPAD;
use doorward_provider::testing::{Browser, Host};
use doorward_provider::{Failure, Figure, Identity, Outcome, Page, Purpose, Step};

use crate::otp;

use super::Totp;

type Answer = Result<Outcome, Failure>;

const ADA: &str = "7lKzGx0pVhKoHmZ0yBv0bS1l3bXo4V8Yk9d2c1q6r5E";
const MALLORY: &str = "0pVhKoHmZ0yBv0bS1l3bXo4V8Yk9d2c1q6r5E7lKzGx";

fn page(answer: Answer) -> Page {
    answer.unwrap().into_page().expect("a page")
}

fn identity(answer: Answer) -> Option<Identity> {
    answer.unwrap().into_identity()
}

fn error_id(page: &Page) -> Option<&str> {
    let mut fields = page.forms.iter().flat_map(|form| &form.fields);
    fields.find_map(|field| field.error.as_ref().map(|error| error.id.as_str()))
}

/// The codes on a page that are called so.
fn codes(page: &Page, title: &str) -> Vec<String> {
    let mut figures = page.figures.iter();
    figures
        .find_map(|figure| match figure {
            Figure::Codes(codes) if codes.title.id == title => Some(codes.codes.clone()),
            _ => None,
        })
        .unwrap_or_default()
}

/// An authenticator app.
#[derive(Clone)]
struct App(Vec<u8>);

impl App {
    /// Given the key that a page shows.
    fn of(page: &Page) -> Self {
        let key = codes(page, "enroll.key").remove(0).replace('-', "");
        Self(BASE32_NOPAD.decode(key.as_bytes()).unwrap())
    }

    /// What it shows, by a clock that is so many steps ahead.
    fn shows(&self, host: &Host, ahead: i64) -> String {
        let now = doorward_provider::services::Clock::now(host);
        otp::digits(&self.0, (now / 30).saturating_add_signed(ahead))
    }

    /// A code that is right at no time near.
    fn never_shows(&self, host: &Host) -> String {
        let near: Vec<String> = (-3..=3).map(|ahead| self.shows(host, ahead)).collect();
        let mut all = (0..1_000_000).map(|code| format!("{code:06}"));
        all.find(|code| !near.contains(code)).unwrap()
    }
}

fn confirming<'a>(host: &'a Host, account: &str) -> Browser<'a, Totp> {
    Browser::new(host).asked_for(Purpose::Confirm, account, None)
}

fn managing<'a>(host: &'a Host, account: &str) -> Browser<'a, Totp> {
    Browser::new(host).asked_for(Purpose::Manage, account, None)
}

/// Somebody has set up an app, some steps ago: with the recovery codes.
fn enrolled(host: &Host, account: &str) -> (App, Vec<String>) {
    let mut browser = confirming(host, account);
    let app = App::of(&page(browser.get("enroll")));
    let shown = page(enters(
        &mut browser,
        "enroll",
        "enroll",
        &app.shows(host, 0),
    ));
    let codes = codes(&shown, "recovery.codes");
    assert_eq!(
        identity(enters(&mut browser, "enroll", "done", ""))
            .unwrap()
            .subject,
        account
    );
    host.advance(300);
    (app, codes)
}

fn enters(browser: &mut Browser<'_, Totp>, path: &str, action: &str, code: &str) -> Answer {
    browser.post(path, &[("action", action), ("code", code)])
}

/// Gives a code, in a new browser.
fn confirms(host: &Host, account: &str, code: &str) -> Answer {
    let mut browser = confirming(host, account);
    browser.get("authorize")?;
    browser.post("authorize", &[("code", code)])
}

/// Gives a recovery code, in a new browser.
fn recovers(host: &Host, account: &str, code: &str) -> Answer {
    let mut browser = confirming(host, account);
    browser.get("recovery")?;
    browser.post("authorize", &[("recovery", code)])
}

fn managed(answer: Answer) -> Option<bool> {
    match answer.unwrap().step {
        Step::Managed(managed) => Some(managed.credential_changed),
        _ => None,
    }
}

/// How many of 20 parallel tries are right.
fn parallel(attempt: impl Fn() -> Answer + Sync) -> usize {
    std::thread::scope(|scope| {
        let tries: Vec<_> = (0..20).map(|_| scope.spawn(|| matches!(attempt(), Ok(outcome) if outcome.clone().into_identity().is_some()))).collect();
        let tries = tries.into_iter().map(|one| one.join().unwrap());
        tries.filter(|right| *right).count()
    })
}
