//! What the host itself answers when a request does not get as far as the core, or the core does not answer. Nothing
//! internal reaches the wire: the reason is in the log.

use super::Answer;
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{
    ACCEPT, ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, CACHE_CONTROL,
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER,
};
use hyper::{Response, StatusCode};

/// Why the host refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The target is not in origin form (RFC 9112 §3.2.1).
    MalformedTarget,
    /// The target is longer than the limit.
    TargetTooLong,
    /// There are more header fields, or more bytes of them, than the limit.
    HeaderTooLarge,
    /// The body is larger than the limit.
    BodyTooLarge,
    /// The body did not arrive in time.
    BodyTooSlow,
    /// The body broke off.
    BodyIncomplete,
    /// As many requests as may run at once are running.
    Full,
    /// The core trapped, took too long, or answered outside the contract.
    CoreFailed,
}

impl Refusal {
    fn status(self) -> StatusCode {
        match self {
            Self::MalformedTarget | Self::BodyIncomplete => StatusCode::BAD_REQUEST,
            Self::TargetTooLong => StatusCode::URI_TOO_LONG,
            Self::HeaderTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BodyTooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::Full | Self::CoreFailed => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The error code of OAuth (RFC 6749 §4.1.2.1, §5.2).
    fn code(self) -> &'static str {
        match self {
            Self::Full | Self::CoreFailed => "temporarily_unavailable",
            Self::MalformedTarget
            | Self::TargetTooLong
            | Self::HeaderTooLarge
            | Self::BodyTooLarge
            | Self::BodyTooSlow
            | Self::BodyIncomplete => "invalid_request",
        }
    }

    fn sentence(self) -> &'static str {
        match self {
            Self::Full | Self::CoreFailed => {
                "This did not work just now. Please try again in a moment."
            }
            _ => "The server could not read this request.",
        }
    }

    /// The answer: JSON, or a plain page for those who prefer one.
    pub(crate) fn answer(self, request_headers: &HeaderMap) -> Answer {
        let page = prefers_html(request_headers);
        let (media_type, body) = if page {
            ("text/html; charset=utf-8", html(self.sentence()))
        } else {
            (
                "application/json",
                format!("{{\"error\":\"{}\"}}", self.code()),
            )
        };
        let mut answer = Response::new(Full::new(Bytes::from(body)));
        *answer.status_mut() = self.status();
        let headers = answer.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(
            "x-content-type-options",
            HeaderValue::from_static("nosniff"),
        );
        if page {
            let policy = HeaderValue::from_static(
                "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
            );
            headers.insert(CONTENT_SECURITY_POLICY, policy);
        } else {
            // Nothing in it is anyone's: a script that may read our other answers must be able to read this one.
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
            let exposed = HeaderValue::from_static("Retry-After");
            headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
        }
        if self.status() == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        answer
    }
}

fn html(sentence: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>Please try again</title><p>{sentence}</p></html>\n"
    )
}

/// Whether `text/html` comes before any JSON in `Accept`: so it does in every browser.
pub(crate) fn prefers_html(headers: &HeaderMap) -> bool {
    let accept = headers
        .get(ACCEPT)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let mut types = accept
        .split(',')
        .map(|range| range.split(';').next().unwrap_or_default().trim());
    let first = types.find(|range| matches!(*range, "text/html" | "application/json"));
    first == Some("text/html")
}
