//! An authenticator and a browser in software: answers what a page asks for, and lies where a test has it lie.

use coset::cbor::{Value, ser::into_writer};
use doorward_provider::services::SignatureFailure;
use doorward_provider::testing::Host;
use p256::ecdsa::signature::{Signer, Verifier};
use p256::ecdsa::{Signature, SigningKey, VerifyingKey};
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

use crate::bytes::{Bytes, encode};

pub(super) const PRESENT: u8 = 1;
pub(super) const VERIFIED: u8 = 1 << 2;
pub(super) const ELIGIBLE: u8 = 1 << 3;
pub(super) const BACKED_UP: u8 = 1 << 4;
const CREDENTIAL: u8 = 1 << 6;
pub(super) const EXTENSIONS: u8 = 1 << 7;

/// A host that verifies ES256 signatures for real, and takes no key that is not on its curve.
pub(super) fn host(seed: u64) -> Host {
    Host::seeded(seed).with_verifier(|jwk, alg, message, signature| {
        let jwk: Json = serde_json::from_str(jwk).unwrap();
        let coordinate = |name: &str| {
            serde_json::from_value::<Bytes>(jwk[name].clone())
                .unwrap()
                .0
        };
        assert_eq!((alg, &jwk["crv"]), ("ES256", &json!("P-256")));
        let point = [vec![4], coordinate("x"), coordinate("y")].concat();
        let key = VerifyingKey::from_sec1_bytes(&point)
            .map_err(|_| SignatureFailure::Unsupported("no point of the curve".to_owned()))?;
        let signature = Signature::from_slice(signature);
        Ok(signature.is_ok_and(|signature| key.verify(message, &signature).is_ok()))
    })
}

/// One credential in an authenticator.
#[derive(Clone)]
pub(super) struct Authenticator {
    key: SigningKey,
    pub(super) id: Vec<u8>,
    pub(super) handle: Vec<u8>,
    /// Goes up by one with every use; an authenticator without a counter stays at 0.
    pub(super) count: Option<u32>,
    pub(super) flags: u8,
}

/// What an answer is made of.
pub(super) struct Parts {
    pub(super) kind: &'static str,
    pub(super) challenge: String,
    pub(super) origin: String,
    /// Further members of the client data.
    pub(super) client: Json,
    pub(super) party: String,
    pub(super) flags: u8,
    pub(super) count: u32,
    pub(super) id: Vec<u8>,
    pub(super) raw_id: Vec<u8>,
    pub(super) key: Value,
    /// Behind the authenticator data.
    pub(super) rest: Vec<u8>,
    pub(super) format: &'static str,
    pub(super) statement: Vec<(Value, Value)>,
    /// `packed`: signed by the credential's own key.
    pub(super) self_attested: bool,
    /// The algorithm that such a statement says.
    pub(super) statement_alg: i64,
    pub(super) handle: Option<Vec<u8>>,
    pub(super) signature: Option<Vec<u8>>,
    pub(super) transports: Json,
}

pub(super) fn cbor(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    into_writer(value, &mut bytes).unwrap();
    bytes
}

pub(super) fn cose(kty: i64, alg: i64, parameters: &[(i64, Value)]) -> Value {
    let known = [(1, Value::from(kty)), (3, Value::from(alg))];
    let members = known.into_iter().chain(parameters.iter().cloned());
    Value::Map(
        members
            .map(|(name, value)| (Value::from(name), value))
            .collect(),
    )
}

impl Authenticator {
    pub(super) fn new(seed: u8) -> Self {
        Self {
            key: SigningKey::from_slice(&[seed; 32]).unwrap(),
            id: vec![seed; 16],
            handle: Vec::new(),
            count: None,
            flags: PRESENT | VERIFIED,
        }
    }

    fn public_key(&self) -> Value {
        let point = self.key.verifying_key().to_sec1_point(false);
        let (x, y) = point.as_bytes()[1..].split_at(32);
        cose(
            2,
            -7,
            &[
                (-1, Value::from(1)),
                (-2, Value::Bytes(x.to_vec())),
                (-3, Value::Bytes(y.to_vec())),
            ],
        )
    }

