//! Why a guest did not answer.

use std::fmt;
use std::time::Duration;

/// Why a guest did not answer. Its text is for the operator's log, never for the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It was still at it when its time was up.
    TimedOut(Duration),
    /// It trapped, asked for more memory than it may have, or broke the contract.
    Trapped(String),
    /// All guests that there may be at once are busy.
    Exhausted,
}

/// What the sandbox stops a guest with when its time is up; found again in the chain of the error.
#[derive(Debug)]
pub(super) struct TimeIsUp;

impl fmt::Display for TimeIsUp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("time is up")
    }
}

impl std::error::Error for TimeIsUp {}

impl Fault {
    /// Reads the error with which a call into a guest ended.
    pub(crate) fn from_error(error: &wasmtime::Error, limit: Duration) -> Self {
        if error.downcast_ref::<TimeIsUp>().is_some() {
            return Self::TimedOut(limit);
        }
        if error
            .downcast_ref::<wasmtime::PoolConcurrencyLimitError>()
            .is_some()
        {
            return Self::Exhausted;
        }
        Self::Trapped(format!("{error:#}"))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TimedOut(limit) => write!(formatter, "took longer than {} ms", limit.as_millis()),
            Self::Trapped(text) => write!(formatter, "trapped: {text}"),
            Self::Exhausted => formatter.write_str("no instance is free"),
        }
    }
}
