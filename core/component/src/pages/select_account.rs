//! Go on as whoever is signed in?

use super::address::local;
use super::choose::ClientLine;
use super::consent::initial;
use super::layout::{Layout, Site};
use super::texts;
use super::visible::VALUE_LIMIT;
use super::words::Words;
use askama::Template;
use doorward_protocol::page::SelectAccount;

#[derive(Template)]
#[template(path = "select_account.html")]
struct View<'a> {
    layout: Layout,
    title: Words,
    client: Option<ClientLine>,
    account_label: Words,
    account: Words,
    /// First letter of the account.
    initial: String,
    action: &'a str,
    transaction: &'a str,
    csrf: &'a str,
    go_on: Words,
    another_href: &'a str,
    another: Words,
}

pub(crate) fn render(site: &Site<'_>, page: &SelectAccount) -> askama::Result<String> {
    let title = site.say(texts::SELECT_ACCOUNT_TITLE, &[]);
    let view = View {
        layout: site.layout(&title),
        title,
        client: page
            .client
            .as_ref()
            .map(|client| ClientLine::of(site, client)),
        account_label: site.say(texts::CONSENT_ACCOUNT, &[]),
        account: Words::value(&page.account, VALUE_LIMIT),
        initial: initial(&page.account),
        action: local(&page.action),
        transaction: &page.transaction,
        csrf: &page.csrf,
        go_on: site.say(
            texts::SELECT_ACCOUNT_CONTINUE,
            &[("account", &page.account)],
        ),
        another_href: local(&page.another),
        another: site.say(texts::CONSENT_SWITCH, &[]),
    };
    view.render()
}
