//! Parameters of a request: decoded once, no name twice, an empty value as good as none (RFC 6749 §3.1).

use crate::refusal::Refusal;

/// Most parameters in one request.
pub const MAX_PARAMETERS: usize = 64;

/// Decoded parameters.
#[derive(Debug, Clone, Default)]
pub struct Params(Vec<(String, String)>);

impl Params {
    /// Decodes `application/x-www-form-urlencoded` text, from a query or a body.
    ///
    /// `resource` may come several times (RFC 8707 §2); anything else twice is refused, known or not, so that two readers
    /// of one request can never disagree about it.
    ///
    /// # Errors
    /// [`Refusal::RepeatedParameter`], [`Refusal::MalformedForm`]
    pub fn decode(encoded: &[u8]) -> Result<Self, Refusal> {
        let mut all: Vec<(String, String)> = Vec::new();
        for (name, value) in form_urlencoded::parse(encoded) {
            // The decoder replaces what is not UTF-8; a request that needs that is refused instead.
            if name.contains('\u{fffd}')
                || value.contains('\u{fffd}')
                || all.len() == MAX_PARAMETERS
            {
                return Err(Refusal::MalformedForm);
            }
            if name != "resource" && all.iter().any(|(known, _)| *known == name) {
                return Err(Refusal::RepeatedParameter(name.chars().take(40).collect()));
            }
            all.push((name.into_owned(), value.into_owned()));
        }
        Ok(Self(all))
    }

    /// Parameters that were decoded before.
    #[must_use]
    pub const fn of(pairs: Vec<(String, String)>) -> Self {
        Self(pairs)
    }

    /// The value of a parameter; empty counts as absent.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(known, value)| known == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }

    /// With one more parameter, which is not there yet.
    #[must_use]
    pub fn and(mut self, name: &str, value: &str) -> Self {
        self.0.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The value of a parameter that must be there.
    ///
    /// # Errors
    /// [`Refusal::MissingParameter`]
    pub fn require(&self, name: &'static str) -> Result<&str, Refusal> {
        self.get(name).ok_or(Refusal::MissingParameter(name))
    }

    /// The value of a parameter, refused if it is longer than `max` bytes or holds control characters.
    ///
    /// # Errors
    /// [`Refusal::MalformedParameter`]
    pub fn bounded(&self, name: &'static str, max: usize) -> Result<Option<&str>, Refusal> {
        match self.get(name) {
            Some(value) if value.len() > max || value.chars().any(char::is_control) => {
                Err(Refusal::MalformedParameter(name))
            }
            value => Ok(value),
        }
    }

    /// All values of a parameter that may come several times.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(known, value)| known == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }

    /// All pairs but those named, for a provider.
    #[must_use]
    pub fn without(&self, names: &[&str]) -> Vec<(String, String)> {
        self.0
            .iter()
            .filter(|(name, _)| !names.contains(&name.as_str()))
            .cloned()
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc6749_s3_1_repeated_parameters_are_refused() {
        assert!(matches!(
            Params::decode(b"a=1&a=2"),
            Err(Refusal::RepeatedParameter(_))
        ));
        assert!(matches!(
            Params::decode(b"a=&a=2"),
            Err(Refusal::RepeatedParameter(_))
        ));
        assert!(matches!(
            Params::decode(b"state=1&%73tate=2"),
            Err(Refusal::RepeatedParameter(_))
        ));
    }

    #[test]
    fn rfc8707_s2_resource_may_repeat() {
        let params = Params::decode(b"resource=a&resource=b").unwrap();
        assert_eq!(params.all("resource").collect::<Vec<_>>(), ["a", "b"]);
    }

    #[test]
    fn rfc6749_s3_1_empty_is_absent() {
        let params = Params::decode(b"code_verifier=&code=x").unwrap();
        assert_eq!(params.get("code_verifier"), None);
        assert_eq!(
            params.require("code_verifier"),
            Err(Refusal::MissingParameter("code_verifier"))
        );
    }

    #[test]
    fn what_is_not_utf8_is_refused() {
        assert!(matches!(
            Params::decode(b"state=%ff"),
            Err(Refusal::MalformedForm)
        ));
    }

    #[test]
    fn a_flood_of_parameters_is_refused() {
        let flood: Vec<String> = (0..=MAX_PARAMETERS).map(|i| format!("p{i}=1")).collect();
        let flood = flood.join("&");
        assert!(matches!(
            Params::decode(flood.as_bytes()),
            Err(Refusal::MalformedForm)
        ));
    }

    proptest::proptest! {
        #[test]
        fn what_was_encoded_is_read_and_what_comes_twice_is_refused(pairs in proptest::collection::vec(("[a-c&=%+]{1,2}", "[ -~ä&=%+]{0,8}"), 0..8)) {
            let encoded = form_urlencoded::Serializer::new(String::new()).extend_pairs(&pairs).finish();
            let mut names: Vec<&String> = pairs.iter().map(|(name, _)| name).collect();
            names.sort();
            let twice = names.windows(2).any(|pair| pair[0] == pair[1]);
            match Params::decode(encoded.as_bytes()) {
                Ok(params) => {
                    proptest::prop_assert!(!twice);
                    for (name, value) in &pairs {
                        proptest::prop_assert_eq!(params.get(name), Some(value.as_str()).filter(|value| !value.is_empty()));
                    }
                }
                Err(refusal) => proptest::prop_assert!(twice && matches!(refusal, Refusal::RepeatedParameter(_))),
            }
        }

        #[test]
        fn any_bytes_are_read_or_refused_and_no_single_parameter_has_two_values(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            if let Ok(params) = Params::decode(&bytes) {
                for name in ["a", "client_id", "state"] {
                    proptest::prop_assert!(params.all(name).count() <= 1);
                }
            }
        }
    }
}
