//! GitHub, as a fake of it answers.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use doorward_provider::Outcome;
use doorward_provider::services::{FetchFailure, Outgoing, Response};
use doorward_provider::settings::unchecked_keywords;
use doorward_provider::testing::{Browser, Host};
use serde_json::{Value, json};

use super::*;

/// What a GitHub answers by URL, and what it was asked.
#[derive(Clone)]
struct Fake {
    answers: BTreeMap<String, (u16, Value)>,
    asked: Arc<Mutex<Vec<Outgoing>>>,
}

const API: &str = "https://api.github.com";

impl Fake {
    fn new() -> Self {
        Self::at("https://github.com", API)
    }

    fn at(base: &str, api: &str) -> Self {
        let fake = Self {
            answers: BTreeMap::new(),
            asked: Arc::default(),
        };
        fake.with(&format!("{base}/login/oauth/access_token"), 200, json!({"access_token": "gho_x", "token_type": "bearer", "scope": "read:user,user:email"}))
            .with(&format!("{api}/user"), 200, json!({
                "id": 583_231, "login": "ada", "name": "Ada", "email": "public@evil.example",
                "avatar_url": "https://avatars.example/1", "html_url": "https://github.com/ada",
            }))
            .with(&format!("{api}/user/emails?per_page=100"), 200, json!([
                {"email": "other@example.com", "primary": false, "verified": true, "visibility": null},
                {"email": "Ada@example.com", "primary": true, "verified": true, "visibility": "public"},
            ]))
    }

    fn with(mut self, url: &str, status: u16, json: Value) -> Self {
        self.answers.insert(url.to_owned(), (status, json));
        self
    }

    fn memberships(self, page: u32, memberships: Value) -> Self {
        self.with(
            &format!("{API}/user/memberships/orgs?state=active&per_page=100&page={page}"),
            200,
            memberships,
        )
    }

    fn teams(self, page: u32, teams: Value) -> Self {
        self.with(
            &format!("{API}/user/teams?per_page=100&page={page}"),
            200,
            teams,
        )
    }

    fn host(&self) -> Host {
        let fake = self.clone();
        Host::seeded(1).with_upstream(move |request| {
            fake.asked.lock().unwrap().push(request.clone());
            let api = request.method == "GET";
            if api
                && !request
                    .headers
                    .contains(&("authorization".to_owned(), "Bearer gho_x".to_owned()))
            {
                return Err(FetchFailure::Refused("no token".to_owned()));
            }
            let (status, json) = fake
                .answers
                .get(&request.url)
                .cloned()
                .unwrap_or((404, json!({"message": "Not Found"})));
            Ok(Response {
                status,
                headers: vec![(
                    "content-type".to_owned(),
                    "application/json; charset=utf-8".to_owned(),
                )],
                body: json.to_string().into_bytes(),
            })
        })
    }

    fn sign_in(
        &self,
        settings: &Value,
        more: &[(&str, &str)],
    ) -> Result<(String, Outcome), Failure> {
        let host = self.host();
        let mut browser = Browser::<GitHub>::new(&host).settings(&settings.to_string());
        let url = browser.get("authorize")?.into_redirect().unwrap();
        let mut query = vec![("code", "code-of-ada"), ("state", "transaction")];
        query.extend(more);
        Ok((url, browser.get_with("callback", &query)?))
    }

    fn identity(&self, settings: &Value) -> Identity {
        self.sign_in(settings, &[])
            .unwrap()
            .1
            .into_identity()
            .expect("an identity")
    }
}

fn settings(more: &Value) -> Value {
    let mut settings = json!({"client_id": "Iv1.door", "client_secret": "s3cret"});
    for (name, value) in more.as_object().unwrap() {
        settings[name] = value.clone();
    }
    settings
}

fn membership(login: &str, state: &str) -> Value {
    json!({"state": state, "organization": {"login": login, "id": 1}})
}

#[test]
fn people_are_their_number_and_their_primary_verified_address() {
    let identity = Fake::new().identity(&settings(&json!({})));
    assert_eq!(identity.subject, "583231");
    assert_eq!(
        (identity.email.as_deref(), identity.email_verified),
        (Some("ada@example.com"), true)
    );
    for (name, value) in [("name", "\"Ada\""), ("preferred_username", "\"ada\"")] {
        assert!(
            identity
                .claims
                .contains(&(name.to_owned(), value.to_owned())),
            "{name}"
        );
    }
}

