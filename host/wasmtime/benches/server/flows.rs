//! What needs a person: codes, and the refresh tokens that come of them.

use crate::harness::browser::Browser;
use crate::harness::client::{Client, SPA};
use crate::harness::flow::AuthorizationRequest;
use crate::harness::http::encode;
use crate::harness::server::Server;
use crate::load::{self, CONNECTIONS, Script};
use http_body_util::Full;
use hyper::Request;
use hyper::body::Bytes;
use std::sync::{Arc, Mutex};

/// Codes live for a minute; this many are redeemed well within it.
const CODES_PER_CONNECTION: usize = 400;
/// What is asked for.
pub(crate) const SCOPE: &str = "openid email offline_access";

/// One grant, refreshed again and again.
struct Refresh(String);

impl Script for Refresh {
    fn next(&mut self) -> Option<Request<Full<Bytes>>> {
        let fields = [
            ("grant_type", "refresh_token"),
            ("client_id", SPA.id),
            ("refresh_token", &self.0),
        ];
        Some(load::request("POST", "/token", "", &encode(&fields)))
    }

    fn answered(&mut self, status: u16, _: Option<&str>, body: &[u8]) {
        assert_eq!(status, 200, "{}", String::from_utf8_lossy(body));
        let answer: serde_json::Value = serde_json::from_slice(body).expect("JSON");
        answer["refresh_token"]
            .as_str()
            .expect("a refresh token")
            .clone_into(&mut self.0);
    }
}

/// Without `openid`: a refresh is one rotation and one signature.
pub(crate) fn refreshes(server: &Server, browser: &mut Browser) -> Vec<Box<dyn Script>> {
    let request = || AuthorizationRequest::new(SPA).with("scope", "offline_access reports:read");
    let grants = (0..CONNECTIONS).map(|_| request().tokens(server, browser).refresh().to_owned());
    grants
        .map(|token| Box::new(Refresh(token)) as Box<dyn Script>)
        .collect()
}

/// Codes with the requests that they answer.
pub(crate) type Pending = Arc<Mutex<Vec<(AuthorizationRequest, String)>>>;

/// Authorization requests of someone who is signed in and has consented.
struct Authorize {
    requests: Vec<AuthorizationRequest>,
    sent: Option<AuthorizationRequest>,
    cookies: String,
    pending: Pending,
}

impl Script for Authorize {
    fn next(&mut self) -> Option<Request<Full<Bytes>>> {
        let request = self.requests.pop()?;
        let mut next = load::request(
            "GET",
            &format!("/authorize?{}", encode(&request.parameters)),
            "",
            "",
        );
        next.headers_mut()
            .insert("cookie", self.cookies.parse().expect("cookies"));
        self.sent = Some(request);
        Some(next)
    }

    fn answered(&mut self, status: u16, location: Option<&str>, body: &[u8]) {
        let location =
            location.unwrap_or_else(|| panic!("{status}: {}", String::from_utf8_lossy(body)));
        let location = url::Url::parse(location).expect("a URL");
        let code = location
            .query_pairs()
            .find(|pair| pair.0 == "code")
            .expect("a code")
            .1
            .into_owned();
        let sent = self.sent.take().expect("a request");
        self.pending.lock().expect("no panic").push((sent, code));
    }
}

pub(crate) fn authorizations(
    server: &Server,
    client: Client,
    cookies: &str,
    pending: &Pending,
) -> Vec<Box<dyn Script>> {
    assert!(!server.issuer.is_empty());
    let script = |_| Authorize {
        requests: (0..CODES_PER_CONNECTION)
            .map(|_| AuthorizationRequest::new(client).with("scope", SCOPE))
            .collect(),
        sent: None,
        cookies: cookies.to_owned(),
        pending: Arc::clone(pending),
    };
    (0..CONNECTIONS)
        .map(script)
        .map(|script| Box::new(script) as Box<dyn Script>)
        .collect()
}

/// Redeems what was issued.
struct Redeem {
    client: Client,
    codes: Vec<(AuthorizationRequest, String)>,
}

impl Script for Redeem {
    fn next(&mut self) -> Option<Request<Full<Bytes>>> {
        let (request, code) = self.codes.pop()?;
        let mut fields = request.redemption(&code);
        fields.push(("client_id", self.client.id));
        Some(load::request("POST", "/token", "", &encode(&fields)))
    }

    fn answered(&mut self, status: u16, _: Option<&str>, body: &[u8]) {
        assert_eq!(status, 200, "{}", String::from_utf8_lossy(body));
    }
}

pub(crate) fn redemptions(client: Client, pending: &Pending) -> Vec<Box<dyn Script>> {
    let codes = std::mem::take(&mut *pending.lock().expect("no panic"));
    let share = codes.len().div_ceil(CONNECTIONS).max(1);
    codes
        .chunks(share)
        .map(|codes| {
            Box::new(Redeem {
                client,
                codes: codes.to_vec(),
            }) as Box<dyn Script>
        })
        .collect()
}
