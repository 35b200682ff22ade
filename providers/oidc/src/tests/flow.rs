//! Any issuer: OpenID Connect Core and Discovery, RFC 9207, RFC 7636.

use super::*;
use doorward_provider::Purpose;
use doorward_provider::settings::unchecked_keywords;
use doorward_provider::testing::{START, fell_for};

#[test]
fn core_s3_1_3_7_no_flaw_of_an_issuer_lets_anybody_in() {
    let everything = settings(&json!({"issuer": ISSUER, "userinfo": "always"}));
    assert_eq!(fell_for::<Oidc>(&everything, server), Vec::<String>::new());
    let with_iss = || server().metadata("authorization_response_iss_parameter_supported", true);
    assert_eq!(fell_for::<Oidc>(&acme(), with_iss), Vec::<String>::new());
}

#[test]
fn the_identity_is_what_the_mapping_says() {
    let identity = identity(&acme(), &server().claim("groups", json!(["a"])));
    let expected = Identity::new("ada")
        .verified_email("ada@example.com")
        .claim("name", "\"Ada\"");
    assert_eq!(identity, expected);
    let chosen =
        settings(&json!({"issuer": ISSUER, "claims": ["groups"], "email_verified": "never"}));
    let identity = self::identity(&chosen, &server().claim("groups", json!(["a"])));
    let expected = Identity::new("ada")
        .unverified_email("ada@example.com")
        .claim("groups", "[\"a\"]");
    assert_eq!(identity, expected);
}

#[test]
fn rfc9207_s2_4_iss_must_come_where_discovery_says_that_it_does() {
    let server = server().metadata("authorization_response_iss_parameter_supported", true);
    let host = server.host();
    let mut browser = Browser::<Oidc>::new(&host).settings(&acme());
    let url = browser.get("authorize").unwrap().into_redirect().unwrap();
    let mut back = server.sign_in(&url);
    back.retain(|(name, _)| name != "iss");
    let Err(Failure::BadRequest(text)) = browser.callback(&back) else {
        panic!("it went on")
    };
    assert!(text.contains("RFC 9207"), "{text}");
    assert!(
        server
            .requests()
            .iter()
            .all(|request| request.method == "GET"),
        "the code went nowhere"
    );
}

#[test]
fn algorithms_are_those_that_settings_and_issuer_both_allow() {
    let only = |algorithm: &str| settings(&json!({"issuer": ISSUER, "algorithms": [algorithm]}));
    assert!(sign_in(&only("ES256"), &server()).is_ok());
    assert!(log(sign_in(&only("RS256"), &server())).contains("`alg`"));
    let rs256 = server().metadata("id_token_signing_alg_values_supported", json!(["RS256"]));
    assert!(log(sign_in(&acme(), &rs256)).contains("`alg`"));
    for bad in ["none", "HS256", "RS512"] {
        assert!(
            log(sign_in(&only(bad), &server())).starts_with("settings"),
            "{bad}"
        );
    }
}

#[test]
fn core_s3_1_3_7_clocks_may_be_a_minute_apart() {
    for (claim, value, comes_in) in [
        ("exp", START - 59, true),
        ("exp", START - 60, false),
        ("iat", START + 60, true),
        ("iat", START + 61, false),
        ("nbf", START + 60, true),
        ("nbf", START + 61, false),
    ] {
        let result = sign_in(&acme(), &server().claim(claim, value));
        assert_eq!(result.is_ok(), comes_in, "{claim} {value}");
    }
    for value in [json!("soon"), json!(-1), json!(1e300), json!([])] {
        assert!(
            log(sign_in(&acme(), &server().claim("exp", value.clone()))).contains("`exp`"),
            "{value}"
        );
    }
}

#[test]
fn core_s3_1_3_7_several_audiences_need_azp() {
    let both = || server().claim("aud", json!(["door", "other"]));
    assert!(sign_in(&acme(), &both().claim("azp", "door")).is_ok());
    assert!(log(sign_in(&acme(), &both())).contains("`azp`"));
    for aud in [
        json!(["other"]),
        json!("doo"),
        json!({"door": 1}),
        json!([["door"]]),
    ] {
        assert!(
            log(sign_in(&acme(), &server().claim("aud", aud.clone()))).contains("`aud`"),
            "{aud}"
        );
    }
}

