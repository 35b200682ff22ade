//! What kind of access token is made: by which algorithm it is signed, what `typ` it says, or whether it says nothing at all and its
//! resource server must ask. A resource's declaration goes first, then the client's record, then RFC 9068.

use crate::client::{AccessTokenTyp, Client, SigningAlg};
use crate::ports::Settings;
use crate::refusal::Refusal;
use crate::resource;
use crate::settings::{AccessTokenFormat, Resource};

/// The kind of an access token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A JWT (RFC 9068).
    Jwt(SigningAlg, AccessTokenTyp),
    /// A reference: see [`super::opaque`].
    Opaque,
}

impl Form {
    /// The kind of a token for these resources; none: for the issuer.
    ///
    /// # Errors
    /// [`Refusal::ResourcesDiffer`], on the wire `invalid_target`: one token cannot be of two kinds.
    pub fn of(
        client: &Client,
        resources: &[String],
        issuer: &str,
        settings: &dyn Settings,
    ) -> Result<Self, Refusal> {
        let of = |uri: &str| Self::at(client, resource::declared(uri, settings).as_ref());
        let mut forms = resources.iter().map(|uri| of(uri));
        let Some(first) = forms.next() else {
            return Ok(of(issuer));
        };
        if forms.all(|form| form == first) {
            Ok(first)
        } else {
            Err(Refusal::ResourcesDiffer)
        }
    }

    fn at(client: &Client, resource: Option<&Resource>) -> Self {
        if resource
            .is_some_and(|resource| resource.access_token_format == AccessTokenFormat::Opaque)
        {
            return Self::Opaque;
        }
        let alg = resource
            .and_then(|resource| resource.access_token_signing_alg)
            .or(client.access_token_signed_response_alg)
            .unwrap_or(SigningAlg::Es256);
        let typ = resource
            .and_then(|resource| resource.access_token_typ)
            .or(client.access_token_typ)
            .unwrap_or_default();
        Self::Jwt(alg, typ)
    }
}
