//! `/account`: what a person gave to applications and where they are signed in, and the way to end each.
//!
//! GET: 1. is there such a page; 2. who is signed in: nobody signs in first and comes back; 3. what is theirs.
//! POST, in order: 1. form; 2. who is signed in; 3. the form's token, bound to this session, to what is done and to what it is done to;
//! 4. is it theirs; 5. the change; 6. 303.
//!
//! What takes rights away needs no fresh sign-in: whoever sits at somebody else's browser could do worse by keeping them
//! (`docs/decisions/0013-leaving.md`). The ways in do ([`ways`]).

mod ways;

pub(super) use ways::unlink;

use super::Call;
use crate::backchannel_logout;
use crate::browser::Browser;
use crate::client::metadata_document::is_url;
use crate::client::{self, Client, Trust};
use crate::consent;
use crate::cookie::Kind;
use crate::grant;
use crate::granted::{self, Given};
use crate::http::Answer;
use crate::login::{self, Goal};
use crate::page::{
    Account, AccountChange, AppLine, GrantLine, IdentityLine, Page, ResourceLine, ScopeLine,
    SessionLine,
};
use crate::params::Params;
use crate::ports::Level;
use crate::redirect_uri::{self, Place};
use crate::refusal::Refusal;
use crate::resource;
use crate::secret::{equal, is_base64url};
use crate::session::{self, ActiveSession};
use crate::time::UnixTime;

/// Most grants on one page.
const GRANTS: u32 = 100;
/// Most remembered consents that are looked at.
const CONSENTS: u32 = 200;
/// Most sessions on the page.
const SESSIONS: u32 = 50;

/// Answers a request to `/account`.
#[must_use]
pub fn serve(call: &Call<'_>) -> Answer {
    let answer = if call.server.account.enabled {
        handle(call)
    } else {
        Err(Refusal::NotFound)
    };
    answer.unwrap_or_else(|refusal| call.error_page(&refusal))
}

fn handle(call: &Call<'_>) -> Result<Answer, Refusal> {
    let posted = match call.request.method {
        "GET" | "HEAD" => None,
        "POST" => Some(call.request.form()?),
        _ => return Err(Refusal::WrongMethod { allow: "GET, POST" }),
    };
    let browser = call.browser();
    let Some(session) = call.session()? else {
        return sign_in(call, &browser);
    };
    match posted {
        None => show(call, &browser, &session),
        Some(params) => change(call, &browser, &session, &params),
    }
}

/// Nobody is signed in here: first that. What was posted is lost, which is right: whoever signs in now may be someone else.
fn sign_in(call: &Call<'_>, browser: &Browser) -> Result<Answer, Refusal> {
    if call.request.method == "POST" {
        return Ok(Answer::see_other(format!("{}/account", call.base())));
    }
    let transaction = login::begin_for(call, browser, Goal::Account)?;
    let answer = super::login::choose(call, &transaction, &[])?;
    Ok(browser.remember(answer, &call.cookies()))
}

// ── what is theirs ──

fn show(call: &Call<'_>, browser: &Browser, session: &ActiveSession) -> Result<Answer, Refusal> {
    let query = call.request.query()?;
    let after = query.get("after").filter(|after| is_place(after));
    let user = &session.user;
    let given = granted::grants(&user.sub, None, after, GRANTS, call.now, call.host)?;
    let viewer = Viewer {
        call,
        browser,
        session,
    };
    let mut apps = viewer.apps(given.found)?;
    if after.is_none() {
        viewer.add_remembered(&mut apps)?;
    }
    let sessions = viewer.sessions()?;
    let page = Account {
        account: user.account(),
        ways: viewer.ways(),
        errands: viewer.errands(),
        apps,
        more_apps: given
            .next
            .map(|next| format!("{}/account?after={next}", call.base())),
        more_sessions: sessions.len() >= SESSIONS as usize,
        sessions,
        done: viewer.done(query.get("done")),
        action: format!("{}/account", call.base()),
        sign_out_everywhere: viewer.csrf("end_sessions", &user.sub),
        access_token_s: call.server.lifetimes.access_token_s,
    };
    Ok(browser.remember(Answer::page(200, Page::Account(page)), &call.cookies()))
}

