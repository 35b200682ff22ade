//! What others sign: assertions of clients and of issuers, request objects, software statements.
//!
//! The input is a header and, after the first line, claims. They are signed by a key that is trusted, as they are and with what is missing
//! filled in, so that the checks behind the signature are reached; who signs is never what saves us.

use crate::client::Client;
use crate::http::{Body, Request};
use crate::memory::{Memory, foreign_jwk, foreign_signature};
use crate::secret::{base64url, from_base64url};
use crate::settings::Server;
use crate::time::UnixTime;
use crate::token::foreign::{
    ALGORITHMS, Audience, Expected, Lifetime, SKEW_S, Typ, Verified, parse,
};
use crate::{
    ISSUER, NOW, check_client, client, first_line, host, jwks, params, request_object as objects,
    serve, server, software_statement as statements,
};
use serde_json::{Map, Value, json};
use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::str::from_utf8;

const SECRET: &str = "0123456789abcdef0123";

/// A JWT whose signature nobody made.
pub(crate) fn unsigned(header: &str, claims: &str) -> String {
    format!(
        "{}.{}.{}",
        base64url(header.as_bytes()),
        base64url(claims.as_bytes()),
        "AAAA"
    )
}

/// The set of the party that signs.
pub(crate) fn set() -> Value {
    let mut jwk = foreign_jwk("them");
    jwk["kid"] = json!("k1");
    json!({ "keys": [jwk] })
}

fn signed(header: &str, claims: &str) -> String {
    let message = format!(
        "{}.{}",
        base64url(header.as_bytes()),
        base64url(claims.as_bytes())
    );
    let signature = foreign_signature(&foreign_jwk("them").to_string(), message.as_bytes());
    format!("{message}.{}", base64url(&signature))
}

/// The members that the input has, and those of `good` that it does not have.
fn completed(input: &str, good: &Value) -> Option<String> {
    let mut members: Map<String, Value> = serde_json::from_str(input).ok()?;
    for (name, value) in good.as_object().expect("an object") {
        members.entry(name.clone()).or_insert_with(|| value.clone());
    }
    Some(Value::Object(members).to_string())
}

/// Header and claims as they came and completed, each signed.
fn all_signed(
    text: &str,
    good_header: &Value,
    good_claims: &Value,
) -> Vec<(String, String, String)> {
    let (header, claims) = first_line(text);
    let own = |part: &str| Some(part.to_owned());
    let tries = [
        (own(header), own(claims)),
        (own(header), completed(claims, good_claims)),
        (
            Some(good_header.to_string()),
            completed(claims, good_claims),
        ),
        (
            completed(header, good_header),
            completed(claims, good_claims),
        ),
    ];
    tries
        .into_iter()
        .filter_map(|(header, claims)| Some((header?, claims?)))
        .map(|(header, claims)| (signed(&header, &claims), header, claims))
        .collect()
}

/// What a careless reader reads, who lets the last of two members win.
fn carelessly(part: &str) -> Value {
    serde_json::from_str(part).unwrap_or_else(|why| panic!("{part:?}: {why}"))
}

/// What a header must be whose token was believed.
fn check_header(header: &Value, types: &[&str]) {
    for name in ["crit", "b64", "enc", "zip"] {
        assert!(header.get(name).is_none(), "{header}");
    }
    let alg = header["alg"].as_str().expect("alg");
    assert_eq!(alg, "ES256", "the key has no other");
    let typ = header
        .get("typ")
        .map_or("", |typ| typ.as_str().expect("text"));
    let typ = typ.to_ascii_lowercase();
    let short = typ.strip_prefix("application/").unwrap_or(&typ);
    assert!(types.contains(&short), "{header}");
}

