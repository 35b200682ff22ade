//! What holds of every request, whatever is in it. A failure prints the input that it was shrunk to, and the seed.

use super::*;
use proptest::prelude::*;

/// A good request of a client that needs no consent.
fn good(state: &str) -> Vec<(String, String)> {
    [
        ("response_type", "code"),
        ("client_id", "web"),
        ("redirect_uri", "https://web.example/cb"),
        ("scope", "openid read"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
        ("prompt", "none"),
        ("state", state),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec()
}

fn encoded(pairs: &[(String, String)]) -> String {
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish()
}

/// The same text in another spelling: where `escape` says so, a byte is escaped that need not be.
fn spelled(text: &str, escape: &[bool]) -> String {
    let byte = |(byte, escape): (u8, &bool)| match byte {
        b' ' if !escape => "+".to_owned(),
        byte if *escape || !byte.is_ascii_alphanumeric() => format!("%{byte:02x}"),
        byte => char::from(byte).to_string(),
    };
    text.bytes()
        .zip(escape.iter().cycle())
        .map(byte)
        .collect::<String>()
}

/// Signs somebody in, so that a good request is answered at once.
fn signed_in(memory: &Memory) -> Visitor<'_> {
    let visitor = Visitor::new(memory);
    sign_in(&visitor, "web", "");
    visitor
}

fn authorize(visitor: &Visitor<'_>, query: &str) -> Answer {
    visitor.get(&format!("/authorize?{query}"))
}

fn has_code(answer: &Answer) -> bool {
    let target = location(answer);
    target.starts_with("https://web.example/cb?") && parameter(target, "code").is_some()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// RFC 6749 §4.1.2: "the exact value received from the client". (U+FFFD is what a decoder makes of bytes that are no text: refused.)
    #[test]
    fn rfc6749_s4_1_2_state_comes_back_byte_for_byte(state in "[^\\p{C}\u{fffd}]{1,60}") {
        let memory = host();
        let answer = authorize(&signed_in(&memory), &encoded(&good(&state)));
        prop_assert!(has_code(&answer), "{answer:?}");
        prop_assert_eq!(parameter(location(&answer), "state"), Some(state));
    }

    /// RFC 6749 Appendix B: one request, however it is spelled and ordered; what nobody knows is passed over (§3.1).
    #[test]
    fn rfc6749_s3_1_order_spelling_and_unknown_parameters_change_nothing(
        order in Just((0..8).collect::<Vec<usize>>()).prop_shuffle(),
        escape in prop::collection::vec(any::<bool>(), 1..9),
        unknown in prop::collection::btree_map("x_[a-z]{1,6}", "[ -~]{0,8}", 0..4),
    ) {
        let memory = host();
        let pairs = good("a state");
        let mut parts: Vec<String> = order.into_iter().map(|at| {
            let (name, value) = &pairs[at];
            format!("{}={}", spelled(name, &escape), spelled(value, &escape))
        }).collect();
        parts.extend(unknown.iter().map(|(name, value)| format!("{name}={}", spelled(value, &escape))));
        let answer = authorize(&signed_in(&memory), &parts.join("&"));
        prop_assert!(has_code(&answer), "{answer:?}");
        prop_assert_eq!(parameter(location(&answer), "state"), Some("a state".to_owned()));
    }

    /// RFC 6749 §3.1: "MUST NOT be included more than once"; then nothing in it is believed, least of all where to answer.
    #[test]
    fn rfc6749_s3_1_a_parameter_that_comes_twice_is_told_on_a_page_only(
        at in 0_usize..8, to in 0_usize..9, value in prop::option::of("[a-z]{0,6}"), escape in prop::collection::vec(any::<bool>(), 1..9),
    ) {
        let memory = host();
        let pairs = good("s");
        let (name, own) = pairs[at].clone();
        let mut parts: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={}", spelled(value, &[false]))).collect();
        parts.insert(to, format!("{}={}", spelled(&name, &escape), spelled(&value.unwrap_or(own), &escape)));
        let answer = authorize(&signed_in(&memory), &parts.join("&"));
        prop_assert_eq!((answer.status, location(&answer)), (400, ""));
    }

    /// Whatever else a request says, an answer goes to no place that its client did not register (OAuth 2.1 §4.1.2.1).
    #[test]
    fn oauth21_s4_1_2_1_no_request_is_answered_elsewhere(
        at in 0_usize..8, value in "\\PC{0,20}|https://[a-z.@/]{1,12}example/cb|none|login", missing: bool,
    ) {
        let memory = host();
        let mut pairs = good("s");
        if missing {
            pairs.remove(at);
        } else {
            pairs[at].1 = value;
        }
        let answer = authorize(&signed_in(&memory), &encoded(&pairs));
        let target = location(&answer);
        let to_client = target.starts_with("https://web.example/cb?") || target.starts_with("https://app.example/cb?");
        prop_assert!(answer.status < 500, "{answer:?}");
        prop_assert!(to_client || target.is_empty() || target.starts_with("/test/") || target.starts_with("/login?"), "{target}");
    }

    /// At the token endpoint a request with anything but a live code gives nothing, and uses the code of nobody up.
    #[test]
    fn rfc6749_s5_2_no_made_up_token_request_gives_tokens(
        grant_type in "authorization_code|refresh_token|client_credentials|\\PC{0,12}",
        name in "code|refresh_token|client_id|code_verifier|scope|resource", value in "\\PC{0,60}",
    ) {
        let memory = host();
        let visitor = Visitor::new(&memory);
        let code = code(&visitor, "app");
        let pairs = [("grant_type".to_owned(), grant_type), ("client_id".to_owned(), "app".to_owned()), (name.clone(), value)];
        let pairs = if name == "client_id" { &pairs[..2] } else { &pairs[..] };
        let answer = visitor.post("/token", &encoded(pairs));
        prop_assert!((400..500).contains(&answer.status), "{answer:?}");
        prop_assert!(body(&answer)["error"].is_string());
        prop_assert_eq!(redeem(&visitor, "app", &code).status, 200);
    }
}