#[test]
fn keys_are_kept_and_fetched_anew_for_one_that_is_unknown_at_most_once_a_minute() {
    let server = server();
    let host = server.host();
    let keys = || {
        server
            .requests()
            .iter()
            .filter(|request| request.url.ends_with("/keys"))
            .count()
    };
    for _ in 0..3 {
        sign_in_at(&host, &acme(), &server).unwrap();
    }
    assert_eq!(keys(), 1);
    server.rotate("key-2");
    sign_in_at(&host, &acme(), &server).unwrap();
    assert_eq!(keys(), 2);
    server.rotate("key-3");
    assert!(log(sign_in_at(&host, &acme(), &server)).contains("does not publish"));
    assert_eq!(keys(), 2);
    host.advance(61);
    sign_in_at(&host, &acme(), &server).unwrap();
    assert_eq!(keys(), 3);
}

#[test]
fn discovery_is_kept_for_an_hour() {
    let server = server();
    let host = server.host();
    let documents = || {
        server
            .requests()
            .iter()
            .filter(|request| request.url.contains("well-known"))
            .count()
    };
    sign_in_at(&host, &acme(), &server).unwrap();
    host.advance(3599);
    server.set_time(START + 3599);
    sign_in_at(&host, &acme(), &server).unwrap();
    assert_eq!(documents(), 1);
    host.advance(1);
    sign_in_at(&host, &acme(), &server).unwrap();
    assert_eq!(documents(), 2);
}

#[test]
fn an_issuer_that_does_not_answer_is_not_asked_by_everybody_who_comes() {
    use doorward_provider::testing::Flaw;
    let server = server().flawed(Flaw::DiscoveryIsHtml);
    let host = server.host();
    assert!(log(sign_in_at(&host, &acme(), &server)).contains("text/html"));
    server.set_flaw(None);
    assert!(log(sign_in_at(&host, &acme(), &server)).contains("a moment ago"));
    assert_eq!(server.requests().len(), 1);
    host.advance(10);
    assert!(sign_in_at(&host, &acme(), &server).is_ok());
}

#[test]
fn who_is_to_be_confirmed_signs_in_there_anew() {
    let confirm = |server: &OpenIdServer, subject: &str| {
        let host = server.host();
        let mut browser = Browser::<Oidc>::new(&host)
            .settings(&settings(
                &json!({"issuer": ISSUER, "parameters": [{"name": "prompt", "value": "consent"}]}),
            ))
            .asked_for(Purpose::Confirm, "account", Some(subject));
        let url = browser.get("authorize")?.into_redirect().unwrap();
        assert!(
            url.contains("&prompt=login&max_age=0") && !url.contains("consent"),
            "{url}"
        );
        browser.callback(&server.sign_in(&url))
    };
    let fresh = server().claim("auth_time", START);
    assert_eq!(
        confirm(&fresh, "ada")
            .unwrap()
            .into_identity()
            .unwrap()
            .subject,
        "ada"
    );
    let page = confirm(&fresh, "eve").unwrap().into_page().expect("a page");
    assert_eq!(page.messages[0].text.id, "upstream.another");
    for auth_time in [json!(null), json!(START - 61), json!("now")] {
        let result = confirm(&server().claim("auth_time", auth_time.clone()), "ada");
        assert!(
            matches!(&result, Err(Failure::Unavailable(text)) if text.contains("`auth_time`")),
            "{auth_time}: {result:?}"
        );
    }
}

#[test]
fn a_link_is_whoever_signs_in_there() {
    let server = server();
    let host = server.host();
    let mut browser =
        Browser::<Oidc>::new(&host)
            .settings(&acme())
            .asked_for(Purpose::Link, "account", None);
    let url = browser.get("authorize").unwrap().into_redirect().unwrap();
    let outcome = browser.callback(&server.sign_in(&url)).unwrap();
    assert_eq!(outcome.into_identity().unwrap().subject, "ada");
}

#[test]
fn a_code_goes_to_nobody_but_whom_the_sign_in_began_at() {
    let server = server();
    let host = server.host();
    let mut browser = Browser::<Oidc>::new(&host).settings(&acme());
    let url = browser.get("authorize").unwrap().into_redirect().unwrap();
    let back = server.sign_in(&url);
    let mut browser = browser.settings(&settings(&json!({"issuer": "https://login.evil.example"})));
    let before = server.requests().len();
    assert!(matches!(
        browser.callback(&back),
        Err(Failure::BadRequest(_))
    ));
    assert_eq!(server.requests().len(), before);
}

