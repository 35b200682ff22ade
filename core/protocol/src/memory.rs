//! A host in memory, for the tests of this crate, of `tests/vectors` and of `tests/fuzz`: a clock that is set, a store that can fail,
//! signatures that are hashes.

use crate::policy::{Decision, Input};
use crate::ports::{
    Clock, Entry, Events, Fetch, FetchFailure, Fetched, KeyFailure, Keys, Level, Listed,
    LoginFailure, Logins, Outgoing, PolicyEngine, Random, Records, Sealing, Settings, Signatures,
    StoreFailure,
};
use crate::provider::{
    Context, Description, Identity, Leaver, Listing, Outcome, Purpose, Request, Step, Text,
};
use crate::secret::sha256_of;
use crate::time::UnixTime;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

/// Value, version, expiry.
type Row = (Vec<u8>, u64, Option<UnixTime>);

/// What can be done to a decision before the core sees it.
type Tamper = fn(&Input, &mut Decision);

/// What a provider answers.
type Answering = Box<dyn Fn(&Context, &Request) -> Result<Step, LoginFailure>>;

/// What someone else does in between.
type Rival = Box<dyn FnOnce(&Memory)>;

pub(crate) struct Memory {
    pub(crate) now: Cell<u64>,
    pub(crate) rows: RefCell<BTreeMap<String, Row>>,
    pub(crate) sections: RefCell<BTreeMap<String, String>>,
    /// Who the provider `test` says it is.
    pub(crate) identity: RefCell<Identity>,
    /// Providers beside `test`, and what they answer.
    pub(crate) providers: RefCell<Vec<(Listing, Answering)>>,
    /// What providers were told, in order.
    pub(crate) contexts: RefCell<Vec<Context>>,
    /// Whom they were to forget.
    pub(crate) forgotten: RefCell<Vec<Leaver>>,
    /// None forgets while true.
    pub(crate) unforgetting: Cell<bool>,
    pub(crate) events: RefCell<Vec<(String, String)>>,
    pub(crate) tamper: Cell<Option<Tamper>>,
    /// Fails every call of the store while true.
    pub(crate) outage: Cell<bool>,
    /// Done once, just before the next `replace`: how a race looks to the one who loses it.
    pub(crate) before_replace: RefCell<Option<Rival>>,
    /// The same, just before the next index of an address is inserted.
    pub(crate) before_email_index: RefCell<Option<Rival>>,
    /// The same, just before the next `jti` is remembered.
    pub(crate) before_jti: RefCell<Option<Rival>>,
    /// Other servers: what a `GET` or `POST` of this URL answers.
    pub(crate) web: RefCell<BTreeMap<String, Fetched>>,
    /// Calls of the store: the operation, and the key up to its first `/`.
    pub(crate) calls: RefCell<Vec<String>>,
    /// What was sent to them: method, URL, body.
    pub(crate) sent: RefCell<Vec<(String, String, Vec<u8>)>>,
    /// Verifies the signatures of others; while nobody does, hashes are their signatures.
    pub(crate) signatures: RefCell<Option<Box<dyn Signatures>>>,
    counter: Cell<u64>,
}

impl Memory {
    pub(crate) fn new(server: &serde_json::Value) -> Self {
        Self {
            now: Cell::new(1_800_000_000),
            rows: RefCell::default(),
            sections: RefCell::new(BTreeMap::from([("server".to_owned(), server.to_string())])),
            identity: RefCell::default(),
            providers: RefCell::default(),
            contexts: RefCell::default(),
            forgotten: RefCell::default(),
            unforgetting: Cell::new(false),
            events: RefCell::default(),
            tamper: Cell::new(None),
            outage: Cell::new(false),
            before_replace: RefCell::new(None),
            before_email_index: RefCell::new(None),
            before_jti: RefCell::new(None),
            web: RefCell::default(),
            calls: RefCell::default(),
            sent: RefCell::default(),
            signatures: RefCell::default(),
            counter: Cell::new(0),
        }
    }

    fn next(&self) -> u64 {
        self.counter.set(self.counter.get() + 1);
        self.counter.get()
    }

    fn called(&self, operation: &str, key: &str) -> Result<(), StoreFailure> {
        let kind = key.split('/').next().unwrap_or_default();
        self.calls.borrow_mut().push(format!("{operation} {kind}"));
        if self.outage.get() {
            Err(StoreFailure::Unavailable("planted".to_owned()))
        } else {
            Ok(())
        }
    }

