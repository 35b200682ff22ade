//! Why keys do not do what they are asked.

use crate::bindings::exports::doorward::host as exported;

/// A failure of signing or sealing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// No key of that `kid`, or no current key for that algorithm.
    UnknownKey,
    /// The algorithm is none of ours, or there is more to seal than may be.
    Unsupported(String),
    /// Not what was sealed.
    Forged,
    /// The keys cannot be reached.
    Unavailable(String),
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::UnknownKey => f.write_str("there is no such key"),
            Self::Unsupported(what) => write!(f, "not supported: {what}"),
            Self::Forged => f.write_str("not what was sealed"),
            Self::Unavailable(why) => f.write_str(why),
        }
    }
}

impl From<Failure> for exported::keys::Failure {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::UnknownKey => Self::UnknownKey,
            Failure::Unsupported(what) => Self::Unsupported(what),
            Failure::Forged => Self::Unavailable("a key is not what was sealed".to_owned()),
            Failure::Unavailable(why) => Self::Unavailable(why),
        }
    }
}

impl From<Failure> for exported::sealing::Failure {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::UnknownKey => Self::Unavailable("there is no such key".to_owned()),
            Failure::Unsupported(what) => Self::Unsupported(what),
            Failure::Forged => Self::Forged,
            Failure::Unavailable(why) => Self::Unavailable(why),
        }
    }
}
