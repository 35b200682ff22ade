//! Single HTTP exchanges. Redirects are never followed here: where they lead is what most tests are about.

use reqwest::blocking::{Client, RequestBuilder};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use serde_json::Value;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::LazyLock;
use std::time::Duration;

/// Longer than any answer of a healthy server takes, even on a busy machine.
const TIMEOUT: Duration = Duration::from_mins(1);

static CLIENT: LazyLock<Client> = LazyLock::new(fresh_client);

/// A client with a connection pool of its own.
pub(crate) fn fresh_client() -> Client {
    Client::builder()
        .redirect(Policy::none())
        .timeout(TIMEOUT)
        .no_proxy()
        .build()
        .expect("an HTTP client")
}

/// An answer, read to its end.
#[derive(Debug, Clone)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Response {
    /// Reads an answer of reqwest.
    pub(crate) fn read(response: reqwest::blocking::Response) -> Result<Self, reqwest::Error> {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Ok(Self {
            status,
            headers,
            body: response.text()?,
        })
    }

    /// The first value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .get(name)
            .map(|value| value.to_str().expect("a header of visible ASCII"))
    }

    /// All values of a header, joined by commas (RFC 9110 §5.3).
    pub(crate) fn list(&self, name: &str) -> String {
        let values = self.headers.get_all(name).iter();
        values
            .map(|value| value.to_str().expect("a header of visible ASCII"))
            .collect::<Vec<_>>()
            .join(", ")
    }

    pub(crate) fn location(&self) -> Option<&str> {
        self.header("location")
    }

    /// The body as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| {
            panic!(
                "no JSON ({error}) in the answer {}: {}",
                self.status, self.body
            )
        })
    }

    /// A string member of the body.
    #[track_caller]
    pub(crate) fn text(&self, member: &str) -> String {
        let json = self.json();
        let text = json[member].as_str();
        text.unwrap_or_else(|| {
            panic!(
                "no string {member:?} in the answer {}: {}",
                self.status, self.body
            )
        })
        .to_owned()
    }

    /// Asserts an error of RFC 6749 §5.2: its status, its code, JSON, and nothing that a cache may keep.
    #[track_caller]
    pub(crate) fn assert_error(&self, status: u16, code: &str) -> &Self {
        assert_eq!(
            (self.status, self.text("error").as_str()),
            (status, code),
            "{}",
            self.body
        );
        assert!(
            self.header("content-type")
                .is_some_and(|kind| kind.starts_with("application/json")),
            "{self:?}"
        );
        self.assert_no_store()
    }

    /// Asserts success with JSON.
    #[track_caller]
    pub(crate) fn assert_ok(&self) -> &Self {
        assert_eq!(self.status, 200, "{}", self.body);
        self
    }

    #[track_caller]
    pub(crate) fn assert_no_store(&self) -> &Self {
        assert!(self.list("cache-control").contains("no-store"), "{self:?}");
        self
    }
}

/// A request under way.
pub(crate) struct Request(RequestBuilder);

pub(crate) fn get(url: &str) -> Request {
    Request(CLIENT.get(url))
}

pub(crate) fn post(url: &str) -> Request {
    Request(CLIENT.post(url))
}

/// On a connection of its own, for what may make the server close it: no other request shall find it half closed.
pub(crate) fn post_alone(url: &str) -> Request {
    Request(fresh_client().post(url))
}

/// Any method.
pub(crate) fn method(name: &str, url: &str) -> Request {
    Request(CLIENT.request(name.parse().expect("a method"), url))
}

impl Request {
    /// Adds a header beside those of the same name.
    pub(crate) fn header(self, name: &str, value: &str) -> Self {
        let name = HeaderName::from_bytes(name.as_bytes()).expect("a header name");
        let mut headers = HeaderMap::new();
        headers.append(name, HeaderValue::from_str(value).expect("a header value"));
        // `headers` of reqwest replaces, `header` appends.
        let (name, value) = headers.into_iter().next().expect("one header");
        Self(self.0.header(name.expect("its name"), value))
    }

    pub(crate) fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    pub(crate) fn form<N: AsRef<str>, V: AsRef<str>>(self, fields: &[(N, V)]) -> Self {
        self.body("application/x-www-form-urlencoded", encode(fields))
    }

    pub(crate) fn body(self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self(
            self.header("content-type", content_type)
                .0
                .body(body.into()),
        )
    }

    pub(crate) fn raw_body(self, body: impl Into<Vec<u8>>) -> Self {
        Self(self.0.body(body.into()))
    }

    #[track_caller]
    pub(crate) fn send(self) -> Response {
        self.try_send().expect("an answer")
    }

    /// An answer, or none if the server went away.
    pub(crate) fn try_send(self) -> Result<Response, reqwest::Error> {
        Response::read(self.0.send()?)
    }
}

/// `application/x-www-form-urlencoded`.
pub(crate) fn encode<N: AsRef<str>, V: AsRef<str>>(fields: &[(N, V)]) -> String {
    let mut serializer = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in fields {
        serializer.append_pair(name.as_ref(), value.as_ref());
    }
    serializer.finish()
}

/// Sends bytes as they are, for what no HTTP client would send; the answer's bytes up to the end of the connection.
pub(crate) fn raw(origin: &str, request: &str) -> String {
    let address = origin.strip_prefix("http://").expect("a plain origin");
    let mut stream = TcpStream::connect(address).expect("a connection");
    stream.set_read_timeout(Some(TIMEOUT)).expect("a timeout");
    stream
        .write_all(request.as_bytes())
        .expect("the request is taken");
    let mut answer = Vec::new();
    // A reset after the answer is an end as well.
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}
