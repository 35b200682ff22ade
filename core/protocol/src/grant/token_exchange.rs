//! Token exchange: RFC 8693. A token for someone becomes a narrower one, for whoever may act for them.
//!
//! In order: 1. the types are those that are supported (§2.1, §3); 2. the subject token is an access token of ours, alive, about a
//! person; 3. who asks: its own client, a server that it is for, or a client that the operator lets exchange such tokens; 4. the key that
//! it is bound to was shown; 5. the same for the actor token, which must be the caller's own; 6. the target; 7. the scope; 8. the chain of
//! actors. Nothing here ever widens: not the scope, not the lifetime, and not whose grant it is; and what is made of a token ends with it.

use super::Confirmation;
use crate::client::Client;
use crate::ports::Settings;
use crate::refusal::Refusal;
use crate::resource;
use crate::scope::{OPENID_SCOPES, Scope};
use crate::token::access::LiveToken;
use serde_json::{Map, Value, json};

/// The one type of token that is taken and issued (§3).
pub const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
/// Most actors in a chain (§4.1).
pub const MAX_ACTORS: usize = 5;
/// How often a token can be made of another: whoever reads the last asks about each before it.
pub const MAX_EXCHANGES: usize = 8;

/// Whether a type is the one that is supported.
///
/// # Errors
/// [`Refusal::SubjectTokenInvalid`], on the wire `invalid_request` (§2.2.2).
pub fn check_type(name: Option<&str>, what: &'static str) -> Result<(), Refusal> {
    match name {
        Some(ACCESS_TOKEN) => Ok(()),
        _ => Err(Refusal::SubjectTokenInvalid(what)),
    }
}

/// How the one who asks has to do with the subject token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// It was issued to them.
    Own,
    /// It was sent to them, or the operator lets them exchange tokens of its client.
    Other,
}

/// An exchange that may go on. Only [`check`] builds one.
#[derive(Debug)]
pub struct Exchangeable<'a> {
    caller: &'a Client,
    subject: &'a LiveToken,
    relation: Relation,
}

/// Decides whether `caller`, who showed the key `shown`, may exchange a token.
///
/// # Errors
/// [`Refusal::SubjectTokenInvalid`]: it says as little as for a token that is dead, so that nobody learns that another's token is alive.
pub fn check<'a>(
    caller: &'a Client,
    subject: &'a LiveToken,
    shown: Option<&Confirmation>,
    settings: &dyn Settings,
) -> Result<Exchangeable<'a>, Refusal> {
    let owner = subject.text("client_id");
    let relation = if owner == caller.client_id {
        Relation::Own
    } else if is_audience(caller, subject, settings)
        || caller.token_exchange_from.iter().any(|id| id == owner)
    {
        Relation::Other
    } else {
        return Err(Refusal::SubjectTokenInvalid("it is none of the caller's"));
    };
    if subject.user.is_none() {
        return Err(Refusal::SubjectTokenInvalid("it is about no person"));
    }
    if subject.exchanges() >= MAX_EXCHANGES {
        return Err(Refusal::SubjectTokenInvalid("it was exchanged too often"));
    }
    check_bound(subject, shown)?;
    Ok(Exchangeable {
        caller,
        subject,
        relation,
    })
}

/// RFC 9449 §7, RFC 8705 §3: a token that is bound to a key is worth nothing without it, here as well.
fn check_bound(token: &LiveToken, shown: Option<&Confirmation>) -> Result<(), Refusal> {
    match token.confirmation()? {
        Some(bound) if shown != Some(&bound) => {
            Err(Refusal::SubjectTokenInvalid("its key was not shown"))
        }
        _ => Ok(()),
    }
}

/// Whether the caller is the server of a resource that the token is for, or the client that it is for.
fn is_audience(caller: &Client, subject: &LiveToken, settings: &dyn Settings) -> bool {
    subject.audiences().any(|uri| {
        uri == caller.client_id
            || resource::declared(uri, settings)
                .is_some_and(|resource| resource.introspection_clients.contains(&caller.client_id))
    })
}

