//! What every grant type does at its end: tokens and the answer that holds them (OAuth 2.1 §3.2.3).

use super::TokenRequest;
use crate::client::Client;
use crate::grant::{Confirmation, Grant};
use crate::pairwise;
use crate::policy::Permit;
use crate::refusal::Refusal;
use crate::resource;
use crate::scope::Scope;
use crate::time::UnixTime;
use crate::token::access::LiveToken;
use crate::token::form::Form;
use crate::token::{access, id, subject};
use crate::user::User;
use serde::Serialize;
use serde_json::Value;

/// A successful answer (OAuth 2.1 §3.2.3).
#[derive(Debug, Serialize)]
pub(in crate::endpoint) struct TokenResponse {
    access_token: String,
    token_type: &'static str,
    /// Seconds.
    pub(super) expires_in: u32,
    /// Always there, so that a narrowed one never goes unnoticed.
    pub(super) scope: Scope,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token: Option<String>,
    /// RFC 9396 §7.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    authorization_details: Vec<Value>,
    /// RFC 8693 §2.2.1; there only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) issued_token_type: Option<&'static str>,
}

/// Tokens about to be issued, everything checked.
pub(super) struct Issuance<'a> {
    /// To whom.
    pub(super) client: &'a Client,
    /// About whom; none: about the client itself.
    pub(super) user: Option<&'a User>,
    /// The `sub` of the access token, if it is not that by which the client knows the user.
    pub(super) sub: Option<&'a str>,
    /// From which grant, with its id. Tokens of a grant end with it.
    pub(super) grant: Option<(&'a str, &'a Grant)>,
    /// Of which token.
    pub(super) made_of: Option<&'a LiveToken>,
    /// For which resources; none: the issuer.
    pub(super) resources: &'a [String],
    /// What the policy left: scope, bounds on lifetimes, further claims.
    pub(super) permit: &'a Permit,
    /// RFC 9396.
    pub(super) authorization_details: &'a [Value],
    /// Who acts (RFC 8693 §4.1).
    pub(super) act: Option<&'a Value>,
    /// For the ID token.
    pub(super) nonce: Option<&'a str>,
    /// An ID token goes with it if the scope has `openid`.
    pub(super) id_token: bool,
    /// Goes into the answer as it stands.
    pub(super) refresh_token: Option<String>,
    /// The access token may not outlive this.
    pub(super) expires_by: Option<UnixTime>,
}

impl<'a> Issuance<'a> {
    /// The least: an access token for `client`.
    pub(super) const fn new(
        client: &'a Client,
        resources: &'a [String],
        permit: &'a Permit,
    ) -> Self {
        Self {
            client,
            user: None,
            sub: None,
            grant: None,
            made_of: None,
            resources,
            permit,
            authorization_details: &[],
            act: None,
            nonce: None,
            id_token: true,
            refresh_token: None,
            expires_by: None,
        }
    }

    /// Makes the tokens, bound to the key that the sender showed, if it showed one; an ID token if the scope has `openid`
    /// and there is a person and a grant. Uses up the sender's proof: everything else must have been checked.
    pub(super) fn issue(self, request: &TokenRequest<'_>) -> Result<TokenResponse, Refusal> {
        let (call, confirmation) = (request.call, request.sender.confirmation());
        let issuer = &call.server.issuer;
        let form = Form::of(self.client, self.resources, issuer, call.host)?;
        let by_dpop = matches!(confirmation, Some(Confirmation::Jkt(_)));
        if !by_dpop && resource::any_demands_dpop(self.resources, issuer, call.host) {
            return Err(Refusal::DpopProofMissing);
        }
        let policy_bound = self.permit.access_token_lifetime_s;
        let remaining = self
            .expires_by
            .map(|end| u32::try_from(end.since(call.now)).unwrap_or(u32::MAX));
        let bound = [policy_bound, remaining].into_iter().flatten().min();
        let lifetime_s =
            access::lifetime_s(self.client, self.resources, bound, call.server, call.host);
        let sub = match (self.sub, self.user) {
            (Some(sub), _) => sub.to_owned(),
            (None, Some(user)) => pairwise::sub(self.client, &user.sub, call.host)?,
            (None, None) => self.client.client_id.clone(),
        };
        let extra = subject::with_properties(self.client, &sub, self.user, self.permit);
        request.sender.spend(call)?;
        let contents = access::Contents {
            client: self.client,
            sub: &sub,
            scope: &self.permit.scope,
            resources: self.resources,
            lifetime_s,
            grant: self.grant,
            made_of: self.made_of,
            form,
            confirmation,
            act: self.act,
            authorization_details: self.authorization_details,
            extra: &extra,
        };
        let access_token = access::issue(&contents, call.server, call.now, call.host)?;
        let id_token = match (self.user, self.grant) {
            (Some(user), Some((_, grant))) if self.id_token && self.permit.scope.has("openid") => {
                Some(id::issue(
                    self.client,
                    user,
                    grant,
                    &self.permit.scope,
                    self.nonce,
                    &access_token,
                    call.server,
                    call.now,
                    call.host,
                )?)
            }
            _ => None,
        };
        Ok(TokenResponse {
            access_token,
            token_type: access::token_type(confirmation),
            expires_in: lifetime_s,
            scope: self.permit.scope.clone(),
            refresh_token: self.refresh_token,
            id_token,
            authorization_details: self.authorization_details.to_vec(),
            issued_token_type: None,
        })
    }
}
