//! The browser comes back: RFC 6749 §4.1.2, RFC 9207.

use super::ask::quoted;
use super::pending::Pending;
use crate::services::{Services, Upstream};
use crate::{Context, Failure, Method, Provider, Request, Visit, secret};

/// Longest code: those of some servers are tokens of their own.
const MAX_CODE: usize = 4096;

/// One request to a provider whose state is [`Pending`], whatever its settings.
pub(super) struct Here<'v> {
    pub(super) services: &'v dyn Services,
    pub(super) upstream: &'v dyn Upstream,
    pub(super) context: &'v Context,
    pub(super) request: &'v Request,
    pub(super) pending: Option<&'v Pending>,
}

/// How it came back.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Back<'v> {
    /// With a code.
    Code(&'v str),
    /// The person did not want to.
    Declined,
}

/// Whether, and as which, the upstream names itself (RFC 9207).
pub(super) struct Iss<'i> {
    /// Whether a value is the upstream's.
    pub(super) is_ours: &'i dyn Fn(&str) -> bool,
    /// It said that it always sends it.
    pub(super) required: bool,
}

impl<'v> Here<'v> {
    pub(super) fn of<P: Provider<State = Pending>>(
        visit: &'v Visit<'_, P>,
    ) -> Result<Self, Failure> {
        Ok(Self {
            services: visit.services(),
            upstream: visit.upstream()?,
            context: visit.context(),
            request: visit.request(),
            pending: visit.state(),
        })
    }

    pub(super) fn redirect_uri(&self) -> String {
        format!("{}/callback", self.context.base_url)
    }

    /// A parameter of the answer: in the query, or in the form with `response_mode=form_post`. Empty is as good as none.
    pub(super) fn parameter(&self, name: &str) -> Option<&'v str> {
        let pairs = match self.request.method {
            Method::Get => &self.request.query,
            Method::Post => &self.request.form,
        };
        let found = pairs
            .iter()
            .find(|(known, value)| known == name && !value.is_empty());
        found.map(|(_, value)| value.as_str())
    }

    /// The sign-in that this callback belongs to. `at`: the upstream as the settings have it now.
    pub(super) fn sign_in(&self, at: &str) -> Result<&'v Pending, Failure> {
        let pending = self
            .pending
            .ok_or_else(|| bad("a callback of a sign-in that did not begin here, or is over"))?;
        let state = self.parameter("state").unwrap_or_default();
        // RFC 6749 §10.12. The core found the sign-in by it already; a callback that named it otherwise is none.
        if !secret::equal(state.as_bytes(), self.context.transaction.as_bytes()) {
            return Err(bad("a callback whose `state` is not this sign-in's"));
        }
        if pending.at != at {
            return Err(bad("the upstream was another when this sign-in began"));
        }
        Ok(pending)
    }

    /// What the upstream says.
    pub(super) fn back(&self, iss: &Iss<'_>) -> Result<Back<'v>, Failure> {
        // RFC 9207 §2.4: before anything else is believed, errors too.
        match self.parameter("iss") {
            Some(sent) if !(iss.is_ours)(sent) => {
                return Err(bad("a callback whose `iss` is another issuer's (RFC 9207)"));
            }
            None if iss.required => {
                return Err(bad(
                    "a callback without `iss`, although the issuer says that it always sends it (RFC 9207)",
                ));
            }
            _ => {}
        }
        if let Some(error) = self.parameter("error") {
            return match error {
                // The second and third: Apple, LinkedIn.
                "access_denied" | "user_cancelled_authorize" | "user_cancelled_login" => {
                    Ok(Back::Declined)
                }
                other => Err(Failure::Unavailable(format!(
                    "the upstream sent the browser back with the error {:?}",
                    quoted(other)
                ))),
            };
        }
        let code = self
            .parameter("code")
            .ok_or_else(|| bad("a callback without `code` and without `error`"))?;
        if code.len() > MAX_CODE || !code.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
            return Err(bad(
                "a callback whose `code` is too long, or no printable ASCII",
            ));
        }
        Ok(Back::Code(code))
    }
}

pub(super) fn bad(why: &str) -> Failure {
    Failure::BadRequest(why.to_owned())
}
