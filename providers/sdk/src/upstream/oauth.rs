//! The authorization code flow as a client: RFC 6749 §4.1 with PKCE (RFC 7636) and `iss` (RFC 9207).

use serde_json::{Map, Value};

use super::address::{host, require_https, with_query};
use super::ask::{Answered, Ask, quoted};
use super::callback::{Back, Here, Iss, bad};
use super::client::{Client, ClientAuth};
use super::pending::Pending;
use super::texts::text;
use crate::settings::Secret;
use crate::{Answer, Failure, Method, Page, Provider, Purpose, Severity, Visit};

/// Longest token, bytes.
const MAX_TOKEN: usize = 16 * 1024;

/// Parameters of the authorization request that are ours to set.
const OURS: [&str; 13] = [
    "response_type",
    "client_id",
    "redirect_uri",
    "state",
    "scope",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "response_mode",
    "request",
    "request_uri",
    "id_token_hint",
    "client_secret",
];

/// An OAuth 2.0 server, and who we are there.
#[derive(Debug, Clone)]
pub struct OAuth {
    pub(super) name: String,
    pub(super) authorization_endpoint: String,
    pub(super) token_endpoint: String,
    pub(super) issuer: Option<String>,
    pub(super) client: Client,
    pub(super) scopes: Vec<String>,
    pub(super) parameters: Vec<(String, String)>,
}

/// What the token endpoint gave out.
#[derive(Clone)]
pub struct Tokens {
    /// `access_token`
    pub access_token: Secret,
    /// `id_token`, if there is one; nothing of it is checked yet.
    pub(super) id_token: Option<String>,
    /// The whole answer, e.g. for what a server says about the person beside the tokens.
    pub answer: Map<String, Value>,
}

impl std::fmt::Debug for Tokens {
    /// Without the tokens.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Tokens(…)")
    }
}

/// How somebody came back.
#[derive(Debug, Clone)]
pub enum Arrival<T> {
    /// With this.
    Here(T),
    /// They did not want to: the page to show.
    Declined(Page),
}

impl OAuth {
    /// A server by its two endpoints, absolute https URLs. `name` is what people call it: `GitHub`.
    #[must_use]
    pub fn new(
        name: &str,
        authorization_endpoint: &str,
        token_endpoint: &str,
        client_id: &str,
    ) -> Self {
        Self {
            name: name.to_owned(),
            authorization_endpoint: authorization_endpoint.to_owned(),
            token_endpoint: token_endpoint.to_owned(),
            issuer: None,
            client: Client {
                id: client_id.to_owned(),
                auth: ClientAuth::None,
            },
            scopes: Vec::new(),
            parameters: Vec::new(),
        }
    }

    /// How we prove who we are; not at all unless set.
    #[must_use]
    pub fn auth(mut self, auth: ClientAuth) -> Self {
        self.client.auth = auth;
        self
    }

    /// The `iss` that it sends with its answers, if it sends any (RFC 9207).
    #[must_use]
    pub fn issuer(mut self, issuer: &str) -> Self {
        self.issuer = Some(issuer.to_owned());
        self
    }

