//! The numbers of one-time codes, and within which bounds an operator may change them.

use serde::Deserialize;

/// Digits of a code. Not a setting: a million codes and a handful of tries is what the other numbers are made for.
pub const DIGITS: u32 = 6;

/// What an operator may put under `codes` in a provider's settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct Limits {
    /// How long a code is valid: 600 s; 60 to 1800.
    pub lifetime_s: u32,
    /// Tries per code, right ones included: 5; 1 to 10.
    pub tries: u32,
    /// How soon another code may be asked for in the same sign-in: 30 s; 10 to 600.
    pub resend_after_s: u32,
    /// Codes mailed to one address per hour: 5; 1 to 60. Counted apart for networks familiar to the address.
    pub per_address_per_hour: u32,
    /// Codes asked for from one network (IPv4 address or IPv6 /64) per hour: 20; 1 to 100,000. Not counted where the
    /// host does not know the browser's address.
    pub per_network_per_hour: u32,
    /// Wrong tries for one address per day, over all its codes: 20; 1 to 200. At 20 a day, a year of guessing at one
    /// address succeeds with a chance below 1 %. Counted apart for networks familiar to the address.
    pub wrong_per_address_per_day: u32,
}

/// JSON Schema of [`Limits`], to be put into a provider's own schema.
pub const LIMITS_SCHEMA: &str = r#"{"type":"object","additionalProperties":false,"properties":{"lifetime_s":{"type":"integer","minimum":60,"maximum":1800,"default":600},"tries":{"type":"integer","minimum":1,"maximum":10,"default":5},"resend_after_s":{"type":"integer","minimum":10,"maximum":600,"default":30},"per_address_per_hour":{"type":"integer","minimum":1,"maximum":60,"default":5},"per_network_per_hour":{"type":"integer","minimum":1,"maximum":100000,"default":20},"wrong_per_address_per_day":{"type":"integer","minimum":1,"maximum":200,"default":20}}}"#;

impl Default for Limits {
    fn default() -> Self {
        Self {
            lifetime_s: 600,
            tries: 5,
            resend_after_s: 30,
            per_address_per_hour: 5,
            per_network_per_hour: 20,
            wrong_per_address_per_day: 20,
        }
    }
}

/// As it stands in the settings.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Unchecked {
    lifetime_s: Option<u32>,
    tries: Option<u32>,
    resend_after_s: Option<u32>,
    per_address_per_hour: Option<u32>,
    per_network_per_hour: Option<u32>,
    wrong_per_address_per_day: Option<u32>,
}

impl TryFrom<Unchecked> for Limits {
    type Error = String;

    fn try_from(given: Unchecked) -> Result<Self, String> {
        let default = Self::default();
        let within =
            |name: &str, given: Option<u32>, default: u32, least: u32, most: u32| match given {
                None => Ok(default),
                Some(number) if (least..=most).contains(&number) => Ok(number),
                Some(number) => Err(format!(
                    "codes.{name} is {number}, must be {least} to {most}"
                )),
            };
        Ok(Self {
            lifetime_s: within("lifetime_s", given.lifetime_s, default.lifetime_s, 60, 1800)?,
            tries: within("tries", given.tries, default.tries, 1, 10)?,
            resend_after_s: within(
                "resend_after_s",
                given.resend_after_s,
                default.resend_after_s,
                10,
                600,
            )?,
            per_address_per_hour: within(
                "per_address_per_hour",
                given.per_address_per_hour,
                default.per_address_per_hour,
                1,
                60,
            )?,
            per_network_per_hour: within(
                "per_network_per_hour",
                given.per_network_per_hour,
                default.per_network_per_hour,
                1,
                100_000,
            )?,
            wrong_per_address_per_day: within(
                "wrong_per_address_per_day",
                given.wrong_per_address_per_day,
                default.wrong_per_address_per_day,
                1,
                200,
            )?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_the_default() {
        assert_eq!(
            serde_json::from_str::<Limits>("{}").unwrap(),
            Limits::default()
        );
        let one = serde_json::from_str::<Limits>(r#"{"tries":3}"#).unwrap();
        assert_eq!(
            one,
            Limits {
                tries: 3,
                ..Limits::default()
            }
        );
    }

    #[test]
    fn what_is_out_of_bounds_or_unknown_is_refused() {
        for wrong in [
            r#"{"tries":11}"#,
            r#"{"tries":0}"#,
            r#"{"lifetime_s":86400}"#,
            r#"{"attempts":1}"#,
        ] {
            assert!(serde_json::from_str::<Limits>(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_schema_says_the_same() {
        let schema: serde_json::Value = serde_json::from_str(LIMITS_SCHEMA).unwrap();
        let properties = schema["properties"].as_object().unwrap();
        assert_eq!(properties.len(), 6);
        for (name, property) in properties {
            for (bound, step) in [("minimum", -1), ("maximum", 1)] {
                let inside = property[bound].as_i64().unwrap();
                let read = |number: i64| {
                    serde_json::from_str::<Limits>(&format!("{{\"{name}\":{number}}}"))
                };
                assert!(read(inside).is_ok(), "{name} {inside}");
                assert!(read(inside + step).is_err(), "{name} {}", inside + step);
            }
        }
    }
}
