//! Messages to people, through the HTTP API of a mail service. A message is checked, turned into one request, and accepted if
//! the service says so.
//!
//! Neither the text of a message nor its code, its address or the token is ever in a failure.

mod check;
pub(crate) mod wasi;

#[cfg(test)]
mod tests;

pub(crate) use crate::bindings::exports::doorward::host::mail::{Failure, Message};
use crate::host::{Host, how_to_set};
use crate::settings::{Mail, Service};
use crate::url::{self, HttpUrl};
use serde::Serialize;
use zeroize::Zeroizing;

/// A `POST` of JSON to the service.
pub(crate) struct Request<'a> {
    pub(crate) url: HttpUrl<'a>,
    /// Besides `content-type` and `content-length`: the header that holds the token, and its value.
    pub(crate) authentication: (&'static str, Zeroizing<String>),
    pub(crate) body: Vec<u8>,
}

/// What came of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Sent {
    /// The service answered with this status.
    Status(u16),
    /// It did not, and why.
    Failed(&'static str),
}

/// <https://resend.com/docs/api-reference/emails/send-email>
#[derive(Serialize)]
struct Resend<'a> {
    from: &'a str,
    to: [&'a str; 1],
    subject: &'a str,
    text: &'a str,
}

/// <https://postmarkapp.com/developer/api/email-api>
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Postmark<'a> {
    from: &'a str,
    to: &'a str,
    subject: &'a str,
    text_body: &'a str,
}

/// The request that delivers a message.
///
/// # Errors
/// [`Failure::Invalid`]: the message. [`Failure::Unsupported`]: its channel is not `email`, or no service is configured.
/// [`Failure::Unavailable`]: the token or the URL of the service; says how to cure it.
pub(crate) fn request<'a>(
    message: &Message,
    settings: Option<&'a Mail>,
    host: &impl Host,
) -> Result<Request<'a>, Failure> {
    check::check(message)?;
    let settings = settings
        .ok_or_else(|| Failure::Unsupported("no way to send mail is configured".to_owned()))?;
    let url = url::parse(&settings.url)
        .map_err(|why| Failure::Unavailable(format!("`mail.url` in the settings {why}")))?;
    let token = token(host)?;
    let (to, subject, text) = (
        message.to.as_str(),
        message.subject.as_str(),
        message.text.as_str(),
    );
    let from = settings.from.as_str();
    let (authentication, body) = match settings.service {
        Service::Resend => (
            (
                "authorization",
                Zeroizing::new(format!("Bearer {}", token.as_str())),
            ),
            serde_json::to_vec(&Resend {
                from,
                to: [to],
                subject,
                text,
            }),
        ),
        Service::Postmark => (
            ("x-postmark-server-token", token),
            serde_json::to_vec(&Postmark {
                from,
                to,
                subject,
                text_body: text,
            }),
        ),
    };
    Ok(Request {
        url,
        authentication,
        body: body
            .map_err(|_| Failure::Invalid("the message cannot be written as JSON".to_owned()))?,
    })
}

/// The token of the service, fit for a header.
fn token(host: &impl Host) -> Result<Zeroizing<String>, Failure> {
    let unavailable = |why: &str| {
        Failure::Unavailable(format!(
            "the variable `mail_token` {why}: {}, to the token of the mail service",
            how_to_set("mail_token")
        ))
    };
    let token = host
        .variable("mail_token")
        .map_err(|_| Failure::Unavailable("the variable `mail_token` cannot be read".to_owned()))?
        .map(Zeroizing::new)
        .ok_or_else(|| unavailable("is not set"))?;
    if token.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(token)
    } else {
        Err(unavailable("holds what no token holds"))
    }
}

/// Whether the service accepted the message: only if its status is 2xx. A redirect is not followed, for it would take the message
/// and the token elsewhere.
///
/// # Errors
/// [`Failure::Unavailable`] with the status.
pub(crate) fn outcome(sent: &Sent) -> Result<(), Failure> {
    match sent {
        Sent::Status(200..=299) => Ok(()),
        Sent::Status(status @ 300..=399) => Err(Failure::Unavailable(format!(
            "the mail service answered {status}, and redirects are not followed: `mail.url` in the settings must be its final address"
        ))),
        Sent::Status(status @ (401 | 403)) => Err(Failure::Unavailable(format!(
            "the mail service answered {status}: look at the variable `mail_token` and the sender `mail.from`"
        ))),
        Sent::Status(status) => Err(Failure::Unavailable(format!(
            "the mail service answered {status}"
        ))),
        Sent::Failed(why) => Err(Failure::Unavailable(format!("the mail service: {why}"))),
    }
}
