//! What an operator may set.

use doorward_provider::codes::{LIMITS_SCHEMA, Limits};
use serde::Deserialize;

/// A link lives for ten minutes at most, in seconds: it lies in a mailbox, and mailboxes are left open.
const LIFETIME_MAX_S: u32 = 600;

/// The settings.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct Settings {
    /// The limits of links and of the codes beside them, which are one thing.
    pub codes: Limits,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Unchecked {
    #[serde(default)]
    codes: Limits,
}

impl TryFrom<Unchecked> for Settings {
    type Error = String;

    fn try_from(Unchecked { codes }: Unchecked) -> Result<Self, String> {
        if codes.lifetime_s > LIFETIME_MAX_S {
            return Err(format!(
                "codes.lifetime_s is {}, must be 60 to {LIFETIME_MAX_S}",
                codes.lifetime_s
            ));
        }
        Ok(Self { codes })
    }
}

/// Their JSON Schema.
pub(crate) fn schema() -> String {
    let codes = LIMITS_SCHEMA.replace(r#""maximum":1800"#, r#""maximum":600"#);
    format!(r#"{{"type":"object","additionalProperties":false,"properties":{{"codes":{codes}}}}}"#)
}