/// Whether a text can be a place in the index: it becomes part of a key.
fn is_place(text: &str) -> bool {
    text.split_once('/')
        .is_some_and(|(app, grant_id)| is_base64url(app, 22) && is_base64url(grant_id, 22))
}

/// Whoever looks at the page.
#[derive(Clone, Copy)]
struct Viewer<'a> {
    call: &'a Call<'a>,
    browser: &'a Browser,
    session: &'a ActiveSession,
}

impl Viewer<'_> {
    /// What the token of a form is bound to: the session, what is done, and what it is done to.
    fn csrf(&self, action: &str, target: &str) -> String {
        self.browser
            .csrf(&["account", &self.session.id, action, target])
    }

    fn identity(&self, provider_id: &str, since: UnixTime) -> IdentityLine {
        let providers = self.call.host.providers();
        let listing = providers.into_iter().find(|one| one.id == provider_id);
        IdentityLine {
            provider_id: provider_id.to_owned(),
            label: listing.map(|listing| listing.label),
            since,
        }
    }

    /// Grants by application; those of one lie beside each other in the index.
    fn apps(&self, given: Vec<Given>) -> Result<Vec<AppLine>, Refusal> {
        let user = &self.session.user;
        let mut apps: Vec<AppLine> = Vec::new();
        for one in given {
            // Over by a raised generation: the record goes when it expires. A code that was never redeemed gave nothing.
            if one.grant.stands(Some(user)).is_err() || one.grant.code.redeemed_at.is_none() {
                continue;
            }
            if apps.last().is_none_or(|app| app.app != one.app) {
                let Some(line) = self.app(&one.grant.client_id)? else {
                    continue;
                };
                apps.push(line);
            }
            if let Some(app) = apps.last_mut() {
                self.add(app, one);
            }
        }
        Ok(apps)
    }

    /// An application without anything yet; none if it is gone, and with it all that it was given. One whose document cannot be had
    /// now may have it again later, and what it was given then: it is here by its URL, and its troubles are not the page's.
    fn app(&self, client_id: &str) -> Result<Option<AppLine>, Refusal> {
        let app = granted::app(client_id);
        let client = match client::at_hand(client_id, self.call.host) {
            Ok(client) => client,
            Err(
                Refusal::UnknownClient
                | Refusal::ClientDocumentInvalid(_)
                | Refusal::ClientDocumentUnreachable(_),
            ) if is_url(client_id) => {
                return Ok(Some(AppLine {
                    name: client_id.to_owned(),
                    hosts: Vec::new(),
                    loopback: false,
                    unverified: true,
                    scopes: Vec::new(),
                    resources: Vec::new(),
                    grants: Vec::new(),
                    remembered: false,
                    csrf: self.csrf("remove_app", &app),
                    app,
                }));
            }
            Err(refusal) if refusal.is_ours() => return Err(refusal),
            Err(_) => return Ok(None),
        };
        let (hosts, loopback) = hosts(&client);
        Ok(Some(AppLine {
            unverified: matches!(client.trust, Trust::Dynamic | Trust::MetadataDocument),
            name: client.client_name.unwrap_or(client.client_id),
            hosts,
            loopback,
            scopes: Vec::new(),
            resources: Vec::new(),
            grants: Vec::new(),
            remembered: false,
            csrf: self.csrf("remove_app", &app),
            app,
        }))
    }

    fn add(&self, app: &mut AppLine, one: Given) {
        self.add_what(app, one.grant.scope.tokens(), &one.grant.resources);
        app.grants.push(GrantLine {
            since: one.grant.created_at,
            last_used: one.grant.last_used(),
            offline: one.grant.session_generation.is_none(),
            csrf: self.csrf("remove_grant", &one.id),
            device: one.grant.device,
            id: one.id,
        });
    }

    fn add_what(&self, app: &mut AppLine, scopes: &[String], resources: &[String]) {
        let declared: Vec<_> = resources
            .iter()
            .map(|uri| (uri, resource::declared(uri, self.call.host)))
            .collect();
        for name in scopes {
            if app.scopes.iter().any(|known| known.name == *name) {
                continue;
            }
            let of_resource = declared
                .iter()
                .find_map(|(_, resource)| resource.as_ref()?.scopes.get(name));
            app.scopes.push(ScopeLine {
                name: name.clone(),
                description: of_resource
                    .or_else(|| self.call.server.scopes.get(name))
                    .cloned(),
            });
        }
        for (uri, resource) in declared {
            if app.resources.iter().all(|known| known.uri != *uri) {
                app.resources.push(ResourceLine {
                    name: resource.and_then(|resource| resource.name),
                    uri: uri.clone(),
                });
            }
        }
    }

    /// Applications that have nothing now, but need not ask before they get something again.
    fn add_remembered(&self, apps: &mut Vec<AppLine>) -> Result<(), Refusal> {
        let sub = &self.session.user.sub;
        for (app, remembered) in consent::remembered(sub, CONSENTS, self.call.host)? {
            if apps.iter().any(|known| known.app == app)
                || granted::app(&remembered.client_id) != app
            {
                continue;
            }
            if let Some(mut line) = self.app(&remembered.client_id)? {
                self.add_what(&mut line, remembered.scope.tokens(), &remembered.resources);
                line.remembered = true;
                apps.push(line);
            }
        }
        Ok(())
    }

    fn sessions(&self) -> Result<Vec<SessionLine>, Refusal> {
        let call = self.call;
        let listed = granted::sessions(&self.session.user.sub, None, SESSIONS, call.host)?;
        let own = (self.session.id.clone(), self.session.session.clone());
        let mut all = listed.found;
        all.retain(|(id, _)| *id != self.session.id);
        all.insert(0, own);
        let mut lines = Vec::new();
        for (id, session) in all {
            let Some(alive) = session::alive(&id, session, call.server, call.now, call.host)?
            else {
                continue;
            };
            lines.push(SessionLine {
                here: id == self.session.id,
                device: alive.session.device,
                provider: self.identity(&alive.session.provider, alive.session.auth_time),
                last_used: alive.session.last_used,
                csrf: self.csrf("end_session", &id),
                id,
            });
        }
        Ok(lines)
    }

    /// What was just done, if this browser was told so by us: nobody else can make the page say it.
    fn done(&self, told: Option<&str>) -> Option<AccountChange> {
        let (word, proof) = told?.split_once('.')?;
        let change = [
            AccountChange::AppRemoved,
            AccountChange::GrantRemoved,
            AccountChange::SessionEnded,
            AccountChange::Linked,
            AccountChange::Unlinked,
            AccountChange::Managed,
        ]
        .into_iter()
        .find(|change| name(*change) == word)?;
        equal(proof, &self.csrf("done", word)).then_some(change)
    }
}

