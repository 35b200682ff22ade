//! One request to an upstream server that answers JSON: bounded, read strictly, never redirected.

use doorward_strict_json as strict_json;
use serde_json::{Map, Value};

use super::address::{host, require_https};
use crate::Failure;
use crate::services::{FetchFailure, Outgoing, Upstream};
use crate::settings::Secret;

/// Longest answer unless another bound is set, bytes.
const MAX_BYTES: usize = 64 * 1024;
/// Deepest nesting of an answer.
const DEPTH: usize = 16;
/// Longest text of an upstream's that is written to the log.
const MAX_QUOTED: usize = 200;

/// A request to an upstream server, named for the log: `the token endpoint`.
#[derive(Clone)]
pub struct Ask<'a> {
    what: &'a str,
    outgoing: Outgoing,
    max_bytes: usize,
}

/// What it answered.
#[derive(Clone, PartialEq)]
pub struct Answered {
    /// HTTP status: never a redirect.
    pub status: u16,
    /// The JSON document.
    pub json: Value,
}

impl std::fmt::Debug for Ask<'_> {
    /// Without what is sent: codes, tokens and secrets.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Ask({})", self.what)
    }
}

impl std::fmt::Debug for Answered {
    /// Without the document: there may be tokens in it.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Answered({})", self.status)
    }
}

impl<'a> Ask<'a> {
    /// A GET for JSON.
    #[must_use]
    pub fn get(what: &'a str, url: &str) -> Self {
        Self {
            what,
            outgoing: Outgoing {
                method: "GET",
                url: url.to_owned(),
                headers: vec![("accept".to_owned(), "application/json".to_owned())],
                body: Vec::new(),
            },
            max_bytes: MAX_BYTES,
        }
    }

    /// A POST of a form, for JSON.
    #[must_use]
    pub fn post(what: &'a str, url: &str, form: &[(&str, &str)]) -> Self {
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form)
            .finish();
        let mut ask =
            Self::get(what, url).header("content-type", "application/x-www-form-urlencoded");
        ask.outgoing.method = "POST";
        ask.outgoing.body = body.into_bytes();
        ask
    }

    /// With this header field; `accept` replaces the one that is there.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.outgoing.headers.retain(|(known, _)| known != name);
        self.outgoing
            .headers
            .push((name.to_owned(), value.to_owned()));
        self
    }

    /// With this access token (RFC 6750 §2.1).
    #[must_use]
    pub fn bearer(self, token: &Secret) -> Self {
        let value = format!("Bearer {}", token.reveal());
        self.header("authorization", &value)
    }

    /// A longer answer is refused, bytes: 64 KiB unless set, never more than 1 MiB.
    #[must_use]
    pub fn at_most(mut self, bytes: usize) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// Sends it.
    ///
    /// # Errors
    /// `unavailable`: no answer, a redirect, an answer that is too large or no JSON.
    pub fn send(self, upstream: &dyn Upstream) -> Result<Answered, Failure> {
        let failed = |why: &str| {
            let at = host(&self.outgoing.url);
            Failure::Unavailable(format!("{} ({at}): {why}", self.what))
        };
        require_https(self.what, &self.outgoing.url)?;
        let response = upstream.fetch(&self.outgoing).map_err(|failure| match failure {
            FetchFailure::Refused(why) => failed(&format!(
                "the host does not let us go there ({why}); it must be among `outbound_hosts` of this provider"
            )),
            FetchFailure::TooLarge => failed("its answer is too large"),
            FetchFailure::Unreachable(why) => failed(&format!("no answer ({why})")),
        })?;
        let status = response.status;
        if (300..400).contains(&status) {
            return Err(failed(&format!(
                "it answered {status}; redirects are not followed"
            )));
        }
        if response.body.len() > self.max_bytes {
            return Err(failed(&format!(
                "its answer is longer than {} bytes",
                self.max_bytes
            )));
        }
        let json = strict_json::parse(&response.body, DEPTH).map_err(|why| {
            let kind = response
                .headers
                .iter()
                .find(|(name, _)| name == "content-type");
            let kind = kind.map_or_else(|| "no content type".to_owned(), |(_, kind)| quoted(kind));
            failed(&format!(
                "it answered {status} with {kind}, and cannot be read: {why}"
            ))
        })?;
        Ok(Answered { status, json })
    }

    /// Sends it, and takes nothing but a success with a JSON object.
    ///
    /// # Errors
    /// `unavailable`: as [`Ask::send`], any other status, anything else than an object.
    pub fn object(self, upstream: &dyn Upstream) -> Result<Map<String, Value>, Failure> {
        let (what, at) = (self.what, host(&self.outgoing.url));
        let answered = self.send(upstream)?;
        match answered {
            Answered {
                status: 200,
                json: Value::Object(members),
            } => Ok(members),
            Answered { status: 200, .. } => Err(Failure::Unavailable(format!(
                "{what} ({at}): it answered no JSON object"
            ))),
            Answered { status, .. } => Err(Failure::Unavailable(format!(
                "{what} ({at}): it answered {status}"
            ))),
        }
    }
}

/// What an upstream says, fit for a line of the log: printable ASCII, at most 200 bytes.
pub(super) fn quoted(text: &str) -> String {
    let printable = |c: &char| c.is_ascii_graphic() || *c == ' ';
    text.chars().filter(printable).take(MAX_QUOTED).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_requests_nor_answers_print_what_is_secret_in_them() {
        let ask = Ask::post(
            "the token endpoint",
            "https://a.example/",
            &[("code", "s3cret")],
        )
        .bearer(&Secret::new("s3cret"));
        let answered = Answered {
            status: 200,
            json: Value::from("s3cret"),
        };
        let printed = format!("{ask:?} {answered:?}");
        assert_eq!(printed, "Ask(the token endpoint) Answered(200)");
    }
}
