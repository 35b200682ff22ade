//! The answer to an application, in a form that posts itself: the one page with a script.

use super::layout::{Layout, Site};
use super::texts;
use super::words::Words;
use askama::Template;
use doorward_protocol::page::FormPost;

/// The script, whole. The page's policy names it by its digest; a test sees to it that both belong together.
pub(crate) const SCRIPT: &str = "document.forms[0].submit()";
/// SHA-256 of [`SCRIPT`], base64 (CSP Level 3 §8.3).
pub(crate) const SCRIPT_SHA256: &str = "ePniVEkSivX/c7XWBGafqh8tSpiRrKiqYeqbG7N1TOE=";

#[derive(Template)]
#[template(path = "form_post.html")]
struct View<'a> {
    layout: Layout,
    title: Words,
    text: Words,
    action: &'a str,
    fields: &'a [(String, String)],
    go_on: Words,
    script: &'static str,
}

pub(crate) fn render(site: &Site<'_>, page: &FormPost) -> askama::Result<String> {
    let title = site.say(texts::FORM_POST_TITLE, &[]);
    let view = View {
        layout: site.layout(&title),
        title,
        text: site.say(texts::FORM_POST_TEXT, &[]),
        action: page.action.as_str(),
        fields: &page.fields,
        go_on: site.say(texts::FORM_POST_CONTINUE, &[]),
        script: SCRIPT,
    };
    view.render()
}
