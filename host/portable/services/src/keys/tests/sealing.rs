//! What was sealed, and the key that sealed it.

use super::*;
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::hkdf;
use base64::engine::general_purpose::STANDARD;

#[test]
fn what_was_sealed_opens_only_as_it_was_sealed() {
    let host = host();
    let keys = Keyring::default();
    let seal = |plaintext: &[u8], data: &[u8]| keys.seal(plaintext, data, &host);
    let open = |sealed: &[u8], data: &[u8]| keys.open(sealed, data, &host);
    for length in [0, 1, 1000, MAX_PLAINTEXT_BYTES] {
        let plaintext = vec![0x5a; length];
        let sealed = seal(&plaintext, b"cookie").unwrap();
        assert_eq!(sealed.len(), length + 41);
        assert_eq!(open(&sealed, b"cookie"), Ok(plaintext.clone()));
        assert_ne!(seal(&plaintext, b"cookie").unwrap(), sealed);
        assert_eq!(open(&sealed, b"other"), Err(Failure::Forged));
    }
    let sealed = seal(b"secret", b"").unwrap();
    for bit in 0..sealed.len() * 8 {
        let mut flipped = sealed.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(open(&flipped, b""), Err(Failure::Forged), "bit {bit}");
    }
    for short in 0..sealed.len() {
        assert_eq!(open(&sealed[..short], b""), Err(Failure::Forged));
    }
    assert_eq!(
        open(&vec![1; MAX_PLAINTEXT_BYTES + 65], b""),
        Err(Failure::Forged)
    );
    let large = vec![0; MAX_PLAINTEXT_BYTES + 1];
    assert!(matches!(seal(&large, b""), Err(Failure::Unsupported(_))));
    assert!(matches!(seal(b"", &large), Err(Failure::Unsupported(_))));
    // Another instance of the deployment, one of another, and another purpose.
    assert_eq!(
        Keyring::default().open(&sealed, b"", &host),
        Ok(b"secret".to_vec())
    );
    let other = self::host();
    other.set("sealing_key", &SEALING_KEY.replace('7', "8"));
    assert_eq!(
        Keyring::default().open(&sealed, b"", &other),
        Err(Failure::Forged)
    );
    let at_rest = &keys.envelopes(&host).unwrap().at_rest;
    assert!(at_rest.open(&sealed, b"").is_err());
}

struct Length;

impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        44
    }
}

/// Key and nonce of a message, as the native server derives them, by aws-lc.
fn derived(salt: &[u8]) -> (LessSafeKey, Nonce) {
    let mut bytes = [0; 44];
    hkdf::Salt::new(hkdf::HKDF_SHA256, b"doorward")
        .extract(&[7; 32])
        .expand(&[b"doorward sealed values", salt], Length)
        .unwrap()
        .fill(&mut bytes)
        .unwrap();
    (
        LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &bytes[..32]).unwrap()),
        Nonce::try_assume_unique_for_key(&bytes[32..]).unwrap(),
    )
}

#[test]
fn the_native_server_and_this_open_what_the_other_sealed() {
    let host = host();
    let keys = Keyring::default();
    let sealed = keys.seal(b"from here", b"data", &host).unwrap();
    let (key, nonce) = derived(&sealed[1..25]);
    let mut text = sealed[25..].to_vec();
    assert_eq!(sealed[0], 1);
    assert_eq!(
        key.open_in_place(nonce, Aad::from(b"data"), &mut text)
            .unwrap(),
        b"from here"
    );
    let salt = [9; 24];
    let (key, nonce) = derived(&salt);
    let mut text = b"from there".to_vec();
    key.seal_in_place_append_tag(nonce, Aad::from(b"data"), &mut text)
        .unwrap();
    let sealed = [&[1][..], &salt, &text].concat();
    assert_eq!(
        keys.open(&sealed, b"data", &host),
        Ok(b"from there".to_vec())
    );
}

#[test]
fn a_sealing_key_is_read_in_any_usual_notation() {
    let bytes: [u8; 32] = std::array::from_fn(|at| u8::try_from(at * 8 + 3).unwrap());
    let hex = bytes.map(|byte| format!("{byte:02x}")).concat();
    let reference = Envelope::new(&SealingKey::from_text(&hex).unwrap(), "test");
    let sealed = reference.seal(b"x", b"").unwrap();
    for text in [
        hex.to_uppercase(),
        format!(" {hex}\r\n"),
        format!(" {}\r\n", STANDARD.encode(bytes)),
        STANDARD.encode(bytes).trim_end_matches('=').to_owned(),
        URL_SAFE_NO_PAD.encode(bytes),
        format!("{}=", URL_SAFE_NO_PAD.encode(bytes)),
    ] {
        let same = Envelope::new(&SealingKey::from_text(&text).unwrap(), "test");
        assert_eq!(**same.open(&sealed, b"").unwrap(), *b"x", "{text}");
    }
    for wrong in [
        "",
        "secret",
        &hex[..62],
        &format!("{hex}00"),
        &hex.replace('f', "g"),
        &URL_SAFE_NO_PAD.encode([1; 31]),
        &URL_SAFE_NO_PAD.encode([1; 48]),
    ] {
        assert!(SealingKey::from_text(wrong).is_none(), "{wrong}");
    }
}
