//! What is signed by others: the strict reader, and where their keys come from.

use crate::jwk::PublicJwk;
use crate::jwks::{self, Missing, Source};
use crate::memory::{Memory, foreign_signature};
use crate::ports::Fetched;
use crate::refusal::Refusal;
use crate::secret::{base64url, sha256_of};
use crate::time::UnixTime;
use crate::token::foreign::{
    ALGORITHMS, Audience, Expected, Fault, Lifetime, Typ, Verified, parse,
};
use crate::token::jws::{self, MAX_LENGTH};
use proptest::prelude::*;
use serde_json::{Value, json};

/// The public half of somebody's P-256 key; `foreign_signature` stands in for the private one.
pub(super) fn jwk(holder: &str, kid: &str) -> Value {
    let x = base64url(&sha256_of(&[b"test key", holder.as_bytes()]));
    json!({ "kty": "EC", "crv": "P-256", "x": x, "y": x, "kid": kid })
}

/// A JWT signed by `holder`.
pub(super) fn signed(holder: &str, header: &Value, claims: &Value) -> String {
    signed_text(holder, &header.to_string(), &claims.to_string())
}

pub(super) fn signed_text(holder: &str, header: &str, claims: &str) -> String {
    let message = format!(
        "{}.{}",
        base64url(header.as_bytes()),
        base64url(claims.as_bytes())
    );
    let public = PublicJwk::read(&jwk(holder, "")).unwrap();
    let signature = foreign_signature(public.as_json(), message.as_bytes());
    format!("{message}.{}", base64url(&signature))
}

pub(super) const NOW: u64 = 1_800_000_000;

fn memory() -> Memory {
    Memory::new(&json!({ "issuer": "https://id.example" }))
}

fn claims() -> Value {
    json!({ "iss": "them", "aud": "https://id.example", "exp": NOW + 60, "iat": NOW, "jti": "1" })
}

fn expected() -> Expected<'static> {
    Expected {
        algorithms: &ALGORITHMS,
        typ: Typ::AbsentOr(&["JWT"]),
        issuer: "them",
        audience: Audience::Sole(&["https://id.example"]),
        lifetime: Lifetime::AtMost(300),
    }
}

fn verify(token: &str, expected: &Expected<'_>, memory: &Memory) -> Result<Verified, Fault> {
    let keys = json!({ "keys": [jwk("them", "k1")] });
    parse(token)?.verify(expected, Source::Inline(&keys), UnixTime(NOW), memory)
}

fn header() -> Value {
    json!({ "alg": "ES256", "kid": "k1" })
}

fn with(mut value: Value, name: &str, to: Value) -> Value {
    if to.is_null() {
        value.as_object_mut().unwrap().remove(name);
    } else {
        value[name] = to;
    }
    value
}

