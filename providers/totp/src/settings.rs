//! What an operator may set.

use serde::Deserialize;

/// The settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct Settings {
    /// Wrong codes for one account in a quarter of an hour: 5; 1 to 20.
    pub wrong_per_quarter_hour: u32,
    /// Wrong codes for one account in a day: 20; 1 to 200. Three codes are right at any time: at 20 tries a day, a year of guessing by
    /// somebody who has the first factor succeeds with a chance of about 2 %.
    pub wrong_per_day: u32,
}

/// Their JSON Schema.
pub(crate) const SCHEMA: &str = r#"{"type":"object","additionalProperties":false,"properties":{"wrong_per_quarter_hour":{"type":"integer","minimum":1,"maximum":20,"default":5},"wrong_per_day":{"type":"integer","minimum":1,"maximum":200,"default":20}}}"#;

impl Default for Settings {
    fn default() -> Self {
        Self {
            wrong_per_quarter_hour: 5,
            wrong_per_day: 20,
        }
    }
}

/// As it stands in the configuration.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Unchecked {
    wrong_per_quarter_hour: Option<u32>,
    wrong_per_day: Option<u32>,
}

impl TryFrom<Unchecked> for Settings {
    type Error = String;

    fn try_from(given: Unchecked) -> Result<Self, String> {
        let within = |name: &str, given: Option<u32>, default: u32, most: u32| match given {
            None => Ok(default),
            Some(number) if (1..=most).contains(&number) => Ok(number),
            Some(number) => Err(format!("{name} is {number}, must be 1 to {most}")),
        };
        let default = Self::default();
        Ok(Self {
            wrong_per_quarter_hour: within(
                "wrong_per_quarter_hour",
                given.wrong_per_quarter_hour,
                default.wrong_per_quarter_hour,
                20,
            )?,
            wrong_per_day: within(
                "wrong_per_day",
                given.wrong_per_day,
                default.wrong_per_day,
                200,
            )?,
        })
    }
}
