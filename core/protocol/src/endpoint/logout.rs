//! The end session endpoint: OpenID Connect RP-Initiated Logout 1.0.
//!
//! In order: 1. GET or POST; 2. `id_token_hint` and `client_id`; 3. `post_logout_redirect_uri`, registered for that client — otherwise a page
//! and nothing has changed; 4. is the person who asks the one who is signed in: if the hint does not prove it, ask; 5. the session and what
//! ends with it; 6. the clients that want to be told ([`crate::backchannel_logout`]); 7. back to the client, or a page.

use super::Call;
use crate::backchannel_logout;
use crate::client::{self, Client};
use crate::cookie::Kind;
use crate::http::Answer;
use crate::page::{ConfirmSignOut, Page, SignedOut};
use crate::pairwise;
use crate::params::Params;
use crate::ports::Level;
use crate::redirect_uri::{self, RegisteredRedirectUri};
use crate::refusal::Refusal;
use crate::session::{self, ActiveSession};
use crate::token::id::{self, Hint};

/// Answers a request to `/logout`.
#[must_use]
pub fn serve(call: &Call<'_>) -> Answer {
    match handle(call) {
        Ok(answer) => answer,
        Err(refusal) => {
            let mut answer = call.error_page(&refusal);
            // Nobody authenticates here.
            if answer.status == 401 {
                answer.status = 400;
            }
            answer
        }
    }
}

/// A checked request.
struct SignOut {
    hint: Option<Hint>,
    back: Option<Back>,
}

/// Where the browser goes then.
struct Back {
    uri: RegisteredRedirectUri,
    state: Option<String>,
    /// Nobody vouches for its client.
    of_a_stranger: bool,
}

fn handle(call: &Call<'_>) -> Result<Answer, Refusal> {
    let params = match call.request.method {
        "GET" | "HEAD" => call.request.query()?,
        "POST" => call.request.form()?,
        _ => return Err(Refusal::WrongMethod { allow: "GET, POST" }),
    };
    let sign_out = check(call, &params)?;
    let browser = call.browser();
    if call.request.method == "POST" && browser.is_new() {
        return Ok(Answer::see_other(call.again_by_get("/logout", &params)));
    }
    let Some(session) = call.session()? else {
        // A client that came by itself could use us to send anybody where it likes (RFC 9700 §4.11): only who signs out is sent to it.
        let back = sign_out.back.filter(|back| !back.of_a_stranger);
        return Ok(signed_out(call, back.as_ref()));
    };
    let proven = match &sign_out.hint {
        Some(hint) => is_about(call, hint, &session)?,
        None => false,
    };
    let purpose = ["logout", session.id.as_str()];
    let confirmed =
        call.request.method == "POST" && browser.sent(call, params.get("csrf"), &purpose);
    match (confirmed, params.get("decision")) {
        (true, Some("stay")) => Ok(Answer::page(
            200,
            Page::SignedOut(SignedOut { stayed: true }),
        )),
        (true, Some("sign_out")) => end(call, &sign_out, &session),
        _ if proven => end(call, &sign_out, &session),
        _ => {
            let mut fields = params.without(&["csrf", "decision"]);
            fields.push(("csrf".to_owned(), browser.csrf(&purpose)));
            let page = ConfirmSignOut {
                account: session.user.account(),
                action: format!("{}/logout", call.base()),
                fields,
            };
            Ok(browser.remember(
                Answer::page(200, Page::ConfirmSignOut(page)),
                &call.cookies(),
            ))
        }
    }
}

/// Whether an ID token is about the person who is signed in and this very session, by the names that its client has for them.
fn is_about(call: &Call<'_>, hint: &Hint, session: &ActiveSession) -> Result<bool, Refusal> {
    let client = client::find(&hint.client_id, call.host)?;
    Ok(
        hint.sub == pairwise::sub(&client, &session.user.sub, call.host)?
            && hint.sid == pairwise::sid(&client, &session.id, call.host)?,
    )
}

fn check(call: &Call<'_>, params: &Params) -> Result<SignOut, Refusal> {
    // A hint that cannot be verified, say because its key is long gone, proves nothing: the person is asked.
    let hint = match params
        .get("id_token_hint")
        .map(|hint| id::hint(hint, call.server, call.host))
    {
        None | Some(Err(Refusal::HintInvalid)) => None,
        Some(hint) => Some(hint?),
    };
    let named = params.get("client_id");
    if let (Some(hint), Some(named)) = (&hint, named)
        && hint.client_id != named
    {
        return Err(Refusal::HintInvalid);
    }
    let client_id = hint.as_ref().map(|hint| hint.client_id.as_str()).or(named);
    let client: Option<Client> = client_id
        .map(|id| client::named(id, call.request.client_address, call.host))
        .transpose()?;
    // It could only say whom the client means, which the session says better (§2); refused where it could not be one.
    params.bounded("logout_hint", 320)?;
    let state = params.bounded("state", 4096)?.map(str::to_owned);
    let back = match params.get("post_logout_redirect_uri") {
        None => None,
        Some(uri) => {
            let client = client.ok_or(Refusal::PostLogoutRedirectUri)?;
            let uri = redirect_uri::find(
                uri,
                &client.post_logout_redirect_uris,
                client.loopback_any_path,
            )
            .map_err(|_| Refusal::PostLogoutRedirectUri)?;
            Some(Back {
                uri,
                state,
                of_a_stranger: client.came_by_itself(),
            })
        }
    };
    Ok(SignOut { hint, back })
}

fn end(call: &Call<'_>, sign_out: &SignOut, session: &ActiveSession) -> Result<Answer, Refusal> {
    let pending = session::end(&session.id, call.now, call.host)?;
    backchannel_logout::tell(&pending, call.server, call.host);
    call.host.emit(
        Level::Info,
        "user.signed_out",
        &[("sub", &session.user.sub)],
    );
    Ok(signed_out(call, sign_out.back.as_ref()))
}

fn signed_out(call: &Call<'_>, back: Option<&Back>) -> Answer {
    let answer = match back {
        Some(Back { uri, state, .. }) => {
            let parameters: Vec<_> = state
                .iter()
                .map(|state| ("state", state.as_str()))
                .collect();
            let location = if parameters.is_empty() {
                uri.as_str().to_owned()
            } else {
                uri.with(&parameters)
            };
            Answer::see_other(location)
        }
        None => Answer::page(200, Page::SignedOut(SignedOut::default())),
    };
    let cookies = call.cookies();
    if call.request.cookie(&cookies.name(Kind::Session)).is_some() {
        answer.with("set-cookie", cookies.clear(Kind::Session))
    } else {
        answer
    }
}