impl Exchangeable<'_> {
    /// The resources of the new token. Its own client gets no other than those of the subject token, all of them if it names none; others must
    /// name theirs. The issuer, which tells about people, only for a token that was for it.
    ///
    /// # Errors
    /// On the wire `invalid_target`, or `invalid_request` if a name is missing.
    pub fn target(&self, asked: Vec<String>, issuer: &str) -> Result<Vec<String>, Refusal> {
        let was_for = |uri: &String| self.subject.audiences().any(|known| known == uri);
        match (self.relation, asked.is_empty()) {
            (Relation::Own, true) => Ok(self
                .subject
                .audiences()
                .filter(|uri| *uri != issuer && *uri != self.caller.client_id)
                .map(str::to_owned)
                .collect()),
            (Relation::Other, true) => Err(Refusal::MissingParameter("resource")),
            (Relation::Own, false) if !asked.iter().all(was_for) => {
                Err(Refusal::ResourceExceedsGrant)
            }
            (Relation::Other, false) if asked.iter().any(|uri| uri == issuer && !was_for(uri)) => {
                Err(Refusal::ResourceExceedsGrant)
            }
            _ => Ok(asked),
        }
    }

    /// The scope of the new token: of the subject token's what the caller may have, or the part of it that it asks for.
    ///
    /// # Errors
    /// On the wire `invalid_scope`.
    pub fn scope(
        &self,
        asked: Option<&str>,
        target: &[String],
        issuer: &str,
        settings: &dyn Settings,
    ) -> Result<Scope, Refusal> {
        let about_people = target.is_empty() || target.iter().any(|uri| uri == issuer);
        let own = self.subject.scope.within(&self.caller.scope).only(|token| {
            token != "offline_access" && (about_people || !OPENID_SCOPES.contains(&token))
        });
        let own = match self.relation {
            Relation::Own => {
                let all: Vec<String> = self.subject.audiences().map(str::to_owned).collect();
                if target.is_empty() {
                    own
                } else {
                    resource::scope_at(&own, target, &all, settings)
                }
            }
            Relation::Other => own,
        };
        let scope = match asked.map(Scope::parse).transpose()? {
            None => own,
            Some(asked) if asked.is_within(&own) => asked,
            Some(_) => return Err(Refusal::ScopeExceedsGrant),
        };
        if scope.is_empty() && !self.subject.scope.is_empty() {
            return Err(Refusal::NoScopeLeft);
        }
        Ok(scope)
    }

    /// The chain of actors of the new token (§4.1): who acts now, then who acted before. A client that narrows a token of its own acts for
    /// nobody new, and one that the operator lets impersonate is not named; whoever acted before stays.
    ///
    /// # Errors
    /// [`Refusal::SubjectTokenInvalid`] if the chain is too long, or the actor token is none.
    pub fn actors(
        &self,
        actor: Option<&LiveToken>,
        shown: Option<&Confirmation>,
    ) -> Result<Option<Value>, Refusal> {
        let before = self.subject.claims.get("act");
        let now = match actor {
            Some(actor) => Some(self.actor(actor, shown)?),
            None if self.relation == Relation::Own => None,
            None if self.caller.token_exchange_impersonation => None,
            None => Some(json!({ "sub": self.caller.client_id })),
        };
        let Some(Value::Object(mut now)) = now else {
            return Ok(before.cloned());
        };
        if depth(before) >= MAX_ACTORS {
            return Err(Refusal::SubjectTokenInvalid("too many actors"));
        }
        if let Some(before) = before {
            now.insert("act".to_owned(), before.clone());
        }
        Ok(Some(Value::Object(now)))
    }

    /// Who an actor token is about: it must be the caller's own, and nobody may act for the actor in turn.
    fn actor(&self, actor: &LiveToken, shown: Option<&Confirmation>) -> Result<Value, Refusal> {
        if actor.text("client_id") != self.caller.client_id || actor.claims.contains_key("act") {
            return Err(Refusal::SubjectTokenInvalid(
                "the actor token is not the caller's own",
            ));
        }
        check_bound(actor, shown)?;
        let mut named = Map::new();
        named.insert("sub".to_owned(), Value::from(actor.text("sub")));
        if actor.text("sub") != self.caller.client_id {
            named.insert(
                "client_id".to_owned(),
                Value::from(self.caller.client_id.as_str()),
            );
        }
        Ok(Value::Object(named))
    }

    /// What the new token says in the words of RFC 9396: another client never gets any of it.
    #[must_use]
    pub fn authorization_details(&self) -> &[Value] {
        match (
            self.relation,
            self.subject.claims.get("authorization_details"),
        ) {
            (Relation::Own, Some(Value::Array(details))) => details,
            _ => &[],
        }
    }
}

/// How many actors a chain has.
fn depth(act: Option<&Value>) -> usize {
    std::iter::successors(act, |act| act.get("act"))
        .take(MAX_ACTORS)
        .count()
}
