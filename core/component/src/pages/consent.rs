//! May this application have this? Whoever asks wrote half of what stands here, so every line says what is known and what
//! is merely claimed.

use super::address::{https_host, local};
use super::choose::{badge, client_name};
use super::layout::{Layout, Site};
use super::texts::{self, Text};
use super::visible::{NAME_LIMIT, VALUE_LIMIT, visible, visible_host};
use super::words::Words;
use askama::Template;
use doorward_protocol::page::{ClientCard, Consent, DetailLine, ResourceLine, ScopeLine};

#[derive(Template)]
#[template(path = "consent.html")]
struct View<'a> {
    layout: Layout,
    title: Words,
    badge: Option<Words>,
    warnings: Vec<Words>,
    /// The question and the code of a device.
    device: Option<(Words, Words)>,
    account_label: Words,
    account: Words,
    /// First letter of the account.
    initial: String,
    switch_href: &'a str,
    switch: Words,
    scopes_label: Words,
    scopes: Vec<Words>,
    no_scopes: Words,
    details: Vec<Detail>,
    facts: Vec<Fact>,
    /// (https URL, what it says)
    links: Vec<(&'a str, Words)>,
    action: &'a str,
    transaction: &'a str,
    csrf: &'a str,
    allow: Words,
    deny: Words,
}

/// What is asked for in so many words: what, and each member with its values.
struct Detail {
    title: Words,
    members: Vec<(Words, Vec<Words>)>,
}

/// A line of small print: what, and one or more values.
struct Fact {
    label: Words,
    values: Vec<(Words, Option<Words>)>,
}

pub(crate) fn render(site: &Site<'_>, page: &Consent) -> askama::Result<String> {
    let title = site.say(
        texts::CONSENT_TITLE,
        &[("client", &client_name(site, &page.client))],
    );
    let view = View {
        layout: site.layout(&title),
        title,
        badge: badge(site, &page.client),
        warnings: warnings(site, page),
        device: page.user_code.as_deref().map(|code| {
            (
                site.say(texts::DEVICE_QUESTION, &[]),
                Words::value(code, VALUE_LIMIT),
            )
        }),
        account_label: site.say(texts::CONSENT_ACCOUNT, &[]),
        account: Words::value(&page.account, VALUE_LIMIT),
        initial: initial(&page.account),
        switch_href: local(&page.switch_account),
        switch: site.say(texts::CONSENT_SWITCH, &[]),
        scopes_label: site.say(texts::CONSENT_SCOPES, &[]),
        scopes: page
            .scopes
            .iter()
            .map(|scope| scope_words(site, scope))
            .chain(page.claims.iter().map(|claim| claim_words(site, claim)))
            .collect(),
        no_scopes: site.say(texts::CONSENT_NO_SCOPES, &[]),
        details: page.details.iter().map(detail).collect(),
        facts: facts(site, page),
        links: links(site, &page.client),
        action: local(&page.action),
        transaction: &page.transaction,
        csrf: &page.csrf,
        allow: site.say(texts::CONSENT_ALLOW, &[]),
        deny: site.say(texts::CONSENT_DENY, &[]),
    };
    view.render()
}

/// The title may be the operator's; the members are the application's, whole: nobody agrees to what is cut off.
fn detail(detail: &DetailLine) -> Detail {
    let whole = |text: &String| Words::value(text, text.len());
    Detail {
        title: whole(&detail.title),
        members: detail
            .members
            .iter()
            .map(|(name, values)| (whole(name), values.iter().map(whole).collect()))
            .collect(),
    }
}

/// The first letter of a name, for the round sign before it; the stylesheet makes it a capital, because the tables for
/// that would be a quarter of what the component keeps in memory.
pub(crate) fn initial(account: &str) -> String {
    visible(account, NAME_LIMIT).chars().take(1).collect()
}

