//! Sign-in at an OpenID provider: OpenID Connect Core §3.1, by discovery.

use super::callback::{Here, Iss};
use super::client::ClientAuth;
use super::discovery::{self, Metadata};
use super::id_token::{self, Algorithm, Expected};
use super::oauth::{Arrival, OAuth, Tokens};
use super::pending::Pending;
use super::person::{Claims, Person, Verdict};
use super::{Ask, address::require_https};
use crate::settings::Secret;
use crate::{Answer, Failure, Method, Provider, Purpose, Visit};

/// Where discovery documents are, below the issuer (Discovery §4).
const WELL_KNOWN: &str = "/.well-known/openid-configuration";
/// The place of the tenant in the issuers of Microsoft.
const TENANT: &str = "{tenantid}";
/// Longest hint that is handed on, bytes.
const MAX_HINT: usize = 320;

/// An issuer, as its documents and its tokens name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issuer {
    /// As its discovery document names it, exactly. `{tenantid}` in it stands for the tenant that a token names in `tid` (Microsoft).
    pub name: String,
    /// What else it calls itself, in tokens or in that document: Google's leave out `https://`, Apple's changed once.
    pub aliases: Vec<String>,
    /// Where its discovery document is, if not below its name.
    pub discovery: Option<String>,
}

/// When `UserInfo` is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UserInfo {
    /// Never: the ID token says it all.
    #[default]
    Never,
    /// Always; an issuer without is an error.
    Always,
}

/// An OpenID provider, and who we are there.
#[derive(Debug, Clone)]
pub struct OpenId {
    name: String,
    issuer: Issuer,
    client_id: String,
    auth: ClientAuth,
    scopes: Vec<String>,
    form_post: bool,
    parameters: Vec<(String, String)>,
    algorithms: Vec<Algorithm>,
    userinfo: UserInfo,
}

impl Issuer {
    /// An issuer by its name.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            aliases: Vec::new(),
            discovery: None,
        }
    }

    pub(super) fn discovery_url(&self) -> String {
        let below = || {
            format!(
                "{}{WELL_KNOWN}",
                self.name.strip_suffix('/').unwrap_or(&self.name)
            )
        };
        self.discovery.clone().unwrap_or_else(below)
    }

    /// Whether it is called so.
    pub(super) fn is_named(&self, name: &str) -> bool {
        name == self.name || self.aliases.iter().any(|alias| alias == name)
    }

    /// Whether a token's `iss` is this issuer; `tid` is the token's.
    pub(super) fn is(&self, iss: &str, tid: Option<&str>) -> bool {
        if !self.name.contains(TENANT) {
            return self.is_named(iss);
        }
        tid.is_some_and(|tid| is_uuid(tid) && iss == self.name.replace(TENANT, tid))
    }
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte),
        })
}

impl OpenId {
    /// A provider by its issuer. `name` is what people call it: `Google`. Asks for `openid`, `email` and `profile`.
    #[must_use]
    pub fn new(name: &str, issuer: &str, client_id: &str) -> Self {
        Self {
            name: name.to_owned(),
            issuer: Issuer::new(issuer),
            client_id: client_id.to_owned(),
            auth: ClientAuth::None,
            scopes: ["openid", "email", "profile"].map(str::to_owned).to_vec(),
            form_post: false,
            parameters: Vec::new(),
            algorithms: Algorithm::ALL.to_vec(),
            userinfo: UserInfo::Never,
        }
    }

    /// With a client secret in the `Authorization` header (`client_secret_basic`).
    #[must_use]
    pub fn secret(self, secret: &Secret) -> Self {
        self.auth(ClientAuth::Basic(secret.clone()))
    }

    /// How we prove who we are; not at all unless set.
    #[must_use]
    pub fn auth(mut self, auth: ClientAuth) -> Self {
        self.auth = auth;
        self
    }

    /// An issuer with other spellings, or another place of its document.
    #[must_use]
    pub fn issuer(mut self, issuer: Issuer) -> Self {
        self.issuer = issuer;
        self
    }

