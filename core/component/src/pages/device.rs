//! A device that has no browser of its own: which code does it show, and what became of it (RFC 8628 §3.3).

use super::address::local;
use super::choose::client_name;
use super::layout::{Layout, Site};
use super::session::NoticeView;
use super::texts;
use super::visible::{NAME_LIMIT, visible};
use super::words::Words;
use askama::Template;
use doorward_protocol::page::{DeviceAnswered, EnterUserCode};

#[derive(Template)]
#[template(path = "device.html")]
struct EnterView<'a> {
    layout: Layout,
    title: Words,
    text: Words,
    /// Said if a link brought the code along.
    filled: Option<Words>,
    action: &'a str,
    csrf: &'a str,
    label: Words,
    user_code: String,
    unknown: Option<Words>,
    go_on: Words,
}

pub(crate) fn enter(site: &Site<'_>, page: &EnterUserCode) -> askama::Result<String> {
    let title = site.say(texts::DEVICE_TITLE, &[]);
    let view = EnterView {
        layout: site.layout(&title),
        title,
        text: site.say(texts::DEVICE_TEXT, &[]),
        filled: page
            .user_code
            .is_some()
            .then(|| site.say(texts::DEVICE_FILLED, &[])),
        action: local(&page.action),
        csrf: &page.csrf,
        label: site.say(texts::DEVICE_LABEL, &[]),
        user_code: visible(page.user_code.as_deref().unwrap_or_default(), NAME_LIMIT),
        unknown: page.unknown.then(|| site.say(texts::DEVICE_UNKNOWN, &[])),
        go_on: site.say(texts::DEVICE_CONTINUE, &[]),
    };
    view.render()
}

pub(crate) fn answered(site: &Site<'_>, page: &DeviceAnswered) -> askama::Result<String> {
    let (title, text) = if page.allowed {
        (texts::DEVICE_ALLOWED_TITLE, texts::DEVICE_ALLOWED_TEXT)
    } else {
        (texts::DEVICE_DENIED_TITLE, texts::DEVICE_DENIED_TEXT)
    };
    let text = site.say(text, &[("client", &client_name(site, &page.client))]);
    NoticeView::new(site, title, text).render()
}
