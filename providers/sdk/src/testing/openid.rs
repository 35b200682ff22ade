//! An OpenID provider, as tests play it: with discovery, keys, a token endpoint that checks PKCE, `UserInfo`, and every flaw
//! that a client must not fall for.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::{Flaw, Host, START, signature};
use crate::services::{FetchFailure, Outgoing, Response};

/// The access token that it gives out.
const ACCESS_TOKEN: &str = "access-token";

/// An OpenID provider. Clones are the same one.
#[derive(Debug, Clone)]
pub struct OpenIdServer(Arc<Mutex<Inner>>);

#[derive(Debug)]
struct Inner {
    issuer: String,
    /// Where its endpoints are.
    base: String,
    client_id: String,
    metadata: Map<String, Value>,
    claims: Map<String, Value>,
    userinfo: Map<String, Value>,
    key: String,
    /// What it calls its key.
    kid: String,
    flaw: Option<Flaw>,
    /// The place in its ID tokens where another letter stands.
    garbled: Option<usize>,
    issued: Option<Issued>,
    codes: u32,
    requests: Vec<Outgoing>,
    now: u64,
}

#[derive(Debug)]
struct Issued {
    code: String,
    spent: bool,
    challenge: String,
    redirect_uri: String,
    nonce: String,
}

type Answer = Result<Response, FetchFailure>;

impl OpenIdServer {
    /// One where everything is right, and Ada signs in (`sub` is `ada`, her address is verified).
    #[must_use]
    pub fn new(issuer: &str, client_id: &str) -> Self {
        let base = issuer.trim_end_matches('/').to_owned();
        let claims = json!({"sub": "ada", "email": "ada@example.com", "email_verified": true, "name": "Ada"});
        Self(Arc::new(Mutex::new(Inner {
            issuer: issuer.to_owned(),
            base,
            client_id: client_id.to_owned(),
            metadata: Map::new(),
            claims: object(claims),
            userinfo: object(json!({"sub": "ada", "picture": "https://a.example/ada.png"})),
            key: ec_key("x1"),
            kid: "key-1".to_owned(),
            flaw: None,
            garbled: None,
            issued: None,
            codes: 0,
            requests: Vec::new(),
            now: START,
        })))
    }

    /// Its endpoints are below another URL than its issuer.
    #[must_use]
    pub fn at(self, base: &str) -> Self {
        base.clone_into(&mut self.inner().base);
        self
    }

    /// A claim of its ID tokens; `null`: not that one.
    #[must_use]
    pub fn claim(self, name: &str, value: impl Into<Value>) -> Self {
        self.inner().claims.insert(name.to_owned(), value.into());
        self
    }

    /// A claim at `UserInfo`.
    #[must_use]
    pub fn userinfo(self, name: &str, value: impl Into<Value>) -> Self {
        self.inner().userinfo.insert(name.to_owned(), value.into());
        self
    }

    /// A member of its discovery document.
    #[must_use]
    pub fn metadata(self, name: &str, value: impl Into<Value>) -> Self {
        self.inner().metadata.insert(name.to_owned(), value.into());
        self
    }

    /// With one thing wrong.
    #[must_use]
    pub fn flawed(self, flaw: Flaw) -> Self {
        self.set_flaw(Some(flaw));
        self
    }

    /// With one letter of its ID tokens changed after they were signed; there is none beyond their end.
    #[must_use]
    pub fn garbled(self, place: usize) -> Self {
        self.inner().garbled = Some(place);
        self
    }

    /// From now on with one thing wrong, or nothing.
    pub fn set_flaw(&self, flaw: Option<Flaw>) {
        self.inner().flaw = flaw;
    }

    /// Sets its clock, which stands still at [`START`].
    pub fn set_time(&self, now: u64) {
        self.inner().now = now;
    }

    /// It has another key, and no longer the one before.
    pub fn rotate(&self, kid: &str) {
        let mut inner = self.inner();
        inner.key = ec_key(kid);
        kid.clone_into(&mut inner.kid);
    }

    /// A host that reaches this server, and nothing else.
    #[must_use]
    pub fn host(&self) -> Host {
        let server = self.clone();
        Host::seeded(1).with_upstream(move |request| server.answer(request))
    }

