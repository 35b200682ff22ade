//! RFC 9728, OAuth 2.0 Protected Resource Metadata: for userinfo, and for resources of our own origin.

use crate::harness::client::API;
use crate::harness::http;
use crate::harness::server::{CONFIG, Place, Server, shared};
use serde_json::json;

const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

#[test]
fn s2_userinfo_says_what_it_is() {
    let answer = http::get(&shared().url(WELL_KNOWN))
        .header("origin", "https://spa.example")
        .send();
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    let metadata = answer.assert_ok().json();
    assert_eq!(metadata["resource"], json!(shared().issuer));
    assert_eq!(metadata["authorization_servers"], json!([shared().issuer]));
    assert_eq!(metadata["bearer_methods_supported"], json!(["header"]));
    let algs = &metadata["dpop_signing_alg_values_supported"];
    assert_eq!(
        *algs,
        shared().metadata()["dpop_signing_alg_values_supported"]
    );
    assert!(metadata.get("dpop_bound_access_tokens_required").is_none());
    let scopes = metadata["scopes_supported"].as_array().expect("a list");
    assert!(!scopes.contains(&json!("offline_access")), "{metadata}");
}

#[test]
fn s5_1_userinfo_says_where_to_learn_more() {
    let metadata = format!("resource_metadata=\"{}\"", shared().url(WELL_KNOWN));
    let userinfo = || http::get(&shared().url("/userinfo"));
    let nobody = userinfo().send().list("www-authenticate");
    assert!(
        nobody.contains(&metadata) && nobody.contains("scope=\"openid\""),
        "{nobody}"
    );
    assert!(!nobody.contains("error="), "RFC 6750 §3.1: {nobody}");
    let bad = userinfo().bearer("x").send().list("www-authenticate");
    assert!(
        bad.contains(&metadata) && bad.contains("error=\"invalid_token\""),
        "{bad}"
    );
}

#[test]
fn s3_1_resources_of_our_own_origin_and_those_that_we_speak_for() {
    let place = Place::new("");
    let origin = place.origin();
    place.configure(&format!(
        "{CONFIG}\n[[resource]]\nuri = \"{origin}/api\"\nname = \"Here\"\nscopes = {{ \"here:read\" = \"Read here\" }}\n\
         [[resource]]\nuri = \"https://elsewhere.example/v1\"\nmetadata = true\n"
    ));
    let server = place.start();
    let at = |path: &str| http::get(&format!("{origin}{WELL_KNOWN}{path}")).send();
    let here = at("/api").assert_ok().json();
    assert_eq!(here["resource"], json!(format!("{origin}/api")));
    assert_eq!(here["scopes_supported"], json!(["here:read"]));
    assert_eq!(here["resource_name"], "Here");
    let elsewhere = at("/elsewhere.example/v1").assert_ok().json();
    assert_eq!(elsewhere["resource"], "https://elsewhere.example/v1");
    // One that exists, but speaks for itself.
    for absent in ["/other.example/v1", "/nothing", "/api/"] {
        let answer = at(absent);
        assert_eq!(answer.status, 404, "{absent}");
        answer.json();
    }
    let metadata = server.metadata();
    let listed = &metadata["protected_resources"];
    assert!(
        listed
            .as_array()
            .expect("a list")
            .contains(&json!(format!("{origin}/api")))
    );
}

#[test]
fn s2_a_resource_that_takes_bound_tokens_alone_gets_no_others() {
    let uri = "https://bound.example/v1";
    let config = format!(
        "{CONFIG}\n[[resource]]\nuri = \"{uri}\"\nmetadata = true\n\
         dpop_bound_access_tokens_required = true\ndpop_signing_alg_values_supported = [\"ES256\"]\n"
    );
    let server = Server::start(&config);
    let at = server.url(&format!("{WELL_KNOWN}/bound.example/v1"));
    let metadata = http::get(&at).send().assert_ok().json();
    assert_eq!(metadata["dpop_bound_access_tokens_required"], true);
    assert_eq!(
        metadata["dpop_signing_alg_values_supported"],
        json!(["ES256"])
    );
    assert!(metadata.get("bearer_methods_supported").is_none());
    let plain = API.client_credentials(&server, &[("resource", uri)]);
    plain.assert_error(400, "invalid_dpop_proof");
    let elsewhere = [("resource", "https://api.example/")];
    API.client_credentials(&server, &elsewhere).assert_ok();
}

#[test]
fn s3_1_an_issuer_with_a_path() {
    let server = Place::new(CONFIG).with_issuer_path("/tenant/one").start();
    let origin = server.place.origin();
    let metadata = http::get(&format!("{origin}{WELL_KNOWN}/tenant/one")).send();
    assert_eq!(
        metadata.assert_ok().json()["resource"],
        json!(server.issuer)
    );
    assert_eq!(
        http::get(&format!("{origin}{WELL_KNOWN}")).send().status,
        404
    );
    let challenge = http::get(&server.url("/userinfo")).send();
    let at = format!("resource_metadata=\"{origin}{WELL_KNOWN}/tenant/one\"");
    assert!(
        challenge.list("www-authenticate").contains(&at),
        "{challenge:?}"
    );
}