/// What times must be in claims that were believed.
fn check_times(claims: &Value, lifetime_s: Option<u64>) {
    let time = |name: &str| {
        claims
            .get(name)
            .map(|time| time.as_f64().expect("a number"))
    };
    let (now, skew) = (NOW as f64, SKEW_S as f64);
    assert!(
        time("exp").is_none_or(|exp| exp.floor() > now - skew),
        "{claims}"
    );
    for name in ["nbf", "iat"] {
        assert!(
            time(name).is_none_or(|at| at.floor() <= now + skew),
            "{claims}"
        );
    }
    if let Some(seconds) = lifetime_s {
        let exp = time("exp").expect("exp");
        assert!(exp.floor() <= now + skew + seconds as f64, "{claims}");
    }
}

/// JWTs of others: nothing is taken apart that has two spellings, and what is believed holds for a careless reader too.
pub fn foreign_jwt(data: &[u8]) {
    let Ok(text) = from_utf8(data) else { return };
    check_form(text);
    let (host, set) = (Memory::new(&Value::Null), set());
    let good = json!({ "iss": "https://them.example", "aud": ISSUER, "exp": NOW + 60, "sub": "1", "jti": "a" });
    let header = json!({ "alg": "ES256", "kid": "k1", "typ": "x+jwt" });
    for (token, header, claims) in all_signed(text, &header, &good) {
        check_form(&token);
        for (expected, types) in expectations() {
            let Ok(parsed) = parse(&token) else { continue };
            let secrets = [b"a secret that nobody knows".to_vec()];
            let by_secret = parsed
                .clone()
                .verify_hs256(&expected, &secrets, UnixTime(NOW));
            assert!(by_secret.is_err(), "{token}");
            let source = jwks::Source::Inline(&set);
            if let Ok(verified) = parsed.verify(&expected, source, UnixTime(NOW), &host) {
                check_believed(
                    &verified,
                    &expected,
                    types,
                    &carelessly(&header),
                    &carelessly(&claims),
                );
            }
        }
    }
    assert!(
        host.sent.borrow().is_empty(),
        "nothing in a token is fetched"
    );
}

/// Three parts, each in its only spelling.
fn check_form(token: &str) {
    let Ok(parsed) = parse(token) else { return };
    let parts: Vec<&str> = token.split('.').collect();
    assert_eq!(parts.len(), 3);
    for part in &parts {
        let bytes = from_base64url(part).expect("base64url");
        assert_eq!(base64url(&bytes), *part);
    }
    let header = from_utf8_part(parts[0]);
    assert_eq!(Some(parsed.alg()), carelessly(&header)["alg"].as_str());
    let iss = carelessly(&from_utf8_part(parts[1]));
    assert_eq!(parsed.says("iss"), iss.get("iss").and_then(Value::as_str));
}

fn from_utf8_part(part: &str) -> String {
    String::from_utf8(from_base64url(part).expect("base64url")).expect("JSON is UTF-8")
}

