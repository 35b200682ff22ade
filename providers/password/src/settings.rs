//! What an operator may set.

use doorward_provider::codes::{LIMITS_SCHEMA, Limits};
use serde::Deserialize;

use crate::rules::{MIN_LENGTH_BOUNDS, MIN_LENGTH_DEFAULT};

/// The settings of this provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The least number of characters in a new password: 8; 8 to 64.
    #[serde(deserialize_with = "min_length")]
    pub min_length: u32,
    /// The limits of codes sent by mail.
    pub codes: Limits,
    /// The limits of failed sign-ins.
    pub sign_in: SignInLimits,
}

/// How often signing in may fail in 15 minutes. What succeeds does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SignInLimits {
    /// At one account: 10; 3 to 100. Counted apart for networks familiar to its owner.
    #[serde(deserialize_with = "failures_per_account")]
    pub failures_per_account: u32,
    /// From one network (IPv4 address or IPv6 /64): 50; 5 to 100,000. Not counted where the host does not know the
    /// browser's address.
    #[serde(deserialize_with = "failures_per_network")]
    pub failures_per_network: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            min_length: MIN_LENGTH_DEFAULT,
            codes: Limits::default(),
            sign_in: SignInLimits::default(),
        }
    }
}

impl Default for SignInLimits {
    fn default() -> Self {
        Self {
            failures_per_account: 10,
            failures_per_network: 50,
        }
    }
}

/// JSON Schema of [`Settings`].
pub(crate) fn schema() -> String {
    let (least, most) = (MIN_LENGTH_BOUNDS.start(), MIN_LENGTH_BOUNDS.end());
    format!(
        r#"{{"type":"object","additionalProperties":false,"properties":{{
"min_length":{{"type":"integer","minimum":{least},"maximum":{most},"default":{MIN_LENGTH_DEFAULT}}},
"codes":{LIMITS_SCHEMA},
"sign_in":{{"type":"object","additionalProperties":false,"properties":{{
"failures_per_account":{{"type":"integer","minimum":3,"maximum":100,"default":10}},
"failures_per_network":{{"type":"integer","minimum":5,"maximum":100000,"default":50}}}}}}}}}}"#
    )
}

fn min_length<'d, D: serde::Deserializer<'d>>(from: D) -> Result<u32, D::Error> {
    within(from, "min_length", MIN_LENGTH_BOUNDS)
}

fn failures_per_account<'d, D: serde::Deserializer<'d>>(from: D) -> Result<u32, D::Error> {
    within(from, "sign_in.failures_per_account", 3..=100)
}

fn failures_per_network<'d, D: serde::Deserializer<'d>>(from: D) -> Result<u32, D::Error> {
    within(from, "sign_in.failures_per_network", 5..=100_000)
}

fn within<'d, D: serde::Deserializer<'d>>(
    from: D,
    name: &str,
    bounds: std::ops::RangeInclusive<u32>,
) -> Result<u32, D::Error> {
    let number = u32::deserialize(from)?;
    if bounds.contains(&number) {
        return Ok(number);
    }
    let (least, most) = (bounds.start(), bounds.end());
    Err(serde::de::Error::custom(format!(
        "{name} is {number}, must be {least} to {most}"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_and_bounds_are_those_of_the_schema() {
        let schema: serde_json::Value = serde_json::from_str(&schema()).unwrap();
        let read = |json: &str| serde_json::from_str::<Settings>(json);
        assert_eq!(read("{}").unwrap(), Settings::default());
        let min_length = &schema["properties"]["min_length"];
        assert_eq!(min_length["default"], Settings::default().min_length);
        for (name, property) in schema["properties"]["sign_in"]["properties"]
            .as_object()
            .unwrap()
        {
            for (bound, step) in [("minimum", -1), ("maximum", 1)] {
                let inside = property[bound].as_i64().unwrap();
                let json = |number: i64| format!(r#"{{"sign_in":{{"{name}":{number}}}}}"#);
                assert!(
                    read(&json(inside)).is_ok() && read(&json(inside + step)).is_err(),
                    "{name}"
                );
            }
        }
        for wrong in [
            r#"{"min_length":7}"#,
            r#"{"min_length":65}"#,
            r#"{"minlength":9}"#,
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
