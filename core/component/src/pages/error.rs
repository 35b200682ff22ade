//! Something went wrong: what, and what to do now.

use super::layout::{Layout, Site};
use super::texts::{self, Text};
use super::visible::{NAME_LIMIT, TEXT_LIMIT};
use super::words::Words;
use askama::Template;
use doorward_protocol::page::{ErrorKind, ErrorPage};

/// Above this many seconds, people are told minutes.
const SECONDS_LIMIT: u32 = 90;

#[derive(Template)]
#[template(path = "error.html")]
struct View {
    layout: Layout,
    title: Words,
    text: Words,
    message: Option<Words>,
    todo: Words,
    /// For the application's developer and for support.
    details: Vec<(Words, Words)>,
}

pub(crate) fn render(site: &Site<'_>, page: &ErrorPage) -> askama::Result<String> {
    let [title, text, todo] = wording(page.kind);
    let title = site.say(title, &[]);
    let tab = site.say(texts::PAGE_TITLE_OF_ERROR, &[("title", &title.plain())]);
    let view = View {
        layout: site.layout(&tab),
        title,
        text: site.say(text, &[]),
        message: page
            .message
            .as_deref()
            .map(|message| Words::value(message, TEXT_LIMIT)),
        todo: page
            .retry_after_s
            .map_or_else(|| site.say(todo, &[]), |seconds| retry(site, seconds)),
        details: details(site, page),
    };
    view.render()
}

/// Title, what happened, what to do.
const fn wording(kind: ErrorKind) -> [Text; 3] {
    match kind {
        ErrorKind::BadRequest => [
            texts::ERROR_BAD_REQUEST_TITLE,
            texts::ERROR_BAD_REQUEST_TEXT,
            texts::ERROR_BAD_REQUEST_TODO,
        ],
        ErrorKind::SignInExpired => [
            texts::ERROR_EXPIRED_TITLE,
            texts::ERROR_EXPIRED_TEXT,
            texts::ERROR_EXPIRED_TODO,
        ],
        ErrorKind::NotFound => [
            texts::ERROR_NOT_FOUND_TITLE,
            texts::ERROR_NOT_FOUND_TEXT,
            texts::ERROR_NOT_FOUND_TODO,
        ],
        ErrorKind::Denied => [
            texts::ERROR_DENIED_TITLE,
            texts::ERROR_DENIED_TEXT,
            texts::ERROR_DENIED_TODO,
        ],
        ErrorKind::TooManyRequests => [
            texts::ERROR_TOO_MANY_TITLE,
            texts::ERROR_TOO_MANY_TEXT,
            texts::ERROR_TOO_MANY_TODO,
        ],
        ErrorKind::Unavailable => [
            texts::ERROR_UNAVAILABLE_TITLE,
            texts::ERROR_UNAVAILABLE_TEXT,
            texts::ERROR_UNAVAILABLE_TODO,
        ],
        ErrorKind::WrongMethod => [
            texts::ERROR_METHOD_TITLE,
            texts::ERROR_METHOD_TEXT,
            texts::ERROR_METHOD_TODO,
        ],
        ErrorKind::TooLarge => [
            texts::ERROR_TOO_LARGE_TITLE,
            texts::ERROR_TOO_LARGE_TEXT,
            texts::ERROR_TOO_LARGE_TODO,
        ],
    }
}

fn retry(site: &Site<'_>, seconds: u32) -> Words {
    // A promise that is kept: rounded up.
    let (text, count) = if seconds > SECONDS_LIMIT {
        (texts::ERROR_RETRY_MINUTES, seconds.div_ceil(60))
    } else {
        (texts::ERROR_RETRY_SECONDS, seconds.max(2))
    };
    site.say(text, &[("count", &count.to_string())])
}

fn details(site: &Site<'_>, page: &ErrorPage) -> Vec<(Words, Words)> {
    let reference = Some(page.reference.as_str()).filter(|reference| !reference.is_empty());
    let code = page.code.as_deref().map(|code| (texts::ERROR_CODE, code));
    let lines = code
        .into_iter()
        .chain(reference.map(|reference| (texts::ERROR_REFERENCE, reference)));
    lines
        .map(|(label, value)| (site.say(label, &[]), Words::value(value, NAME_LIMIT)))
        .collect()
}
