//! What was sealed, and the key that sealed it.

use super::*;
use crate::keys::sealing::Envelope;

#[test]
fn what_was_sealed_opens_only_as_it_was_sealed() {
    let place = place();
    let keys = place.open();
    for length in [0, 1, 1000, MAX_PLAINTEXT_BYTES] {
        let plaintext = vec![0x5a; length];
        let sealed = keys.seal(&plaintext, b"cookie").unwrap();
        assert_eq!(keys.open_sealed(&sealed, b"cookie"), Ok(plaintext.clone()));
        assert_ne!(keys.seal(&plaintext, b"cookie").unwrap(), sealed);
        assert_eq!(keys.open_sealed(&sealed, b"other"), Err(Failure::Forged));
        assert_eq!(
            keys.open_sealed(&sealed[..sealed.len() - 1], b"cookie"),
            Err(Failure::Forged)
        );
    }
    let sealed = keys.seal(b"secret", b"").unwrap();
    for bit in 0..sealed.len() * 8 {
        let mut flipped = sealed.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(
            keys.open_sealed(&flipped, b""),
            Err(Failure::Forged),
            "bit {bit}"
        );
    }
    for short in 0..sealed.len() {
        assert_eq!(
            keys.open_sealed(&sealed[..short], b""),
            Err(Failure::Forged)
        );
    }
    assert!(matches!(
        keys.seal(&vec![0; MAX_PLAINTEXT_BYTES + 1], b""),
        Err(Failure::Unsupported(_))
    ));
    // Another process with the same key, and one with another.
    assert_eq!(
        place.open().open_sealed(&sealed, b""),
        Ok(b"secret".to_vec())
    );
    let other = Envelope::new(&SealingKey::from_bytes([8; 32]), "doorward sealed values");
    assert!(other.open(&sealed, b"").is_err());
    let other_purpose = Envelope::new(&sealing_key(), "doorward signing keys at rest");
    assert!(other_purpose.open(&sealed, b"").is_err());
}

#[test]
fn a_sealing_key_is_read_in_any_usual_notation() {
    let bytes: [u8; 32] = std::array::from_fn(|at| u8::try_from(at * 8 + 3).unwrap());
    let same = |text: &str| {
        let sealed = Envelope::new(&SealingKey::from_text(text).unwrap(), "test")
            .seal(b"x", b"")
            .unwrap();
        Envelope::new(&SealingKey::from_bytes(bytes), "test")
            .open(&sealed, b"")
            .unwrap();
    };
    let hex = bytes.map(|byte| format!("{byte:02x}")).concat();
    same(&hex);
    same(&hex.to_uppercase());
    same(&format!(
        " {}\r\n",
        base64::engine::general_purpose::STANDARD.encode(bytes)
    ));
    same(&URL_SAFE_NO_PAD.encode(bytes));
    for wrong in [
        "",
        "secret",
        &hex[..62],
        &format!("{hex}00"),
        &URL_SAFE_NO_PAD.encode([1; 31]),
    ] {
        let error = SealingKey::from_text(wrong).unwrap_err().to_string();
        assert!(
            error.contains("32 bytes") && (wrong.is_empty() || !error.contains(wrong)),
            "{error}"
        );
    }
}

#[test]
fn a_generated_sealing_key_file_is_private_and_never_overwritten() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("sealing.key");
    assert!(SealingKey::read_file(&path).is_err());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| SealingKey::generate_file(&path).unwrap());
        }
    });
    let text = std::fs::read_to_string(&path).unwrap();
    let _same = SealingKey::generate_file(&path).unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(
            std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        for mode in [0o640, 0o604, 0o620] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            let error = SealingKey::read_file(&path).unwrap_err().to_string();
            assert!(error.contains("chmod 600"), "{error}");
        }
    }
}