fn warnings(site: &Site<'_>, page: &Consent) -> Vec<Words> {
    let client = &page.client;
    let device = page.user_code.is_some().then_some(texts::DEVICE_WARNING);
    let loopback = client.loopback.then_some(texts::CONSENT_LOOPBACK);
    let unverified = (client.unverified && !client.loopback).then_some(texts::CONSENT_UNVERIFIED);
    device
        .into_iter()
        .chain(loopback)
        .chain(unverified)
        .map(|text| site.say(text, &[]))
        .collect()
}

/// Operators' wording by id first (it may be a translation), then their description, then ours, then the bare token.
pub(crate) fn scope_words(site: &Site<'_>, scope: &ScopeLine) -> Words {
    let replaced = site.replaced(&format!("scope.{}", scope.name), &[]);
    let described = || {
        scope
            .description
            .as_deref()
            .map(|description| site.foreign(description, &[]))
    };
    replaced.or_else(described).unwrap_or_else(|| {
        let text = built_in(&scope.name).unwrap_or(texts::SCOPE_OTHER);
        site.say(text, &[("scope", &scope.name)])
    })
}

/// A single claim (OpenID Connect Core §5.1), by its name where it is none that we know.
fn claim_words(site: &Site<'_>, claim: &str) -> Words {
    let words = Text::of(&format!("claim.{claim}")).map_or_else(
        || claim.replace('_', " "),
        |text| site.say(text, &[]).plain(),
    );
    site.say(texts::CONSENT_CLAIM, &[("claim", &words)])
}

fn built_in(scope: &str) -> Option<Text> {
    match scope {
        "openid" => Some(texts::SCOPE_OPENID),
        "profile" => Some(texts::SCOPE_PROFILE),
        "email" => Some(texts::SCOPE_EMAIL),
        "offline_access" => Some(texts::SCOPE_OFFLINE_ACCESS),
        _ => None,
    }
}

fn facts(site: &Site<'_>, page: &Consent) -> Vec<Fact> {
    let fact = |label: Text, values: Vec<(Words, Option<Words>)>| Fact {
        label: site.say(label, &[]),
        values,
    };
    let mut facts = Vec::new();
    if !page.resources.is_empty() {
        facts.push(fact(
            texts::CONSENT_RESOURCES,
            page.resources.iter().map(resource).collect(),
        ));
    }
    if let Some(host) = &page.client.published_at {
        facts.push(fact(
            texts::CONSENT_PUBLISHED_AT,
            vec![(host_words(host), None)],
        ));
    }
    let goal = if page.client.loopback {
        site.say(texts::CONSENT_THIS_DEVICE, &[])
    } else {
        host_words(&page.client.redirect_host)
    };
    // A device takes people nowhere.
    if page.user_code.is_none() {
        facts.push(fact(texts::CONSENT_REDIRECT, vec![(goal, None)]));
    }
    if let Some(website) = page.client.client_uri.as_deref().and_then(https_host) {
        facts.push(fact(
            texts::CONSENT_WEBSITE,
            vec![(host_words(website), None)],
        ));
    }
    facts
}

pub(crate) fn resource(resource: &ResourceLine) -> (Words, Option<Words>) {
    let uri = Words::value(&visible_host(&resource.uri), VALUE_LIMIT + 1);
    match &resource.name {
        Some(name) => (Words::value(name, NAME_LIMIT), Some(uri)),
        None => (uri, None),
    }
}

fn host_words(host: &str) -> Words {
    Words::value(&visible_host(host), VALUE_LIMIT + 1)
}

/// Policy and terms of the application. The host stands in the text: the label is ours, where it leads is not.
fn links<'a>(site: &Site<'_>, client: &'a ClientCard) -> Vec<(&'a str, Words)> {
    let policy = client
        .policy_uri
        .as_deref()
        .map(|url| (url, texts::CONSENT_POLICY));
    let terms = client
        .tos_uri
        .as_deref()
        .map(|url| (url, texts::CONSENT_TERMS));
    let links = policy.into_iter().chain(terms);
    links
        .filter_map(|(url, text)| {
            Some((
                url,
                site.say(text, &[("host", &visible(https_host(url)?, VALUE_LIMIT))]),
            ))
        })
        .collect()
}
