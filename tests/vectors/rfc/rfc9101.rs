//! Signed authorization requests: the request object of §4, which is that of §5.1, §5.2 and §5.2.3 too.

use crate::hosts;
use crate::memory::Memory;
use doorward_protocol::administration;
use doorward_protocol::client::Client;
use doorward_protocol::jwks::Jwks;
use doorward_protocol::params::Params;
use doorward_protocol::refusal::Refusal;
use doorward_protocol::request_object::unpack;
use doorward_protocol::settings::Server;
use doorward_protocol::time::UnixTime;
use doorward_protocol::token::jws::{self, Unproven};
use doorward_vectors::VERIFIERS;
use serde_json::{Value, json};

const ISSUER: &str = "https://server.example.com";
const NOW: u64 = 1_600_000_000;
const OBJECT: &str = "eyJhbGciOiJSUzI1NiIsImtpZCI6ImsyYmRjIn0.ewogICAgImlzcyI6ICJzNkJoZFJrcXQzIiwKICAgICJhdWQiOiAiaHR0cHM6Ly9zZXJ2ZXIuZXhhbXBsZS5jb20iLAogICAgInJlc3BvbnNlX3R5cGUiOiAiY29kZSBpZF90b2tlbiIsCiAgICAiY2xpZW50X2lkIjogInM2QmhkUmtxdDMiLAogICAgInJlZGlyZWN0X3VyaSI6ICJodHRwczovL2NsaWVudC5leGFtcGxlLm9yZy9jYiIsCiAgICAic2NvcGUiOiAib3BlbmlkIiwKICAgICJzdGF0ZSI6ICJhZjBpZmpzbGRraiIsCiAgICAibm9uY2UiOiAibi0wUzZfV3pBMk1qIiwKICAgICJtYXhfYWdlIjogODY0MDAKfQ.Nsxa_18VUElVaPjqW_ToI1yrEJ67BgKb5xsuZRVqzGkfKrOIX7BCx0biSxYGmjK9KJPctH1OC0iQJwXu5YVY-vnW0_PLJb1C2HG-ztVzcnKZC2gE4i0vgQcpkUOCpW3SEYXnyWnKzuKzqSb1wAZALo5f89B_p6QA6j6JwBSRvdVsDPdulW8lKxGTbH82czCaQ50rLAg3EYLYaCb4ik4I1zGXE4fvim9FIMs8OCMmzwIB5S-ujFfzwFjoyuPEV4hJnoVUmXR_W9typPf846lGwA8h9G9oNTIuX8Ft2jfpnZdFmLg3_wr3Wa5q3a-lfbgF3S9H_8nN3j1i7tLR_5Nz-g";
const MODULUS: &str = "x5RbkAZkmpRxia65qRQ1wwSMSxQUnS7gcpVTV_cdHmfmG2ltd2yabEO9XadD8pJNZubINPpmgHh3J1aD9WRwS05ucmFq3CfFsluLt13_7oX5yDRSKX7poXmT_5ko8k4NJZPMAO8fPToDTH7kHYbONSE2FYa5GZ60CUsFhSonI-dcMDJ0Ary9lxIw5k2z4TAdARVWcS7sD07VhlMMshrwsPHBQgTatlkxyIHXbYdtak8fqvNAwr7OlVEvM_Ipf5OfmdB8Sd-wjzaBsyP4VhJKoi_qdgSzpC694XZeYPq45Sw-q51iFUlcOlTCI7z6jltUtnR6ySn6XDGFnzH5Fe5ypw";

fn keys() -> Value {
    json!({ "keys": [{ "kty": "RSA", "kid": "k2bdc", "n": MODULUS, "e": "AQAB" }] })
}

/// The client of the example.
fn client(host: &Memory) -> Client {
    let metadata = json!({
        "client_id": "s6BhdRkqt3", "token_endpoint_auth_method": "none", "scope": "openid",
        "redirect_uris": ["https://client.example.org/cb"], "jwks": keys(),
    });
    let command = json!({ "command": "client.check", "metadata": metadata });
    let answer = administration::run(&command.to_string(), host).unwrap();
    let mut answer: Value = serde_json::from_str(&answer).unwrap();
    serde_json::from_value(answer["client"].take()).unwrap()
}

#[test]
fn s4_the_signature_is_by_the_key_that_the_rfc_gives() {
    let keys = Jwks::of(&keys()).unwrap();
    let other = OBJECT.replacen("ewog", "eyog", 1);
    for verifier in VERIFIERS {
        let verified = |text| jws::parse(text).unwrap().verify(&keys, &verifier);
        assert_eq!(verified(OBJECT), Ok(()), "{verifier:?}");
        assert_eq!(verified(&other), Err(Unproven::Wrong), "{verifier:?}");
    }
}

/// §4 does not ask for `exp`; here it must be there, and within the hour (as in FAPI 2.0 Message Signing): whoever saw the object could send
/// it for ever.
#[test]
fn s4_a_request_object_that_never_expires_is_refused() {
    for host in hosts(ISSUER, NOW) {
        let server: Server = serde_json::from_value(json!({ "issuer": ISSUER })).unwrap();
        let params = Params::of(vec![("request".to_owned(), OBJECT.to_owned())]);
        let refused = unpack(&params, &client(&host), &server, UnixTime(NOW), &host).unwrap_err();
        assert_eq!(refused, Refusal::RequestObjectInvalid("it does not expire"));
    }
}
