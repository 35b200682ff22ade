//! PKCE, Appendix B.

use doorward_protocol::pkce::{CodeChallenge, verify};
use doorward_protocol::refusal::Refusal;

#[test]
fn appendix_b_the_verifier_matches_its_challenge_and_no_other() {
    let (verifier, challenge) = (
        "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
        "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    );
    let read = |challenge: &str| {
        CodeChallenge::from_request(Some(challenge), Some("S256"))
            .unwrap()
            .unwrap()
    };
    assert!(verify(Some(&read(challenge)), Some(verifier)).is_ok());
    assert_eq!(
        verify(Some(&read(&challenge.replace('E', "F"))), Some(verifier)),
        Err(Refusal::VerifierMismatch)
    );
    assert_eq!(
        verify(Some(&read(verifier)), Some(verifier)),
        Err(Refusal::VerifierMismatch),
        "plain"
    );
}