    fn live(&self, key: &str) -> Option<Row> {
        let rows = self.rows.borrow();
        rows.get(key)
            .filter(|(_, _, expiry)| expiry.is_none_or(|at| self.now() < at))
            .cloned()
    }

    fn put(&self, key: &str, value: &[u8], expires_at: Option<UnixTime>) -> u64 {
        let version = self.next();
        self.rows
            .borrow_mut()
            .insert(key.to_owned(), (value.to_vec(), version, expires_at));
        version
    }
}

impl Fetch for Memory {
    fn fetch(&self, request: &Outgoing<'_>) -> Result<Fetched, FetchFailure> {
        self.sent.borrow_mut().push((
            request.method.to_owned(),
            request.url.to_owned(),
            request.body.to_vec(),
        ));
        match self.web.borrow().get(request.url) {
            Some(answer) if answer.body.len() > request.max_bytes => Err(FetchFailure::TooLarge),
            Some(answer) => Ok(answer.clone()),
            None => Err(FetchFailure::Unreachable("nobody there".to_owned())),
        }
    }
}

impl Records for Memory {
    fn get(&self, key: &str) -> Result<Option<Entry>, StoreFailure> {
        self.called("get", key)?;
        Ok(self
            .live(key)
            .map(|(value, version, _)| Entry { value, version }))
    }

    fn insert(
        &self,
        key: &str,
        value: &[u8],
        expires_at: Option<UnixTime>,
    ) -> Result<u64, StoreFailure> {
        self.called("insert", key)?;
        if key.starts_with("email/") {
            let rival = self.before_email_index.borrow_mut().take();
            if let Some(rival) = rival {
                rival(self);
            }
        }
        if key.starts_with("jti/") {
            let rival = self.before_jti.borrow_mut().take();
            if let Some(rival) = rival {
                rival(self);
            }
        }
        if self.live(key).is_some() {
            Err(StoreFailure::Conflict)
        } else {
            Ok(self.put(key, value, expires_at))
        }
    }

    fn replace(
        &self,
        key: &str,
        version: u64,
        value: &[u8],
        expires_at: Option<UnixTime>,
    ) -> Result<u64, StoreFailure> {
        self.called("replace", key)?;
        let first = self.before_replace.borrow_mut().take();
        if let Some(first) = first {
            first(self);
        }
        match self.live(key) {
            Some((_, live, _)) if live == version => Ok(self.put(key, value, expires_at)),
            _ => Err(StoreFailure::Conflict),
        }
    }

    fn remove(&self, key: &str, version: Option<u64>) -> Result<(), StoreFailure> {
        self.called("remove", key)?;
        match (self.live(key), version) {
            (Some((_, live, _)), Some(version)) if live != version => Err(StoreFailure::Conflict),
            (None, Some(_)) => Err(StoreFailure::Conflict),
            _ => {
                self.rows.borrow_mut().remove(key);
                Ok(())
            }
        }
    }

    fn increment(&self, key: &str, by: u64, expires_at: UnixTime) -> Result<u64, StoreFailure> {
        self.called("increment", key)?;
        let (sum, expiry) = match self.live(key) {
            Some((value, _, expiry)) => (
                String::from_utf8(value).unwrap().parse::<u64>().unwrap() + by,
                expiry,
            ),
            None => (by, Some(expires_at)),
        };
        self.put(key, sum.to_string().as_bytes(), expiry);
        Ok(sum)
    }

    fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<Listed>, StoreFailure> {
        self.called("list", prefix)?;
        let keys: Vec<String> = self.rows.borrow().keys().cloned().collect();
        let wanted = keys.into_iter().filter(|key| {
            key.starts_with(prefix) && after.is_none_or(|after| key.as_str() > after)
        });
        Ok(wanted
            .filter_map(|key| {
                self.live(&key).map(|(value, version, _)| Listed {
                    key,
                    value,
                    version,
                })
            })
            .take(limit as usize)
            .collect())
    }
}

impl Keys for Memory {
    fn current(&self, alg: &str) -> Result<String, KeyFailure> {
        Ok(alg.to_owned())
    }

    fn sign(&self, kid: &str, message: &[u8]) -> Result<Vec<u8>, KeyFailure> {
        Ok(sha256_of(&[kid.as_bytes(), message]).to_vec())
    }