const fn name(change: AccountChange) -> &'static str {
    match change {
        AccountChange::AppRemoved => "app",
        AccountChange::GrantRemoved => "grant",
        AccountChange::SessionEnded => "session",
        AccountChange::Linked => "linked",
        AccountChange::Unlinked => "unlinked",
        AccountChange::Managed => "managed",
    }
}

/// Where the answers of a client go, each once.
fn hosts(client: &Client) -> (Vec<String>, bool) {
    let mut hosts: Vec<String> = Vec::new();
    let mut loopback = false;
    for uri in &client.redirect_uris {
        let host = match redirect_uri::place(uri) {
            Ok(Place::Web(host)) => host,
            Ok(Place::PrivateUse(scheme)) => format!("{scheme}:"),
            Ok(Place::Loopback) | Err(_) => {
                loopback = true;
                continue;
            }
        };
        if !hosts.contains(&host) {
            hosts.push(host);
        }
    }
    (hosts, loopback)
}

// ── what they end ──

fn change(
    call: &Call<'_>,
    browser: &Browser,
    session: &ActiveSession,
    params: &Params,
) -> Result<Answer, Refusal> {
    let viewer = Viewer {
        call,
        browser,
        session,
    };
    let sub = &session.user.sub;
    let action = params.require("action")?;
    let target = match action {
        "remove_app" => params.require("app")?,
        "remove_grant" => params.require("grant")?,
        "end_session" => params.require("session")?,
        "end_sessions" => sub,
        "link" | "manage" => params.require("provider")?,
        "unlink" => params.require("way")?,
        _ => return Err(Refusal::MalformedParameter("action")),
    };
    let purpose = ["account", session.id.as_str(), action, target];
    if !browser.sent(call, params.get("csrf"), &purpose) {
        return Err(Refusal::CsrfMismatch);
    }
    // What the token is bound to was on the page, and so is no stranger's key; checked all the same.
    let is_name = matches!(action, "end_sessions" | "link" | "manage");
    if !is_name && !is_base64url(target, 22) {
        return Err(Refusal::MalformedParameter("action"));
    }
    match action {
        "remove_app" => {
            consent::forget(sub, target, call.host)?;
            let count = granted::revoke_app(sub, target, call.now, call.host)?;
            let fields = [
                ("sub", sub.as_str()),
                ("app", target),
                ("grants", &count.to_string()),
            ];
            call.host.emit(Level::Info, "account.app_removed", &fields);
            Ok(viewer.back(AccountChange::AppRemoved))
        }
        "remove_grant" => {
            let found = grant::find(target, call.host)?.map(|stored| stored.value);
            if found.is_some_and(|grant| grant.sub == *sub) {
                grant::revoke(target, call.host)?;
                let fields = [("sub", sub.as_str()), ("grant", target)];
                call.host
                    .emit(Level::Info, "account.grant_removed", &fields);
            }
            Ok(viewer.back(AccountChange::GrantRemoved))
        }
        "end_session" => viewer.end_session(target),
        "link" | "manage" => viewer.run_errand(action, target),
        "unlink" => viewer.unlink(target),
        _ => viewer.end_sessions(params.get("apps").is_some()),
    }
}

