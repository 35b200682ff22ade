//! `DPoP`: the proofs of §4.1 and §7.1 and the thumbprint of §6.1.

use crate::hosts;
use crate::rfc7638::assert_thumbprint;
use doorward_protocol::dpop::{self, Expected, Proof};
use doorward_protocol::refusal::Refusal;
use doorward_protocol::settings::NonceRule;
use doorward_protocol::time::UnixTime;
use serde_json::json;

const JKT: &str = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";
/// Figure 2, for the token endpoint.
const TOKEN_PROOF: &str = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg";
/// Figure 13, for a resource, and the access token that it came with.
const RESOURCE_PROOF: &str = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA";
const ACCESS_TOKEN: &str = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU";
/// `iat` of the first; the other one is two seconds younger.
const IAT: u64 = 1_562_262_616;

fn token_request(now: u64) -> Expected<'static> {
    Expected {
        method: "POST",
        uri: "https://server.example.com/token",
        access_token: None,
        nonce: NonceRule::Off,
        now: UnixTime(now),
    }
}

fn resource_request(access_token: &str) -> Expected<'_> {
    Expected {
        method: "GET",
        uri: "https://resource.example.org/protectedresource",
        access_token: Some(access_token),
        nonce: NonceRule::Off,
        now: UnixTime(IAT + 2),
    }
}

#[track_caller]
fn assert_refused(checked: &Result<Proof, Refusal>) {
    assert!(
        matches!(checked, Err(Refusal::DpopProofInvalid(_))),
        "{checked:?}"
    );
}

#[test]
fn s4_1_the_proof_for_the_token_endpoint_holds_in_its_minute_and_there_alone() {
    for host in hosts("https://server.example.com", IAT) {
        let proof = dpop::check(TOKEN_PROOF, &token_request(IAT), &host).unwrap();
        assert_eq!(proof.jkt, JKT);
        for now in [IAT - dpop::WINDOW_S - 1, IAT + dpop::WINDOW_S + 1] {
            assert_refused(&dpop::check(TOKEN_PROOF, &token_request(now), &host));
        }
        let elsewhere = Expected {
            uri: "https://server.example.com/revoke",
            ..token_request(IAT)
        };
        assert_refused(&dpop::check(TOKEN_PROOF, &elsewhere, &host));
        // With the claims of one and the signature of the other.
        let (signed, _) = TOKEN_PROOF.rsplit_once('.').unwrap();
        let (_, signature) = RESOURCE_PROOF.rsplit_once('.').unwrap();
        let forged = format!("{signed}.{signature}");
        assert_refused(&dpop::check(&forged, &token_request(IAT), &host));
    }
}

#[test]
fn s6_1_the_thumbprint_that_a_token_is_bound_to() {
    let jwk = json!({
        "kty": "EC", "crv": "P-256",
        "x": "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs",
        "y": "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA",
    });
    assert_thumbprint(&jwk, "ES256", JKT);
}

#[test]
fn s7_1_the_proof_for_a_resource_holds_with_its_access_token_and_no_other() {
    for host in hosts("https://server.example.com", IAT + 2) {
        let proof = dpop::check(RESOURCE_PROOF, &resource_request(ACCESS_TOKEN), &host).unwrap();
        assert_eq!(proof.jkt, JKT);
        assert_refused(&dpop::check(
            RESOURCE_PROOF,
            &resource_request("another"),
            &host,
        ));
    }
}
