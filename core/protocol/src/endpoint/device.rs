//! `/device`: where a person types the code that their device shows, and says whether it may (RFC 8628 §3.3).
//!
//! Typing: 1. a form of ours, posted by this browser; 2. how many were tried, from this network and of this code; 3. how many were wrong,
//! from anywhere: once they are many, only who is signed in may go on; 4. a code that waits.
//! Answering: 1. the sign-in, begun by this browser; 2. the device still waits; 3. who is signed in; 4. the policy; 5. the means that it asks
//! for; 6. for a POST the form's token, bound to the browser, the person and what they were shown; 7. the decision; 8. the sign-in ends,
//! once; 9. the device's record takes one answer; 10. the grant.
//!
//! Consent is asked for every time: whoever knows a client's id can begin this on a device of their own and talk somebody into allowing it
//! (§5.4), so that nothing that was agreed to before counts here.

mod tries;

pub use tries::{
    MAX_TRIES_OF_CODE, MAX_TRIES_OF_NETWORK, MAX_TRIES_OF_PERSON, MAX_TRIES_OF_UNKNOWN, MAX_WRONG,
};

use super::{Call, authorize, consent, login as login_page, provider};
use crate::acr;
use crate::browser::Browser;
use crate::client::{self, Client, GrantType};
use crate::device::{self, Decision, DeviceAuthorization, UserCode};
use crate::grant::{Code, Grant};
use crate::http::Answer;
use crate::login::{self, Goal, Transaction};
use crate::page::{Consent, DeviceAnswered, EnterUserCode, Page};
use crate::params::Params;
use crate::policy::{self, Permit};
use crate::ports::Level;
use crate::refusal::Refusal;
use crate::session::{self, ActiveSession};
use tries::Tries;

/// How long the device has at least to fetch what was allowed, seconds: its interval may have grown.
const FETCH_S: u64 = 330;

/// Answers a request to `/device`.
#[must_use]
pub fn serve(call: &Call<'_>) -> Answer {
    let browser = call.browser();
    match handle(call, &browser) {
        // A form on another site posts without cookies: that must not give the browser new ones.
        Ok(answer) if call.request.method == "POST" => answer,
        Ok(answer) => browser.remember(answer, &call.cookies()),
        Err(refusal) => call.error_page(&refusal),
    }
}

fn handle(call: &Call<'_>, browser: &Browser) -> Result<Answer, Refusal> {
    let (posted, params) = match call.request.method {
        "GET" | "HEAD" => (false, call.request.query()?),
        "POST" => (true, call.request.form()?),
        _ => return Err(Refusal::WrongMethod { allow: "GET, POST" }),
    };
    match params.get("transaction") {
        Some(id) => question(call, browser, id, posted.then_some(&params)),
        None if posted => look_up(call, browser, &params),
        // A link with the code in it (§3.3.1) only fills in the form: nothing is looked up before a person says so.
        None => Ok(enter(call, browser, code(&params).as_ref(), false)),
    }
}

fn code(params: &Params) -> Option<UserCode> {
    UserCode::parse(params.get("user_code")?)
}

/// The form for the code. What is not known is told alike whether it never was, is over, or was answered.
fn enter(call: &Call<'_>, browser: &Browser, code: Option<&UserCode>, unknown: bool) -> Answer {
    let page = EnterUserCode {
        action: format!("{}/device", call.base()),
        csrf: browser.csrf(&["user code"]),
        user_code: code.map(UserCode::shown),
        unknown,
    };
    let status = if unknown { 400 } else { 200 };
    Answer::page(status, Page::EnterUserCode(page))
}

fn look_up(call: &Call<'_>, browser: &Browser, params: &Params) -> Result<Answer, Refusal> {
    if browser.is_new() {
        let params = Params::of(params.without(&["csrf"]));
        return Ok(Answer::see_other(call.again_by_get("/device", &params)));
    }
    let code = code(params);
    if !browser.sent(call, params.get("csrf"), &["user code"]) {
        return Ok(Answer {
            status: 400,
            ..enter(call, browser, code.as_ref(), false)
        });
    }
    let tries = Tries::now(call);
    tries.admit(code.as_ref())?;
    if tries.are_guesses()? {
        let Some(session) = call.session()? else {
            let transaction = login::begin_for(call, browser, Goal::UserCode)?;
            return login_page::choose(call, &transaction, &[]);
        };
        tries.admit_person(&session.user.sub)?;
    }
    let found = match &code {
        Some(code) => device::waiting(code, call.now, call.host)?,
        None => None,
    };
    let Some(id) = found else {
        call.host.emit(Level::Warning, "device.code_unknown", &[]);
        if code.is_some() {
            tries.count_wrong()?;
        }
        return Ok(enter(call, browser, None, true));
    };
    let transaction = login::begin_for_device(call, browser, id)?;
    Ok(Answer::see_other(format!(
        "{}/device?transaction={}",
        call.base(),
        transaction.id
    )))
}

