//! What a guest sees of a request, and what a client sees of a guest.

use crate::app::{App, request};
use doorward_spin_host::application::Application;
use doorward_spin_host::engine::Engine;
use doorward_spin_host::serve::Server;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

fn front() -> App {
    App::new("echo", "", "")
}

/// The values of one header, in their order.
fn values<'body>(body: &'body str, name: &str) -> Vec<&'body str> {
    let lines = body.lines().filter_map(|line| line.split_once('='));
    lines
        .filter(|(header, _)| *header == name)
        .map(|(_, value)| value)
        .collect()
}

#[test]
fn spins_headers_come_after_those_of_the_client() {
    let server = front().up();
    let (status, body) = server.request(
        "GET /headers?a=b HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\nAccept: */*\r\n\
         spin-client-addr: 1.2.3.4:5\r\nSpin-Full-Url: https://evil\r\nspin-path-info: /evil\r\n\r\n",
    );
    assert_eq!(status, 200);
    let [spoofed, address] = values(&body, "spin-client-addr")[..] else {
        panic!("{body}")
    };
    assert_eq!(spoofed, "1.2.3.4:5");
    assert!(address.starts_with("127.0.0.1:"), "{address}");
    assert_eq!(
        values(&body, "spin-full-url"),
        ["https://evil", "http://example.com/headers?a=b"]
    );
    assert_eq!(values(&body, "spin-path-info"), ["/evil", "/headers"]);
    assert_eq!(values(&body, "spin-matched-route"), ["/..."]);
    assert_eq!(values(&body, "accept"), ["*/*"]);
}

#[test]
fn the_scheme_is_http_and_connection_is_not_passed_on() {
    let server = front().up();
    let (_, body) = server.request(
        "GET /headers HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\nX-Forwarded-Proto: https\r\n\r\n",
    );
    assert!(values(&body, "connection").is_empty());
    assert!(body.ends_with("\n10"), "some(HTTP): {body}");
}

#[test]
fn reserved_paths_are_answered_by_the_host() {
    let server = front().up();
    assert_eq!(server.get("/.well-known/spin/health"), (200, "OK".into()));
    assert_eq!(server.get("/.well-known/spin/other").0, 404);
    let other = server.get("/.well-known/oauth-authorization-server");
    assert_eq!(
        other,
        (200, ".well-known/oauth-authorization-server".into())
    );
}

#[test]
fn a_path_without_a_route_is_not_found() {
    let app = front();
    let manifest = std::fs::read_to_string(app.path("spin.toml")).unwrap();
    app.write(
        "spin.toml",
        manifest.replace("\"/...\"", "\"/a/...\"").as_bytes(),
    );
    let server = app.up();
    assert_eq!(server.get("/b"), (404, String::new()));
    assert_eq!(server.get("/a/b"), (200, "a/b".into()));
}

#[test]
fn a_trap_is_500_without_a_body_and_the_next_request_works() {
    let server = front().up();
    assert_eq!(server.get("/trap"), (500, String::new()));
    assert_eq!(server.get("/next"), (200, "next".into()));
    let said = server.end();
    assert!(said.contains("unreachable"), "the operator is told: {said}");
}

#[test]
fn a_host_that_is_in_doubt_is_not_answered() {
    let server = front().up();
    assert_eq!(
        server
            .request("GET /a HTTP/1.1\r\nConnection: close\r\n\r\n")
            .0,
        0,
        "no host"
    );
    let two = "GET http://a.example/a HTTP/1.1\r\nHost: b.example\r\nConnection: close\r\n\r\n";
    assert_eq!(server.request(two).0, 0, "two hosts");
    let own = "GET /a HTTP/1.1\r\nHost: front.spin.internal\r\nConnection: close\r\n\r\n";
    assert_eq!(server.request(own).0, 0, "a host of Spin's own");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_that_computes_for_longer_than_it_may_is_ended() {
    let app = front();
    let given = BTreeMap::from([(String::from("required"), String::from("given"))]);
    let application = Application::read(&app.path("spin.toml"), &given, |_| None).unwrap();
    let engine = Engine::start(2, None).unwrap();
    let server = Server::load(application, &engine, &app.path("state")).unwrap();
    let server = server.with_request_deadline(Duration::from_millis(50));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let serving = tokio::spawn(Arc::new(server).serve(listener));
    let answers = tokio::task::spawn_blocking(move || {
        let get = |path| format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        ["/loop", "/next"].map(|path| request(&address, &get(path)))
    });
    assert_eq!(
        answers.await.unwrap(),
        [(500, String::new()), (200, "next".into())]
    );
    serving.abort();
}