    fn jwks(&self) -> Result<String, KeyFailure> {
        Ok(concat!(
            r#"{"keys":[{"kid":"ES256","alg":"ES256"},{"kid":"RS256","alg":"RS256"},"#,
            r#"{"kid":"ES384","alg":"ES384"},{"kid":"EdDSA","alg":"EdDSA"}]}"#
        )
        .to_owned())
    }
}

impl Sealing for Memory {
    fn seal(&self, plaintext: &[u8], associated_data: &[u8]) -> Result<Vec<u8>, KeyFailure> {
        let tag = sha256_of(&[b"seal", plaintext, associated_data]);
        Ok([tag.as_slice(), plaintext].concat())
    }

    fn open(&self, sealed: &[u8], associated_data: &[u8]) -> Result<Vec<u8>, KeyFailure> {
        let (_, plaintext) = sealed.split_at_checked(32).ok_or(KeyFailure::Forged)?;
        if self.seal(plaintext, associated_data)? == sealed {
            Ok(plaintext.to_vec())
        } else {
            Err(KeyFailure::Forged)
        }
    }
}

impl Signatures for Memory {
    fn verify(
        &self,
        jwk: &str,
        alg: &str,
        message: &[u8],
        signature: &[u8],
    ) -> Result<bool, KeyFailure> {
        if let Some(signatures) = &*self.signatures.borrow() {
            return signatures.verify(jwk, alg, message, signature);
        }
        if !jwk.contains("\"kid\":") {
            return Ok(foreign_signature(jwk, message) == signature);
        }
        assert!(
            jwk.contains(alg),
            "a key is only asked about its own algorithm"
        );
        Ok(self.sign(alg, message)? == signature)
    }
}

/// A public key of someone else, by name. Signatures by it are hashes: good enough to tell keys and messages apart.
pub(crate) fn foreign_jwk(name: &str) -> serde_json::Value {
    let half = |which: &[u8]| crate::secret::base64url(&sha256_of(&[name.as_bytes(), which]));
    serde_json::json!({ "crv": "P-256", "kty": "EC", "x": half(b"x"), "y": half(b"y") })
}

pub(crate) fn foreign_signature(jwk: &str, message: &[u8]) -> Vec<u8> {
    sha256_of(&[jwk.as_bytes(), message]).to_vec()
}

/// A JWT signed by the key in its header.
pub(crate) fn foreign_jwt(header: &serde_json::Value, claims: &serde_json::Value) -> String {
    use crate::secret::base64url;
    let signed = format!(
        "{}.{}",
        base64url(header.to_string().as_bytes()),
        base64url(claims.to_string().as_bytes())
    );
    let signature = foreign_signature(&header["jwk"].to_string(), signed.as_bytes());
    format!("{signed}.{}", base64url(&signature))
}

impl Settings for Memory {
    fn section(&self, name: &str) -> Option<String> {
        self.sections.borrow().get(name).cloned()
    }
}

impl Events for Memory {
    fn emit(&self, _level: Level, name: &str, fields: &[(&str, &str)]) {
        self.events
            .borrow_mut()
            .push((name.to_owned(), format!("{fields:?}")));
    }
}

impl Clock for Memory {
    fn now(&self) -> UnixTime {
        UnixTime(self.now.get())
    }
}

impl Random for Memory {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(32) {
            let fresh = sha256_of(&[&self.next().to_be_bytes()]);
            chunk.copy_from_slice(&fresh[..chunk.len()]);
        }
    }
}

fn listing(id: &str, purposes: &[Purpose]) -> Listing {
    Listing {
        id: id.to_owned(),
        label: Text {
            id: "label".to_owned(),
            english: id.to_owned(),
            args: Vec::new(),
        },
        purposes: purposes.to_vec(),
        manage_label: None,
    }
}

impl Memory {
    /// One more provider.
    pub(crate) fn add_provider(
        &self,
        id: &str,
        purposes: &[Purpose],
        answering: impl Fn(&Context, &Request) -> Result<Step, LoginFailure> + 'static,
    ) {
        let provider = (listing(id, purposes), Box::new(answering) as Answering);
        self.providers.borrow_mut().push(provider);
    }
}

impl Logins for Memory {
    fn providers(&self) -> Vec<Listing> {
        let own = listing("test", &[Purpose::SignIn, Purpose::Confirm, Purpose::Link]);
        let others = self.providers.borrow();
        let others = others.iter().map(|(listing, _)| listing.clone());
        std::iter::once(own).chain(others).collect()
    }

