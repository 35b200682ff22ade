//! The load: keep-alive connections that ask again as soon as they are answered.

use crate::process::Process;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::SendRequest;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;

/// Connections at once: enough to keep one processor busy, few enough that latency is not only queueing.
pub(crate) const CONNECTIONS: usize = 16;
const WARM_UP: Duration = Duration::from_millis(500);
const MEASURED: Duration = Duration::from_secs(3);

/// What one connection asks next: made from the answer before.
pub(crate) trait Script: Send {
    /// The next request; none when there is nothing left to ask.
    fn next(&mut self) -> Option<Request<Full<Bytes>>>;
    /// Its answer. Panics if it is not the one that is measured.
    fn answered(&mut self, status: u16, location: Option<&str>, body: &[u8]);
}

/// What was measured.
#[derive(Debug, Clone)]
pub(crate) struct Measurement {
    pub(crate) requests_per_s: f64,
    pub(crate) p50_us: f64,
    pub(crate) p99_us: f64,
    /// Of the server, user and system, for each request.
    pub(crate) cpu_us: f64,
}

/// The same request again and again.
pub(crate) struct Repeat {
    method: String,
    path: String,
    authorization: String,
    body: String,
    /// The status that it must be answered with.
    status: u16,
}

impl Script for Repeat {
    fn next(&mut self) -> Option<Request<Full<Bytes>>> {
        Some(request(
            &self.method,
            &self.path,
            &self.authorization,
            &self.body,
        ))
    }

    fn answered(&mut self, status: u16, _: Option<&str>, body: &[u8]) {
        assert_eq!(
            status,
            self.status,
            "{} {}: {}",
            self.method,
            self.path,
            String::from_utf8_lossy(body)
        );
    }
}

/// One script for each connection: this request, which is answered with this status.
pub(crate) fn repeat(
    (method, path): (&str, &str),
    authorization: &str,
    body: &str,
    status: u16,
) -> impl Fn() -> Vec<Box<dyn Script>> {
    let [method, path, authorization, body] =
        [method, path, authorization, body].map(str::to_owned);
    move || {
        for_each_connection(|_| Repeat {
            method: method.clone(),
            path: path.clone(),
            authorization: authorization.clone(),
            body: body.clone(),
            status,
        })
    }
}

/// One script for each connection, made by its number.
pub(crate) fn for_each_connection<S: Script + 'static>(
    make: impl FnMut(usize) -> S,
) -> Vec<Box<dyn Script>> {
    (0..CONNECTIONS)
        .map(make)
        .map(|script| Box::new(script) as Box<dyn Script>)
        .collect()
}

/// A request as the load sends it.
pub(crate) fn request(
    method: &str,
    path: &str,
    authorization: &str,
    body: &str,
) -> Request<Full<Bytes>> {
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", "127.0.0.1");
    if !authorization.is_empty() {
        request = request.header("authorization", authorization);
    }
    if !body.is_empty() {
        request = request.header("content-type", "application/x-www-form-urlencoded");
    }
    request
        .body(Full::new(Bytes::copy_from_slice(body.as_bytes())))
        .expect("a request")
}

/// Runs scripts, first unmeasured, then for the time of a measurement.
pub(crate) fn run(
    address: &str,
    process: &Process,
    scripts: &dyn Fn() -> Vec<Box<dyn Script>>,
) -> Measurement {
    drive(address, process, scripts(), WARM_UP);
    drive(address, process, scripts(), MEASURED).0
}

/// Runs scripts once, until they end or their time is over; gives them back.
pub(crate) fn run_once(
    address: &str,
    process: &Process,
    scripts: Vec<Box<dyn Script>>,
) -> (Measurement, Vec<Box<dyn Script>>) {
    drive(address, process, scripts, MEASURED)
}

fn drive(
    address: &str,
    process: &Process,
    scripts: Vec<Box<dyn Script>>,
    time: Duration,
) -> (Measurement, Vec<Box<dyn Script>>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let mut connections = Vec::new();
        for script in scripts {
            connections.push((connect(address).await, script));
        }
        let (start, cpu) = (Instant::now(), process.cpu());
        let tasks = connections
            .into_iter()
            .map(|(connection, script)| tokio::spawn(ask(connection, script, start + time)));
        let (mut latencies, mut scripts) = (Vec::new(), Vec::new());
        for task in tasks.collect::<Vec<_>>() {
            let (script, measured) = task.await.expect("no panic");
            scripts.push(script);
            latencies.extend(measured);
        }
        (
            summary(
                latencies,
                start.elapsed(),
                process.cpu().saturating_sub(cpu),
            ),
            scripts,
        )
    })
}

async fn connect(address: &str) -> SendRequest<Full<Bytes>> {
    let stream = TcpStream::connect(address).await.expect("a connection");
    stream.set_nodelay(true).expect("a socket option");
    let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .expect("HTTP");
    tokio::spawn(connection);
    sender
}

async fn ask(
    mut connection: SendRequest<Full<Bytes>>,
    mut script: Box<dyn Script>,
    until: Instant,
) -> (Box<dyn Script>, Vec<Duration>) {
    let mut latencies = Vec::new();
    while Instant::now() < until {
        let Some(request) = script.next() else { break };
        let sent = Instant::now();
        let response: Response<_> = connection.send_request(request).await.expect("an answer");
        let (parts, body) = response.into_parts();
        let body = body.collect().await.expect("a body").to_bytes();
        latencies.push(sent.elapsed());
        let location = parts
            .headers
            .get("location")
            .and_then(|location| location.to_str().ok());
        script.answered(parts.status.as_u16(), location, &body);
    }
    (script, latencies)
}

#[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "an index into the list itself"
)]
fn summary(mut latencies: Vec<Duration>, elapsed: Duration, cpu: Duration) -> Measurement {
    assert!(!latencies.is_empty(), "nothing was measured");
    latencies.sort_unstable();
    let count = latencies.len() as f64;
    let at = |share: f64| latencies[((count - 1.0) * share) as usize].as_secs_f64() * 1e6;
    Measurement {
        requests_per_s: count / elapsed.as_secs_f64(),
        p50_us: at(0.5),
        p99_us: at(0.99),
        cpu_us: cpu.as_secs_f64() * 1e6 / count,
    }
}
