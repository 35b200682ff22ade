//! Servers with peculiarities, with just these.

use super::*;

/// A key for tests only.
const KEY: &str = include_str!("../../../sdk/src/upstream/testdata/test-only.p8");
const TENANTS: &str = "https://login.microsoftonline.com/{tenantid}/v2.0";
const TENANT: &str = "aaaabbbb-0000-cccc-1111-dddd2222eeee";

fn preset(name: &str) -> String {
    settings(&json!({"preset": name}))
}

/// The body of the only token request.
fn token_request(server: &OpenIdServer) -> (String, Option<String>) {
    let request = server
        .requests()
        .into_iter()
        .find(|request| request.method == "POST")
        .unwrap();
    let header = request
        .headers
        .iter()
        .find(|(name, _)| name == "authorization");
    (
        String::from_utf8(request.body.clone()).unwrap(),
        header.map(|(_, value)| value.clone()),
    )
}

fn apple() -> (String, OpenIdServer) {
    let settings = json!({
        "preset": "apple", "client_id": "com.example.door", "team_id": "TEAM", "key_id": "KEY", "private_key": KEY,
    });
    let server = OpenIdServer::new("https://appleid.apple.com", "com.example.door")
        .claim("email_verified", "true")
        .claim("name", Value::Null);
    (settings.to_string(), server)
}

fn apple_posts(user: Option<&str>) -> Identity {
    let (settings, server) = apple();
    let host = server.host();
    let mut browser = Browser::<Oidc>::new(&host).settings(&settings);
    let url = browser.get("authorize").unwrap().into_redirect().unwrap();
    assert!(url.contains("response_mode=form_post"), "{url}");
    let back = server.sign_in(&url);
    let mut form: Vec<_> = back
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    form.extend(user.map(|user| ("user", user)));
    browser
        .post("callback", &form)
        .unwrap()
        .into_identity()
        .unwrap()
}

#[test]
fn apple_posts_and_gets_a_secret_that_is_signed_anew() {
    let (settings, server) = apple();
    let (_, outcome) = sign_in(&settings, &server).unwrap();
    assert!(outcome.into_identity().unwrap().email_verified);
    let (body, authorization) = token_request(&server);
    assert_eq!(authorization, None);
    assert!(
        body.contains("client_secret=eyJ") && body.contains("client_id=com.example.door"),
        "{body}"
    );
}

