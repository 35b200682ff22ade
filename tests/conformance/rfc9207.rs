//! RFC 9207, Issuer Identification in Authorization Responses.

use crate::harness::client::{NATIVE, SPA};
use crate::harness::flow::{self, AuthorizationRequest, Callback};
use crate::harness::http;
use crate::harness::server::shared;
use serde_json::json;

#[test]
fn s2_iss_on_success() {
    for client in [SPA, NATIVE] {
        let callback = AuthorizationRequest::new(client).allow(shared(), &mut flow::signed_in());
        assert_eq!(callback.get("iss"), Some(shared().issuer.as_str()));
    }
}

#[test]
fn s2_iss_on_every_error() {
    let errors = [
        (
            AuthorizationRequest::new(SPA).with("scope", "unheard:of"),
            "invalid_scope",
        ),
        (
            AuthorizationRequest::new(SPA).with("response_type", "token"),
            "unsupported_response_type",
        ),
        (
            AuthorizationRequest::new(SPA).without("code_challenge"),
            "invalid_request",
        ),
        (
            AuthorizationRequest::new(SPA).with("prompt", "none"),
            "login_required",
        ),
        (
            AuthorizationRequest::new(SPA).with("resource", "https://unknown.example/"),
            "invalid_target",
        ),
    ];
    for (request, error) in errors {
        let callback = Callback::of(&request.open(shared()));
        callback.assert_error(error);
        assert_eq!(
            callback.get("iss"),
            Some(shared().issuer.as_str()),
            "{error}"
        );
    }
}

/// Also those that come after somebody signed in, or was asked, and by whichever way the request came.
#[test]
fn s2_iss_and_state_on_what_comes_of_a_person() {
    let mut browser = flow::signed_in();
    let unreachable = r#"{"id_token":{"acr":{"essential":true,"value":"urn:example:unheard-of"}}}"#;
    let request = AuthorizationRequest::new(SPA).with("prompt", "consent");
    let visit = browser.get(&request.url(shared()));
    let pushed = AuthorizationRequest::new(SPA).with("prompt", "consent");
    let of_pushed = browser.get(&pushed.pushed_url(shared()));
    let posted = AuthorizationRequest::new(SPA).with("scope", "unheard:of");
    let fields = posted.fields();
    let of_posted = http::post(&shared().url("/authorize")).form(&fields).send();
    let sent_to = url::Url::parse(of_posted.location().expect("a redirect")).expect("a URL");
    let of_posted: std::collections::BTreeMap<_, _> = sent_to.query_pairs().into_owned().collect();
    assert_eq!(
        (
            of_posted.get("iss"),
            of_posted.get("error").map(String::as_str)
        ),
        (Some(&shared().issuer), Some("invalid_scope"))
    );
    let claims = AuthorizationRequest::new(SPA).with("claims", unreachable);
    let of_claims = browser.get(&claims.url(shared()));
    for (request, back, error) in [
        (
            &request,
            browser.press(&visit, &visit.form("deny"), "deny"),
            "access_denied",
        ),
        (
            &pushed,
            browser.press(&of_pushed, &of_pushed.form("deny"), "deny"),
            "access_denied",
        ),
        (&claims, of_claims, "unmet_authentication_requirements"),
    ] {
        let callback = Callback::of(&back);
        callback.assert_error(error);
        assert_eq!(
            callback.get("iss"),
            Some(shared().issuer.as_str()),
            "{error}"
        );
        assert_eq!(
            callback.get("state"),
            Some(request.value("state")),
            "{error}"
        );
    }
}

#[test]
fn s3_metadata_says_so() {
    assert_eq!(
        shared().metadata()["authorization_response_iss_parameter_supported"],
        json!(true)
    );
}
