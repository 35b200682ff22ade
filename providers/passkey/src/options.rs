//! What a browser is asked for: the options of both ceremonies, as JSON (§5.1.8, §5.1.9).

use serde_json::{Value, json};

use crate::ceremony::{ALGORITHMS, RelyingParty};
use crate::challenge::{Challenge, LIFETIME_S};
use crate::credentials::Credential;

/// Bytes of ids in one set of options: together with the rest below the 16 KiB of the contract.
const IDS_MAX_BYTES: usize = 12 * 1024;

/// A new credential for the person `handle`, whom authenticators call `label`; on none that has one of `theirs`.
pub(crate) fn create(
    party: &RelyingParty,
    service: &str,
    handle: &str,
    label: &str,
    challenge: &Challenge,
    theirs: &[Credential],
) -> String {
    let mut left = IDS_MAX_BYTES;
    let exclude: Vec<Value> = theirs
        .iter()
        .map(descriptor)
        .take_while(|one| fits(one, &mut left))
        .collect();
    let label: String = label.chars().take(64).collect();
    let parameters = ALGORITHMS.map(|alg| json!({"type": "public-key", "alg": alg}));
    json!({
        "rp": {"id": party.id, "name": service},
        "user": {"id": crate::bytes::encode(handle.as_bytes()), "name": label, "displayName": label},
        "challenge": challenge.value,
        "pubKeyCredParams": parameters,
        "timeout": LIFETIME_S * 1000,
        "excludeCredentials": exclude,
        "authenticatorSelection": {
            "residentKey": "required",
            "requireResidentKey": true,
            "userVerification": "required",
        },
        "attestation": "none",
    })
    .to_string()
}

/// One of `theirs`, or any credential if nobody is known.
pub(crate) fn get(party: &RelyingParty, challenge: &Challenge, theirs: &[Credential]) -> String {
    let mut left = IDS_MAX_BYTES;
    let allow: Vec<Value> = theirs.iter().map(descriptor).collect();
    // Too long a list is left out: all of them are discoverable, and whose it is we look at ourselves.
    let allow = if allow.iter().all(|one| fits(one, &mut left)) {
        allow
    } else {
        Vec::new()
    };
    json!({
        "challenge": challenge.value,
        "timeout": LIFETIME_S * 1000,
        "rpId": party.id,
        "allowCredentials": allow,
        "userVerification": "required",
    })
    .to_string()
}

fn descriptor(credential: &Credential) -> Value {
    json!({"type": "public-key", "id": credential.id, "transports": credential.transports})
}

fn fits(descriptor: &Value, left: &mut usize) -> bool {
    let length = descriptor.to_string().len();
    let fits = length <= *left;
    *left = left.saturating_sub(length);
    fits
}
