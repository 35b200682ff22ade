//! The server over a real socket, in front of a core that does what its path says.

use super::accept::{self, ConnectionLimits};
use super::client_address::ProxyRules;
use super::service::{RequestLimits, Service};
use crate::engine::core::Core;
use crate::engine::guest_from_text as guest;
use crate::engine::tests::ports;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

struct Running {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    ended: tokio::task::JoinHandle<()>,
}

fn request_limits() -> RequestLimits {
    RequestLimits {
        target_bytes: 2048,
        header_bytes: 8 << 10,
        headers: 32,
        body_bytes: 1000,
        body_time: Duration::from_millis(150),
        concurrent: 2,
    }
}

async fn start(limits: RequestLimits) -> Running {
    let runtime = guest::runtime();
    let core = Core::load(&runtime, &guest::core(), guest::allowance()).unwrap();
    let service = Service::new(core, ports(&runtime), ProxyRules::default(), limits);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let limits = ConnectionLimits {
        connections: 16,
        header_time: Duration::from_millis(150),
        header_bytes: limits.header_bytes,
        headers: limits.headers,
        streams: 8,
        shutdown: Duration::from_secs(5),
    };
    let stopped = async { drop(stopped.await) };
    let ended = tokio::spawn(accept::serve(
        listener,
        Arc::new(service),
        None,
        limits,
        stopped,
    ));
    Running {
        address,
        stop: Some(stop),
        ended,
    }
}

/// Sends bytes and reads until the server closes.
async fn exchange(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    read_to_end(stream).await
}