#[test]
fn who_declines_reads_so_and_may_try_again() {
    let server = server();
    let host = server.host();
    let mut browser = Browser::<Oidc>::new(&host).settings(&acme());
    browser.get("authorize").unwrap();
    let back = [("error", "access_denied"), ("state", "transaction")];
    let page = browser
        .get_with("callback", &back)
        .unwrap()
        .into_page()
        .unwrap();
    assert_eq!(page.messages[0].text.id, "upstream.declined");
    assert_eq!(page.links[0].path, "authorize");
}

#[test]
fn only_who_meets_the_conditions_comes_in() {
    let staff =
        settings(&json!({"issuer": ISSUER, "require": [{"claim": "groups", "values": ["staff"]}]}));
    for (groups, comes_in) in [
        (json!(["x", "staff"]), true),
        (json!("staff"), true),
        (json!(["staffing"]), false),
        (json!(null), false),
    ] {
        let server = server().claim("groups", groups.clone());
        let host = server.host();
        let (_, outcome) = sign_in_at(&host, &staff, &server).unwrap();
        assert_eq!(outcome.into_identity().is_some(), comes_in, "{groups}");
        let told = host
            .events()
            .iter()
            .any(|event| event.name == "upstream.refused");
        assert_ne!(told, comes_in, "{groups}");
    }
}

#[test]
fn answers_that_are_posted_are_read_like_those_in_the_query() {
    let settings = settings(&json!({"issuer": ISSUER, "response_mode": "form_post"}));
    let server = server();
    let host = server.host();
    let mut browser = Browser::<Oidc>::new(&host).settings(&settings);
    let url = browser.get("authorize").unwrap().into_redirect().unwrap();
    assert!(url.contains("&response_mode=form_post"), "{url}");
    let back = server.sign_in(&url);
    let form: Vec<_> = back
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    assert!(
        browser
            .clone()
            .post("callback", &form)
            .unwrap()
            .into_identity()
            .is_some()
    );
}

#[test]
fn what_is_kept_is_no_secret_and_what_is_remembered_never_prints() {
    let server = server();
    let host = server.host();
    sign_in_at(&host, &acme(), &server).unwrap();
    for (key, value) in host.records() {
        let value = String::from_utf8_lossy(&value).into_owned();
        for secret in ["s3cret", "access-token", "ada"] {
            assert!(!value.contains(secret), "{secret} in {key}");
        }
    }
}

#[test]
fn settings_that_make_no_sense_are_named() {
    for (more, words) in [
        (json!({}), "`issuer`"),
        (json!({"issuer": "http://login.acme.example"}), "https"),
        (
            json!({"issuer": ISSUER, "client_secret": ""}),
            "client_secret",
        ),
        (
            json!({"issuer": ISSUER, "parameters": [{"name": "nonce", "value": "x"}]}),
            "nonce",
        ),
        (json!({"issuer": ISSUER, "colour": "red"}), "colour"),
        (
            json!({"preset": "microsoft", "tenant": "acme/../x"}),
            "tenant",
        ),
    ] {
        let text = log(sign_in(&settings(&more), &server()));
        assert!(text.contains(words) && !text.contains("s3cret"), "{text}");
    }
    assert_eq!(
        unchecked_keywords(&Oidc::describe().settings_schema),
        Vec::<String>::new()
    );
}

#[test]
fn every_language_has_every_text() {
    assert_eq!(LABEL.problems(), Vec::<String>::new());
    assert_eq!(Oidc::texts("de").len(), Oidc::texts("ar").len());
}

#[test]
fn rfc7515_s5_2_no_letter_of_an_id_token_can_be_another() {
    let mut places = 0..2000;
    let end = places.find(|place| match sign_in(&acme(), &server().garbled(*place)) {
        Err(Failure::Unavailable(text)) => {
            assert!(text.starts_with("the ID token: "), "{place}: {text}");
            false
        }
        Err(other) => panic!("{place}: {other:?}"),
        Ok(_) => true,
    });
    // The first place where a change changes nothing is beyond the signature.
    assert!(end.is_some_and(|end| end > 400), "{end:?}");
    let (_, outcome) = sign_in(&acme(), &server().garbled(2000)).unwrap();
    assert!(outcome.into_identity().is_some());
}
