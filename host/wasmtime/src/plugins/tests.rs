//! Plugins that misbehave, and the borders between those that do not.

use super::Plugins;
use super::plugin::{Plugin, PluginOptions};
use super::ports::{PluginPorts, Services};
use super::{outcome, settings_schema};
use crate::config::references::Settings;
use crate::engine::bindings::core::doorward::host::records::{Failure, Host as _};
use crate::engine::bindings::core::doorward::host::sealing::{self, Host as Sealing};
use crate::engine::bindings::core::doorward::provider::logins;
use crate::engine::bindings::core::doorward::provider::types::{
    Context, Identity, Method, Outcome, Page, Purpose, Request, Step, Text,
};
use crate::engine::guest_from_text as guest;
use crate::engine::sandbox::Guest;
use crate::keys::{KeyOptions, Keyring, SealingKey};
use crate::mail::Mailer;
use crate::outbound::Outbound;
use crate::passwords::{PasswordOptions, Passwords};
use crate::records::{SqliteOptions, SqliteRecords, Store};
use crate::unopened::Unopened;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;

fn services(records: Arc<dyn Store>) -> Arc<Services> {
    let passwords = Arc::new(Passwords::new(&PasswordOptions::default()).unwrap());
    Arc::new(Services {
        records,
        keys: None,
        passwords,
        mailer: Mailer::None,
        outbound: Arc::new(Outbound::new(Vec::new(), BTreeMap::new(), None).unwrap()),
    })
}

fn no_settings() -> Settings {
    Settings {
        document: json!({}),
        referred: Vec::new(),
    }
}

async fn plugin(id: &str, handle: &str) -> Plugin {
    let options = PluginOptions {
        id: id.to_owned(),
        settings: no_settings(),
        literal_secrets: false,
        outbound_hosts: Vec::new(),
        allowance: guest::allowance(),
    };
    Plugin::load(
        &guest::runtime(),
        &guest::provider(handle),
        options,
        services(Arc::new(Unopened)),
    )
    .await
    .unwrap()
}

fn context() -> Context {
    Context {
        provider_id: String::from("someone else"),
        base_url: String::from("https://id.example/x"),
        settings: String::from("what the core put there is ignored"),
        state: None,
        transaction: String::from("t"),
        purpose: Purpose::SignIn,
        account: None,
        login_hint: None,
        language: String::from("en"),
        client_address: None,
        service_name: String::from("Test"),
    }
}

fn request() -> Request {
    Request {
        method: Method::Get,
        path: String::from("authorize"),
        query: Vec::new(),
        form: Vec::new(),
    }
}

/// `err(not-found)`: the discriminants of result and failure.
const NOT_FOUND: &str = "(i32.store8 (i32.const 1024) (i32.const 1)) (i32.store8 (i32.const 1032) (i32.const 0)) (i32.const 1024)";

#[tokio::test]
async fn a_plugin_that_traps_or_loops_crashes_by_name_and_the_next_one_answers() {
    let looping = "(loop $for_ever (br $for_ever)) unreachable";
    let loaded = vec![
        plugin("trapping", "unreachable").await,
        plugin("looping", looping).await,
        plugin("good", NOT_FOUND).await,
    ];
    let plugins = Plugins::new(loaded.into_iter().map(Arc::new).collect());
    let ids: Vec<_> = plugins
        .list()
        .iter()
        .map(|listed| listed.id.as_str())
        .collect();
    assert_eq!(ids, ["trapping", "looping", "good"]);
    assert_eq!(plugins.list()[0].label.english, "Test");

    let crashed = async |id| match plugins.handle(id, context(), request()).await {
        Err(logins::Error::Crashed(text)) => text,
        other => panic!("{other:?}"),
    };
    assert!(
        crashed("trapping")
            .await
            .starts_with("provider trapping: trapped")
    );
    assert!(
        crashed("looping")
            .await
            .starts_with("provider looping: took longer than 200 ms")
    );
    let good = plugins.handle("good", context(), request()).await;
    assert!(matches!(good, Err(logins::Error::Failed(_))), "{good:?}");
    let unknown = plugins.handle("unknown", context(), request()).await;
    assert!(
        matches!(unknown, Err(logins::Error::UnknownProvider)),
        "{unknown:?}"
    );
}

#[tokio::test]
async fn what_is_no_provider_does_not_load() {
    let options = PluginOptions {
        id: String::from("bad"),
        settings: no_settings(),
        literal_secrets: false,
        outbound_hosts: Vec::new(),
        allowance: guest::allowance(),
    };
    let services = services(Arc::new(Unopened));
    assert!(
        Plugin::load(&guest::runtime(), b"no wasm", options, services)
            .await
            .is_err()
    );
}