async fn read_to_end(mut stream: TcpStream) -> String {
    let mut answer = Vec::new();
    // A reset after the answer is as good as an end.
    let _closed = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

async fn get(address: SocketAddr, target: &str, headers: &str) -> String {
    let request = format!("GET {target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{headers}\r\n");
    exchange(address, request.as_bytes()).await
}

#[track_caller]
fn assert_status(answer: &str, status: u16) {
    assert!(
        answer.starts_with(&format!("HTTP/1.1 {status} ")),
        "not {status}: {answer:?}"
    );
}

#[tokio::test]
async fn a_core_that_fails_is_a_503_and_the_next_request_is_answered() {
    let server = start(request_limits()).await;
    for bad in ["/trap", "/loop", "/memory"] {
        let answer = get(server.address, bad, "").await;
        assert_status(&answer, 503);
        assert!(
            answer.ends_with("{\"error\":\"temporarily_unavailable\"}"),
            "{answer}"
        );
        assert!(answer.contains("cache-control: no-store"), "{answer}");
        assert!(answer.contains("retry-after: 1"), "{answer}");
        assert!(
            !answer.contains("wasm"),
            "something internal is on the wire: {answer}"
        );
        assert_status(&get(server.address, "/ok", "").await, 200);
    }
}

#[tokio::test]
async fn a_browser_gets_a_page_when_the_core_fails() {
    let server = start(request_limits()).await;
    let answer = get(
        server.address,
        "/trap",
        "accept: text/html,application/xhtml+xml,*/*;q=0.8\r\n",
    )
    .await;
    assert_status(&answer, 503);
    assert!(answer.contains("content-type: text/html"), "{answer}");
    assert!(
        answer.contains("content-security-policy: default-src 'none'"),
        "{answer}"
    );
    let json_first = get(
        server.address,
        "/trap",
        "accept: application/json, text/html\r\n",
    )
    .await;
    assert!(
        json_first.contains("content-type: application/json"),
        "{json_first}"
    );
}

#[tokio::test]
async fn a_body_is_read_up_to_its_bound_and_no_further() {
    let server = start(request_limits()).await;
    let post = |length: usize, body: &str| {
        format!(
            "POST /ok HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
        )
    };
    assert_status(
        &exchange(server.address, post(1000, &"x".repeat(1000)).as_bytes()).await,
        200,
    );
    assert_status(
        &exchange(server.address, post(1001, "").as_bytes()).await,
        413,
    );
    let chunked = format!(
        "POST /ok HTTP/1.1\r\nhost: x\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n400\r\n{}\r\n0\r\n\r\n",
        "x".repeat(0x400)
    );
    assert_status(&exchange(server.address, chunked.as_bytes()).await, 413);
    assert_status(
        &exchange(server.address, post(10, "slow").as_bytes()).await,
        408,
    );
}

#[tokio::test]
async fn a_header_that_does_not_arrive_closes_the_connection() {
    let server = start(request_limits()).await;
    let started = Instant::now();
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream
        .write_all(b"GET / HTTP/1.1\r\nhost: x\r\n")
        .await
        .unwrap();
    let answer = read_to_end(stream).await;
    assert!(!answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(started.elapsed() < Duration::from_secs(5));
    let idle = TcpStream::connect(server.address).await.unwrap();
    assert_eq!(
        read_to_end(idle).await,
        "",
        "a connection that says nothing is closed without an answer"
    );
}

#[tokio::test]
async fn header_and_target_have_bounds() {
    let server = start(request_limits()).await;
    let long = format!("/ok?{}", "x".repeat(3000));
    assert_status(&get(server.address, &long, "").await, 414);
    let many = "x-many: 1\r\n".repeat(40);
    assert_status(&get(server.address, "/ok", &many).await, 431);
    let large = format!("x-large: {}\r\n", "x".repeat(9_000));
    assert_status(&get(server.address, "/ok", &large).await, 431);
}

#[tokio::test]
async fn rfc9112_s3_2_only_a_path_is_a_target() {
    let server = start(request_limits()).await;
    let line = async |line: &str| {
        let request = format!("{line} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        exchange(server.address, request.as_bytes()).await
    };
    assert_status(&line("OPTIONS *").await, 400);
    assert_status(&line("CONNECT evil.example:443").await, 400);
    assert_status(&line("GET http://evil.example/ok").await, 200);
    assert_status(&line("GET ok").await, 400);
}

#[tokio::test]
async fn more_requests_than_may_run_at_once_are_told_to_come_back() {
    let server = start(RequestLimits {
        concurrent: 1,
        ..request_limits()
    })
    .await;
    let mut looping = TcpStream::connect(server.address).await.unwrap();
    looping
        .write_all(b"GET /loop HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        .await
        .unwrap();
    // The loop holds the only place for 200 ms: one of these meets it.
    let deadline = Instant::now() + Duration::from_secs(5);
    loop {
        let answer = get(server.address, "/ok", "").await;
        if answer.starts_with("HTTP/1.1 503 ") {
            assert!(answer.contains("retry-after: 1"), "{answer}");
            break;
        }
        assert!(Instant::now() < deadline, "no request was refused");
    }
    assert_status(&read_to_end(looping).await, 503);
    assert_status(&get(server.address, "/ok", "").await, 200);
}

#[tokio::test]
async fn health_is_the_hosts_and_readiness_tells_that_the_store_is_closed() {
    let server = start(request_limits()).await;
    assert_status(&get(server.address, "/healthz", "").await, 200);
    assert_status(&get(server.address, "/readyz", "").await, 503);
    assert_status(&get(server.address, "/dev/outbox", "").await, 200);
    assert!(
        get(server.address, "/dev/outbox", "")
            .await
            .ends_with("\r\n\r\n1"),
        "it is the core's, there is no dev here"
    );
}

#[tokio::test]
async fn asked_to_stop_it_finishes_what_is_in_flight_and_takes_no_more() {
    let mut server = start(request_limits()).await;
    let mut looping = TcpStream::connect(server.address).await.unwrap();
    looping
        .write_all(b"GET /loop HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .unwrap();
    // A second connection is answered only after the first was accepted.
    assert_status(&get(server.address, "/ok", "").await, 200);
    server.stop.take().unwrap().send(()).unwrap();
    assert_status(&read_to_end(looping).await, 503);
    server.ended.await.unwrap();
    assert!(
        TcpStream::connect(server.address).await.is_err(),
        "it still accepts"
    );
}
