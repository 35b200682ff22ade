//! What a person gave, and where they are signed in. Names of applications are their own words; devices are named in ours.

use super::address::local;
use super::choose::name_or_unnamed;
use super::consent::{initial, resource, scope_words};
use super::layout::{Layout, Site};
use super::texts::{self, Text};
use super::visible::{VALUE_LIMIT, visible_host};
use super::words::Words;
use askama::Template;
use doorward_protocol::page::{
    Account, AccountChange, AppLine, ErrandLine, GrantLine, IdentityLine, SessionLine, WayIn,
};

/// Grants of one application that are shown one by one.
const GRANTS_SHOWN: usize = 20;

#[derive(Template)]
#[template(path = "account.html")]
struct View<'a> {
    layout: Layout,
    title: Words,
    done: Option<Words>,
    account_label: Words,
    account: Words,
    initial: String,
    action: &'a str,
    apps_title: Words,
    apps_text: Words,
    apps: Vec<App<'a>>,
    no_apps: Words,
    remove: Words,
    more_apps: Option<(&'a str, Words)>,
    sessions_title: Words,
    sessions: Vec<Session<'a>>,
    more_sessions: Option<Words>,
    here: Words,
    sign_out: Words,
    everywhere_csrf: &'a str,
    everywhere: Words,
    everywhere_text: Words,
    everywhere_apps: Words,
    identities_title: Words,
    ways: Vec<Way<'a>>,
    unlink: Words,
    errands: Vec<Errand<'a>>,
}

/// A way into the account.
struct Way<'a> {
    what: Words,
    id: &'a str,
    /// None: it stays.
    csrf: Option<&'a str>,
    /// For screen readers.
    unlink_this: String,
}

/// What can be added, or looked after, at a provider.
struct Errand<'a> {
    action: &'static str,
    provider_id: &'a str,
    csrf: &'a str,
    label: Words,
}

struct App<'a> {
    name: Words,
    badge: Option<Words>,
    hosts: Vec<Words>,
    scopes: Vec<Words>,
    resources_label: Words,
    resources: Vec<(Words, Option<Words>)>,
    note: Option<Words>,
    grants: Vec<Grant<'a>>,
    /// Each grant has a button of its own.
    several: bool,
    more: Option<Words>,
    key: &'a str,
    csrf: &'a str,
    /// For screen readers.
    remove_this: String,
    remove_all: Words,
}

struct Grant<'a> {
    device: Words,
    times: Words,
    offline: Option<Words>,
    id: &'a str,
    csrf: &'a str,
    remove_this: String,
}

struct Session<'a> {
    here: bool,
    device: Words,
    times: Words,
    id: &'a str,
    csrf: &'a str,
    sign_out_this: String,
}

pub(crate) fn render(site: &Site<'_>, page: &Account) -> askama::Result<String> {
    let say = |text: Text| site.say(text, &[]);
    let title = say(texts::ACCOUNT_TITLE);
    let minutes = page.access_token_s.div_ceil(60).to_string();
    let view = View {
        layout: site.layout(&title),
        title,
        done: page.done.map(|change| say(done(change))),
        account_label: say(texts::CONSENT_ACCOUNT),
        account: Words::value(&page.account, VALUE_LIMIT),
        initial: initial(&page.account),
        action: local(&page.action),
        apps_title: say(texts::ACCOUNT_APPS),
        apps_text: site.say(texts::ACCOUNT_APPS_TEXT, &[("count", &minutes)]),
        apps: page.apps.iter().map(|app| self::app(site, app)).collect(),
        no_apps: say(texts::ACCOUNT_NO_APPS),
        remove: say(texts::ACCOUNT_REMOVE),
        more_apps: page
            .more_apps
            .as_deref()
            .map(|href| (local(href), say(texts::ACCOUNT_MORE_APPS))),
        sessions_title: say(texts::ACCOUNT_SESSIONS),
        sessions: page
            .sessions
            .iter()
            .map(|session| self::session(site, session))
            .collect(),
        more_sessions: page
            .more_sessions
            .then(|| say(texts::ACCOUNT_MORE_SESSIONS)),
        here: say(texts::ACCOUNT_HERE),
        sign_out: say(texts::SIGNED_IN_SIGN_OUT),
        everywhere_csrf: &page.sign_out_everywhere,
        everywhere: say(texts::ACCOUNT_EVERYWHERE),
        everywhere_text: say(texts::ACCOUNT_EVERYWHERE_TEXT),
        everywhere_apps: say(texts::ACCOUNT_EVERYWHERE_APPS),
        identities_title: say(texts::ACCOUNT_IDENTITIES),
        ways: page.ways.iter().map(|way| self::way(site, way)).collect(),
        unlink: say(texts::ACCOUNT_UNLINK),
        errands: page
            .errands
            .iter()
            .map(|errand| self::errand(site, errand))
            .collect(),
    };
    view.render()
}

fn way<'a>(site: &Site<'_>, way: &'a WayIn) -> Way<'a> {
    let provider = provider(site, &way.identity);
    let day = way.identity.since.day();
    Way {
        what: site.say(
            texts::ACCOUNT_IDENTITY,
            &[("provider", &provider), ("day", &day)],
        ),
        id: &way.id,
        csrf: way.csrf.as_deref(),
        unlink_this: site
            .say(texts::ACCOUNT_UNLINK_THIS, &[("provider", &provider)])
            .plain(),
    }
}

