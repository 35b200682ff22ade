//! Requests with something freshly signed in each: `DPoP` proofs (RFC 9449), assertions (RFC 7523).

use crate::harness::client::{ASSERTOR, Client};
use crate::harness::dpop::Proof;
use crate::harness::http::encode;
use crate::harness::jwt::SigningKey;
use crate::harness::random;
use crate::harness::server::Server;
use crate::harness::signer::{JWT_BEARER, id_jag, id_jag_claims};
use crate::load::{self, Script};
use crate::operations::authorization;
use http_body_util::Full;
use hyper::Request;
use hyper::body::Bytes;

/// Requests by one authenticated client, each made anew.
struct Signed<F> {
    authorization: String,
    /// The form, and the proof that goes with it, if any.
    make: F,
}

impl<F: FnMut() -> (String, Option<String>) + Send> Script for Signed<F> {
    fn next(&mut self) -> Option<Request<Full<Bytes>>> {
        let (form, proof) = (self.make)();
        let mut request = load::request("POST", "/token", &self.authorization, &form);
        if let Some(proof) = proof {
            let value = proof.parse().expect("a header");
            request.headers_mut().insert("dpop", value);
        }
        Some(request)
    }

    fn answered(&mut self, status: u16, _: Option<&str>, body: &[u8]) {
        assert_eq!(status, 200, "{}", String::from_utf8_lossy(body));
    }
}

/// A token request, each time with a proof of its own.
pub(crate) fn bound(server: &Server, client: &Client, form: &str) -> Vec<Box<dyn Script>> {
    let url = server.url("/token");
    load::for_each_connection(|_| {
        let (key, url, form) = (SigningKey::new(), url.clone(), form.to_owned());
        Signed {
            authorization: authorization(client),
            make: move || (form.clone(), Some(Proof::new(&key, "POST", &url).sign())),
        }
    })
}

/// What an identity provider says of a person, each time anew.
pub(crate) fn assertions(server: &Server, email: &str) -> Vec<Box<dyn Script>> {
    let claims = id_jag_claims(server, email);
    load::for_each_connection(|_| {
        let mut claims = claims.clone();
        Signed {
            authorization: authorization(&ASSERTOR),
            make: move || {
                claims["jti"] = random::token().into();
                let form = [("grant_type", JWT_BEARER), ("assertion", &id_jag(&claims))];
                (encode(&form), None)
            },
        }
    })
}