#[tokio::test]
async fn what_a_plugin_seals_it_opens_and_nobody_else_does() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("db");
    let store = SqliteRecords::open(&path, SqliteOptions::default()).unwrap();
    let key = SealingKey::from_bytes([7; 32]);
    let keys = Keyring::open(&path, key, KeyOptions::default()).unwrap();
    let services = Arc::new(Services {
        records: store,
        keys: Some(Arc::clone(&keys)),
        passwords: Arc::new(Passwords::new(&PasswordOptions::default()).unwrap()),
        mailer: Mailer::None,
        outbound: Arc::new(Outbound::new(Vec::new(), BTreeMap::new(), None).unwrap()),
    });
    let runtime = guest::runtime();
    let guest_of = |id| {
        let ports = PluginPorts::new(id, &services);
        Guest::store(runtime.engine(), ports, guest::allowance())
    };
    let (mut one, mut two) = (guest_of("one"), guest_of("one-more"));
    let sealed = Sealing::seal(one.data_mut(), b"secret".to_vec(), b"of a".to_vec())
        .await
        .unwrap()
        .unwrap();
    let open = async |guest: &mut Guest<PluginPorts>, data: &[u8]| {
        Sealing::open(guest, sealed.clone(), data.to_vec())
            .await
            .unwrap()
    };
    assert_eq!(open(one.data_mut(), b"of a").await.unwrap(), b"secret");
    for refused in [
        open(one.data_mut(), b"of b").await,
        open(two.data_mut(), b"of a").await,
        open(two.data_mut(), b"").await,
    ] {
        assert!(matches!(refused, Err(sealing::Failure::Forged)));
    }
    assert!(keys.open_sealed(&sealed, b"of a").is_err());

    let of_the_core = keys.seal(b"secret", b"of a").unwrap();
    let opened = Sealing::open(one.data_mut(), of_the_core, b"of a".to_vec()).await;
    assert!(matches!(opened.unwrap(), Err(sealing::Failure::Forged)));
}

#[tokio::test]
async fn a_plugin_sees_its_own_records_and_no_others() {
    let directory = tempfile::tempdir().unwrap();
    let store =
        SqliteRecords::open(&directory.path().join("db"), SqliteOptions::default()).unwrap();
    let (runtime, services) = (
        guest::runtime(),
        services(Arc::<SqliteRecords>::clone(&store)),
    );
    let guest_of = |id| {
        Guest::store(
            runtime.engine(),
            PluginPorts::new(id, &services),
            guest::allowance(),
        )
    };
    let (mut one, mut two) = (guest_of("one"), guest_of("one-more"));

    let version = one
        .data_mut()
        .insert(String::from("code/a"), b"1".to_vec(), None)
        .await
        .unwrap()
        .unwrap();
    store
        .insert("grant/secret", b"core".to_vec(), None)
        .await
        .unwrap();
    assert!(
        two.data_mut()
            .get(String::from("code/a"))
            .await
            .unwrap()
            .unwrap()
            .is_none()
    );
    assert_eq!(
        store
            .get("provider/one/code/a")
            .await
            .unwrap()
            .unwrap()
            .version,
        version
    );

    let list = async |guest: &mut Guest<PluginPorts>, prefix: &str, after: Option<&str>| {
        let listed = guest
            .list(prefix.to_owned(), after.map(str::to_owned), 100)
            .await
            .unwrap()
            .unwrap();
        listed
            .into_iter()
            .map(|record| record.key)
            .collect::<Vec<_>>()
    };
    assert_eq!(list(one.data_mut(), "", None).await, ["code/a"]);
    assert_eq!(
        list(one.data_mut(), "code/", Some("code/")).await,
        ["code/a"]
    );
    assert!(list(one.data_mut(), "", Some("code/a")).await.is_empty());
    assert!(list(two.data_mut(), "", None).await.is_empty());
    assert!(list(two.data_mut(), "../one/", None).await.is_empty());

    let empty = one.data_mut().remove(String::new(), None).await.unwrap();
    assert!(matches!(empty, Err(Failure::Invalid(_))));
    assert!(
        two.data_mut()
            .get(String::from("../../grant/secret"))
            .await
            .unwrap()
            .unwrap()
            .is_none()
    );
}

fn redirect(url: &str) -> Outcome {
    Outcome {
        step: Step::Redirect(url.to_owned()),
        state: None,
    }
}