fn expectations() -> [(Expected<'static>, &'static [&'static str]); 3] {
    let common = Expected {
        algorithms: &ALGORITHMS,
        typ: Typ::Exactly("x+jwt"),
        issuer: "https://them.example",
        audience: Audience::Sole(&[ISSUER]),
        lifetime: Lifetime::AtMost(300),
    };
    let lax = Typ::AbsentOr(&["JWT", "x+jwt"]);
    [
        (common, &["x+jwt"]),
        (
            Expected {
                typ: lax,
                audience: Audience::Only(ISSUER),
                ..common
            },
            &["", "jwt", "x+jwt"],
        ),
        (
            Expected {
                typ: lax,
                audience: Audience::AbsentOrAmong(ISSUER),
                lifetime: Lifetime::Any,
                ..common
            },
            &["", "jwt", "x+jwt"],
        ),
    ]
}

fn check_believed(
    verified: &Verified,
    expected: &Expected<'_>,
    types: &[&str],
    header: &Value,
    claims: &Value,
) {
    check_header(header, types);
    assert_eq!(json!(verified.claims()), *claims);
    assert_eq!(claims["iss"], expected.issuer);
    let lifetime = match expected.lifetime {
        Lifetime::AtMost(seconds) => Some(seconds),
        Lifetime::Any => None,
    };
    check_times(claims, lifetime);
    let aud = claims.get("aud");
    let is_for = match expected.audience {
        Audience::Sole(_) => aud == Some(&json!(ISSUER)),
        Audience::Only(_) => aud == Some(&json!(ISSUER)) || aud == Some(&json!([ISSUER])),
        Audience::AbsentOrAmong(_) => aud.is_none_or(|aud| {
            aud == ISSUER
                || aud
                    .as_array()
                    .is_some_and(|all| all.contains(&json!(ISSUER)))
        }),
    };
    assert!(is_for, "{claims}");
    assert!(
        verified
            .jti()
            .is_none_or(|jti| (1..=512).contains(&jti.len()))
    );
}

thread_local! {
    static PARTY: OnceCell<(Server, Client)> = const { OnceCell::new() };
    static SECTIONS: OnceCell<BTreeMap<String, String>> = const { OnceCell::new() };
}

/// Request objects: from a good one come the parameters that are in it, and nothing that stood beside it.
pub fn request_object(data: &[u8]) {
    let Ok(text) = from_utf8(data) else { return };
    PARTY.with(|cell| {
        let (server, client) = cell.get_or_init(|| {
            let server = server(&host());
            let metadata =
                json!({ "client_id": "rp", "redirect_uris": ["https://rp.example/cb"], "jwks": set() });
            let client = client(&metadata, &server);
            (server, client)
        });
        let outside = |object: &str| {
            let name = |name: &str| name.to_owned();
            let pairs = [("request", object), ("client_id", "rp"), ("state", "outside"), ("scope", "outside")];
            params::Params::of(pairs.map(|(key, value)| (name(key), name(value))).to_vec())
        };
        let host = host();
        let now = UnixTime(NOW);
        let raw = objects::unpack(&outside(text), client, server, now, &host);
        assert!(text.is_empty() || raw.is_err(), "signed by nobody: {text:?}");
        let good = json!({ "iss": "rp", "aud": ISSUER, "exp": NOW + 60, "client_id": "rp", "jti": "a" });
        let header = json!({ "alg": "ES256", "kid": "k1", "typ": objects::TYP });
        for (token, header, claims) in all_signed(text, &header, &good) {
            let Ok(unpacked) = objects::unpack(&outside(&token), client, server, now, &host) else {
                continue;
            };
            check_header(&carelessly(&header), &["", "jwt", objects::TYP]);
            check_unpacked(&unpacked.params, &carelessly(&claims));
            host.rows.borrow_mut().clear();
            assert!(unpacked.spend(&host).is_ok());
            let has_jti = carelessly(&claims).get("jti").is_some();
            assert_eq!(unpacked.spend(&host).is_err(), has_jti, "{claims}");
        }
    });
}

fn check_unpacked(params: &params::Params, claims: &Value) {
    check_times(claims, Some(3600));
    assert!(
        claims["iss"] == "rp"
            && claims["client_id"] == "rp"
            && claims.get("sub") != Some(&json!("rp"))
    );
    assert!(claims["aud"] == ISSUER || claims["aud"] == json!([ISSUER]));
    for name in [
        "iss",
        "sub",
        "aud",
        "exp",
        "nbf",
        "iat",
        "jti",
        "request",
        "request_uri",
    ] {
        assert_eq!(params.all(name).count(), 0, "{name}");
    }
    for (name, value) in params.without(&[]) {
        let claim = claims
            .get(&name)
            .unwrap_or_else(|| panic!("{name} stood outside"));
        let said = match claim {
            Value::String(text) => value == *text,
            Value::Array(several) if name == "resource" => several.contains(&json!(value)),
            other => serde_json::from_str::<Value>(&value).ok().as_ref() == Some(other),
        };
        assert!(said, "{name}: {value:?}");
    }
}

/// A server that takes assertions of clients, assertions of an issuer, and software statements.
fn trusting() -> Memory {
    let memory = Memory::new(&Value::Null);
    *memory.sections.borrow_mut() = SECTIONS.with(|cell| cell.get_or_init(sections).clone());
    memory
}

fn sections() -> BTreeMap<String, String> {
    let issuer = |name: &str, profile: &str| {
        json!({
            "issuer": name, "jwks": set(), "clients": ["agent"], "profile": profile, "scope": "read write",
            "resources": ["https://api.example/"], "provider": "test",
        })
    };
    let settings = json!({
        "issuer": ISSUER, "resources": "any", "scopes": { "read": "", "write": "", "admin": "" },
        "experimental": { "id_jag": "draft-04" },
        "assertion_issuers": [issuer("https://idp.example", "id_jag"), issuer("https://ci.example", "generic")],
        "registration": {
            "mode": "open", "per_network_per_hour": 1_000_000,
            "software_statement_issuers": [{ "issuer": "https://them.example", "jwks": set() }],
        },
    });
    let clients = [
        json!({
            "client_id": "agent", "client_secret": SECRET, "token_endpoint_auth_method": "client_secret_post",
            "grant_types": ["urn:ietf:params:oauth:grant-type:jwt-bearer"], "scope": "read admin",
        }),
        json!({
            "client_id": "machine", "token_endpoint_auth_method": "private_key_jwt", "jwks": set(),
            "grant_types": ["client_credentials"], "scope": "read",
        }),
    ];
    crate::requests::with_clients(&settings, &clients)
}

fn post(path: &str, content_type: &str, body: &str, host: &Memory) -> (u16, Value) {
    let headers = [("content-type".to_owned(), content_type.as_bytes().to_vec())];
    let request = Request {
        method: "POST",
        path,
        query: "",
        headers: &headers,
        body: body.as_bytes(),
        client_address: Some("192.0.2.1"),
        client_certificate: None,
    };
    let answer = serve(&request, host);
    assert!(answer.status < 500, "{answer:?}");
    let Body::Json(text) = &answer.body else {
        panic!("{answer:?}")
    };
    (answer.status, serde_json::from_str(text).expect("JSON"))
}

const FORM: &str = "application/x-www-form-urlencoded";

/// Claims of an access token of ours.
fn payload(answer: &Value) -> Value {
    let token = answer["access_token"].as_str().expect("a token");
    let payload = token.split('.').nth(1).expect("claims");
    carelessly(&from_utf8_part(payload))
}

/// Assertions that authenticate clients: one lets in the client that signed it, once, and nobody else.
pub fn client_assertion(data: &[u8]) {
    let Ok(text) = from_utf8(data) else { return };
    let good =
        json!({ "iss": "machine", "sub": "machine", "aud": ISSUER, "exp": NOW + 60, "jti": "a" });
    let header = json!({ "alg": "ES256", "kid": "k1", "typ": "client-authentication+jwt" });
    for (token, header, claims) in all_signed(text, &header, &good) {
        let host = trusting();
        let body = format!(
            "grant_type=client_credentials&client_assertion_type={}&client_assertion={token}",
            "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        );
        let (status, answer) = post("/token", FORM, &body, &host);
        if status != 200 {
            continue;
        }
        check_header(
            &carelessly(&header),
            &["", "jwt", "client-authentication+jwt"],
        );
        let claims = carelessly(&claims);
        check_times(&claims, Some(300));
        assert!(
            claims["iss"] == "machine" && claims["sub"] == "machine" && claims["aud"] == ISSUER,
            "{claims}"
        );
        assert_eq!(payload(&answer)["client_id"], "machine");
        let (again, _) = post("/token", FORM, &body, &host);
        assert_eq!(again, 401, "twice: {claims}");
    }
}

/// Assertions as grants, ID-JAG and others: what comes of one is within what its issuer, its client and itself may give, and comes once.
pub fn jwt_bearer(data: &[u8]) {
    let Ok(text) = from_utf8(data) else { return };
    let good = json!({
        "iss": "https://idp.example", "sub": "1", "aud": ISSUER, "client_id": "agent", "jti": "a", "exp": NOW + 300, "iat": NOW,
        "resource": "https://api.example/",
    });
    let header = json!({ "alg": "ES256", "kid": "k1", "typ": "oauth-id-jag+jwt" });
    for (token, header, claims) in all_signed(text, &header, &good) {
        let host = trusting();
        let body = format!(
            "grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&client_id=agent&client_secret={SECRET}&assertion={token}"
        );
        let (status, answer) = post("/token", FORM, &body, &host);
        if status != 200 {
            continue;
        }
        let (header, claims) = (carelessly(&header), carelessly(&claims));
        check_times(&claims, Some(300));
        assert_eq!(claims["aud"], ISSUER);
        assert!(
            claims["sub"].is_string() && claims["jti"].is_string(),
            "{claims}"
        );
        if claims["iss"] == "https://idp.example" {
            check_header(&header, &["oauth-id-jag+jwt"]);
            assert!(
                claims["client_id"] == "agent" && claims["iat"].is_number(),
                "{claims}"
            );
        } else {
            check_header(&header, &["", "jwt", "authorization-grant+jwt"]);
            assert_eq!(claims["iss"], "https://ci.example");
        }
        for name in ["authorization_details", "act", "may_act", "cnf"] {
            assert!(claims.get(name).is_none(), "{claims}");
        }
        let given = payload(&answer);
        assert!(
            ["read", ""].contains(&given["scope"].as_str().unwrap_or_default()),
            "{given}"
        );
        assert_eq!(given["aud"], "https://api.example/");
        assert!(answer.get("refresh_token").is_none() && answer.get("id_token").is_none());
        let (again, _) = post("/token", FORM, &body, &host);
        assert_eq!(again, 400, "twice: {claims}");
    }
}

/// Software statements: only a trusted issuer's say anything, what they say is no claim of the JWT itself, and a client that registers with
/// one keeps the rules for all clients.
pub fn software_statement(data: &[u8]) {
    let Ok(text) = from_utf8(data) else { return };
    let host = trusting();
    let server = server(&host);
    let now = UnixTime(NOW);
    assert!(
        statements::verify(text, &server, now, &host).is_err(),
        "signed by nobody: {text:?}"
    );
    let good =
        json!({ "iss": "https://them.example", "redirect_uris": ["https://app.example/cb"] });
    let header = json!({ "alg": "ES256", "kid": "k1" });
    for (token, header, claims) in all_signed(text, &header, &good) {
        let Ok(statement) = statements::verify(&token, &server, now, &host) else {
            continue;
        };
        check_header(&carelessly(&header), &["", "jwt", "software-statement+jwt"]);
        let claims = carelessly(&claims);
        check_times(&claims, None);
        assert_eq!(claims["iss"], "https://them.example");
        for (name, value) in statement.metadata() {
            assert!(
                ![
                    "iss",
                    "sub",
                    "aud",
                    "exp",
                    "nbf",
                    "iat",
                    "jti",
                    "software_statement"
                ]
                .contains(&name.as_str())
            );
            assert_eq!(claims.get(name), Some(value));
        }
        let body = json!({ "software_statement": token, "client_name": "outside" }).to_string();
        let (status, answer) = post("/register", "application/json", &body, &host);
        if status != 201 {
            continue;
        }
        let id = answer["client_id"].as_str().expect("an id");
        let stored = crate::client::find(id, &host).expect("the client");
        check_client(&stored);
        if let Some(name) = claims.get("client_name").and_then(Value::as_str) {
            assert_eq!(
                answer["client_name"], name,
                "RFC 7591 §2.3: the statement goes before"
            );
        }
    }
}
