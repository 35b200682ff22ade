//! Registering a new credential (§7.1).

use coset::cbor::{Value, de::from_reader};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::authenticator_data::AuthenticatorData;
use super::{PublicKey, Refused, RelyingParty, client_data};
use crate::bytes::Bytes;

/// Longest answer of a browser, bytes: a credential with an RSA key and a long id is below 8 KiB.
const MAX_BYTES: usize = 32 * 1024;

/// How an authenticator can be reached (§5.8.4): what others say is not kept.
const TRANSPORTS: [&str; 6] = ["usb", "nfc", "ble", "smart-card", "hybrid", "internal"];

/// `RegistrationResponseJSON` (§5.1), as far as it is read.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    raw_id: Bytes,
    r#type: String,
    response: Response,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Response {
    #[serde(rename = "clientDataJSON")]
    client_data: Bytes,
    attestation_object: Bytes,
    #[serde(default)]
    transports: Vec<String>,
}

/// A new credential, whose key has yet to be taken by the host.
pub(crate) struct Registration {
    /// Its id, chosen by the authenticator.
    pub(crate) id: Bytes,
    /// Its public key.
    pub(crate) key: PublicKey,
    /// Where its counter stands.
    pub(crate) sign_count: u32,
    /// Whether it may be on several devices.
    pub(crate) backup_eligible: bool,
    /// Whether it is.
    pub(crate) backed_up: bool,
    /// How its authenticator can be reached.
    pub(crate) transports: Vec<String>,
    /// What it signed by its own key, if it did (§8.2, self attestation).
    pub(crate) signed: Option<Signed>,
}

/// A message and its signature.
pub(crate) struct Signed {
    pub(crate) message: Vec<u8>,
    pub(crate) signature: Vec<u8>,
}

impl Registration {
    /// Steps 3 to 26, but for those that need a key's host or a store: whether the key is one, `signed` matches, and the id is free.
    pub(crate) fn check(
        json: &str,
        challenge: &[u8],
        party: &RelyingParty,
    ) -> Result<Self, Refused> {
        if json.len() > MAX_BYTES {
            return Err(Refused::Malformed);
        }
        let answer: Answer = serde_json::from_str(json).map_err(|_| Refused::Malformed)?;
        if answer.r#type != "public-key" {
            return Err(Refused::Malformed);
        }
        let client_data = &answer.response.client_data.0;
        client_data::check(client_data, "webauthn.create", challenge, party)?;
        let object = Attestation::parse(&answer.response.attestation_object.0)?;
        let data = AuthenticatorData::parse(&object.data)?;
        data.check(party)?;
        let (backup_eligible, backed_up) = (data.is_backup_eligible(), data.is_backed_up());
        let sign_count = data.sign_count;
        let (id, key) = data.credential.ok_or(Refused::Malformed)?;
        if id != answer.raw_id {
            return Err(Refused::CredentialId);
        }
        let signed = object.check(&key, client_data)?;
        Ok(Self {
            id,
            key,
            sign_count,
            backup_eligible,
            backed_up,
            transports: known(&answer.response.transports),
            signed,
        })
    }
}

/// The transports that there are, each once.
fn known(said: &[String]) -> Vec<String> {
    TRANSPORTS
        .iter()
        .filter(|known| said.iter().any(|one| one == *known))
        .map(|known| (*known).to_owned())
        .collect()
}

/// An attestation object (§6.5).
struct Attestation {
    format: String,
    statement: Vec<(Value, Value)>,
    data: Vec<u8>,
}

impl Attestation {
    fn parse(bytes: &[u8]) -> Result<Self, Refused> {
        let mut rest = bytes;
        let object = from_reader::<Value, _>(&mut rest).map_err(|_| Refused::Malformed)?;
        let Value::Map(members) = object else {
            return Err(Refused::Malformed);
        };
        let (mut format, mut statement, mut data) = (None, None, None);
        for (name, value) in members {
            match (name.as_text(), value) {
                (Some("fmt"), Value::Text(value)) if format.is_none() => format = Some(value),
                (Some("attStmt"), Value::Map(value)) if statement.is_none() => {
                    statement = Some(value);
                }
                (Some("authData"), Value::Bytes(value)) if data.is_none() => data = Some(value),
                (Some("fmt" | "attStmt" | "authData"), _) => return Err(Refused::Malformed),
                _ => {}
            }
        }
        match (format, statement, data) {
            (Some(format), Some(statement), Some(data)) if rest.is_empty() => Ok(Self {
                format,
                statement,
                data,
            }),
            _ => Err(Refused::Malformed),
        }
    }

    /// Steps 22 and 23. We ask for no attestation, so that browsers pass on none but that by the credential's own key (§5.1.3):
    /// `none`, whose statement is empty (§8.7), and `packed` without certificates (§8.2).
    fn check(self, key: &PublicKey, client_data: &[u8]) -> Result<Option<Signed>, Refused> {
        match self.format.as_str() {
            "none" if self.statement.is_empty() => Ok(None),
            "packed" => {
                let alg = self.member("alg").and_then(Value::as_integer);
                let alg = alg.and_then(|alg| i64::try_from(alg).ok());
                let signature = self.member("sig").and_then(Value::as_bytes).cloned();
                match (alg, signature, self.member("x5c")) {
                    (Some(alg), Some(signature), None) if key.is_for(alg) => {
                        let mut message = self.data;
                        message.extend_from_slice(&Sha256::digest(client_data));
                        Ok(Some(Signed { message, signature }))
                    }
                    _ => Err(Refused::Attestation),
                }
            }
            _ => Err(Refused::Attestation),
        }
    }

    fn member(&self, name: &str) -> Option<&Value> {
        let mut members = self.statement.iter();
        let found = members.find(|(key, _)| key.as_text() == Some(name));
        found.map(|(_, value)| value)
    }
}
