//! The sealing key is in the environment of `wasmtime serve`, and everyone's records in its directory. Neither is a plugin's.

use crate::command::Place;
use crate::plugin::{CONFIGURATION, spy};
use crate::running::{Outside, Running, linker};
use wasmtime::component::{Component, Val};
use wasmtime::{Engine, Store};

const BEGIN: &str = "http://127.0.0.1:8787/authorize?response_type=code&client_id=demo&scope=openid&state=s\
                     &redirect_uri=http%3A%2F%2F127.0.0.1%2Fcallback&code_challenge_method=S256\
                     &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// What the spy says outside of a composition.
async fn says(outside: Outside) -> Val {
    let engine = Engine::default();
    let component = Component::new(&engine, spy()).unwrap();
    let mut store = Store::new(&engine, outside);
    let instance = linker(&engine)
        .instantiate_async(&mut store, &component)
        .await
        .unwrap();
    let interface =
        instance.get_export_index(&mut store, None, "doorward:provider/login-provider@0.1.0");
    let handle = instance
        .get_export_index(&mut store, interface.as_ref(), "handle")
        .unwrap();
    let handle = instance.get_func(&mut store, handle).unwrap();
    let text = |text: &str| Val::String(text.to_owned());
    let member = |name: &str, value| (name.to_owned(), value);
    let context = Val::Record(vec![
        member("provider-id", text("spy")),
        member("base-url", text("https://id.example/spy")),
        member("settings", text("{}")),
        member("state", Val::Option(None)),
        member("transaction", text("t")),
        member("purpose", Val::Enum("sign-in".to_owned())),
        member("account", Val::Option(None)),
        member("login-hint", Val::Option(None)),
        member("language", text("en")),
        member("client-address", Val::Option(None)),
        member("service-name", text("Test")),
    ]);
    let request = Val::Record(vec![
        member("method", Val::Enum("get".to_owned())),
        member("path", text("authorize")),
        member("query", Val::List(Vec::new())),
        member("form", Val::List(Vec::new())),
    ]);
    let mut results = [Val::Bool(false)];
    handle
        .call_async(&mut store, &[context, request], &mut results)
        .await
        .unwrap();
    let [said] = results;
    said
}

/// It does tell an environment that is there from one that is not.
#[tokio::test]
async fn the_spy_sees_an_environment_that_is_there() {
    let data = tempfile::tempdir().unwrap();
    let failed = |case: &str, text: Option<&str>| {
        let text = text.map(|text| Box::new(Val::String(text.to_owned())));
        Val::Result(Err(Some(Box::new(Val::Variant(case.to_owned(), text)))))
    };
    let seen = says(Outside::new(Some(data.path()))).await;
    assert_eq!(seen, failed("not-found", None));
    let nothing = says(Outside::new(None)).await;
    assert_eq!(nothing, failed("bad-request", Some("Test")));
}

/// In a composition it is reached, and sees nothing.
#[tokio::test]
async fn a_hostile_provider_sees_no_environment() {
    let place = Place::with(CONFIGURATION);
    place.plugin(spy());
    let (_, files) = place.compose("wasmtime", &[]);
    let running = Running::start(&files["doorward.wasm"]);

    let begun = running.get(BEGIN, &[]).await;
    let cookie = begun
        .cookies
        .first()
        .map(|cookie| cookie.split(';').next().unwrap_or_default());
    let cookie = cookie.expect("a sign-in sets a cookie").to_owned();
    // One provider: the browser is sent straight to it, or the page links to it.
    let told = format!("{}{}", begun.body, begun.location.unwrap_or_default());
    let start = told
        .find("/spy/authorize?transaction=")
        .expect("the way to the provider");
    let path: String = told[start..]
        .chars()
        .take_while(|letter| !"\"'< ".contains(*letter))
        .collect();
    let path = path.replace("&amp;", "&");
    let answer = running
        .get(
            &format!("http://127.0.0.1:8787{path}"),
            &[("cookie", &cookie)],
        )
        .await;
    // The core turns the provider's `not-found` into 404, its `bad-request` into 400.
    assert_eq!(answer.status, 400, "{}", answer.body);
}