fn errand<'a>(site: &Site<'_>, errand: &'a ErrandLine) -> Errand<'a> {
    let provider = site
        .provider_text(&errand.provider_id, &errand.provider)
        .plain();
    Errand {
        action: errand.action,
        provider_id: &errand.provider_id,
        csrf: &errand.csrf,
        label: match &errand.label {
            Some(label) => site.provider_text(&errand.provider_id, label),
            None => site.say(texts::ACCOUNT_LINK, &[("provider", &provider)]),
        },
    }
}

const fn done(change: AccountChange) -> Text {
    match change {
        AccountChange::AppRemoved => texts::ACCOUNT_APP_REMOVED,
        AccountChange::GrantRemoved => texts::ACCOUNT_GRANT_REMOVED,
        AccountChange::SessionEnded => texts::ACCOUNT_SESSION_ENDED,
        AccountChange::Linked => texts::ACCOUNT_LINKED,
        AccountChange::Unlinked => texts::ACCOUNT_UNLINKED,
        AccountChange::Managed => texts::ACCOUNT_MANAGED,
    }
}

fn app<'a>(site: &Site<'_>, app: &'a AppLine) -> App<'a> {
    let name = name_or_unnamed(site, &app.name);
    let named = [("client", name.as_str())];
    let this_device = app
        .loopback
        .then(|| site.say(texts::CONSENT_THIS_DEVICE, &[]));
    let hosts = app
        .hosts
        .iter()
        .map(|host| Words::value(&visible_host(host), VALUE_LIMIT + 1));
    let beyond = app.grants.len().saturating_sub(GRANTS_SHOWN);
    App {
        badge: app
            .unverified
            .then(|| site.say(texts::CLIENT_UNVERIFIED, &[])),
        hosts: hosts.chain(this_device).collect(),
        scopes: app
            .scopes
            .iter()
            .map(|scope| scope_words(site, scope))
            .collect(),
        resources_label: site.say(texts::CONSENT_RESOURCES, &[]),
        resources: app.resources.iter().map(resource).collect(),
        note: app
            .remembered
            .then(|| site.say(texts::ACCOUNT_REMEMBERED, &[])),
        grants: app
            .grants
            .iter()
            .take(GRANTS_SHOWN)
            .map(|grant| self::grant(site, grant, &name))
            .collect(),
        several: app.grants.len() > 1,
        more: (beyond > 0).then(|| {
            site.say(
                texts::ACCOUNT_MORE_GRANTS,
                &[("count", &beyond.to_string())],
            )
        }),
        key: &app.app,
        csrf: &app.csrf,
        remove_this: site.say(texts::ACCOUNT_REMOVE_THIS, &named).plain(),
        remove_all: if app.grants.len() > 1 {
            site.say(texts::ACCOUNT_REMOVE_ALL, &[])
        } else {
            site.say(texts::ACCOUNT_REMOVE, &[])
        },
        name: Words::value(&name, VALUE_LIMIT),
    }
}

fn device(site: &Site<'_>, device: Option<&str>) -> Words {
    device.map_or_else(
        || site.say(texts::ACCOUNT_UNKNOWN_DEVICE, &[]),
        |device| match device.split_once(" on ") {
            // The words of `doorward_protocol::user_agent`.
            Some((browser, system)) => site.say(
                texts::ACCOUNT_DEVICE,
                &[("browser", browser), ("system", system)],
            ),
            None => Words::value(device, VALUE_LIMIT),
        },
    )
}

fn grant<'a>(site: &Site<'_>, grant: &'a GrantLine, client: &str) -> Grant<'a> {
    let device = device(site, grant.device.as_deref());
    let (day, minute) = (grant.since.day(), grant.last_used.minute());
    let remove_this = site.say(
        texts::ACCOUNT_REMOVE_GRANT,
        &[("client", client), ("device", &device.plain())],
    );
    Grant {
        times: site.say(texts::ACCOUNT_TIMES, &[("day", &day), ("minute", &minute)]),
        offline: grant.offline.then(|| site.say(texts::ACCOUNT_OFFLINE, &[])),
        id: &grant.id,
        csrf: &grant.csrf,
        remove_this: remove_this.plain(),
        device,
    }
}

fn session<'a>(site: &Site<'_>, session: &'a SessionLine) -> Session<'a> {
    let device = device(site, session.device.as_deref());
    let provider = provider(site, &session.provider);
    let (day, minute) = (session.provider.since.day(), session.last_used.minute());
    let sign_out_this = site.say(texts::ACCOUNT_SIGN_OUT_THIS, &[("device", &device.plain())]);
    Session {
        here: session.here,
        times: site.say(
            texts::ACCOUNT_SESSION_TIMES,
            &[("provider", &provider), ("day", &day), ("minute", &minute)],
        ),
        id: &session.id,
        csrf: &session.csrf,
        sign_out_this: sign_out_this.plain(),
        device,
    }
}

/// What a provider is called: by itself, or by its id once it is gone.
fn provider(site: &Site<'_>, identity: &IdentityLine) -> String {
    match &identity.label {
        Some(label) => site.provider_text(&identity.provider_id, label).plain(),
        None => identity.provider_id.clone(),
    }
}