/// To the page, which says what was done.
pub(super) fn back(
    call: &Call<'_>,
    browser: &Browser,
    session: &ActiveSession,
    change: AccountChange,
) -> Answer {
    let viewer = Viewer {
        call,
        browser,
        session,
    };
    let word = name(change);
    let proof = viewer.csrf("done", word);
    Answer::see_other(format!("{}/account?done={word}.{proof}", call.base()))
}

impl Viewer<'_> {
    /// Back to the page, which says what was done.
    fn back(&self, change: AccountChange) -> Answer {
        back(self.call, self.browser, self.session, change)
    }

    fn end_session(&self, sid: &str) -> Result<Answer, Refusal> {
        let (call, sub) = (self.call, &self.session.user.sub);
        let found = session::find(sid, call.host)?.map(|stored| stored.value);
        if found.is_some_and(|session| session.sub == *sub) {
            let pending = session::end(sid, call.now, call.host)?;
            let fields = [("sub", sub.as_str()), ("sid", sid)];
            call.host.emit(Level::Info, "user.signed_out", &fields);
            backchannel_logout::tell(&pending, call.server, call.host);
        }
        if sid == self.session.id {
            return Ok(self.signed_out());
        }
        Ok(self.back(AccountChange::SessionEnded))
    }

    /// Signs out everywhere, which is one write; with `apps` also ends whatever applications were given, and forgets every consent.
    fn end_sessions(&self, apps: bool) -> Result<Answer, Refusal> {
        let (call, sub) = (self.call, &self.session.user.sub);
        let pending = session::end_everywhere(sub, apps, call.now, call.host)?;
        backchannel_logout::tell(&pending, call.server, call.host);
        Ok(self.signed_out())
    }

    fn signed_out(&self) -> Answer {
        let cookies = self.call.cookies();
        Answer::see_other(format!("{}/logout", self.call.base()))
            .with("set-cookie", cookies.clear(Kind::Session))
    }
}