#[test]
fn a_plugin_sends_browsers_only_where_it_may() {
    let hosts = [String::from("github.com")];
    assert!(outcome::check(&redirect("https://github.com/login?x=1"), &hosts).is_ok());
    for url in [
        "http://github.com/",
        "https://github.com.evil.example/",
        "https://github.com@evil.example/",
        "https://evil.example/?github.com",
        "//github.com/",
        "/relative",
        "javascript:alert(1)",
        "",
    ] {
        assert!(outcome::check(&redirect(url), &hosts).is_err(), "{url}");
    }
    assert!(outcome::check(&redirect("https://github.com/"), &[]).is_err());
}

#[test]
fn what_a_plugin_answers_is_bounded() {
    let text = |length| Text {
        id: String::new(),
        english: "x".repeat(length),
        args: Vec::new(),
    };
    let page = |length| {
        Step::Page(Page {
            title: text(length),
            messages: vec![],
            figures: Vec::new(),
            forms: vec![],
            links: vec![],
        })
    };
    let outcome = |step, state: usize| Outcome {
        step,
        state: Some(vec![0; state]),
    };
    assert!(outcome::check(&outcome(page(1000), 16 << 10), &[]).is_ok());
    assert!(outcome::check(&outcome(page(1000), (16 << 10) + 1), &[]).is_err());
    assert!(outcome::check(&outcome(page(65 << 10), 0), &[]).is_err());
    let identity = |subject: String| {
        Step::Authenticated(Identity {
            subject,
            email: None,
            email_verified: false,
            claims: Vec::new(),
            amr: Vec::new(),
            credential_changed: false,
        })
    };
    assert!(outcome::check(&outcome(identity(String::from("1")), 0), &[]).is_ok());
    assert!(outcome::check(&outcome(identity(String::new()), 0), &[]).is_err());
    assert!(outcome::check(&outcome(identity("1".repeat(256)), 0), &[]).is_err());
}

#[test]
fn secrets_of_providers_are_referred_to() {
    let schema = r#"{"type":"object","properties":{"id":{"type":"string"},"secret":{"type":"string","format":"secret"},
        "more":{"type":"array","items":{"type":"object","properties":{"key":{"type":"string","format":"secret"}}}}}}"#;
    let check = |document: serde_json::Value, referred: &[&str]| {
        let referred = referred.iter().map(|place| (*place).to_owned()).collect();
        settings_schema::check_secrets(schema, &Settings { document, referred })
            .map_err(|problem| problem.to_string())
    };
    let both = json!({ "id": "x", "secret": "s", "more": [{ "key": "k" }] });
    let places = ["settings.secret", "settings.more[0].key"];
    assert_eq!(check(both.clone(), &places), Ok(()));
    for (referred, named) in [(&places[..1], places[1]), (&places[1..], places[0])] {
        let problem = check(both.clone(), referred).unwrap_err();
        assert!(
            problem.starts_with(&format!("{named} stands in the file")),
            "{problem}"
        );
    }
    assert_eq!(check(json!({ "id": "x", "secret": "" }), &[]), Ok(()));
}

#[test]
fn settings_must_match_their_schema() {
    let schema = r#"{"type":"object","additionalProperties":false,"required":["mode"],"properties":{
        "mode":{"enum":["a","b"]},"minimum_length":{"type":"integer","minimum":8},"names":{"items":{"type":"string"}}}}"#;
    let problem = |settings| {
        settings_schema::check(schema, &settings)
            .err()
            .map(|error| error.to_string())
    };
    assert_eq!(
        problem(json!({"mode": "a", "minimum_length": 8, "names": ["x"]})),
        None
    );
    for (settings, says) in [
        (json!({}), "settings.mode is missing"),
        (json!({"mode": "c"}), "settings.mode must be one of"),
        (
            json!({"mode": "a", "minimum_length": 7}),
            "breaks minimum 8",
        ),
        (
            json!({"mode": "a", "minimum_length": "8"}),
            "must be of type integer",
        ),
        (
            json!({"mode": "a", "minimum_lenght": 9}),
            "did you mean \"minimum_length\"?",
        ),
        (
            json!({"mode": "a", "names": ["x", 1]}),
            "settings.names[1] must be of type string",
        ),
        (json!([]), "must be of type object"),
    ] {
        let found = problem(settings).unwrap_or_default();
        assert!(found.contains(says), "{found:?} should say {says:?}");
    }
}

#[test]
fn a_schema_that_we_cannot_check_does_not_pass() {
    let pattern = r#"{"properties":{"a":{"pattern":"^x$"}}}"#;
    assert!(settings_schema::check(pattern, &json!({"a": "y"})).is_err());
    assert!(settings_schema::check("not json", &json!({})).is_err());
    assert!(settings_schema::check("", &json!({})).is_ok());
    assert!(settings_schema::check("", &json!({"a": 1})).is_err());
}