    fn describe(&self, provider_id: &str) -> Option<Description> {
        let listing = self
            .providers()
            .into_iter()
            .find(|one| one.id == provider_id)?;
        Some(Description {
            label: listing.label,
            purposes: listing.purposes,
            icon: None,
            languages: Vec::new(),
            outbound_hosts: Vec::new(),
        })
    }

    fn texts(&self, _provider_id: &str, _language: &str) -> Vec<(String, String)> {
        Vec::new()
    }

    fn forget(&self, leaver: &Leaver) -> Result<(), LoginFailure> {
        if self.unforgetting.get() {
            return Err(LoginFailure::Crashed("outage".to_owned()));
        }
        self.forgotten.borrow_mut().push(leaver.clone());
        Ok(())
    }

    fn handle(
        &self,
        provider_id: &str,
        context: &Context,
        request: &Request,
    ) -> Result<Outcome, LoginFailure> {
        self.contexts.borrow_mut().push(context.clone());
        let others = self.providers.borrow();
        let step = match others.iter().find(|(listing, _)| listing.id == provider_id) {
            Some((_, answering)) => answering(context, request)?,
            None => Step::Authenticated(self.identity.borrow().clone()),
        };
        Ok(Outcome { step, state: None })
    }
}

impl PolicyEngine for Memory {
    fn decide(&self, input: &Input) -> Result<Decision, String> {
        let mut decision = Decision {
            scopes: input.scopes.clone(),
            ..Decision::default()
        };
        if let Some(tamper) = self.tamper.get() {
            tamper(input, &mut decision);
        }
        Ok(decision)
    }
}

/// What a browser holds, and how it talks to the endpoints over this host.
pub(crate) struct Visitor<'a> {
    pub(crate) memory: &'a Memory,
    pub(crate) cookies: RefCell<BTreeMap<String, String>>,
    /// Where it seems to be.
    pub(crate) address: Option<&'static str>,
    /// What it says it is.
    pub(crate) agent: Option<&'static str>,
    /// Its `Accept-Language`.
    pub(crate) language: Option<&'static str>,
    /// Its next requests carry this `DPoP` proof.
    pub(crate) dpop: RefCell<Option<String>>,
}

impl<'a> Visitor<'a> {
    pub(crate) fn new(memory: &'a Memory) -> Self {
        Self {
            memory,
            cookies: RefCell::default(),
            address: None,
            agent: None,
            language: None,
            dpop: RefCell::default(),
        }
    }

    pub(crate) fn get(&self, target: &str) -> crate::http::Answer {
        self.send("GET", target, "", None)
    }

    pub(crate) fn post(&self, path: &str, form: &str) -> crate::http::Answer {
        self.send("POST", path, form, None)
    }

    pub(crate) fn send(
        &self,
        method: &str,
        target: &str,
        form: &str,
        authorization: Option<&str>,
    ) -> crate::http::Answer {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let cookies: Vec<String> = self
            .cookies
            .borrow()
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let mut headers = vec![
            (
                "content-type".to_owned(),
                b"application/x-www-form-urlencoded".to_vec(),
            ),
            ("cookie".to_owned(), cookies.join("; ").into_bytes()),
        ];
        headers.extend(
            authorization.map(|value| ("authorization".to_owned(), value.as_bytes().to_vec())),
        );
        headers.extend(
            self.agent
                .map(|agent| ("user-agent".to_owned(), agent.as_bytes().to_vec())),
        );
        headers.extend(
            self.language
                .map(|wanted| ("accept-language".to_owned(), wanted.as_bytes().to_vec())),
        );
        let dpop = self.dpop.borrow();
        headers.extend(
            dpop.iter()
                .map(|proof| ("dpop".to_owned(), proof.as_bytes().to_vec())),
        );
        let request = crate::http::Request {
            method,
            path,
            query,
            headers: &headers,
            body: form.as_bytes(),
            client_address: self.address,
            client_certificate: None,
        };
        let answer = crate::serve(&request, self.memory);
        for (_, cookie) in answer
            .headers
            .iter()
            .filter(|(name, _)| *name == "set-cookie")
        {
            let (name, rest) = cookie.split_once('=').unwrap();
            self.cookies
                .borrow_mut()
                .insert(name.to_owned(), rest.split(';').next().unwrap().to_owned());
        }
        answer
    }
}
