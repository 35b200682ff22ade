//! Who we are to an upstream server.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::Failure;
use crate::settings::Secret;

/// The client that the operator registered at the upstream.
#[derive(Debug, Clone)]
pub struct Client {
    /// `client_id`
    pub id: String,
    /// How it proves that it is.
    pub auth: ClientAuth,
}

/// How a client proves who it is at the token endpoint (RFC 6749 §2.3).
#[derive(Debug, Clone)]
pub enum ClientAuth {
    /// Not at all: a public client.
    None,
    /// `client_secret_basic`
    Basic(Secret),
    /// `client_secret_post`
    Post(Secret),
    /// A client secret that is signed anew for each request, posted as `client_secret`.
    #[cfg(feature = "signed-client-secret")]
    Signed(super::SignedSecret),
}

/// What of a token request says who asks.
#[derive(Default)]
pub(super) struct Proof {
    /// Value of `authorization`.
    pub(super) authorization: Option<String>,
    /// Further parameters.
    pub(super) parameters: Vec<(&'static str, String)>,
}

impl Client {
    /// The proof, at this time.
    pub(super) fn proof(&self, now: u64) -> Result<Proof, Failure> {
        if self.id.is_empty() {
            return Err(Failure::Unavailable(
                "settings: `client_id` is empty".to_owned(),
            ));
        }
        let id = || ("client_id", self.id.clone());
        let posted = |secret: String| Proof {
            authorization: None,
            parameters: vec![id(), ("client_secret", secret)],
        };
        #[cfg(not(feature = "signed-client-secret"))]
        let _ = now;
        match &self.auth {
            ClientAuth::None => Ok(Proof {
                authorization: None,
                parameters: vec![id()],
            }),
            ClientAuth::Basic(secret) | ClientAuth::Post(secret) if secret.is_empty() => Err(
                Failure::Unavailable("settings: `client_secret` is empty".to_owned()),
            ),
            ClientAuth::Basic(secret) => Ok(Proof {
                authorization: Some(basic(&self.id, secret)),
                parameters: Vec::new(),
            }),
            ClientAuth::Post(secret) => Ok(posted(secret.reveal().to_owned())),
            #[cfg(feature = "signed-client-secret")]
            ClientAuth::Signed(signed) => Ok(posted(signed.make(&self.id, now)?)),
        }
    }

    /// Whether a text of the upstream's repeats our secret: it is not for the log then.
    pub(super) fn is_repeated_in(&self, text: &str) -> bool {
        match &self.auth {
            ClientAuth::Basic(secret) | ClientAuth::Post(secret) => text.contains(secret.reveal()),
            ClientAuth::None => false,
            // It is a JWT.
            #[cfg(feature = "signed-client-secret")]
            ClientAuth::Signed(_) => text.contains("eyJ"),
        }
    }
}

/// RFC 6749 §2.3.1: both are form-encoded first.
fn basic(id: &str, secret: &Secret) -> String {
    let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let both = format!("{}:{}", encode(id), encode(secret.reveal()));
    format!("Basic {}", STANDARD.encode(both))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc6749_s2_3_1_both_halves_are_form_encoded() {
        let value = basic("a:b", &Secret::new("c d%"));
        let decoded = STANDARD
            .decode(value.strip_prefix("Basic ").unwrap())
            .unwrap();
        assert_eq!(decoded, b"a%3Ab:c+d%25");
    }
}