    /// Ada signs in there: what her browser brings back, from the URL to which the provider sent it.
    #[must_use]
    pub fn sign_in(&self, url: &str) -> Vec<(String, String)> {
        let query = url.split_once('?').map_or("", |(_, query)| query);
        let get = |name: &str| {
            let mut pairs = form_urlencoded::parse(query.as_bytes());
            pairs
                .find(|(known, _)| known == name)
                .map(|(_, value)| value.into_owned())
                .unwrap_or_default()
        };
        let mut inner = self.inner();
        if get("response_type") != "code"
            || get("client_id") != inner.client_id
            || get("code_challenge_method") != "S256"
        {
            return vec![
                pair("error", "invalid_request"),
                pair("state", &get("state")),
            ];
        }
        inner.codes += 1;
        let code = format!("code-{}", inner.codes);
        inner.issued = Some(Issued {
            code: code.clone(),
            spent: false,
            challenge: get("code_challenge"),
            redirect_uri: get("redirect_uri"),
            nonce: get("nonce"),
        });
        let mut back = vec![pair("code", &code), pair("state", &get("state"))];
        if inner
            .metadata
            .get("authorization_response_iss_parameter_supported")
            == Some(&Value::Bool(true))
        {
            back.push(pair("iss", &inner.issuer));
        }
        back
    }

    /// What it was asked so far, oldest first.
    #[must_use]
    pub fn requests(&self) -> Vec<Outgoing> {
        self.inner().requests.clone()
    }