#[test]
fn apple_says_the_name_once_and_nothing_else_of_what_is_posted_counts() {
    let user = r#"{"name":{"firstName":"Ada","lastName":"Lovelace"},"email":"eve@evil.example"}"#;
    let first = apple_posts(Some(user));
    let claim = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    for expected in [
        claim("given_name", "\"Ada\""),
        claim("family_name", "\"Lovelace\""),
        claim("name", "\"Ada Lovelace\""),
    ] {
        assert!(first.claims.contains(&expected), "{expected:?}");
    }
    assert_eq!(first.email.as_deref(), Some("ada@example.com"));
    let long = format!(r#"{{"name":{{"firstName":"{}"}}}}"#, "x".repeat(3000));
    for user in [None, Some("no JSON"), Some("{}"), Some(long.as_str())] {
        assert!(apple_posts(user).claims.is_empty(), "{user:?}");
    }
}

#[test]
fn apple_goes_by_two_names() {
    let (settings, server) = apple();
    let server = server.metadata("issuer", "https://account.apple.com");
    for iss in ["https://appleid.apple.com", "https://account.apple.com"] {
        assert!(
            sign_in(&settings, &server.clone().claim("iss", iss)).is_ok(),
            "{iss}"
        );
    }
    assert!(
        log(sign_in(
            &settings,
            &server.clone().claim("iss", "https://apple.com")
        ))
        .contains("`iss`")
    );
    let (_, other) = apple();
    assert!(
        log(sign_in(
            &settings,
            &other.metadata("issuer", "https://apple.com")
        ))
        .contains("`issuer`")
    );
}

fn microsoft(tenant: &str) -> String {
    settings(&json!({"preset": "microsoft", "tenant": tenant}))
}

fn of_tenant(tid: &str) -> OpenIdServer {
    OpenIdServer::new(TENANTS, "door")
        .at("https://login.microsoftonline.com/common/oauth2")
        .claim("iss", TENANTS.replace("{tenantid}", tid))
        .claim("tid", tid)
        .claim("email_verified", Value::Null)
}

#[test]
fn microsofts_tenants_share_a_document_and_are_told_apart_in_tokens() {
    for tenant in ["common", "organizations"] {
        let server = of_tenant(TENANT);
        assert_eq!(
            identity(&microsoft(tenant), &server).subject,
            format!("{TENANT}/ada")
        );
        let requests = server.requests();
        assert_eq!(
            requests[0].url,
            format!(
                "https://login.microsoftonline.com/{tenant}/v2.0/.well-known/openid-configuration"
            )
        );
    }
    // Two tenants' people are two people, whatever their subjects.
    let other = TENANT.replace('a', "b");
    assert_eq!(
        identity(&microsoft("common"), &of_tenant(&other)).subject,
        format!("{other}/ada")
    );
    for (claim, value) in [
        ("iss", TENANTS.to_owned()),
        ("iss", TENANTS.replace("{tenantid}", &other)),
        ("tid", other.clone()),
        ("tid", "x".to_owned()),
    ] {
        assert!(
            log(sign_in(
                &microsoft("common"),
                &of_tenant(TENANT).claim(claim, value)
            ))
            .contains("`iss`")
        );
    }
}

#[test]
fn microsofts_single_tenants_have_issuers_of_their_own() {
    for (tenant, tid) in [(TENANT, TENANT), ("consumers", CONSUMERS)] {
        let issuer = TENANTS.replace("{tenantid}", tid);
        let server = OpenIdServer::new(&issuer, "door").claim("tid", tid);
        assert_eq!(identity(&microsoft(tenant), &server).subject, "ada");
        let wrong = server.claim(
            "iss",
            TENANTS.replace("{tenantid}", &TENANT.replace('b', "c")),
        );
        assert!(log(sign_in(&microsoft(tenant), &wrong)).contains("`iss`"));
    }
}

#[test]
fn microsofts_addresses_are_verified_only_by_xms_edov() {
    for (claim, value, verified) in [
        ("email_verified", json!(true), false),
        ("xms_edov", json!(true), true),
        ("xms_edov", json!("1"), true),
        ("xms_edov", json!(false), false),
        ("xms_edov", json!("0"), false),
    ] {
        let server = of_tenant(TENANT).claim(claim, value.clone());
        assert_eq!(
            identity(&microsoft("common"), &server).email_verified,
            verified,
            "{claim} {value}"
        );
    }
}

#[test]
fn only_tenants_that_are_wanted_come_in() {
    let settings = settings(&json!({
        "preset": "microsoft", "tenant": "organizations", "require": [{"claim": "tid", "values": [TENANT]}],
    }));
    assert_eq!(
        identity(&settings, &of_tenant(TENANT)).subject,
        format!("{TENANT}/ada")
    );
    let (_, outcome) = sign_in(&settings, &of_tenant(&TENANT.replace('a', "b"))).unwrap();
    assert!(outcome.is_page());
}

#[test]
fn the_others_need_no_more_than_who_we_are() {
    for (name, issuer, basic) in [
        ("jumpcloud", "https://oauth.id.jumpcloud.com/", true),
        ("slack", "https://slack.com", false),
        ("twitch", "https://id.twitch.tv/oauth2", false),
        ("yahoo", "https://api.login.yahoo.com", true),
    ] {
        let server = OpenIdServer::new(issuer, "door");
        let found = identity(&preset(name), &server);
        assert_eq!(
            (found.subject.as_str(), found.email_verified),
            ("ada", true),
            "{name}"
        );
        let (body, authorization) = token_request(&server);
        assert_eq!(
            (authorization.is_some(), body.contains("client_secret=")),
            (basic, !basic),
            "{name}"
        );
    }
    for (name, issuer) in [
        ("keycloak", "https://sso.acme.example/realms/acme"),
        (
            "cognito",
            "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_abc",
        ),
    ] {
        let settings = settings(&json!({"preset": name, "issuer": issuer}));
        assert_eq!(
            identity(&settings, &OpenIdServer::new(issuer, "door")).subject,
            "ada"
        );
        assert!(
            log(sign_in(&preset(name), &server())).contains("`issuer`"),
            "{name}"
        );
    }
}

#[test]
fn twitch_is_asked_for_the_address_by_the_parameter_claims() {
    let server = OpenIdServer::new("https://id.twitch.tv/oauth2", "door");
    let (url, _) = sign_in(&preset("twitch"), &server).unwrap();
    assert!(
        url.contains("&claims=%7B%22id_token%22") && url.contains("user%3Aread%3Aemail"),
        "{url}"
    );
}

#[test]
fn slack_says_errors_with_200() {
    let server = OpenIdServer::new("https://slack.com", "door")
        .flawed(doorward_provider::testing::Flaw::ErrorWithStatus200);
    assert!(log(sign_in(&preset("slack"), &server)).contains("server_error"));
}

#[test]
fn yahoo_says_the_rest_at_userinfo() {
    let server = OpenIdServer::new("https://api.login.yahoo.com", "door")
        .claim("email", Value::Null)
        .claim("email_verified", Value::Null)
        .userinfo("email", "ada@yahoo.example")
        .userinfo("email_verified", true);
    let found = identity(&preset("yahoo"), &server);
    assert_eq!(
        (found.email.as_deref(), found.email_verified),
        (Some("ada@yahoo.example"), true)
    );
    assert!(found.claims.iter().any(|(name, _)| name == "picture"));
}

#[test]
fn no_address_is_verified_by_what_is_said_of_another() {
    let yahoo = || OpenIdServer::new("https://api.login.yahoo.com", "door");
    for server in [
        yahoo()
            .claim("email", "eve@evil.example")
            .claim("email_verified", Value::Null)
            .userinfo("email", "ada@yahoo.example")
            .userinfo("email_verified", true),
        yahoo()
            .claim("email", Value::Null)
            .claim("email_verified", true)
            .userinfo("email", "eve@evil.example"),
    ] {
        let found = identity(&preset("yahoo"), &server);
        assert_eq!(
            (found.email.as_deref(), found.email_verified),
            (Some("eve@evil.example"), false)
        );
    }
}

#[test]
fn only_apple_and_cognito_are_believed_the_text_true() {
    for (name, issuer, believed) in [
        (
            "cognito",
            "https://cognito-idp.eu-west-1.amazonaws.com/x",
            true,
        ),
        ("keycloak", "https://sso.acme.example/realms/acme", false),
        ("none", ISSUER, false),
    ] {
        let settings = settings(&json!({"preset": name, "issuer": issuer}));
        let server = OpenIdServer::new(issuer, "door").claim("email_verified", "true");
        assert_eq!(
            identity(&settings, &server).email_verified,
            believed,
            "{name}"
        );
    }
}