#[test]
fn rfc7515_s5_2_what_is_not_exactly_a_compact_jws_is_refused() {
    let good = signed("them", &header(), &claims());
    assert!(verify(&good, &expected(), &memory()).is_ok());
    let parts: Vec<&str> = good.split('.').collect();
    let (h, c, s) = (parts[0], parts[1], parts[2]);
    for bad in [
        String::new(),
        ".".to_owned(),
        "..".to_owned(),
        "....".to_owned(),
        format!("{h}.{c}"),
        format!("{h}..{s}"),
        format!(".{c}.{s}"),
        format!("{h}.{c}.{s}."),
        format!("{h}.{c}.{s}.{s}"),
        format!("{h}.{c}.{s}.{s}.{s}"),
        format!("{good}="),
        format!("{h}=.{c}.{s}"),
        format!(" {good}"),
        format!("{good}\n"),
        good.replace('.', "\u{2e}\u{200b}"),
        format!("{h}.{c}.{}", s.replace('_', "/").replace('-', "+") + "+"),
        format!(r#"{{"payload":"{c}","protected":"{h}","signature":"{s}"}}"#),
        signed_text("them", r#"{"alg":"ES256","kid":"k1","alg":"none"}"#, "{}"),
        signed_text(
            "them",
            r#"{"alg":"ES256","kid":"k1"}"#,
            r#"{"iss":"them","iss":"me"}"#,
        ),
        signed_text("them", r#"["ES256"]"#, "{}"),
        signed_text("them", r#"{"alg":"ES256"}"#, "[]"),
        signed_text("them", r#"{"alg":5}"#, "{}"),
        signed_text("them", r#"{"kid":"k1"}"#, "{}"),
        signed_text("them", r#"{"alg":"ES256","kid":1}"#, "{}"),
        signed_text("them", r#"{"alg":"ES256","typ":null}"#, "{}"),
        signed_text(
            "them",
            r#"{"alg":"ES256","crit":["b64"],"b64":false}"#,
            "{}",
        ),
        signed_text("them", r#"{"alg":"ES256","crit":[]}"#, "{}"),
        signed_text("them", r#"{"alg":"ES256","zip":"DEF"}"#, "{}"),
        signed_text("them", r#"{"alg":"ES256","enc":"A128GCM"}"#, "{}"),
        signed_text(
            "them",
            &format!(r#"{{"alg":"ES256","x":{}}}"#, "[".repeat(5000)),
            "{}",
        ),
        signed_text("them", r#"{"alg":"ES256"}"#, &r#"{"a":"#.repeat(2000)),
        "a".repeat(MAX_LENGTH + 1),
    ] {
        assert!(parse(&bad).is_err(), "{bad}");
    }
}

/// A token with a MAC by SHA-256, whatever its header says.
fn keyed(alg: &str, secret: &[u8]) -> String {
    use hmac::{Hmac, KeyInit as _, Mac as _};
    let header = json!({ "alg": alg }).to_string();
    let claims = claims().to_string();
    let message = [header, claims]
        .map(|part| base64url(part.as_bytes()))
        .join(".");
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(secret).unwrap();
    mac.update(message.as_bytes());
    format!("{message}.{}", base64url(&mac.finalize().into_bytes()))
}

#[test]
fn rfc7518_s3_2_a_secret_is_as_long_as_the_hash_or_it_is_none() {
    let hs256 = Expected {
        algorithms: &["HS256"],
        ..expected()
    };
    for (length, taken) in [(0, false), (16, false), (31, false), (32, true), (65, true)] {
        let secret = vec![7; length];
        let token = keyed("HS256", &secret);
        let verified = parse(&token)
            .unwrap()
            .verify_hs256(&hs256, &[secret], UnixTime(NOW));
        assert_eq!(verified.is_ok(), taken, "{length}");
    }
}

#[test]
fn rfc8725_s3_1_a_secret_is_for_hs256_alone() {
    let secrets = [vec![7; 64]];
    for alg in ["HS256", "HS384", "HS512", "none", "RS256", "hs256", ""] {
        let token = keyed(alg, &secrets[0]);
        let keyed = jws::parse(&token).unwrap().is_keyed_by(&secrets);
        assert_eq!(keyed, alg == "HS256", "{alg}");
    }
}

#[test]
fn rfc8725_s3_1_algorithm_key_and_type_are_the_callers_choice() {
    let memory = memory();
    let refused = |header: Value| verify(&signed("them", &header, &claims()), &expected(), &memory);
    for header in [
        json!({ "alg": "none", "kid": "k1" }),
        json!({ "alg": "NONE", "kid": "k1" }),
        json!({ "alg": "HS256", "kid": "k1" }),
        json!({ "alg": "es256", "kid": "k1" }),
        json!({ "alg": "ES256K", "kid": "k1" }),
        json!({ "alg": "RS256", "kid": "k1" }),
        json!({ "alg": "ES384", "kid": "k1" }),
        json!({ "alg": "ES256", "kid": "k2" }),
        json!({ "alg": "ES256", "kid": "" }),
        json!({ "alg": "ES256", "kid": "k1", "typ": "at+jwt" }),
        json!({ "alg": "ES256", "kid": "k1", "typ": "" }),
    ] {
        assert!(
            matches!(refused(header.clone()), Err(Fault::Invalid(_))),
            "{header}"
        );
    }
    for header in [
        json!({ "alg": "ES256" }),
        json!({ "alg": "ES256", "kid": "k1", "typ": "jwt" }),
        json!({ "alg": "ES256", "kid": "k1", "typ": "application/JWT" }),
    ] {
        assert!(refused(header.clone()).is_ok(), "{header}");
    }
    let exactly = Expected {
        typ: Typ::Exactly("x+jwt"),
        ..expected()
    };
    for (typ, fits) in [
        (json!("x+jwt"), true),
        (json!("JWT"), false),
        (Value::Null, false),
    ] {
        let token = signed("them", &with(header(), "typ", typ), &claims());
        assert_eq!(verify(&token, &exactly, &memory).is_ok(), fits);
    }
    let only_rsa = Expected {
        algorithms: &["RS256"],
        ..expected()
    };
    let token = signed("them", &header(), &claims());
    assert!(verify(&token, &only_rsa, &memory).is_err());
}

#[test]
fn rfc7515_s10_7_keys_named_in_the_token_are_never_used() {
    let memory = memory();
    let own = jwk("attacker", "k1");
    for (name, value) in [
        ("jwk", own.clone()),
        ("jku", json!("https://evil.example/keys")),
        ("x5u", json!("https://evil.example/cert")),
        ("x5c", json!(["MIIB"])),
    ] {
        let token = signed("attacker", &with(header(), name, value), &claims());
        assert_eq!(
            verify(&token, &expected(), &memory),
            Err(Fault::Invalid("its signature is wrong")),
            "{name}"
        );
    }
    assert!(memory.sent.borrow().is_empty(), "nothing was fetched");
}

#[test]
fn rfc7519_s4_1_issuer_audience_and_times() {
    let memory = memory();
    let issuer = "https://id.example";
    for (name, value) in [
        ("iss", json!("someone else")),
        ("iss", Value::Null),
        ("iss", json!(["them"])),
        ("aud", Value::Null),
        ("aud", json!("https://id.example/")),
        ("aud", json!("https://ID.example")),
        ("aud", json!([issuer])),
        ("aud", json!([issuer, "https://other.example"])),
        ("exp", Value::Null),
        ("exp", json!(NOW - 60)),
        ("exp", json!(NOW + 361)),
        ("exp", json!("1800000060")),
        ("exp", json!(-1)),
        ("exp", json!(1e300)),
        ("nbf", json!(NOW + 61)),
        ("nbf", json!("soon")),
        ("iat", json!(NOW + 61)),
        ("iat", json!(true)),
    ] {
        let token = signed("them", &header(), &with(claims(), name, value.clone()));
        assert!(
            matches!(verify(&token, &expected(), &memory), Err(Fault::Invalid(_))),
            "{name} {value}"
        );
    }
    for (name, value) in [
        ("exp", json!(NOW - 59)),
        ("exp", json!(NOW + 360)),
        ("exp", json!(1_800_000_010.5)),
        ("nbf", json!(NOW + 60)),
        ("iat", Value::Null),
        ("iat", json!(NOW - 100_000)),
    ] {
        let token = signed("them", &header(), &with(claims(), name, value.clone()));
        assert!(
            verify(&token, &expected(), &memory).is_ok(),
            "{name} {value}"
        );
    }
}

#[test]
fn audiences_that_may_be_lists() {
    let memory = memory();
    let issuer = "https://id.example";
    let with_aud = |aud: Value| signed("them", &header(), &with(claims(), "aud", aud));
    let only = Expected {
        audience: Audience::Only(issuer),
        ..expected()
    };
    assert!(verify(&with_aud(json!(issuer)), &only, &memory).is_ok());
    assert!(verify(&with_aud(json!([issuer])), &only, &memory).is_ok());
    for aud in [
        Value::Null,
        json!([]),
        json!([issuer, "x"]),
        json!("x"),
        json!({ "a": issuer }),
    ] {
        assert!(
            verify(&with_aud(aud.clone()), &only, &memory).is_err(),
            "{aud}"
        );
    }
    let among = Expected {
        audience: Audience::AbsentOrAmong(issuer),
        ..expected()
    };
    for aud in [Value::Null, json!(issuer), json!(["x", issuer])] {
        assert!(
            verify(&with_aud(aud.clone()), &among, &memory).is_ok(),
            "{aud}"
        );
    }
    for aud in [json!("x"), json!([]), json!(["x"]), json!(5)] {
        assert!(
            verify(&with_aud(aud.clone()), &among, &memory).is_err(),
            "{aud}"
        );
    }
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "[ -~]{0,200}") {
        let _ = parse(&text);
    }

    #[test]
    fn any_parts_are_read_or_refused(parts in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..60), 0..6)) {
        let parts: Vec<String> = parts.iter().map(|part| base64url(part)).collect();
        let _ = parse(&parts.join("."));
    }

    #[test]
    fn one_changed_letter_and_the_token_is_refused(at in 0_usize..1000, letter in "[A-Za-z0-9_.=-]") {
        let good = signed("them", &header(), &claims());
        let at = at % good.len();
        let mut bad = good.clone();
        bad.replace_range(at..=at, &letter);
        prop_assume!(bad != good);
        let verified = verify(&bad, &expected(), &memory());
        prop_assert!(verified.is_err());
    }
}

// ── keys ──

pub(super) const URI: &str = "https://them.example/keys";

pub(super) fn publish(memory: &Memory, keys: &[Value], cache_control: Option<&str>) {
    let mut headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    headers.extend(cache_control.map(|value| ("cache-control".to_owned(), value.to_owned())));
    let answer = Fetched {
        status: 200,
        headers,
        body: json!({ "keys": keys }).to_string().into_bytes(),
    };
    memory.web.borrow_mut().insert(URI.to_owned(), answer);
}

fn fetches(memory: &Memory) -> usize {
    memory.sent.borrow().len()
}

fn by_uri(memory: &Memory, holder: &str, kid: &str) -> Result<Verified, Fault> {
    let now = UnixTime(memory.now.get());
    let fresh = with(claims(), "exp", json!(now.0 + 60));
    let fresh = with(fresh, "iat", json!(now.0));
    let token = signed(holder, &json!({ "alg": "ES256", "kid": kid }), &fresh);
    parse(&token)?.verify(&expected(), Source::Uri(URI), now, memory)
}

fn unreachable(result: &Result<Verified, Fault>) -> bool {
    matches!(result, Err(Fault::Ours(Refusal::Unreachable(_))))
}

fn pass(memory: &Memory, seconds: u64) {
    memory.now.set(memory.now.get() + seconds);
}

#[test]
fn fetched_keys_are_kept_for_as_long_as_their_server_says() {
    for (cache_control, fresh_s) in [
        (None, 600),
        (Some("max-age=1"), 60),
        (Some("public, max-age=3600"), 3600),
        (Some("max-age=999999999"), 86_400),
        (Some("max-age=99999999999999999999999"), 60),
        (Some("no-store, max-age=3600"), 60),
    ] {
        let memory = memory();
        publish(&memory, &[jwk("them", "k1")], cache_control);
        for (seconds, count) in [(0, 1), (fresh_s - 1, 1), (1, 2), (1, 2)] {
            pass(&memory, seconds);
            assert!(by_uri(&memory, "them", "k1").is_ok());
            assert_eq!(
                fetches(&memory),
                count,
                "{cache_control:?} after {seconds} s"
            );
        }
    }
}

#[test]
fn a_new_kid_has_the_keys_fetched_again_once_a_minute() {
    let memory = memory();
    publish(&memory, &[jwk("them", "k1")], None);
    assert!(by_uri(&memory, "them", "k1").is_ok());
    publish(&memory, &[jwk("them", "k1"), jwk("them again", "k2")], None);
    let early = by_uri(&memory, "them again", "k2");
    assert_eq!(early, Err(Fault::Invalid("its key is not known")));
    pass(&memory, 60);
    assert!(by_uri(&memory, "them again", "k2").is_ok());
    assert_eq!(fetches(&memory), 2);
    for _ in 0..20 {
        assert!(by_uri(&memory, "attacker", "k3").is_err());
        pass(&memory, 2);
    }
    assert_eq!(
        fetches(&memory),
        2,
        "a flood of unknown keys fetches nothing"
    );
    pass(&memory, 20);
    assert!(by_uri(&memory, "attacker", "k3").is_err());
    assert_eq!(fetches(&memory), 3);
}

#[test]
fn keys_stay_in_use_for_a_day_when_their_server_is_down() {
    let memory = memory();
    publish(&memory, &[jwk("them", "k1")], Some("max-age=60"));
    assert!(by_uri(&memory, "them", "k1").is_ok());
    memory.web.borrow_mut().clear();
    pass(&memory, 61);
    for _ in 0..10 {
        assert!(by_uri(&memory, "them", "k1").is_ok());
        pass(&memory, 1);
    }
    assert_eq!(fetches(&memory), 2, "not at every request");
    pass(&memory, 86_000);
    assert!(by_uri(&memory, "them", "k1").is_ok());
    pass(&memory, 400);
    assert!(unreachable(&by_uri(&memory, "them", "k1")));
}

#[test]
fn what_cannot_be_fetched_is_nobodys_fault_and_not_tried_at_every_request() {
    let memory = memory();
    for _ in 0..5 {
        assert!(unreachable(&by_uri(&memory, "them", "k1")));
    }
    assert_eq!(fetches(&memory), 1);
    pass(&memory, 10);
    publish(&memory, &[jwk("them", "k1")], None);
    assert!(by_uri(&memory, "them", "k1").is_ok());
    assert_eq!(fetches(&memory), 2);
}

#[test]
fn answers_that_are_no_key_set_are_not_kept() {
    let json = |body: &str| (200, "application/json", body.to_owned());
    let good = json!({ "keys": [jwk("them", "k1")] }).to_string();
    for (status, media_type, body) in [
        (302, "application/json", good.clone()),
        (404, "application/json", good.clone()),
        (200, "text/html", good.clone()),
        json("<html>"),
        json("{}"),
        json("[]"),
        json(r#"{"keys":5}"#),
        json(&format!(r#"{{"keys":[],{}"#, &good[1..])),
        json(&format!(
            r#"{{"x":"{}",{}"#,
            "a".repeat(jwks::MAX_FETCHED),
            &good[1..]
        )),
        json(&format!(
            r#"{{"x":{}{},{}"#,
            "[".repeat(50),
            "]".repeat(50),
            &good[1..]
        )),
    ] {
        let memory = memory();
        let answer = Fetched {
            status,
            headers: vec![("content-type".to_owned(), media_type.to_owned())],
            body: body.clone().into_bytes(),
        };
        memory.web.borrow_mut().insert(URI.to_owned(), answer);
        assert!(
            unreachable(&by_uri(&memory, "them", "k1")),
            "{status} {media_type}"
        );
        let kept = format!("{:?}", memory.rows.borrow());
        assert!(!kept.contains("k1"), "kept: {kept}");
    }
}

#[test]
fn whoever_loses_the_race_for_a_fetch_does_not_fetch_too() {
    let memory = memory();
    publish(&memory, &[jwk("them", "k1")], Some("max-age=60"));
    assert!(by_uri(&memory, "them", "k1").is_ok());
    pass(&memory, 61);
    *memory.before_replace.borrow_mut() = Some(Box::new(|memory| {
        assert!(by_uri(memory, "them", "k1").is_ok());
        assert_eq!(fetches(memory), 2);
    }));
    assert!(by_uri(&memory, "them", "k1").is_ok(), "with the old keys");
    assert_eq!(fetches(&memory), 2);
    publish(&memory, &[jwk("them again", "k2")], None);
    pass(&memory, 60);
    *memory.before_replace.borrow_mut() = Some(Box::new(|memory| {
        assert!(by_uri(memory, "them again", "k2").is_ok());
    }));
    assert!(by_uri(&memory, "them again", "k2").is_ok(), "with theirs");
    assert_eq!(fetches(&memory), 3);
    // While someone else is at it, whose key is not known yet is asked to come again.
    let key = memory.rows.borrow().keys().next().unwrap().clone();
    let row = memory.rows.borrow()[&key].0.clone();
    let mut kept: Value = serde_json::from_slice(&row).unwrap();
    kept["fetching_until"] = json!(memory.now.get() + 6);
    memory.rows.borrow_mut().get_mut(&key).unwrap().0 = kept.to_string().into_bytes();
    assert!(unreachable(&by_uri(&memory, "them a third time", "k3")));
    pass(&memory, 6);
    assert!(!unreachable(&by_uri(&memory, "them a third time", "k3")));
    assert_eq!(fetches(&memory), 3);
}

#[test]
fn an_outage_of_the_store_is_no_invalid_token() {
    let memory = memory();
    publish(&memory, &[jwk("them", "k1")], None);
    memory.outage.set(true);
    assert!(matches!(
        by_uri(&memory, "them", "k1"),
        Err(Fault::Ours(Refusal::Store(_)))
    ));
}

#[test]
fn rfc7517_s4_what_a_key_says_of_itself_counts() {
    let set = |keys: Value| jwks::Jwks::of(&json!({ "keys": keys })).unwrap();
    let with = |name: &str, value: Value| with(jwk("them", "k1"), name, value);
    for unfit in [
        with("use", json!("enc")),
        with("alg", json!("ES384")),
        with("alg", json!("RS256")),
        with("key_ops", json!(["sign"])),
        with("key_ops", json!([])),
    ] {
        assert_eq!(
            set(json!([unfit])).find(Some("k1"), "ES256"),
            Err(Missing::Unfit)
        );
    }
    for fit in [
        with("use", json!("sig")),
        with("alg", json!("ES256")),
        with("key_ops", json!(["verify"])),
    ] {
        assert!(set(json!([fit])).find(Some("k1"), "ES256").is_ok());
    }
    // RFC 7517 §5: keys that cannot be used are passed over, a private one among them.
    let keys = set(
        json!([5, { "kty": "oct", "k": "AAAA", "kid": "k1" }, with("d", json!("AAAA")), jwk("them", "k2")]),
    );
    assert_eq!(keys.keys().len(), 1);
    assert_eq!(keys.find(Some("k1"), "ES256"), Err(Missing::Unknown));
    // Without a kid there must be only one that fits.
    assert!(keys.find(None, "ES256").is_ok());
    let two = set(json!([jwk("them", "k1"), jwk("others", "k2")]));
    assert_eq!(two.find(None, "ES256"), Err(Missing::Ambiguous));
    assert_eq!(two.find(None, "RS256"), Err(Missing::Unknown));
}

#[test]
fn rfc7591_s2_keys_that_are_registered_are_public_strong_and_few() {
    let good = json!({ "keys": [jwk("a", "1"), jwk("b", "2")] });
    assert_eq!(jwks::check_inline(&good), Ok(()));
    let weak = json!({ "kty": "RSA", "n": base64url(&[0xff; 128]), "e": "AQAB" });
    let many: Vec<Value> = (0..17).map(|i| jwk("a", &i.to_string())).collect();
    for bad in [
        json!(null),
        json!([]),
        json!({ "keys": {} }),
        json!({ "keys": [] }),
        json!({ "keys": many }),
        json!({ "keys": [weak] }),
        json!({ "keys": [{ "kty": "oct", "k": "AAAA" }] }),
        json!({ "keys": [with(jwk("a", "1"), "d", json!("AAAA"))] }),
        json!({ "keys": [jwk("a", "1"), jwk("b", "1")] }),
        json!({ "keys": [jwk("a", "1")], "x": "a".repeat(jwks::MAX_INLINE) }),
    ] {
        assert!(jwks::check_inline(&bad).is_err(), "{bad}");
    }
    for uri in [
        "http://a.example/keys",
        "https://user@a.example/keys",
        "https://a.example/keys#x",
        "https:///keys",
        "/keys",
        "file:///etc/passwd",
        "",
    ] {
        assert!(jwks::check_uri(uri).is_err(), "{uri}");
    }
    assert_eq!(jwks::check_uri(URI), Ok(()));
}
