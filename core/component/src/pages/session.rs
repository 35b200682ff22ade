//! Sign out, signed out, signed in.

use super::address::local;
use super::layout::{Layout, Site};
use super::texts::{self, Text};
use super::words::Words;
use askama::Template;
use doorward_protocol::page::{ConfirmSignOut, SignedIn, SignedOut};

#[derive(Template)]
#[template(path = "confirm_sign_out.html")]
struct ConfirmView<'a> {
    layout: Layout,
    title: Words,
    account: Words,
    action: &'a str,
    fields: &'a [(String, String)],
    yes: Words,
    no: Words,
}

/// A page that says one thing.
#[derive(Template)]
#[template(path = "signed_out.html")]
pub(super) struct NoticeView {
    layout: Layout,
    title: Words,
    text: Words,
}

impl NoticeView {
    pub(super) fn new(site: &Site<'_>, title: Text, text: Words) -> Self {
        let title = site.say(title, &[]);
        Self {
            layout: site.layout(&title),
            title,
            text,
        }
    }
}

#[derive(Template)]
#[template(path = "signed_in.html")]
struct SignedInView<'a> {
    layout: Layout,
    title: Words,
    account: Words,
    changed: Option<Words>,
    sign_out_href: &'a str,
    sign_out: Words,
    account_page: Option<(&'a str, Words)>,
}

pub(crate) fn confirm_sign_out(site: &Site<'_>, page: &ConfirmSignOut) -> askama::Result<String> {
    let title = site.say(texts::SIGN_OUT_TITLE, &[]);
    let view = ConfirmView {
        layout: site.layout(&title),
        title,
        account: site.say(texts::SIGN_OUT_ACCOUNT, &[("account", &page.account)]),
        action: local(&page.action),
        fields: &page.fields,
        yes: site.say(texts::SIGN_OUT_YES, &[]),
        no: site.say(texts::SIGN_OUT_NO, &[]),
    };
    view.render()
}

pub(crate) fn signed_out(site: &Site<'_>, page: &SignedOut) -> askama::Result<String> {
    let (title, text) = if page.stayed {
        (texts::STAYED_TITLE, texts::STAYED_TEXT)
    } else {
        (texts::SIGNED_OUT_TITLE, texts::SIGNED_OUT_TEXT)
    };
    NoticeView::new(site, title, site.say(text, &[])).render()
}

pub(crate) fn signed_in(site: &Site<'_>, page: &SignedIn) -> askama::Result<String> {
    let title = site.say(texts::SIGNED_IN_TITLE, &[]);
    let view = SignedInView {
        layout: site.layout(&title),
        title,
        account: site.say(texts::SIGNED_IN_ACCOUNT, &[("account", &page.account)]),
        changed: page
            .credential_changed
            .then(|| site.say(texts::SIGNED_IN_CHANGED, &[])),
        sign_out_href: local(&page.sign_out),
        sign_out: site.say(texts::SIGNED_IN_SIGN_OUT, &[]),
        account_page: page
            .account_page
            .as_deref()
            .map(|href| (local(href), site.say(texts::SIGNED_IN_ACCOUNT_PAGE, &[]))),
    };
    view.render()
}
