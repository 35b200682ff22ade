//! Authentication contexts: what the values of `acr` mean here, and who asks for which (OpenID Connect Core §2, §3.1.2.1, §5.5.1.1;
//! RFC 9470).
//!
//! The operator lists them, weakest first. A sign-in is as strong as the last of them whose methods (`amr`, RFC 8176) it used, and
//! reaches every weaker one with it. Nothing about a session is stored: what counts is what the list says now.

use crate::refusal::Refusal;
use crate::settings::AuthenticationContext;
use serde::{Deserialize, Serialize};

/// Most values that one request may name.
pub const MAX_VALUES: usize = 16;
/// Longest value, bytes.
pub const MAX_LENGTH: usize = 256;

/// What a request asks of the sign-in. No values: nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Demand {
    /// Any of these, in order of preference.
    pub values: Vec<String>,
    /// Without one of them there is no answer but an error (Core §5.5.1.1). Otherwise they are tried for.
    pub essential: bool,
}

/// How strong a sign-in by these methods is: an index into `contexts`.
fn level(amr: &[String], contexts: &[AuthenticationContext]) -> Option<usize> {
    let used = |methods: &Vec<String>| methods.iter().all(|method| amr.contains(method));
    contexts
        .iter()
        .rposition(|context| context.amr.iter().any(used))
}

/// The strongest context that a sign-in by these methods reaches.
#[must_use]
pub fn strongest<'a>(amr: &[String], contexts: &'a [AuthenticationContext]) -> Option<&'a str> {
    let context = contexts.get(level(amr, contexts)?)?;
    Some(&context.acr)
}

/// Whether a sign-in by these methods is at least as strong as `acr`. A value that nobody listed is never reached.
#[must_use]
pub fn reaches(amr: &[String], acr: &str, contexts: &[AuthenticationContext]) -> bool {
    let wanted = contexts.iter().position(|context| context.acr == acr);
    match (wanted, level(amr, contexts)) {
        (Some(wanted), Some(reached)) => wanted <= reached,
        _ => false,
    }
}

impl Demand {
    /// A demand for one value that must be reached.
    #[must_use]
    pub fn for_one(acr: &str) -> Self {
        Self {
            values: vec![acr.to_owned()],
            essential: true,
        }
    }

    /// Reads `acr_values`: separated by spaces, in order of preference.
    ///
    /// # Errors
    /// [`Refusal::MalformedParameter`]
    pub fn parse(value: &str) -> Result<Self, Refusal> {
        let values: Vec<String> = value
            .split(' ')
            .filter(|value| !value.is_empty())
            .map(str::to_owned)
            .collect();
        if values.len() > MAX_VALUES || values.iter().any(|value| value.len() > MAX_LENGTH) {
            return Err(Refusal::MalformedParameter("acr_values"));
        }
        Ok(Self {
            values,
            essential: false,
        })
    }

    /// Whether nothing is asked.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The first of the wanted values that a sign-in by these methods reaches.
    #[must_use]
    pub fn met(&self, amr: &[String], contexts: &[AuthenticationContext]) -> Option<&str> {
        self.values
            .iter()
            .map(String::as_str)
            .find(|acr| reaches(amr, acr, contexts))
    }

    /// What tokens say of a sign-in: what was asked for if it was reached, otherwise what was.
    #[must_use]
    pub fn answer(&self, amr: &[String], contexts: &[AuthenticationContext]) -> Option<String> {
        self.met(amr, contexts)
            .or_else(|| strongest(amr, contexts))
            .map(str::to_owned)
    }

    /// Whether any of the values is one of this server's.
    #[must_use]
    pub fn is_known(&self, contexts: &[AuthenticationContext]) -> bool {
        contexts
            .iter()
            .any(|context| self.values.contains(&context.acr))
    }

    /// The providers by one of which whoever signed in by these methods may confirm it to reach one of the values; none: they
    /// must sign in anew.
    #[must_use]
    pub fn confirm_by(&self, amr: &[String], contexts: &[AuthenticationContext]) -> Vec<String> {
        // Whoever signed in by nothing that counts has nothing to add to.
        let adds = |context: &&AuthenticationContext| {
            self.values.contains(&context.acr)
                && !context.confirm_by.is_empty()
                && context
                    .amr
                    .iter()
                    .any(|methods| methods.iter().any(|method| amr.contains(method)))
        };
        contexts
            .iter()
            .find(adds)
            .map(|context| context.confirm_by.clone())
            .unwrap_or_default()
    }

    /// The providers by which a sign-in can reach it; none: perhaps any.
    #[must_use]
    pub fn providers(&self, contexts: &[AuthenticationContext]) -> Vec<String> {
        let weakest = contexts
            .iter()
            .position(|context| self.values.contains(&context.acr));
        let enough = weakest
            .and_then(|at| contexts.get(at..))
            .unwrap_or_default();
        if enough.iter().any(|context| context.providers.is_empty()) {
            return Vec::new();
        }
        enough
            .iter()
            .flat_map(|context| context.providers.iter().cloned())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn contexts() -> Vec<AuthenticationContext> {
        serde_json::from_value(json!([
            { "acr": "low", "amr": [["otp"], ["pwd"]], "providers": ["pin", "password"] },
            { "acr": "mfa", "amr": [["pwd", "otp"]], "providers": ["password"] },
            { "acr": "key", "amr": [["hwk"]], "providers": ["passkey"] },
        ]))
        .unwrap()
    }

    fn amr(methods: &[&str]) -> Vec<String> {
        methods.iter().map(|method| (*method).to_owned()).collect()
    }

    #[test]
    fn a_sign_in_is_as_strong_as_the_last_context_whose_methods_it_used() {
        for (methods, expected) in [
            (&["otp"] as &[&str], Some("low")),
            (&["otp", "pwd"], Some("mfa")),
            (&["hwk"], Some("key")),
            (&["face"], None),
            (&[], None),
        ] {
            assert_eq!(strongest(&amr(methods), &contexts()), expected);
        }
    }

    #[test]
    fn the_stronger_reaches_the_weaker_and_never_the_other_way() {
        assert!(reaches(&amr(&["hwk"]), "low", &contexts()));
        assert!(!reaches(&amr(&["otp"]), "mfa", &contexts()));
        assert!(!reaches(&amr(&["hwk"]), "unheard-of", &contexts()));
        assert!(!reaches(&amr(&[]), "low", &contexts()));
    }

    #[test]
    fn a_context_without_methods_is_reached_by_nobody() {
        let contexts: Vec<AuthenticationContext> =
            serde_json::from_value(json!([{ "acr": "none" }])).unwrap();
        assert!(!reaches(&amr(&["pwd"]), "none", &contexts));
    }

    #[test]
    fn tokens_name_what_was_asked_for_or_what_there_is() {
        let demand = Demand::parse("unheard-of low").unwrap();
        let answer = demand.answer(&amr(&["hwk"]), &contexts());
        assert_eq!(answer.as_deref(), Some("low"));
        let answer = Demand::default().answer(&amr(&["hwk"]), &contexts());
        assert_eq!(answer.as_deref(), Some("key"));
        let answer = Demand::for_one("key").answer(&amr(&["otp"]), &contexts());
        assert_eq!(answer.as_deref(), Some("low"));
    }

    #[test]
    fn providers_are_those_of_the_context_and_of_every_stronger_one() {
        let demand = Demand::for_one("mfa");
        assert_eq!(demand.providers(&contexts()), ["password", "passkey"]);
        let mut open = contexts();
        open[2].providers.clear();
        assert!(demand.providers(&open).is_empty(), "perhaps any");
    }
}