#[test]
fn no_other_address_is_theirs() {
    let address = |primary: bool, verified: bool| json!({"email": "ada@example.com", "primary": primary, "verified": verified});
    for addresses in [
        json!([]),
        json!([address(true, false)]),
        json!([address(false, true)]),
        json!([address(false, false)]),
    ] {
        let fake = Fake::new().with(
            &format!("{API}/user/emails?per_page=100"),
            200,
            addresses.clone(),
        );
        let identity = fake.identity(&settings(&json!({})));
        assert_eq!(
            (identity.email, identity.email_verified),
            (None, false),
            "{addresses}"
        );
    }
}

#[test]
fn rfc7636_s4_pkce_is_sent_and_the_verifier_with_the_code() {
    let fake = Fake::new();
    let (url, _) = fake.sign_in(&settings(&json!({})), &[]).unwrap();
    assert!(
        url.starts_with("https://github.com/login/oauth/authorize?"),
        "{url}"
    );
    for part in [
        "code_challenge_method=S256",
        "code_challenge=",
        "scope=read%3Auser+user%3Aemail",
        "state=transaction",
    ] {
        assert!(url.contains(part), "{part} in {url}");
    }
    let asked = fake.asked.lock().unwrap();
    let body = String::from_utf8(asked[0].body.clone()).unwrap();
    for part in [
        "code_verifier=",
        "client_secret=s3cret",
        "grant_type=authorization_code",
        "redirect_uri=https%3A%2F%2Fid.example%2Ftest%2Fcallback",
    ] {
        assert!(body.contains(part), "{part} in {body}");
    }
}

#[test]
fn rfc9207_s2_4_iss_is_checked_when_it_is_sent() {
    let fake = Fake::new();
    assert!(
        fake.sign_in(
            &settings(&json!({})),
            &[("iss", "https://github.com/login/oauth")]
        )
        .is_ok()
    );
    let before = fake.asked.lock().unwrap().len();
    for iss in [
        "https://evil.example",
        "https://github.com",
        "https://github.com/login/oauth/",
    ] {
        let result = fake.sign_in(&settings(&json!({})), &[("iss", iss)]);
        assert!(
            matches!(result, Err(Failure::BadRequest(text)) if text.contains("`iss`")),
            "{iss}"
        );
    }
    assert_eq!(
        fake.asked.lock().unwrap().len(),
        before,
        "the code went nowhere"
    );
}