/// A question that can be put to a person.
struct Question<'a> {
    transaction: &'a Transaction,
    device_id: &'a str,
    device: &'a DeviceAuthorization,
    client: &'a Client,
    session: &'a ActiveSession,
    permit: Permit,
}

/// Asks, or takes the answer in `form`.
fn question(
    call: &Call<'_>,
    browser: &Browser,
    transaction_id: &str,
    form: Option<&Params>,
) -> Result<Answer, Refusal> {
    let mut transaction = login::find(Some(transaction_id), browser, call.host)?;
    let device_id = transaction
        .login
        .device
        .clone()
        .ok_or(Refusal::LoginUnknown)?;
    let device_id = device_id.as_str();
    let device = device::find(device_id, call.host)?.map(|stored| stored.value);
    let device = device
        .filter(|device| device.waits(call.now))
        .ok_or(Refusal::LoginUnknown)?;
    let client = client::find(&device.client_id, call.host)?;
    client_still_may(&client, &device)?;
    let session = match &transaction.login.sid {
        Some(sid) => session::of_sign_in(sid, call.server, call.now, call.host)?,
        None => call.session()?,
    };
    let Some(session) = session else {
        return login_page::choose(call, &transaction, &[]);
    };
    let decided = permit(call, &device, &client, &session).and_then(|permit| {
        let tried = authorize::Tried::by(&transaction, Some(&session));
        let contexts = &call.server.authentication_contexts;
        let stronger = authorize::stronger(&permit, &session, tried, contexts)?;
        Ok((permit, stronger))
    });
    let (permit, stronger) = match decided {
        Err(refusal) if !refusal.is_ours() => {
            call.log_refusal("device.refused", &refusal, &client.client_id);
            transaction.finish(call.host)?;
            device::decide(device_id, Decision::Denied, call.now, call.host)?;
            return Err(refusal);
        }
        decided => decided?,
    };
    if let Some(sign_in) = stronger {
        if !sign_in.confirm_by.is_empty() {
            return provider::confirm(call, &session, &sign_in.confirm_by, true, &mut transaction);
        }
        return login_page::choose(call, &transaction, &sign_in.providers);
    }
    let question = Question {
        transaction: &transaction,
        device_id,
        device: &device,
        client: &client,
        session: &session,
        permit,
    };
    match form {
        None => ask(call, browser, &question),
        Some(form) => answer(call, browser, form, &question),
    }
}

fn client_still_may(client: &Client, device: &DeviceAuthorization) -> Result<(), Refusal> {
    if !device.is_of(client) {
        return Err(Refusal::LoginUnknown);
    }
    if client.may(GrantType::DeviceCode) {
        Ok(())
    } else {
        Err(Refusal::GrantTypeOfAnotherClient)
    }
}

fn permit(
    call: &Call<'_>,
    device: &DeviceAuthorization,
    client: &Client,
    session: &ActiveSession,
) -> Result<Permit, Refusal> {
    let asked = device.scope.within(&client.scope);
    let input = policy::Input {
        stage: "authorization".to_owned(),
        now: call.now.0,
        client: client.facts(),
        user: Some(session.user.facts()),
        session: Some(session.facts(call.request.client_address, call.server)),
        grant_type: GrantType::DeviceCode.name().to_owned(),
        scopes: asked.tokens().to_vec(),
        resources: device.resources.clone(),
    };
    let permit = policy::permit_before_sign_in(&input, call.host)?;
    if permit.scope.is_empty() && !device.scope.is_empty() {
        return Err(Refusal::NoScopeLeft);
    }
    Ok(permit)
}

