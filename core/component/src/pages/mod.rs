//! The pages people see, and every other answer on its way out: what the rules said becomes status, headers and bytes.
//!
//! No page but [`form_post`] and those with a [`ceremony`] has a script, and none an inline style or anything from another origin. Texts are in [`texts`], looks in
//! `templates/*.html`, `templates/style.css` and [`theme`].

mod account;
mod address;
mod assets;
mod ceremony;
mod choose;
mod colour;
mod consent;
mod device;
mod digest;
mod error;
mod figure;
mod form_post;
mod headers;
mod layout;
mod overrides;
mod provider;
mod select_account;
mod session;
mod texts;
mod theme;
mod visible;
mod words;

#[cfg(test)]
mod markup;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;

use doorward_protocol::http::{Answer, Body};
use doorward_protocol::page::Page;
use doorward_protocol::ports::{Logins, Settings};
use headers::Headers;
use layout::Site;
pub(crate) use overrides::check as check_texts;

/// What goes back over the wire.
#[derive(Debug)]
pub(crate) struct Response {
    /// HTTP status.
    pub(crate) status: u16,
    /// Names in lower case, none twice unless the rules said so.
    pub(crate) headers: Vec<(&'static str, String)>,
    /// Content.
    pub(crate) body: Vec<u8>,
}

/// Makes the response for an answer. It is given two ports and no more: nothing here can write.
pub(crate) fn render(answer: Answer, settings: &dyn Settings, logins: &dyn Logins) -> Response {
    let Answer {
        status,
        headers,
        body,
    } = answer;
    let mut headers = Headers::new(headers);
    let (status, body) = match body {
        Body::Empty => {
            headers.plain();
            (status, Vec::new())
        }
        Body::Json(json) => {
            headers.typed("application/json");
            (status, json.into_bytes())
        }
        Body::Typed(media_type, text) => {
            headers.typed(media_type);
            (status, text.into_bytes())
        }
        Body::Page(page) => {
            let site = Site::read(headers.get("content-language"), settings, logins);
            headers.page(
                site.language(),
                matches!(*page, Page::SignedIn(_) | Page::Account(_)),
            );
            if let Some(sha256) = script(&page) {
                headers.allow_script(sha256);
            }
            (status, html(&site, &page).into_bytes())
        }
        Body::Asset(name) => {
            if let Some(asset) = assets::find(&name, settings, logins) {
                headers.asset(asset.media_type);
                (status, asset.bytes)
            } else {
                headers.plain();
                (404, Vec::new())
            }
        }
    };
    Response {
        status,
        headers: headers.finish(status, body.len()),
        body,
    }
}

/// The digest of the one script of a page, if it has one.
fn script(page: &Page) -> Option<&'static str> {
    match page {
        Page::FormPost(_) => Some(form_post::SCRIPT_SHA256),
        Page::Provider(page) if ceremony::is_on(&page.page) => Some(ceremony::SCRIPT_SHA256),
        _ => None,
    }
}

fn html(site: &Site<'_>, page: &Page) -> String {
    let rendered = match page {
        Page::Choose(page) => choose::render(site, page),
        Page::FormPost(page) => form_post::render(site, page),
        Page::SelectAccount(page) => select_account::render(site, page),
        Page::Provider(page) => provider::render(site, page),
        Page::Consent(page) => consent::render(site, page),
        Page::EnterUserCode(page) => device::enter(site, page),
        Page::DeviceAnswered(page) => device::answered(site, page),
        Page::ConfirmSignOut(page) => session::confirm_sign_out(site, page),
        Page::SignedOut(page) => session::signed_out(site, page),
        Page::SignedIn(page) => session::signed_in(site, page),
        Page::Account(page) => account::render(site, page),
        Page::Error(page) => error::render(site, page),
    };
    // Writing to a string in memory does not fail; if it ever did, a plain page is better than a trap.
    rendered.unwrap_or_else(|_| {
        "<!doctype html><html lang=\"en\"><title>Error</title><p>This page could not be shown. Please try again.</p></html>".to_owned()
    })
}