#[test]
fn errors_that_come_with_200_are_errors() {
    let token = "https://github.com/login/oauth/access_token";
    for (error, words) in [
        ("bad_verification_code", "did not take the code"),
        (
            "incorrect_client_credentials",
            "incorrect_client_credentials",
        ),
    ] {
        let fake = Fake::new().with(
            token,
            200,
            json!({"error": error, "error_description": "why", "access_token": "gho_x"}),
        );
        match fake.sign_in(&settings(&json!({})), &[]) {
            Err(Failure::BadRequest(text) | Failure::Unavailable(text)) => {
                assert!(text.contains(words), "{text}");
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn only_members_come_in_where_an_organisation_is_required() {
    let settings = settings(&json!({"organizations": ["Acme", "beta"]}));
    for (memberships, comes_in) in [
        (json!([membership("acme", "active")]), true),
        (json!([membership("acme", "pending")]), false),
        (json!([membership("acme-evil", "active")]), false),
        (json!([]), false),
    ] {
        let fake = Fake::new().memberships(1, memberships.clone());
        let (url, outcome) = fake.sign_in(&settings, &[]).unwrap();
        assert!(url.contains("read%3Aorg"), "{url}");
        match (comes_in, outcome.clone().into_page()) {
            (true, None) => assert!(outcome.into_identity().is_some()),
            (false, Some(page)) => assert_eq!(page.messages[0].text.id, "upstream.refused"),
            other => panic!("{memberships}: {other:?}"),
        }
    }
    // What GitHub does not say counts as no.
    assert!(Fake::new().sign_in(&settings, &[]).is_err());
}

#[test]
fn organisations_and_teams_are_claims_when_they_are_asked_for_page_by_page() {
    let hundred: Vec<_> = (0..100)
        .map(|n| json!({"slug": format!("t{n}"), "organization": {"login": "acme"}}))
        .collect();
    let fake = Fake::new()
        .memberships(
            1,
            json!([
                membership("acme", "active"),
                membership("invited", "pending")
            ]),
        )
        .teams(1, json!(hundred))
        .teams(
            2,
            json!([{"slug": "last", "organization": {"login": "beta"}}]),
        );
    let identity = fake.identity(&settings(
        &json!({"organizations_claim": true, "teams_claim": true}),
    ));
    let claim = |name: &str| -> Value {
        let (_, json) = identity
            .claims
            .iter()
            .find(|(known, _)| known == name)
            .unwrap();
        serde_json::from_str(json).unwrap()
    };
    assert_eq!(claim("organizations"), json!(["acme"]));
    let teams = claim("teams");
    assert_eq!(
        (teams.as_array().unwrap().len(), &teams[100]),
        (101, &json!("beta/last"))
    );
}

#[test]
fn pages_without_end_end() {
    let hundred: Vec<_> = (0..100)
        .map(|n| json!({"slug": format!("t{n}"), "organization": {"login": "acme"}}))
        .collect();
    let fake = (1..=20).fold(Fake::new(), |fake, page| fake.teams(page, json!(hundred)));
    fake.identity(&settings(&json!({"teams_claim": true})));
    let asked = fake.asked.lock().unwrap();
    assert_eq!(
        asked
            .iter()
            .filter(|request| request.url.contains("/user/teams"))
            .count(),
        10
    );
}

#[test]
fn what_its_api_should_not_say_lets_nobody_in() {
    for (url, status, json) in [
        ("/user", 200, json!({"login": "ada"})),
        ("/user", 200, json!({"id": "583231", "login": "ada"})),
        ("/user", 200, json!({"id": 0, "login": "ada"})),
        ("/user", 200, json!([])),
        ("/user", 401, json!({"id": 1, "login": "ada"})),
        ("/user", 302, json!({"id": 1, "login": "ada"})),
        (
            "/user/emails?per_page=100",
            404,
            json!({"message": "Not Found"}),
        ),
        ("/user/emails?per_page=100", 200, json!({"email": "x"})),
    ] {
        let fake = Fake::new().with(&format!("{API}{url}"), status, json);
        assert!(
            fake.sign_in(&settings(&json!({})), &[]).is_err(),
            "{url} {status}"
        );
    }
}

#[test]
fn an_enterprise_has_its_own_places() {
    for (base, api) in [
        (
            "https://github.acme.example",
            "https://github.acme.example/api/v3",
        ),
        ("https://acme.ghe.com", "https://api.acme.ghe.com"),
    ] {
        let fake = Fake::at(base, api);
        let settings = settings(&json!({"base_url": format!("{base}/")}));
        let (url, outcome) = fake
            .sign_in(&settings, &[("iss", &format!("{base}/login/oauth"))])
            .unwrap();
        assert!(
            url.starts_with(&format!("{base}/login/oauth/authorize?")),
            "{url}"
        );
        assert_eq!(outcome.into_identity().unwrap().subject, "583231");
    }
    let plain = settings(&json!({"base_url": "http://github.acme.example"}));
    assert!(Fake::new().sign_in(&plain, &[]).is_err());
}

#[test]
fn who_declines_reads_so() {
    let (_, outcome) = Fake::new()
        .sign_in(&settings(&json!({})), &[("error", "access_denied")])
        .unwrap();
    assert_eq!(
        outcome.into_page().unwrap().messages[0].text.id,
        "upstream.declined"
    );
}

#[test]
fn a_callback_of_another_sign_in_is_refused() {
    let fake = Fake::new();
    let host = fake.host();
    let mut browser = Browser::<GitHub>::new(&host).settings(&settings(&json!({})).to_string());
    assert!(
        browser
            .get_with(
                "callback",
                &[("code", "code-of-ada"), ("state", "transaction")]
            )
            .is_err()
    );
    browser.get("authorize").unwrap();
    assert!(
        browser
            .get_with("callback", &[("code", "code-of-ada"), ("state", "another")])
            .is_err()
    );
    assert!(fake.asked.lock().unwrap().is_empty());
}

#[test]
fn its_settings_are_checked_by_hosts() {
    let description = GitHub::describe();
    assert_eq!(
        unchecked_keywords(&description.settings_schema),
        Vec::<String>::new()
    );
    assert_eq!(description.purposes, [Purpose::SignIn, Purpose::Link]);
}

#[test]
fn as_many_teams_are_passed_on_as_a_claim_holds() {
    let names: Vec<String> = (0..1000)
        .map(|n| format!("organisation/team-{n}"))
        .collect();
    let list = listed(&names);
    let kept: Vec<String> = serde_json::from_str(&list).unwrap();
    assert!((3900..=4096).contains(&list.len()), "{}", list.len());
    assert_eq!(kept, names[..kept.len()]);
    assert_eq!(
        listed(&names[..2]),
        r#"["organisation/team-0","organisation/team-1"]"#
    );
}
