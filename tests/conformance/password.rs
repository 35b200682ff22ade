//! Sign-in by password: registration, reset, and what they end.

use crate::harness::browser::{Browser, Visit};
use crate::harness::client::SPA;
use crate::harness::flow::{self, AuthorizationRequest, PASSWORD, Tokens};
use crate::harness::server::shared;
use crate::harness::{markup, random};

fn arrive() -> (Browser, Visit) {
    let mut browser = Browser::new(&shared().issuer);
    let visit = browser.get(&AuthorizationRequest::new(SPA).url(shared()));
    (browser, visit)
}

/// A person with a password, in a browser that is signed in.
fn registered() -> (String, Browser) {
    let (email, (mut browser, visit)) = (random::email(), arrive());
    flow::register_password(shared(), &mut browser, visit, &email, PASSWORD).form("allow");
    (email, browser)
}

#[track_caller]
fn assert_not_signed_in(visit: &Visit) {
    assert!(
        visit.try_form("allow").is_none() && visit.left_for().is_none(),
        "{visit:?}"
    );
}

#[test]
fn register_then_sign_in() {
    let (email, _) = registered();
    let (mut browser, visit) = arrive();
    flow::sign_in_by_password(&mut browser, visit, &email, PASSWORD).form("allow");
}

#[test]
fn a_wrong_password_and_an_unknown_address_look_alike() {
    let (email, _) = registered();
    let unknown = random::email();
    let shown = [(&email, "not-the-Password-77"), (&unknown, PASSWORD)].map(|(email, password)| {
        let (mut browser, visit) = arrive();
        let page = flow::sign_in_by_password(&mut browser, visit, email, password);
        assert_not_signed_in(&page);
        assert!(
            !page.response.body.contains(password),
            "the password is echoed"
        );
        (
            page.response.status,
            markup::text(&page.response.body).replace(email.as_str(), "…"),
        )
    });
    assert_eq!(shown[0], shown[1]);
}

#[test]
fn registering_an_address_that_has_an_account_looks_like_any_other() {
    let (email, _) = registered();
    let unknown = random::email();
    let shown = [&email, &unknown].map(|email| {
        let (mut browser, visit) = arrive();
        let sign_in = flow::choose(&mut browser, visit, "password");
        let page = browser.get(&sign_in.link("/password/register"));
        let form = page
            .form_with("new-password")
            .fill("email", email)
            .fill_all("new-password", "another-Lantern-53-quay");
        let page = browser.press(&page, &form, "register");
        (
            page.response.status,
            markup::text(&page.response.body).replace(email.as_str(), "…"),
        )
    });
    assert_eq!(shown[0], shown[1]);
    // And it changes nothing for the person whose address it is.
    let (mut browser, visit) = arrive();
    flow::sign_in_by_password(&mut browser, visit, &email, PASSWORD).form("allow");
}

#[test]
fn short_and_common_passwords_are_refused() {
    for password in [
        "short",
        "password",
        "12345678",
        "qwertyuiop",
        "iloveyou",
        "password123",
    ] {
        let (email, (mut browser, visit)) = (random::email(), arrive());
        let sign_in = flow::choose(&mut browser, visit, "password");
        let page = browser.get(&sign_in.link("/password/register"));
        let form = page
            .form_with("new-password")
            .fill("email", &email)
            .fill_all("new-password", password);
        let page = browser.press(&page, &form, "register");
        assert_eq!(
            markup::count(&page.response.body, "input[autocomplete=one-time-code]"),
            0,
            "{password} was accepted"
        );
        assert!(
            markup::count(&page.response.body, "input[autocomplete=new-password]") >= 1,
            "{}",
            page.response.body
        );
        assert_eq!(shared().mails(&email).len(), 0);
    }
}

/// bcrypt would cut it at 72 bytes.
#[test]
fn every_letter_of_a_long_password_counts() {
    let long = "Lantern-".repeat(12) + "first";
    let (email, (mut browser, visit)) = (random::email(), arrive());
    flow::register_password(shared(), &mut browser, visit, &email, &long).form("allow");
    let (mut browser, visit) = arrive();
    let nearly = "Lantern-".repeat(12) + "other";
    assert_not_signed_in(&flow::sign_in_by_password(
        &mut browser,
        visit,
        &email,
        &nearly,
    ));
    let (mut browser, visit) = arrive();
    flow::sign_in_by_password(&mut browser, visit, &email, &long).form("allow");
}