    /// What to ask for.
    #[must_use]
    pub fn scopes<S: AsRef<str>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.scopes = scopes
            .into_iter()
            .map(|scope| scope.as_ref().to_owned())
            .collect();
        self
    }

    /// One more parameter of the authorization request. Those that the flow rests on cannot be set.
    #[must_use]
    pub fn parameter(mut self, name: &str, value: &str) -> Self {
        self.parameters.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Answers `authorize` and `callback`, by GET or POST. `identity` says who came with these tokens.
    ///
    /// # Errors
    /// `not-found` for other paths; otherwise as [`OAuth::begin`] and [`OAuth::finish`].
    pub fn handle<P: Provider<State = Pending>>(
        &self,
        visit: &Visit<'_, P>,
        identity: impl FnOnce(&Tokens) -> Result<super::Verdict, Failure>,
    ) -> Result<Answer<Pending>, Failure> {
        match (visit.request().method, visit.path()) {
            (Method::Get, "authorize") => self.begin(visit),
            (_, "callback") => match self.finish(visit)? {
                Arrival::Here(tokens) => {
                    Ok(identity(&tokens)?.answer(visit.services(), visit.context(), &self.name))
                }
                Arrival::Declined(page) => Ok(Answer::page(page)),
            },
            _ => Err(Failure::NotFound),
        }
    }

    /// Sends the browser to the server.
    ///
    /// # Errors
    /// `unavailable` if the settings make no request.
    pub fn begin<P: Provider<State = Pending>>(
        &self,
        visit: &Visit<'_, P>,
    ) -> Result<Answer<Pending>, Failure> {
        if visit.purpose() == Purpose::Confirm {
            return Err(Failure::Unavailable(
                "it was asked to confirm somebody, but nothing in OAuth 2.0 says that a person signed in anew".to_owned(),
            ));
        }
        self.go(&Here::of(visit)?, &self.token_endpoint, &[])
    }

    /// Reads what it brought back, and redeems the code.
    ///
    /// # Errors
    /// `bad-request` for a callback that is none of this sign-in, or whose code is spent; `unavailable` for what the server did wrong.
    pub fn finish<P: Provider<State = Pending>>(
        &self,
        visit: &Visit<'_, P>,
    ) -> Result<Arrival<Tokens>, Failure> {
        let here = Here::of(visit)?;
        let pending = here.sign_in(&self.token_endpoint)?;
        // One that never told us its issuer may send anything.
        let is_ours = |iss: &str| self.issuer.as_ref().is_none_or(|issuer| issuer == iss);
        let iss = Iss {
            is_ours: &is_ours,
            required: false,
        };
        self.redeem(&here, pending, &iss)
    }

    /// The authorization request (RFC 6749 §4.1.1). `at`: what [`Pending`] is bound to.
    pub(super) fn go(
        &self,
        here: &Here<'_>,
        at: &str,
        more: &[(&str, &str)],
    ) -> Result<Answer<Pending>, Failure> {
        require_https("the authorization endpoint", &self.authorization_endpoint)?;
        require_https("the token endpoint", &self.token_endpoint)?;
        // What is missing shows before anybody is sent away.
        self.client.proof(here.services.now())?;
        let pending = Pending::new(here.services, here.services.now(), at);
        let mut parameters = vec![
            ("response_type", "code".to_owned()),
            ("client_id", self.client.id.clone()),
            ("redirect_uri", here.redirect_uri()),
            ("state", here.context.transaction.clone()),
            ("code_challenge", pending.challenge()),
            ("code_challenge_method", "S256".to_owned()),
        ];
        if !self.scopes.is_empty() {
            parameters.push(("scope", self.scopes.join(" ")));
        }
        for (name, value) in more {
            let value = if *name == "nonce" {
                pending.nonce.as_str()
            } else {
                value
            };
            parameters.push((name, value.to_owned()));
        }
        for (name, value) in &self.parameters {
            if OURS.contains(&name.as_str()) {
                return Err(Failure::Unavailable(format!(
                    "settings: the parameter {name:?} is set by the flow itself"
                )));
            }
            // `prompt` of a confirmation goes before the operator's.
            if parameters.iter().any(|(known, _)| known == name) {
                continue;
            }
            parameters.push((name, value.clone()));
        }
        let parameters: Vec<_> = parameters
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        let url = with_query(&self.authorization_endpoint, &parameters);
        Ok(Answer::redirect(url).remember(pending))
    }

    /// From the callback to the tokens.
    pub(super) fn redeem(
        &self,
        here: &Here<'_>,
        pending: &Pending,
        iss: &Iss<'_>,
    ) -> Result<Arrival<Tokens>, Failure> {
        match here.back(iss)? {
            Back::Declined => Ok(Arrival::Declined(declined(&self.name))),
            Back::Code(code) => self.exchange(here, pending, code).map(Arrival::Here),
        }
    }

    /// The token request (RFC 6749 §4.1.3).
    fn exchange(&self, here: &Here<'_>, pending: &Pending, code: &str) -> Result<Tokens, Failure> {
        let proof = self.client.proof(here.services.now())?;
        let redirect_uri = here.redirect_uri();
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &redirect_uri),
            ("code_verifier", pending.verifier()),
        ];
        form.extend(
            proof
                .parameters
                .iter()
                .map(|(name, value)| (*name, value.as_str())),
        );
        let mut ask = Ask::post("the token endpoint", &self.token_endpoint, &form);
        if let Some(authorization) = &proof.authorization {
            ask = ask.header("authorization", authorization);
        }
        let answered = ask.send(here.upstream)?;
        self.tokens(answered, code)
    }

    /// RFC 6749 §5.1 and §5.2. Some servers answer errors with 200: GitHub, Slack.
    fn tokens(&self, answered: Answered, code: &str) -> Result<Tokens, Failure> {
        let at = host(&self.token_endpoint);
        let failed = |why: &str| Failure::Unavailable(format!("the token endpoint ({at}): {why}"));
        let Value::Object(answer) = answered.json else {
            return Err(failed("it answered no JSON object"));
        };
        if answer.contains_key("error") || answered.status != 200 {
            return Err(self.refused(answered.status, &answer, code));
        }
        let token = |name: &str| -> Result<Option<String>, Failure> {
            match answer.get(name) {
                None | Some(Value::Null) => Ok(None),
                Some(Value::String(token))
                    if !token.is_empty() && token.len() <= MAX_TOKEN && is_graphic(token) =>
                {
                    Ok(Some(token.clone()))
                }
                Some(_) => Err(failed(&format!("`{name}` is no token"))),
            }
        };
        let access_token = token("access_token")?
            .ok_or_else(|| failed("there is no `access_token` in its answer"))?;
        let kind = answer.get("token_type");
        if kind.is_some_and(|kind| {
            !kind
                .as_str()
                .is_some_and(|kind| kind.eq_ignore_ascii_case("bearer"))
        }) {
            return Err(failed("`token_type` is not Bearer"));
        }
        Ok(Tokens {
            access_token: Secret::new(access_token),
            id_token: token("id_token")?,
            answer,
        })
    }

    /// An error of the token endpoint. Its description is for the operator: unless it repeats what is secret.
    fn refused(&self, status: u16, answer: &Map<String, Value>, code: &str) -> Failure {
        let said = |name: &str| {
            let text = answer.get(name).and_then(Value::as_str).unwrap_or_default();
            let secret = self.client.is_repeated_in(text) || text.contains(code);
            if secret { String::new() } else { quoted(text) }
        };
        let error = said("error");
        // GitHub's and Slack's names of `invalid_grant`.
        if [
            "invalid_grant",
            "bad_verification_code",
            "invalid_code",
            "code_already_used",
        ]
        .contains(&error.as_str())
        {
            return bad(&format!(
                "the upstream did not take the code: {error} {}",
                said("error_description")
            ));
        }
        Failure::Unavailable(format!(
            "the token endpoint ({}): it answered {status} {error} {}",
            host(&self.token_endpoint),
            said("error_description")
        ))
    }
}

/// Visible ASCII: what may stand in a header (RFC 6750 §2.1).
fn is_graphic(token: &str) -> bool {
    token.bytes().all(|byte| byte.is_ascii_graphic())
}

/// They came back without an answer for us.
fn declined(name: &str) -> Page {
    Page::new(text("upstream.declined.title"))
        .message(Severity::Info, text("upstream.declined").arg("name", name))
        .link("authorize", text("upstream.again"))
}