    fn parts(&mut self, kind: &'static str, options: &Json, party: &str) -> Parts {
        self.count = self.count.map(|count| count + 1);
        Parts {
            kind,
            challenge: options["challenge"].as_str().unwrap().to_owned(),
            origin: "https://id.example".to_owned(),
            client: json!({"crossOrigin": false}),
            party: party.to_owned(),
            flags: self.flags,
            count: self.count.unwrap_or(0),
            id: self.id.clone(),
            raw_id: self.id.clone(),
            key: self.public_key(),
            rest: Vec::new(),
            format: "none",
            statement: Vec::new(),
            self_attested: false,
            statement_alg: -7,
            handle: Some(self.handle.clone()),
            signature: None,
            transports: json!(["internal", "hybrid"]),
        }
    }

    /// `navigator.credentials.create`, then what `lie` makes of it.
    pub(super) fn create(&mut self, options: &Json, lie: impl FnOnce(&mut Parts)) -> String {
        let handle: Bytes = serde_json::from_value(options["user"]["id"].clone()).unwrap();
        self.handle = handle.0;
        let name = options["rp"]["id"].as_str().unwrap();
        let mut parts = self.parts("webauthn.create", options, name);
        lie(&mut parts);
        let mut data = parts.data(CREDENTIAL);
        data.extend([0; 16]);
        data.extend(u16::try_from(parts.id.len()).unwrap().to_be_bytes());
        data.extend(&parts.id);
        data.extend(cbor(&parts.key));
        data.extend(&parts.rest);
        let client = parts.client();
        let mut statement = parts.statement;
        if parts.self_attested {
            let message = [data.clone(), Sha256::digest(&client).to_vec()].concat();
            statement.push(("alg".into(), parts.statement_alg.into()));
            statement.push(("sig".into(), Value::Bytes(self.sign(&message))));
        }
        let object = Value::Map(vec![
            ("fmt".into(), parts.format.into()),
            ("attStmt".into(), Value::Map(statement)),
            ("authData".into(), Value::Bytes(data)),
        ]);
        json!({
            "id": encode(&parts.raw_id), "rawId": encode(&parts.raw_id), "type": "public-key",
            "authenticatorAttachment": "platform", "clientExtensionResults": {},
            "response": {
                "clientDataJSON": encode(&client),
                "attestationObject": encode(&cbor(&object)),
                "transports": parts.transports,
            },
        })
        .to_string()
    }

    /// `navigator.credentials.get`, then what `lie` makes of it.
    pub(super) fn get(&mut self, options: &Json, lie: impl FnOnce(&mut Parts)) -> String {
        let name = options["rpId"].as_str().unwrap();
        let mut parts = self.parts("webauthn.get", options, name);
        lie(&mut parts);
        let mut data = parts.data(0);
        data.extend(&parts.rest);
        let client = parts.client();
        let message = [data.clone(), Sha256::digest(&client).to_vec()].concat();
        let signature = parts
            .signature
            .clone()
            .unwrap_or_else(|| self.sign(&message));
        json!({
            "id": encode(&parts.raw_id), "rawId": encode(&parts.raw_id), "type": "public-key",
            "clientExtensionResults": {},
            "response": {
                "clientDataJSON": encode(&client),
                "authenticatorData": encode(&data),
                "signature": encode(&signature),
                "userHandle": parts.handle.as_deref().map(encode),
            },
        })
        .to_string()
    }

    pub(super) fn sign(&self, message: &[u8]) -> Vec<u8> {
        let signature: Signature = self.key.sign(message);
        signature.to_der().as_bytes().to_vec()
    }
}

impl Parts {
    fn data(&self, more: u8) -> Vec<u8> {
        let mut data = Sha256::digest(&self.party).to_vec();
        data.push(self.flags | more);
        data.extend(self.count.to_be_bytes());
        data
    }

    fn client(&self) -> Vec<u8> {
        let mut client = json!({
            "type": self.kind, "challenge": self.challenge, "origin": self.origin,
        });
        let more = self.client.as_object().unwrap().clone();
        client.as_object_mut().unwrap().extend(more);
        client.to_string().into_bytes()
    }
}
