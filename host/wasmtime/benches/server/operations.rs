//! The operations that are measured, through the same wire as any client.

use crate::harness::client::{self, API, Authentication, Client, ES256_ID, MACHINE, SPA};
use crate::harness::flow::{self, AuthorizationRequest};
use crate::harness::http::encode;
use crate::harness::server::Server;
use crate::load::{self, CONNECTIONS, Script};
use crate::process::Process;
use crate::report::Row;
use http_body_util::Full;
use hyper::Request;
use hyper::body::Bytes;
use std::sync::{Arc, Mutex};

/// Codes live for a minute; this many are redeemed well within it.
const CODES_PER_CONNECTION: usize = 400;

/// Measures everything that one server does.
pub(crate) fn measure(server: &Server, process: &Process) -> Vec<Row> {
    let address = server.issuer.trim_start_matches("http://").to_owned();
    let run = |method: &str, path: &str, authorization: &str, body: &str| {
        load::run(
            &address,
            process,
            &load::repeat(method, path, authorization, body),
        )
    };
    let discovery = run("GET", "/.well-known/openid-configuration", "", "");
    let machine = run(
        "POST",
        "/token",
        &authorization(&MACHINE),
        "grant_type=client_credentials&scope=reports%3Aread",
    );
    let token = MACHINE
        .client_credentials(server, &[("resource", "https://api.example/")])
        .text("access_token");
    let introspection = run(
        "POST",
        "/introspect",
        &authorization(&API),
        &encode(&[("token", &token)]),
    );
    let (mut browser, _) = flow::newcomer(server);
    let refresh = load::run(&address, process, &|| {
        refreshes(server, &mut browser.clone())
    });
    let mut rows = vec![
        Row::new("discovery", discovery, Some(15.0)),
        Row::new("client_credentials", machine, Some(47.0)),
        Row::new("introspection", introspection, Some(40.0)),
        Row::new("refresh", refresh, Some(100.0)),
    ];
    for (client, id_token) in [(ES256_ID, "ES256"), (SPA, "RS256")] {
        // Consent is given once and remembered, as for people who come back.
        AuthorizationRequest::new(client)
            .with("scope", SCOPE)
            .code(server, &mut browser);
        let cookies = browser.jar.header("/authorize").expect("a session");
        let pending = Arc::default();
        let scripts = authorizations(server, client, &cookies, &pending);
        let (authorize, _) = load::run_once(&address, process, scripts);
        let (redeem, _) = load::run_once(&address, process, redemptions(client, &pending));
        rows.push(Row::new(
            &format!("code flow, authorize ({id_token})"),
            authorize.clone(),
            None,
        ));
        rows.push(Row::new(
            &format!("code flow, token ({id_token} ID token)"),
            redeem.clone(),
            None,
        ));
        rows.push(Row::sum(
            &format!("code flow, whole ({id_token} ID token)"),
            &authorize,
            &redeem,
            Some(300.0),
        ));
    }
    rows
}

const SCOPE: &str = "openid email offline_access";

fn authorization(client: &Client) -> String {
    match client.authentication {
        Authentication::Basic(secret) => client::basic(client.id, secret),
        Authentication::None | Authentication::Post(_) => String::new(),
    }
}

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
fn refreshes(
    server: &Server,
    browser: &mut crate::harness::browser::Browser,
) -> Vec<Box<dyn Script>> {
    let request = || AuthorizationRequest::new(SPA).with("scope", "offline_access reports:read");
    let grants = (0..CONNECTIONS).map(|_| request().tokens(server, browser).refresh().to_owned());
    grants
        .map(|token| Box::new(Refresh(token)) as Box<dyn Script>)
        .collect()
}

/// Codes with the requests that they answer.
type Pending = Arc<Mutex<Vec<(AuthorizationRequest, String)>>>;

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

fn authorizations(
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

fn redemptions(client: Client, pending: &Pending) -> Vec<Box<dyn Script>> {
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