impl Question<'_> {
    /// What the form's token is bound to: the sign-in, the person, and what they were shown.
    fn csrf(&self, browser: &Browser) -> String {
        let (scope, code) = (self.permit.scope.to_string(), self.device.user_code.shown());
        browser.csrf(&self.purpose(&scope, &code))
    }

    /// Resources and details are the device's own, which never change.
    fn purpose<'a>(&'a self, scope: &'a str, code: &'a str) -> [&'a str; 5] {
        let sub = &self.session.user.sub;
        ["device", &self.transaction.id, sub, scope, code]
    }

    fn sent(&self, call: &Call<'_>, browser: &Browser, form: &Params) -> bool {
        let (scope, code) = (self.permit.scope.to_string(), self.device.user_code.shown());
        browser.sent(call, form.get("csrf"), &self.purpose(&scope, &code))
    }
}

fn ask(call: &Call<'_>, browser: &Browser, question: &Question<'_>) -> Result<Answer, Refusal> {
    let transaction = question.transaction;
    let client = login_page::client_card(call, transaction)?.ok_or(Refusal::LoginUnknown)?;
    let (scopes, resources) =
        consent::lines(call, &question.permit.scope, &question.device.resources);
    let page = Consent {
        client,
        account: question.session.user.account(),
        scopes,
        claims: Vec::new(),
        details: consent::details(call, &question.device.authorization_details),
        resources,
        user_code: Some(question.device.user_code.shown()),
        action: format!("{}/device", call.base()),
        transaction: transaction.id.clone(),
        csrf: question.csrf(browser),
        switch_account: login_page::another(call, transaction),
    };
    Ok(Answer::page(200, Page::Consent(page)))
}

fn answer(
    call: &Call<'_>,
    browser: &Browser,
    form: &Params,
    question: &Question<'_>,
) -> Result<Answer, Refusal> {
    if !question.sent(call, browser, form) {
        // Another person signed in meanwhile, or the policy changed what is asked: put the question again, to them.
        let again = ask(call, browser, question)?;
        return Ok(Answer {
            status: 400,
            ..again
        });
    }
    let decision = match form.get("decision") {
        Some("allow") => Decision::Allowed,
        Some("deny") => Decision::Denied,
        _ => return Err(Refusal::MalformedParameter("decision")),
    };
    question.transaction.finish(call.host)?;
    device::decide(question.device_id, decision, call.now, call.host)?;
    let fields = [
        ("client_id", question.client.client_id.as_str()),
        ("sub", &question.session.user.sub),
        ("scope", &question.permit.scope.to_string()),
    ];
    let allowed = decision == Decision::Allowed;
    if allowed {
        grant(call, question)?;
        call.host.emit(Level::Info, "device.allowed", &fields);
    } else {
        call.host.emit(Level::Info, "device.denied", &fields);
    }
    let client = login_page::client_card(call, question.transaction)?.unwrap_or_default();
    let page = DeviceAnswered { client, allowed };
    Ok(Answer::page(200, Page::DeviceAnswered(page)))
}

/// Writes the grant that the device will find when it polls next.
fn grant(call: &Call<'_>, question: &Question<'_>) -> Result<(), Refusal> {
    let (session, device) = (question.session, question.device);
    let expires_at = device.expires_at.max(call.now.plus(FETCH_S));
    let ends_with_session = !question.permit.scope.has("offline_access");
    let grant = Grant {
        client_id: question.client.client_id.clone(),
        sub: session.user.sub.clone(),
        generation: session.user.generation,
        session_generation: ends_with_session.then_some(session.user.session_generation),
        sid: session.id.clone(),
        scope: question.permit.scope.clone(),
        resources: device.resources.clone(),
        auth_time: session.session.auth_time,
        amr: session.session.amr.clone(),
        provider: session.session.provider.clone(),
        acr: acr::strongest(&session.session.amr, &call.server.authentication_contexts)
            .map(str::to_owned),
        authorization_details: device.authorization_details.clone(),
        claims: None,
        confirmation: None,
        act: None,
        created_at: call.now,
        // The one that was let in, not the one in front of the person.
        device: None,
        listed_until: call.now,
        code: Code {
            sha256: device.sha256.clone(),
            expires_at,
            redeemed_at: None,
            redirect_uri: String::new(),
            redirect_uri_sent: false,
            challenge: None,
            nonce: None,
            dpop_jkt: None,
        },
        refresh: None,
    };
    let of = (question.device_id, grant);
    authorize::keep(call, question.client, session, of, expires_at).map(drop)
}
