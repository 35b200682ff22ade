//! Devices without a browser (RFC 8628), and the person who lets them in.

use crate::harness::client::TV;
use crate::harness::device::{Device, GRANT_TYPE};
use crate::harness::http::encode;
use crate::harness::server::Server;
use crate::load::{self, CONNECTIONS, Script};
use http_body_util::Full;
use hyper::Request;
use hyper::body::Bytes;
use std::sync::{Arc, Mutex};

/// One network may try sixty codes in ten minutes, and nobody knows whose network this machine is: a thousand.
const DEVICES_PER_CONNECTION: usize = 56;
/// Without `openid`: one signature.
const SCOPE: &str = "offline_access api:read";

fn poll(device_code: &str) -> Request<Full<Bytes>> {
    let fields = [
        ("grant_type", GRANT_TYPE),
        ("client_id", TV.id),
        ("device_code", device_code),
    ];
    load::request("POST", "/token", "", &encode(&fields))
}

/// A device for each connection, which nobody answers, and which is told to slow down.
pub(crate) fn polls(server: &Server) -> Vec<Box<dyn Script>> {
    load::for_each_connection(|_| Poll(Device::start(server, TV, &[("scope", SCOPE)]).device_code))
}

struct Poll(String);

impl Script for Poll {
    fn next(&mut self) -> Option<Request<Full<Bytes>>> {
        Some(poll(&self.0))
    }

    fn answered(&mut self, status: u16, _: Option<&str>, body: &[u8]) {
        let body = String::from_utf8_lossy(body);
        let told = body.contains("slow_down") || body.contains("authorization_pending");
        assert!(status == 400 && told, "{status}: {body}");
    }
}

/// Device codes that a person allowed.
pub(crate) type Allowed = Arc<Mutex<Vec<String>>>;

/// Devices that start, each allowed at once by someone who is signed in.
pub(crate) fn approvals(cookies: &str, allowed: &Allowed) -> Vec<Box<dyn Script>> {
    load::for_each_connection(|_| Approve {
        left: DEVICES_PER_CONNECTION,
        step: Step::Start,
        device_code: String::new(),
        cookies: cookies.to_owned(),
        allowed: Arc::clone(allowed),
    })
}

/// One device after the other.
struct Approve {
    left: usize,
    step: Step,
    device_code: String,
    cookies: String,
    allowed: Allowed,
}

/// What comes next.
enum Step {
    /// The device asks for codes.
    Start,
    /// The person opens the page for them.
    Open { user_code: String },
    /// They enter the code.
    Enter { user_code: String, csrf: String },
    /// They are shown what is asked.
    Read { location: String },
    /// They allow it.
    Allow { transaction: String, csrf: String },
}

impl Script for Approve {
    fn next(&mut self) -> Option<Request<Full<Bytes>>> {
        let mut request = match &self.step {
            Step::Start => {
                self.left = self.left.checked_sub(1)?;
                let fields = [("client_id", TV.id), ("scope", SCOPE)];
                load::request("POST", "/device_authorization", "", &encode(&fields))
            }
            Step::Open { .. } => load::request("GET", "/device", "", ""),
            Step::Enter { user_code, csrf } => {
                let fields = [("user_code", user_code), ("csrf", csrf)];
                load::request("POST", "/device", "", &encode(&fields))
            }
            Step::Read { location } => load::request("GET", location, "", ""),
            Step::Allow { transaction, csrf } => {
                let fields = [
                    ("transaction", transaction.as_str()),
                    ("csrf", csrf),
                    ("decision", "allow"),
                ];
                load::request("POST", "/device", "", &encode(&fields))
            }
        };
        let cookies = self.cookies.parse().expect("cookies");
        request.headers_mut().insert("cookie", cookies);
        Some(request)
    }

    fn answered(&mut self, status: u16, location: Option<&str>, body: &[u8]) {
        let body = String::from_utf8_lossy(body);
        self.step = match &self.step {
            Step::Start => {
                let started: serde_json::Value = serde_json::from_str(&body).expect("JSON");
                let text = |name: &str| started[name].as_str().expect("a code").to_owned();
                self.device_code = text("device_code");
                Step::Open {
                    user_code: text("user_code"),
                }
            }
            Step::Open { user_code } => Step::Enter {
                user_code: user_code.clone(),
                csrf: field(&body, "csrf"),
            },
            Step::Enter { .. } => Step::Read {
                location: location
                    .unwrap_or_else(|| panic!("{status}: {body}"))
                    .to_owned(),
            },
            Step::Read { .. } => Step::Allow {
                transaction: field(&body, "transaction"),
                csrf: field(&body, "csrf"),
            },
            Step::Allow { .. } => {
                assert!(status < 400, "{status}: {body}");
                let mut allowed = self.allowed.lock().expect("no panic");
                allowed.push(std::mem::take(&mut self.device_code));
                Step::Start
            }
        };
    }
}

/// The value of a hidden field.
fn field(page: &str, name: &str) -> String {
    let mark = format!("name=\"{name}\" value=\"");
    let value = page
        .split_once(&mark)
        .and_then(|(_, rest)| rest.split('"').next());
    value
        .unwrap_or_else(|| panic!("no {name}: {page}"))
        .to_owned()
}

/// The codes that were allowed become tokens.
pub(crate) fn redemptions(allowed: &Allowed) -> Vec<Box<dyn Script>> {
    let codes = std::mem::take(&mut *allowed.lock().expect("no panic"));
    let share = codes.len().div_ceil(CONNECTIONS).max(1);
    let scripts = codes.chunks(share);
    scripts
        .map(|codes| Box::new(Redeem(codes.to_vec())) as Box<dyn Script>)
        .collect()
}

struct Redeem(Vec<String>);

impl Script for Redeem {
    fn next(&mut self) -> Option<Request<Full<Bytes>>> {
        Some(poll(&self.0.pop()?))
    }

    fn answered(&mut self, status: u16, _: Option<&str>, body: &[u8]) {
        assert_eq!(status, 200, "{}", String::from_utf8_lossy(body));
    }
}
