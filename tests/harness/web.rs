//! The rest of the web, on this machine: servers of other people under any name that a test likes.
//!
//! `let web = Web::of(&["app.example"]); web.put("https://app.example/client.json", Page::json(&value));`
//! `let server = Server::start(&format!("{CONFIG}\n{}", web.config()));` then reaches it, on every host: `config` is `[dev.resolve]`.
//! `web.requests("https://app.example/client.json")` is what came; pages can be slow, endless, redirects, of any type and status.

use super::mailbox;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Longest that `wait_for_requests` waits.
const PATIENCE: Duration = Duration::from_secs(20);

/// What a URL answers.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// Before the first byte.
    pub(crate) delay: Duration,
    /// Sends bytes without end after the body, and no `content-length`.
    pub(crate) endless: bool,
    /// Closes the connection instead of answering.
    pub(crate) broken: bool,
}

impl Page {
    /// 200 with a media type.
    pub(crate) fn new(media_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status: 200,
            headers: Vec::new(),
            body: body.into(),
            delay: Duration::ZERO,
            endless: false,
            broken: false,
        }
        .with_header("content-type", media_type)
    }

    /// 200 `application/json`.
    pub(crate) fn json(value: &Value) -> Self {
        Self::new("application/json", value.to_string())
    }

    /// A redirect.
    pub(crate) fn redirect(location: &str) -> Self {
        Self::status(302).with_header("location", location)
    }

    /// A status and nothing else.
    pub(crate) fn status(status: u16) -> Self {
        Self {
            status,
            ..Self::new("text/plain", "")
        }
    }

    /// A connection that ends without an answer.
    pub(crate) fn broken() -> Self {
        Self {
            broken: true,
            ..Self::status(200)
        }
    }

    pub(crate) fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn delayed(self, delay: Duration) -> Self {
        Self { delay, ..self }
    }

    pub(crate) fn endless(self) -> Self {
        Self {
            endless: true,
            ..self
        }
    }
}

/// A request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Recorded {
    pub(crate) method: String,
    /// With the name that the test uses.
    pub(crate) url: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Recorded {
    /// The first value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers.find_map(|(known, value)| (known == name).then_some(value.as_str()))
    }
}

#[derive(Default)]
struct State {
    pages: BTreeMap<String, Page>,
    requests: Vec<Recorded>,
}

/// Servers of other people.
pub(crate) struct Web {
    /// Name, port.
    hosts: Vec<(String, u16)>,
    state: Arc<Mutex<State>>,
}

impl Web {
    /// One server for each name. What has no page is 404.
    pub(crate) fn of(names: &[&str]) -> Self {
        let state = Arc::<Mutex<State>>::default();
        let hosts = names
            .iter()
            .map(|name| ((*name).to_owned(), listen(name, &state)))
            .collect();
        Self { hosts, state }
    }

    /// What the configuration of a server needs to reach these.
    pub(crate) fn config(&self) -> String {
        let mut config = String::from("[dev.resolve]\n");
        for (name, port) in &self.hosts {
            writeln!(config, "{name:?} = \"http://127.0.0.1:{port}\"").expect("a string");
        }
        config
    }

    /// The port of a name.
    #[track_caller]
    pub(crate) fn port(&self, name: &str) -> u16 {
        let mut hosts = self.hosts.iter();
        hosts.find(|(known, _)| known == name).expect("a host").1
    }

    /// Puts a page at a URL, with its query if it has one.
    pub(crate) fn put(&self, url: &str, page: Page) {
        self.state().pages.insert(url.to_owned(), page);
    }

    /// Takes a page away.
    pub(crate) fn remove(&self, url: &str) {
        self.state().pages.remove(url);
    }

    /// What was asked of a URL so far, oldest first.
    pub(crate) fn requests(&self, url: &str) -> Vec<Recorded> {
        let state = self.state();
        let requests = state.requests.iter();
        requests
            .filter(|request| request.url == url)
            .cloned()
            .collect()
    }

    /// The same, once there are `count` of them.
    #[track_caller]
    pub(crate) fn wait_for_requests(&self, url: &str, count: usize) -> Vec<Recorded> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let requests = self.requests(url);
            if requests.len() >= count {
                return requests;
            }
            assert!(
                Instant::now() < deadline,
                "{} of {count} requests to {url}",
                requests.len()
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn listen(name: &str, state: &Arc<Mutex<State>>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let (name, state) = (name.to_owned(), Arc::clone(state));
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let (name, state) = (name.clone(), Arc::clone(&state));
            std::thread::spawn(move || answer(stream, &name, &state));
        }
    });
    port
}

/// Answers one request, and closes.
fn answer(stream: TcpStream, name: &str, state: &Mutex<State>) {
    let mut reader = BufReader::new(stream);
    let Some(request) = read(&mut reader, name) else {
        return;
    };
    let page = {
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        let url = request.url.clone();
        state.requests.push(request);
        state.pages.get(&url).cloned()
    };
    let page = page.unwrap_or_else(|| Page::status(404));
    std::thread::sleep(page.delay);
    if !page.broken {
        // Who does not want the rest goes away.
        let _ = write(reader.get_mut(), &page);
    }
}

fn write(stream: &mut TcpStream, page: &Page) -> std::io::Result<()> {
    let mut head = format!("HTTP/1.1 {} Answer\r\nconnection: close\r\n", page.status);
    for (name, value) in &page.headers {
        head.extend([name, ": ", value, "\r\n"]);
    }
    if !page.endless {
        head.extend(["content-length: ", &page.body.len().to_string(), "\r\n"]);
    }
    stream.write_all(head.as_bytes())?;
    stream.write_all(b"\r\n")?;
    stream.write_all(&page.body)?;
    stream.set_write_timeout(Some(PATIENCE))?;
    if !page.endless {
        return Ok(());
    }
    loop {
        stream.write_all(&[b' '; 4096])?;
    }
}

fn read(reader: &mut BufReader<TcpStream>, name: &str) -> Option<Recorded> {
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(':')?;
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = headers
        .iter()
        .find_map(|(name, value)| (name == "content-length").then(|| value.parse().ok())?);
    let is_chunked = |(name, value): &(String, String)| {
        name == "transfer-encoding" && value.eq_ignore_ascii_case("chunked")
    };
    let body = if headers.iter().any(is_chunked) {
        mailbox::read_chunks(reader)?
    } else {
        let mut body = vec![0; length.unwrap_or(0)];
        reader.read_exact(&mut body).ok()?;
        body
    };
    Some(Recorded {
        method,
        url: format!("https://{name}{target}"),
        headers,
        body: String::from_utf8(body).ok()?,
    })
}