#[test]
fn registration_needs_the_mailed_code() {
    let (email, (mut browser, visit)) = (random::email(), arrive());
    let sign_in = flow::choose(&mut browser, visit, "password");
    let page = browser.get(&sign_in.link("/password/register"));
    let form = page
        .form_with("new-password")
        .fill("email", &email)
        .fill_all("new-password", PASSWORD);
    let page = browser.press(&page, &form, "register");
    let code = shared().mailed_code(&email, 1);
    let wrong = if code == "000000" { "000001" } else { "000000" };
    assert_not_signed_in(&flow::enter_code(&mut browser, &page, wrong));
    let (mut browser, visit) = arrive();
    assert_not_signed_in(&flow::sign_in_by_password(
        &mut browser,
        visit,
        &email,
        PASSWORD,
    ));
}

#[test]
fn forgot_and_reset() {
    let (email, _) = registered();
    let (mut browser, visit) = arrive();
    reset(&mut browser, visit, &email, "Harbour-crane-91-tide");
    let (mut browser, visit) = arrive();
    assert_not_signed_in(&flow::sign_in_by_password(
        &mut browser,
        visit,
        &email,
        PASSWORD,
    ));
    let (mut browser, visit) = arrive();
    flow::sign_in_by_password(&mut browser, visit, &email, "Harbour-crane-91-tide").form("allow");
}

/// From the choice of a provider to being signed in with a new password.
fn reset(browser: &mut Browser, visit: Visit, email: &str, password: &str) -> Visit {
    let nth = shared().mails(email).len() + 1;
    let sign_in = flow::choose(browser, visit, "password");
    let forgot = browser.get(&sign_in.link("/password/change"));
    let page = browser.press(
        &forgot,
        &forgot.form_with("email").fill("email", email),
        "code",
    );
    let page = flow::enter_code(browser, &page, &shared().mailed_code(email, nth));
    let form = page
        .form_with("new-password")
        .fill_all("new-password", password);
    browser.press(&page, &form, "update")
}

/// RFC 9700 §4.14.2: whoever had the old password has nothing any more.
#[test]
fn a_reset_ends_sessions_and_grants() {
    let (email, mut thief) = registered();
    let tokens = AuthorizationRequest::new(SPA).tokens(shared(), &mut thief);
    let (mut browser, visit) = arrive();
    let after = reset(&mut browser, visit, &email, "Harbour-crane-92-tide");
    assert!(
        after.try_form("allow").is_some() || after.left_for().is_some(),
        "{after:?}"
    );
    SPA.refresh(shared(), tokens.refresh())
        .assert_error(400, "invalid_grant");
    let userinfo = crate::harness::http::get(&shared().url("/userinfo"))
        .bearer(&tokens.access)
        .send();
    assert_eq!(userinfo.status, 401, "{userinfo:?}");
    let visit = thief.get(&AuthorizationRequest::new(SPA).url(shared()));
    assert_not_signed_in(&visit);
    // The session that did it goes on.
    let request = AuthorizationRequest::new(SPA);
    let code = request.code(shared(), &mut browser);
    Tokens::of(&request.redeem(shared(), &code));
}

#[test]
fn a_reset_for_an_unknown_address_looks_like_any_other() {
    let (email, _) = registered();
    let unknown = random::email();
    let shown = [&email, &unknown].map(|email| {
        let (mut browser, visit) = arrive();
        let sign_in = flow::choose(&mut browser, visit, "password");
        let forgot = browser.get(&sign_in.link("/password/change"));
        let page = browser.press(
            &forgot,
            &forgot.form_with("email").fill("email", email),
            "code",
        );
        (
            page.response.status,
            markup::text(&page.response.body).replace(email.as_str(), "…"),
        )
    });
    assert_eq!(shown[0], shown[1]);
}

#[test]
fn guessing_passwords_is_slowed_down() {
    let (email, _) = registered();
    let mut refused = false;
    for _ in 0..40 {
        let (mut browser, visit) = arrive();
        let page = flow::sign_in_by_password(&mut browser, visit, &email, "not-the-Password-77");
        assert_not_signed_in(&page);
        if page.response.status == 429 || page.text().to_lowercase().contains("too many") {
            refused = true;
            break;
        }
    }
    assert!(refused, "forty wrong passwords for one address in a row");
}
