//! What a client that nobody registered can have.

use crate::client::profile::Profile;
use crate::client::{GrantType, Trust};
use crate::ports::Host;
use crate::resource;
use crate::scope::{self, Scope};
use crate::settings::{self, Server};

/// What is offered to a client that nobody registered.
#[derive(Debug, Clone)]
pub struct Offer<'a> {
    /// The scopes that it may have.
    pub scope: Scope,
    /// What it may use the token endpoint for.
    pub grant_types: &'a [GrantType],
    /// Scopes that nobody declared may be had too: resources may be any, and the operator made no list.
    pub any_scope: bool,
    /// Those that the operator keeps back, declared or not.
    pub kept_back: &'a [String],
    /// What is on.
    pub server: &'a Server,
    /// What it is where it does not say otherwise.
    pub profile: Option<Profile>,
    /// [`Trust::Dynamic`] or [`Trust::MetadataDocument`].
    pub trust: Trust,
}

impl<'a> Offer<'a> {
    /// What is offered to clients that register themselves.
    #[must_use]
    pub fn to_dynamic_clients(server: &'a Server, host: &dyn Host) -> Self {
        Self {
            scope: offered(server, server.registration.scopes.as_deref(), host),
            grant_types: &server.registration.grant_types,
            any_scope: any_scope(server, server.registration.scopes.as_deref()),
            kept_back: &server.preregistered_scopes,
            server,
            profile: server.registration.profile,
            trust: Trust::Dynamic,
        }
    }

    /// What is offered to clients that are known by a document.
    #[must_use]
    pub fn to_documents(server: &'a Server, host: &dyn Host) -> Self {
        Self {
            scope: offered(server, server.client_id_metadata.scopes.as_deref(), host),
            grant_types: &[GrantType::AuthorizationCode, GrantType::RefreshToken],
            any_scope: any_scope(server, server.client_id_metadata.scopes.as_deref()),
            kept_back: &server.preregistered_scopes,
            server,
            profile: None,
            trust: Trust::MetadataDocument,
        }
    }

    /// The scopes of a client that named these.
    #[must_use]
    pub fn scope_for(&self, asked: Option<&Scope>) -> Scope {
        let further = asked.into_iter().flat_map(Scope::tokens).filter(|token| {
            self.any_scope && !self.scope.has(token) && !self.kept_back.contains(token)
        });
        let all = self.scope.tokens().iter().chain(further);
        Scope::of(all.cloned().collect())
    }
}

/// The scopes that exist, without those that the operator keeps back.
fn offered(server: &Server, listed: Option<&[String]>, host: &dyn Host) -> Scope {
    scope::all(server, &resource::all(host)).only(|token| match listed {
        Some(listed) => listed.iter().any(|name| name == token),
        None => !server.preregistered_scopes.iter().any(|name| name == token),
    })
}

/// A list holds all that may be had.
fn any_scope(server: &Server, listed: Option<&[String]>) -> bool {
    server.resources == settings::ResourceRule::Any && listed.is_none()
}
