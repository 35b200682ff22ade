//! OAuth 2.0 Device Authorization Grant.

use crate::harness::browser::Browser;
use crate::harness::client::{SPA, TV};
use crate::harness::device::{Device, type_code};
use crate::harness::flow::{self, Tokens};
use crate::harness::http;
use crate::harness::server::shared;

#[test]
fn rfc8628_s3_a_person_lets_a_device_in_from_another_browser() {
    let device = Device::start(shared(), TV, &[("scope", "openid email offline_access")]);
    device
        .poll(shared())
        .assert_error(400, "authorization_pending");
    let mut browser = Browser::new(&shared().issuer);
    let typed = device.user_code.to_lowercase().replace('-', " ");
    let visit = type_code(shared(), &mut browser, &typed);
    let email = crate::harness::random::email();
    let asked = flow::sign_in_by_pin(shared(), &mut browser, visit, &email);
    // §3.3.1, §5.4: the code again, who asks, and a warning.
    for text in [
        device.user_code.as_str(),
        "Television",
        "Does your device show this code?",
    ] {
        assert!(asked.text().contains(text), "{text}: {}", asked.text());
    }
    let done = browser.press(&asked, &asked.form("allow"), "allow");
    assert_eq!(done.response.status, 200);
    assert!(
        done.text().contains("go back to your device"),
        "{}",
        done.text()
    );
    let answer = device.poll(shared());
    let tokens = Tokens::of(answer.assert_ok());
    assert!(tokens.id().split('.').count() == 3);
    let refreshed = TV.refresh(shared(), tokens.refresh());
    refreshed.assert_ok();
    // Once.
    device.poll(shared()).assert_error(400, "invalid_grant");
}

#[test]
fn rfc8628_s3_2_the_answer_names_where_to_go_and_how_often_to_ask() {
    let device = Device::start(shared(), TV, &[]);
    let answer = device.response.json();
    assert_eq!(answer["expires_in"], 600);
    assert_eq!(answer["interval"], 5);
    let place = device.response.text("verification_uri");
    assert_eq!(place, shared().url("/device"));
    let complete = device.response.text("verification_uri_complete");
    assert_eq!(complete, format!("{place}?user_code={}", device.user_code));
    // §6.1: short, and of letters that nobody confuses.
    let (one, two) = device.user_code.split_once('-').expect("two halves");
    let legal =
        |half: &str| half.len() == 4 && half.chars().all(|c| "BCDFGHJKLMNPQRSTVWXZ".contains(c));
    assert!(legal(one) && legal(two), "{}", device.user_code);
    // The link fills in the form, and does nothing else.
    let page = Browser::new(&shared().issuer).get(&complete);
    assert_eq!(page.form_with("text").value("user_code"), device.user_code);
    device
        .poll(shared())
        .assert_error(400, "authorization_pending");
}

#[test]
fn rfc8628_s3_5_a_no_reaches_the_device() {
    let device = Device::start(shared(), TV, &[]);
    let mut browser = flow::signed_in();
    let asked = type_code(shared(), &mut browser, &device.user_code);
    let done = browser.press(&asked, &asked.form("deny"), "deny");
    assert_eq!(done.response.status, 200);
    device.poll(shared()).assert_error(400, "access_denied");
    let again = type_code(shared(), &mut browser, &device.user_code);
    assert_eq!(again.response.status, 400);
}

#[test]
fn rfc8628_s3_5_a_device_that_hurries_is_slowed_down() {
    let device = Device::start(shared(), TV, &[]);
    device
        .poll(shared())
        .assert_error(400, "authorization_pending");
    device.poll(shared()).assert_error(400, "slow_down");
}

#[test]
fn rfc8628_s3_1_the_client_is_authenticated_and_its_request_checked() {
    let url = shared().url("/device_authorization");
    let post = |fields: &[(&str, &str)]| http::post(&url).form(fields).send();
    post(&[("client_id", "basic")]).assert_error(401, "invalid_client");
    post(&[("client_id", SPA.id)]).assert_error(400, "unauthorized_client");
    post(&[("client_id", TV.id), ("scope", "admin")]).assert_error(400, "invalid_scope");
    post(&[
        ("client_id", TV.id),
        ("resource", "https://nowhere.example"),
    ])
    .assert_error(400, "invalid_target");
    let other = Device {
        client: SPA,
        ..Device::start(shared(), TV, &[])
    };
    other
        .poll(shared())
        .assert_error(400, "unauthorized_client");
}

#[test]
fn rfc8628_s5_4_a_form_posted_from_elsewhere_decides_nothing() {
    let device = Device::start(shared(), TV, &[]);
    let mut browser = flow::signed_in();
    let asked = type_code(shared(), &mut browser, &device.user_code);
    let form = asked.form("allow").set("csrf", "AAAA");
    let (_, refused) = browser.press_once(&asked, &form, "allow");
    assert_eq!(refused.status, 400);
    // The same page in the browser of somebody else.
    let (mut other, _) = flow::newcomer(shared());
    let (_, refused) = other.press_once(&asked, &asked.form("allow"), "allow");
    assert_eq!(refused.status, 400);
    device
        .poll(shared())
        .assert_error(400, "authorization_pending");
}

#[test]
fn rfc8628_s4_discovery_names_the_endpoint() {
    let document = http::get(&shared().url("/.well-known/oauth-authorization-server")).send();
    assert_eq!(
        document.text("device_authorization_endpoint"),
        shared().url("/device_authorization")
    );
}