    /// Answers as the server does, for a host with several.
    ///
    /// # Errors
    /// There is nothing at that URL, or a flaw says so.
    pub fn answer(&self, request: &Outgoing) -> Answer {
        let mut inner = self.inner();
        inner.requests.push(request.clone());
        if request.url.ends_with("/.well-known/openid-configuration") {
            return inner.get("/discovery");
        }
        let path = request
            .url
            .strip_prefix(&inner.base)
            .unwrap_or_default()
            .to_owned();
        match path.as_str() {
            "/token" => inner.token(&request.body),
            "/keys" => inner.get("/keys"),
            "/userinfo" => inner.get("/userinfo"),
            _ => Err(FetchFailure::Refused(format!(
                "nothing is at {}",
                request.url
            ))),
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn get(&self, path: &str) -> Answer {
        match (path, self.flaw) {
            ("/discovery", Some(Flaw::DiscoveryIsHtml)) => Ok(html()),
            ("/keys", Some(Flaw::KeysUnreachable)) => {
                Err(FetchFailure::Unreachable("no answer in time".to_owned()))
            }
            ("/discovery", _) => Ok(answer(200, &self.discovery())),
            ("/keys", _) => Ok(answer(200, &json!({"keys": [self.published()]}))),
            ("/userinfo", _) => {
                let mut claims = self.userinfo.clone();
                if self.flaw == Some(Flaw::UserInfoOfAnother) {
                    claims.insert("sub".to_owned(), "eve".into());
                }
                Ok(answer(200, &Value::Object(claims)))
            }
            _ => Err(FetchFailure::Refused("nothing is there".to_owned())),
        }
    }

    fn discovery(&self) -> Value {
        let base = &self.base;
        let mut document = object(json!({
            "issuer": self.issuer,
            "authorization_endpoint": format!("{base}/authorize"),
            "token_endpoint": format!("{base}/token"),
            "jwks_uri": format!("{base}/keys"),
            "userinfo_endpoint": format!("{base}/userinfo"),
            "id_token_signing_alg_values_supported": ["ES256", "HS256", "none"],
        }));
        document.extend(self.metadata.clone());
        match self.flaw {
            Some(Flaw::DiscoveryOfAnother) => {
                document.insert("issuer".to_owned(), "https://evil.example".into())
            }
            Some(Flaw::PlainHttp) => document.insert(
                "token_endpoint".to_owned(),
                "http://plain.example/token".into(),
            ),
            _ => None,
        };
        Value::Object(document)
    }

    fn published(&self) -> Value {
        let mut key: Value = serde_json::from_str(&self.key).unwrap_or_default();
        if let Some(key) = key.as_object_mut() {
            key.extend(object(
                json!({"kid": self.kid, "use": "sig", "alg": "ES256"}),
            ));
        }
        key
    }

    fn token(&mut self, body: &[u8]) -> Answer {
        let refused = || {
            Ok(answer(
                400,
                &json!({"error": "invalid_grant", "error_description": "no such code"}),
            ))
        };
        let get = |name: &str| {
            let mut pairs = form_urlencoded::parse(body);
            pairs
                .find(|(known, _)| known == name)
                .map(|(_, value)| value.into_owned())
                .unwrap_or_default()
        };
        let Some(issued) = &mut self.issued else {
            return refused();
        };
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(get("code_verifier")));
        if issued.spent
            || issued.code != get("code")
            || issued.challenge != challenge
            || issued.redirect_uri != get("redirect_uri")
            || get("grant_type") != "authorization_code"
        {
            return refused();
        }
        issued.spent = true;
        let nonce = issued.nonce.clone();
        match self.flaw {
            Some(Flaw::TokenIsHtml) => Ok(html()),
            Some(Flaw::TokenRedirects) => Ok(Response {
                status: 302,
                headers: vec![pair("location", "https://169.254.169.254/")],
                body: Vec::new(),
            }),
            Some(Flaw::TokenUnreachable) => {
                Err(FetchFailure::Unreachable("no answer in time".to_owned()))
            }
            Some(Flaw::TokenTooLarge) => Err(FetchFailure::TooLarge),
            Some(Flaw::TokenLong) => Ok(answer(
                200,
                &json!({"access_token": ACCESS_TOKEN, "x": "x".repeat(65 * 1024)}),
            )),
            Some(Flaw::ErrorWithStatus200) => Ok(answer(
                200,
                &json!({"error": "server_error", "access_token": ACCESS_TOKEN, "id_token": self.id_token(&nonce)}),
            )),
            Some(Flaw::TokenTypeUnknown) => Ok(answer(
                200,
                &json!({"access_token": ACCESS_TOKEN, "token_type": "mac", "id_token": self.id_token(&nonce)}),
            )),
            Some(Flaw::NoIdToken) => Ok(answer(
                200,
                &json!({"access_token": ACCESS_TOKEN, "token_type": "Bearer"}),
            )),
            Some(Flaw::MemberTwice) => Ok(Response {
                status: 200,
                headers: Vec::new(),
                body: format!(
                    r#"{{"access_token":"a","id_token":"{0}","id_token":"{0}"}}"#,
                    self.id_token(&nonce)
                )
                .into_bytes(),
            }),
            _ => Ok(answer(
                200,
                &json!({"access_token": ACCESS_TOKEN, "token_type": "bearer", "expires_in": 300, "id_token": self.id_token(&nonce)}),
            )),
        }
    }

    fn id_token(&self, nonce: &str) -> String {
        let hash = Sha256::digest(ACCESS_TOKEN.as_bytes());
        let mut header = object(json!({"alg": "ES256", "kid": self.kid, "typ": "JWT"}));
        let mut claims = object(json!({
            "iss": self.issuer, "aud": self.client_id, "nonce": nonce, "iat": self.now, "exp": self.now + 300,
            "at_hash": URL_SAFE_NO_PAD.encode(hash.get(..16).unwrap_or_default()),
        }));
        claims.extend(self.claims.clone());
        claims.retain(|_, value| !value.is_null());
        if let Some(flaw) = self.flaw {
            flaw.spoil(&mut header, &mut claims, self.now);
        }
        let encode =
            |part: Map<String, Value>| URL_SAFE_NO_PAD.encode(Value::Object(part).to_string());
        let alg = header
            .get("alg")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned();
        let message = format!("{}.{}", encode(header), encode(claims));
        let signed = match (self.flaw, alg.as_str()) {
            (_, "none") => Vec::new(),
            (Some(Flaw::WrongSignature), alg) => {
                signature(&ec_key("somebody else's"), alg, message.as_bytes())
            }
            // HS256 "by the public key" too: what it is keyed with, everybody knows.
            (_, alg) => signature(&self.key, alg, message.as_bytes()),
        };
        let token = format!("{message}.{}", URL_SAFE_NO_PAD.encode(signed));
        let garble = |(place, letter)| match (self.garbled == Some(place), letter) {
            (false, letter) => letter,
            (true, 'A') => 'B',
            (true, _) => 'A',
        };
        token.chars().enumerate().map(garble).collect()
    }
}

/// A public key, its members in the order in which the SDK keeps them.
fn ec_key(x: &str) -> String {
    json!({"kty": "EC", "crv": "P-256", "x": x, "y": "y"}).to_string()
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

fn pair(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

fn answer(status: u16, json: &Value) -> Response {
    Response {
        status,
        headers: vec![pair("content-type", "application/json")],
        body: json.to_string().into_bytes(),
    }
}

fn html() -> Response {
    Response {
        status: 200,
        headers: vec![pair("content-type", "text/html")],
        body: b"<html>maintenance</html>".to_vec(),
    }
}
