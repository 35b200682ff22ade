//! The operations that are measured, through the same wire as any client.

use crate::devices;
use crate::flows::{self, SCOPE};
use crate::harness::browser::Browser;
use crate::harness::client::{
    self, AGENT, API, Authentication, BASIC, Client, ES256_ID, MACHINE, SPA,
};
use crate::harness::flow::{self, AuthorizationRequest};
use crate::harness::http::encode;
use crate::harness::server::Server;
use crate::load::{self, Measurement, Script};
use crate::process::Process;
use crate::proofs;
use crate::report::{Row, Signatures};
use std::sync::Arc;

const ONE: Signatures = Signatures {
    es256: 1,
    rs256: 0,
    verified: 0,
};
const VERIFIED: Signatures = Signatures {
    es256: 0,
    rs256: 0,
    verified: 1,
};
const ONE_AND_VERIFIED: Signatures = Signatures {
    es256: 1,
    ..VERIFIED
};

/// A server under measurement.
struct Bench<'a> {
    server: &'a Server,
    process: &'a Process,
    address: String,
}

impl Bench<'_> {
    /// The same request again and again.
    fn repeat(
        &self,
        at: (&str, &str),
        authorization: &str,
        body: &str,
        status: u16,
    ) -> Measurement {
        self.run(&load::repeat(at, authorization, body, status))
    }

    fn run(&self, scripts: &dyn Fn() -> Vec<Box<dyn Script>>) -> Measurement {
        load::run(&self.address, self.process, scripts)
    }

    /// Scripts that use up what they were made with.
    fn run_once(&self, scripts: Vec<Box<dyn Script>>) -> Measurement {
        load::run_once(&self.address, self.process, scripts).0
    }
}

/// Measures everything that one server does.
pub(crate) fn measure(server: &Server, process: &Process) -> Vec<Row> {
    let bench = Bench {
        server,
        process,
        address: server.issuer.trim_start_matches("http://").to_owned(),
    };
    let (browser, email) = flow::newcomer(server);
    let mut rows = machines(&bench);
    rows.push(refresh(&bench, &browser));
    rows.extend(code_flows(&bench, &browser));
    rows.extend(devices(&bench, &browser));
    rows.push(exchange(&bench, &browser));
    let assertions = || proofs::assertions(server, &email);
    let assertion = Row::new("JWT bearer (ID-JAG)", bench.run(&assertions), None);
    rows.push(assertion.into_grant(ONE_AND_VERIFIED));
    rows
}

pub(crate) fn authorization(client: &Client) -> String {
    match client.authentication {
        Authentication::Basic(secret) => client::basic(client.id, secret),
        Authentication::None | Authentication::Post(_) => String::new(),
    }
}

/// What needs no person. Client credentials come first of the grants.
fn machines(bench: &Bench<'_>) -> Vec<Row> {
    let server = bench.server;
    let discovery = bench.repeat(("GET", "/.well-known/openid-configuration"), "", "", 200);
    let form = "grant_type=client_credentials&scope=reports%3Aread";
    let machine = bench.repeat(("POST", "/token"), &authorization(&MACHINE), form, 200);
    let bound = bench.run(&|| proofs::bound(server, &MACHINE, form));
    let token = MACHINE
        .client_credentials(server, &[("resource", "https://api.example/")])
        .text("access_token");
    let token = encode(&[("token", &token)]);
    let told = bench.repeat(("POST", "/introspect"), &authorization(&API), &token, 200);
    let pushed = encode(&AuthorizationRequest::new(BASIC).parameters);
    let push = bench.repeat(("POST", "/par"), &authorization(&BASIC), &pushed, 201);
    vec![
        Row::new("discovery", discovery, Some(15.0)),
        Row::new("client credentials", machine, Some(47.0)).into_grant(ONE),
        Row::new("client credentials, DPoP", bound, None).into_grant(ONE_AND_VERIFIED),
        Row::new("introspection", told, Some(40.0)).signs(VERIFIED),
        Row::new("pushed authorization request", push, None),
    ]
}

fn refresh(bench: &Bench<'_>, browser: &Browser) -> Row {
    let refresh = bench.run(&|| flows::refreshes(bench.server, &mut browser.clone()));
    Row::new("refresh", refresh, Some(100.0)).into_grant(ONE)
}

fn code_flows(bench: &Bench<'_>, browser: &Browser) -> Vec<Row> {
    let mut rows = Vec::new();
    let two = |es256, rs256| Signatures {
        es256,
        rs256,
        verified: 0,
    };
    for (client, id_token, signatures) in
        [(ES256_ID, "ES256", two(2, 0)), (SPA, "RS256", two(1, 1))]
    {
        let mut browser = browser.clone();
        // Consent is given once and remembered, as for people who come back.
        AuthorizationRequest::new(client)
            .with("scope", SCOPE)
            .code(bench.server, &mut browser);
        let cookies = browser.jar.header("/authorize").expect("a session");
        let pending = Arc::default();
        let scripts = flows::authorizations(bench.server, client, &cookies, &pending);
        let authorize = bench.run_once(scripts);
        let redeem = bench.run_once(flows::redemptions(client, &pending));
        let name = |step: &str| format!("code flow, {step} ({id_token} ID token)");
        rows.push(Row::new(&name("authorize"), authorize.clone(), None));
        rows.push(Row::new(&name("token"), redeem.clone(), None).into_grant(signatures));
        rows.push(Row::sum(&name("whole"), &authorize, &redeem, Some(300.0)));
    }
    rows
}

fn devices(bench: &Bench<'_>, browser: &Browser) -> Vec<Row> {
    let poll = bench.run(&|| devices::polls(bench.server));
    let cookies = browser.jar.header("/device").expect("a session");
    let allowed = Arc::default();
    bench.run_once(devices::approvals(&cookies, &allowed));
    let redeem = bench.run_once(devices::redemptions(&allowed));
    vec![
        Row::new("device poll, nobody answered", poll, None),
        Row::new("device code, token", redeem, None).into_grant(ONE),
    ]
}

/// One token of a person, exchanged again and again.
fn exchange(bench: &Bench<'_>, browser: &Browser) -> Row {
    let request = AuthorizationRequest::new(SPA)
        .with("scope", "openid api:read")
        .with("resource", API_RESOURCE);
    let token = request.tokens(bench.server, &mut browser.clone()).access;
    let form = encode(&[
        (
            "grant_type",
            "urn:ietf:params:oauth:grant-type:token-exchange",
        ),
        ("subject_token", &token),
        (
            "subject_token_type",
            "urn:ietf:params:oauth:token-type:access_token",
        ),
        ("resource", API_RESOURCE),
    ]);
    let exchange = bench.repeat(("POST", "/token"), &authorization(&AGENT), &form, 200);
    Row::new("token exchange", exchange, None).into_grant(ONE_AND_VERIFIED)
}

const API_RESOURCE: &str = "https://api.example/";
