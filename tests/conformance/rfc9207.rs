//! RFC 9207, Issuer Identification in Authorization Responses.

use crate::harness::client::{NATIVE, SPA};
use crate::harness::flow::{self, AuthorizationRequest, Callback};
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

#[test]
fn s3_metadata_says_so() {
    assert_eq!(
        shared().metadata()["authorization_response_iss_parameter_supported"],
        json!(true)
    );
}
