//! `subject_type` and `sector_identifier_uri`: OpenID Connect Core §8, Registration §2.

use super::metadata::{ClientMetadata, Unfit};
use super::{GrantType, Trust};
use crate::pairwise;
use crate::settings::Server;
use serde::{Deserialize, Serialize};

/// OpenID Connect Core §8.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum SubjectType {
    /// One `sub` for all clients.
    #[default]
    Public,
    /// One `sub` for each sector.
    Pairwise,
}

/// OpenID Connect Core §8.1. An operator says which sector a client of theirs belongs to; of whom registers by themselves the document at
/// `sector_identifier_uri` says it, so that nobody joins another's sector. Nor by a redirect URI that is another's: who gets tokens by a device
/// never has to receive anything there.
///
/// # Errors
/// A sentence that names the member, what is wrong and how to cure it.
pub(super) fn sector_identifier(
    metadata: &ClientMetadata,
    grant_types: &[GrantType],
    trust: Trust,
    server: &Server,
) -> Result<Option<String>, Unfit> {
    let uri = metadata.sector_identifier_uri.as_deref();
    if metadata.subject_type == SubjectType::Public {
        return match uri {
            Some(_) => {
                Err("sector_identifier_uri is of use to subject_type `pairwise` only".to_owned())
            }
            None => Ok(None),
        };
    }
    if !server.pairwise.enabled {
        return Err("subject_type `pairwise` is off: set `enabled` of [pairwise]".to_owned());
    }
    if !matches!(trust, Trust::Declared | Trust::Registered) {
        if grant_types.contains(&GrantType::DeviceCode) {
            return Err("subject_type `pairwise` with the device grant is for clients that the operator registers: nothing shows that the host of redirect_uris is the client's".to_owned());
        }
        if let Some(uri) = uri {
            let Some(document) = &metadata.sector else {
                return Err("sector_identifier_uri is for clients that register".to_owned());
            };
            document.covers(uri, &metadata.redirect_uris)?;
        }
    }
    pairwise::sector(uri, &metadata.redirect_uris).map(Some)
}
