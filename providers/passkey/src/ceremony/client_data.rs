//! `clientDataJSON` (§5.8.1): what the browser says that it did, and where.

use doorward_provider::secret;
use serde::Deserialize;

use super::{Refused, RelyingParty};
use crate::bytes::Bytes;

/// Longest client data, bytes: two origins and a challenge are far below.
const MAX_BYTES: usize = 4 * 1024;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClientData {
    r#type: String,
    challenge: Bytes,
    origin: String,
    #[serde(default)]
    cross_origin: Option<bool>,
    #[serde(default)]
    top_origin: Option<String>,
}

/// §7.1 steps 5 to 11 and §7.2 steps 8 to 14.
pub(super) fn check(
    json: &[u8],
    ceremony: &str,
    challenge: &[u8],
    party: &RelyingParty,
) -> Result<(), Refused> {
    if json.len() > MAX_BYTES {
        return Err(Refused::Malformed);
    }
    let data: ClientData = serde_json::from_slice(json).map_err(|_| Refused::Malformed)?;
    if data.r#type != ceremony {
        return Err(Refused::AnotherCeremony);
    }
    if !secret::equal(&data.challenge.0, challenge) {
        return Err(Refused::Challenge);
    }
    // No page of ours is inside another's (`frame-ancestors 'none'`), so that neither is a ceremony.
    let framed = data.cross_origin == Some(true) || data.top_origin.is_some();
    if data.origin != party.origin || framed {
        return Err(Refused::Origin);
    }
    Ok(())
}
