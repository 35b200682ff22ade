//! `/dev/outbox`: every mail that was "sent", the newest first. HTML for people, JSON for programs.

use super::html::{escape, page, plain};
use crate::mail::{Outbox, OutboxEntry};
use crate::server::Answer;
use crate::server::refusal::prefers_html;
use hyper::StatusCode;
use hyper::header::{ACCEPT, HeaderMap};

pub(super) fn answer(outbox: &Outbox, headers: &HeaderMap) -> Answer {
    let entries = outbox.list();
    let accept = headers
        .get(ACCEPT)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    if accept.contains("application/json") && !prefers_html(headers) {
        let json = serde_json::to_string(&entries).unwrap_or_else(|_| String::from("[]"));
        return plain(StatusCode::OK, "application/json", json);
    }
    let list: String = entries.iter().map(article).collect();
    let empty = "<p>No mail yet. What the server would send appears here; reload to see more.</p>";
    page(
        StatusCode::OK,
        "Outbox",
        if entries.is_empty() { empty } else { &list },
    )
}

fn article(entry: &OutboxEntry) -> String {
    let code = entry
        .code
        .as_ref()
        .map(|code| format!("<p class=\"code\">{}</p>", escape(code)))
        .unwrap_or_default();
    let (subject, to, text) = (
        escape(&entry.subject),
        escape(&entry.to),
        escape(&entry.text),
    );
    format!("<article><h2>{subject}</h2><p>To {to}</p>{code}<pre>{text}</pre></article>")
}
