//! Scopes: RFC 6749 §3.3.

use crate::refusal::Refusal;
use crate::settings::{Resource, Server};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Most scope tokens in one request or registration.
pub const MAX_SCOPES: usize = 100;

/// The scopes of OpenID Connect (Core §5.4, §11), which always exist.
pub const OPENID_SCOPES: [&str; 4] = ["openid", "profile", "email", "offline_access"];

/// A list of scope tokens in the order given, none twice. On the wire: separated by single spaces.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scope(Vec<String>);

impl Scope {
    /// Parses a `scope` value. Repeated tokens and repeated spaces are tolerated, characters outside RFC 6749 §3.3 are not.
    ///
    /// # Errors
    /// [`Refusal::ScopeMalformed`]
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let mut tokens: Vec<String> = Vec::new();
        for token in text.split(' ').filter(|token| !token.is_empty()) {
            let legal = token
                .bytes()
                .all(|b| matches!(b, 0x21 | 0x23..=0x5b | 0x5d..=0x7e));
            if !legal || token.len() > 256 || tokens.len() == MAX_SCOPES {
                return Err(Refusal::ScopeMalformed);
            }
            if !tokens.iter().any(|known| known == token) {
                tokens.push(token.to_owned());
            }
        }
        Ok(Self(tokens))
    }

    /// A scope of these tokens, which come from a scope that was parsed.
    #[must_use]
    pub fn of(tokens: Vec<String>) -> Self {
        Self(tokens)
    }

    /// The tokens.
    #[must_use]
    pub fn tokens(&self) -> &[String] {
        &self.0
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether this token is among them.
    #[must_use]
    pub fn has(&self, token: &str) -> bool {
        self.0.iter().any(|known| known == token)
    }

    /// Those that `allowed` has too, in this order.
    #[must_use]
    pub fn within(&self, allowed: &Self) -> Self {
        self.only(|token| allowed.has(token))
    }

    /// Those for which `keep` says so, in this order.
    #[must_use]
    pub fn only(&self, keep: impl Fn(&str) -> bool) -> Self {
        Self(self.0.iter().filter(|token| keep(token)).cloned().collect())
    }

    /// Whether every token of this scope is in `other`.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        self.0.iter().all(|token| other.has(token))
    }
}

/// Every scope that exists here: those of OpenID Connect, the operator's, those of the resources.
#[must_use]
pub fn all(server: &Server, resources: &[Resource]) -> Scope {
    let own = OPENID_SCOPES.into_iter().map(str::to_owned);
    let declared = server.scopes.keys().cloned();
    let at_resources = resources
        .iter()
        .flat_map(|resource| resource.scopes.keys().cloned());
    let mut tokens: Vec<String> = Vec::new();
    for token in own.chain(declared).chain(at_resources) {
        if !tokens.contains(&token) {
            tokens.push(token);
        }
    }
    Scope(tokens)
}

impl std::fmt::Display for Scope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.join(" "))
    }
}

impl Serialize for Scope {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Scope {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse(&text)
            .map_err(|_| serde::de::Error::custom("scope is malformed (RFC 6749 §3.3)"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s3_3_characters_outside_the_grammar_are_refused() {
        for bad in ["a\"b", "a\\b", "a\tb", "ä", "a\nb"] {
            assert_eq!(Scope::parse(bad), Err(Refusal::ScopeMalformed), "{bad:?}");
        }
    }

    #[test]
    fn repeated_tokens_count_once() {
        assert_eq!(
            Scope::parse("openid  openid email ").unwrap().to_string(),
            "openid email"
        );
    }

    #[test]
    fn narrowing_keeps_order_and_never_adds() {
        let asked = Scope::parse("c a b").unwrap();
        let allowed = Scope::parse("a c d").unwrap();
        assert_eq!(asked.within(&allowed).to_string(), "c a");
    }

    proptest::proptest! {
        #[test]
        fn what_is_accepted_is_the_grammar_and_comes_back_from_its_own_text(text in "[ -~é\\n]{0,40}") {
            let legal = |token: &str| token.bytes().all(|b| matches!(b, 0x21 | 0x23..=0x5b | 0x5d..=0x7e));
            let parsed = Scope::parse(&text);
            proptest::prop_assert_eq!(parsed.is_ok(), text.split(' ').all(legal));
            if let Ok(scope) = parsed {
                proptest::prop_assert_eq!(Scope::parse(&scope.to_string()), Ok(scope));
            }
        }

        /// RFC 6749 §3.3: "the order does not matter", and a token that comes twice is one.
        #[test]
        fn rfc6749_s3_3_order_and_repetition_do_not_matter(tokens in proptest::collection::vec("[a-d]{1,2}", 0..12), rotate in 0_usize..12) {
            let scope = Scope::parse(&tokens.join(" ")).unwrap();
            let mut turned = tokens.clone();
            turned.rotate_left(rotate % tokens.len().max(1));
            let turned = Scope::parse(&turned.join("  ")).unwrap();
            proptest::prop_assert!(scope.is_within(&turned) && turned.is_within(&scope));
            proptest::prop_assert!(tokens.iter().all(|token| scope.has(token)));
            let distinct: std::collections::BTreeSet<&String> = tokens.iter().collect();
            proptest::prop_assert_eq!(scope.tokens().len(), distinct.len());
        }

        #[test]
        fn more_tokens_or_longer_ones_than_the_bounds_are_refused(count in 90_usize..110, length in 250_usize..262) {
            let many: Vec<String> = (0..count).map(|number| format!("s{number}")).collect();
            proptest::prop_assert_eq!(Scope::parse(&many.join(" ")).is_ok(), count <= MAX_SCOPES);
            proptest::prop_assert_eq!(Scope::parse(&"x".repeat(length)).is_ok(), length <= 256);
        }

        #[test]
        fn a_record_gives_back_the_scope_that_was_kept(text in "[!#-\\[\\]-~ ]{0,40}") {
            let scope = Scope::parse(&text).unwrap();
            let kept = serde_json::to_string(&scope).unwrap();
            proptest::prop_assert_eq!(serde_json::from_str::<Scope>(&kept).unwrap(), scope);
        }

        #[test]
        fn narrowing_is_in_both_and_leaves_out_nothing_that_is(asked in "[a-e ]{0,12}", allowed in "[a-e ]{0,12}") {
            let (asked, allowed) = (Scope::parse(&asked).unwrap(), Scope::parse(&allowed).unwrap());
            let narrowed = asked.within(&allowed);
            proptest::prop_assert!(narrowed.is_within(&asked) && narrowed.is_within(&allowed));
            for token in asked.tokens() {
                proptest::prop_assert_eq!(narrowed.has(token), allowed.has(token));
            }
        }
    }
}
