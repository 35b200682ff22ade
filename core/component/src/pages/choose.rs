//! Choose how to sign in; and the line that says for which application.

use super::address::local;
use super::assets;
use super::layout::{Layout, Site};
use super::texts;
use super::visible::{NAME_LIMIT, visible};
use super::words::Words;
use askama::Template;
use doorward_protocol::page::{Choice, Choose, ClientCard};

#[derive(Template)]
#[template(path = "choose.html")]
struct View<'a> {
    layout: Layout,
    title: Words,
    client: Option<ClientLine>,
    choices: Vec<Row<'a>>,
    none: Words,
}

struct Row<'a> {
    href: &'a str,
    icon: Option<String>,
    label: Words,
}

/// For which application: "to continue to …".
pub(crate) struct ClientLine {
    pub(crate) text: Words,
    /// "Unverified", if nobody vouched for the name.
    pub(crate) badge: Option<Words>,
}

impl ClientLine {
    pub(crate) fn of(site: &Site<'_>, client: &ClientCard) -> Self {
        let text = site.say(
            texts::CLIENT_CONTINUE,
            &[("client", &client_name(site, client))],
        );
        Self {
            text,
            badge: badge(site, client),
        }
    }
}

pub(crate) fn badge(site: &Site<'_>, client: &ClientCard) -> Option<Words> {
    client
        .unverified
        .then(|| site.say(texts::CLIENT_UNVERIFIED, &[]))
}

/// What to call an application: never nothing, and never so much that it fills the page.
pub(crate) fn client_name(site: &Site<'_>, client: &ClientCard) -> String {
    name_or_unnamed(site, &client.name)
}

/// The same of its name alone.
pub(crate) fn name_or_unnamed(site: &Site<'_>, name: &str) -> String {
    let name = visible(name, NAME_LIMIT);
    if name.is_empty() {
        site.say(texts::CLIENT_UNNAMED, &[]).plain()
    } else {
        name
    }
}

pub(crate) fn render(site: &Site<'_>, page: &Choose) -> askama::Result<String> {
    let title = if page.confirms {
        texts::CHOOSE_CONFIRM
    } else {
        texts::CHOOSE_TITLE
    };
    let title = site.say(title, &[]);
    let view = View {
        layout: site.layout(&title),
        title,
        client: page
            .client
            .as_ref()
            .map(|client| ClientLine::of(site, client)),
        choices: page
            .providers
            .iter()
            .map(|choice| row(site, choice))
            .collect(),
        none: site.say(texts::CHOOSE_NONE, &[]),
    };
    view.render()
}

fn row<'a>(site: &Site<'_>, choice: &'a Choice) -> Row<'a> {
    let provider = site
        .provider_text(&choice.provider_id, &choice.label)
        .plain();
    let icon = choice
        .icon
        .as_ref()
        .and_then(|svg| assets::icon_name(&choice.provider_id, svg));
    Row {
        href: local(&choice.href),
        icon: icon.map(|name| site.asset(&name)),
        label: site.say(texts::CHOOSE_WITH, &[("provider", &provider)]),
    }
}