    /// What to ask for; `openid` is added if it is not there.
    #[must_use]
    pub fn scopes<S: AsRef<str>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.scopes = scopes
            .into_iter()
            .map(|scope| scope.as_ref().to_owned())
            .collect();
        if !self.scopes.iter().any(|scope| scope == "openid") {
            self.scopes.insert(0, "openid".to_owned());
        }
        self
    }

    /// The answer comes as a form (`response_mode=form_post`) instead of in the query.
    #[must_use]
    pub fn form_post(mut self, form_post: bool) -> Self {
        self.form_post = form_post;
        self
    }

    /// One more parameter of the authorization request. Those that the flow rests on cannot be set.
    #[must_use]
    pub fn parameter(mut self, name: &str, value: &str) -> Self {
        self.parameters.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The algorithms of ID tokens that are taken, of those that discovery names; all unless set.
    #[must_use]
    pub fn algorithms(mut self, algorithms: impl IntoIterator<Item = Algorithm>) -> Self {
        self.algorithms = algorithms.into_iter().collect();
        self
    }

    /// When `UserInfo` is asked; never unless set.
    #[must_use]
    pub fn userinfo(mut self, userinfo: UserInfo) -> Self {
        self.userinfo = userinfo;
        self
    }

    /// Answers `authorize` and `callback`, by GET or POST. `verdict` says who it is, or that they may not come in.
    ///
    /// # Errors
    /// `not-found` for other paths; otherwise as [`OpenId::begin`] and [`OpenId::finish`].
    pub fn handle<P: Provider<State = Pending>>(
        &self,
        visit: &Visit<'_, P>,
        verdict: impl FnOnce(&Person) -> Result<Verdict, Failure>,
    ) -> Result<Answer<Pending>, Failure> {
        match (visit.request().method, visit.path()) {
            (Method::Get, "authorize") => self.begin(visit),
            (_, "callback") => match self.finish(visit)? {
                Arrival::Here(person) => {
                    Ok(verdict(&person)?.answer(visit.services(), visit.context(), &self.name))
                }
                Arrival::Declined(page) => Ok(Answer::page(page)),
            },
            _ => Err(Failure::NotFound),
        }
    }

    /// Sends the browser to the provider. Who is to be confirmed has to sign in there anew (`prompt=login`, `max_age=0`).
    ///
    /// # Errors
    /// `unavailable` if discovery fails, or the settings make no request.
    pub fn begin<P: Provider<State = Pending>>(
        &self,
        visit: &Visit<'_, P>,
    ) -> Result<Answer<Pending>, Failure> {
        let here = Here::of(visit)?;
        require_https("settings: `issuer`", &self.issuer.discovery_url())?;
        let metadata = discovery::metadata(&here, &self.issuer)?;
        let mut more = vec![("nonce", "")];
        if self.form_post {
            more.push(("response_mode", "form_post"));
        }
        if visit.purpose() == Purpose::Confirm {
            more.extend([("prompt", "login"), ("max_age", "0")]);
        }
        let hint = here
            .context
            .login_hint
            .as_deref()
            .filter(|hint| hint.len() <= MAX_HINT);
        more.extend(hint.map(|hint| ("login_hint", hint)));
        self.oauth(&metadata).go(&here, &self.issuer.name, &more)
    }

    /// Reads what it brought back, redeems the code, and verifies who it is.
    ///
    /// # Errors
    /// `bad-request` for a callback that is none of this sign-in, or whose code is spent; `unavailable` for what the provider did wrong.
    pub fn finish<P: Provider<State = Pending>>(
        &self,
        visit: &Visit<'_, P>,
    ) -> Result<Arrival<Person>, Failure> {
        let here = Here::of(visit)?;
        let pending = here.sign_in(&self.issuer.name)?;
        let metadata = discovery::metadata(&here, &self.issuer)?;
        let is_ours = |iss: &str| self.issuer.is_named(iss);
        let iss = Iss {
            is_ours: &is_ours,
            required: metadata.authorization_response_iss_parameter_supported,
        };
        let tokens = match self.oauth(&metadata).redeem(&here, pending, &iss)? {
            Arrival::Here(tokens) => tokens,
            Arrival::Declined(page) => return Ok(Arrival::Declined(page)),
        };
        let expected = Expected {
            issuer: &self.issuer,
            metadata: &metadata,
            client_id: &self.client_id,
            algorithms: &self.algorithms,
            pending,
            fresh: visit.purpose() == Purpose::Confirm,
        };
        let id_token = id_token::verify(&here, &tokens, &expected)?;
        let claims = self.with_userinfo(&here, &metadata, &tokens, id_token)?;
        Ok(Arrival::Here(Person::new(
            claims,
            tokens.access_token,
            self.issuer.name.contains(TENANT),
        )))
    }

    fn oauth(&self, metadata: &Metadata) -> OAuth {
        let mut oauth = OAuth::new(
            &self.name,
            &metadata.authorization_endpoint,
            &metadata.token_endpoint,
            &self.client_id,
        )
        .auth(self.auth.clone())
        .scopes(&self.scopes);
        oauth.parameters.clone_from(&self.parameters);
        oauth
    }

    /// §5.3.2: `sub` must be the ID token's. What the ID token says goes before what `UserInfo` says.
    fn with_userinfo(
        &self,
        here: &Here<'_>,
        metadata: &Metadata,
        tokens: &Tokens,
        claims: Claims,
    ) -> Result<Claims, Failure> {
        if self.userinfo == UserInfo::Never {
            return Ok(claims);
        }
        let Some(endpoint) = &metadata.userinfo_endpoint else {
            return Err(Failure::Unavailable(
                "the issuer has no UserInfo endpoint; set `userinfo = false`".to_owned(),
            ));
        };
        let more = Ask::get("the UserInfo endpoint", endpoint)
            .bearer(&tokens.access_token)
            .object(here.upstream)?;
        let more = Claims::new(more);
        if more.text("sub").is_none() || more.text("sub") != claims.text("sub") {
            return Err(Failure::Unavailable(
                "the UserInfo endpoint: it answered about somebody else than the ID token (`sub`)"
                    .to_owned(),
            ));
        }
        Ok(claims.or(more))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn discovery_s4_a_slash_at_the_end_is_removed() {
        for name in ["https://a.example/x", "https://a.example/x/"] {
            assert_eq!(
                Issuer::new(name).discovery_url(),
                "https://a.example/x/.well-known/openid-configuration"
            );
        }
    }

    #[test]
    fn issuers_are_equal_byte_by_byte_and_tenants_are_uuids() {
        let plain = Issuer::new("https://a.example");
        assert!(plain.is("https://a.example", None));
        for other in ["https://a.example/", "https://A.example", "", "a.example"] {
            assert!(!plain.is(other, None), "{other}");
        }
        let tenants = Issuer::new("https://login.example/{tenantid}/v2.0");
        let tid = "9188040d-6c67-4c5b-b112-36a304b66dad";
        let iss = format!("https://login.example/{tid}/v2.0");
        assert!(tenants.is(&iss, Some(tid)));
        assert!(!tenants.is(&iss, None));
        assert!(!tenants.is(&tenants.name, Some(TENANT)));
        assert!(!tenants.is("https://login.example/x/v2.0", Some("x")));
        assert!(!tenants.is(&iss, Some("00000000-6c67-4c5b-b112-36a304b66dad")));
    }
}
