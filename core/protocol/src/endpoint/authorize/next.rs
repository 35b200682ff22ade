//! What stands between an authorization request and its code (OpenID Connect Core §3.1.2.1, RFC 9470).
//!
//! In order: 1. who is signed in, and is that who and as lately as the request asks; 2. must it be asked whether they go on; 3. by the
//! means that it asks for; 4. the policy; 5. the means that the policy asks for; 6. consent.

use super::super::Call;
use crate::acr::{self, Demand};
use crate::authorization::AuthorizationRequest;
use crate::client::Client;
use crate::consent::{self, ConsentGiven};
use crate::login::Transaction;
use crate::pairwise;
use crate::policy::{self, Permit};
use crate::refusal::Refusal;
use crate::session::ActiveSession;
use crate::settings::AuthenticationContext;

/// What stands between a request and its code.
pub(in crate::endpoint) enum Next {
    /// A person must sign in.
    SignIn(SignIn),
    /// Somebody is signed in; it must be asked whether they are the one.
    SelectAccount,
    /// They must be asked.
    Ask(Permit),
    /// Nothing.
    Answer(Permit, ConsentGiven),
}

/// Why and how a person must sign in.
pub(in crate::endpoint) struct SignIn {
    /// By one of these providers; none: by any.
    pub(in crate::endpoint) providers: Vec<String>,
    /// Whoever is signed in need not do so anew, but confirm it by one of these; none: they must.
    pub(in crate::endpoint) confirm_by: Vec<String>,
    /// What `prompt=none` is told instead.
    pub(super) silent: Refusal,
}

/// Decides what stands between a request and its code. `transaction`: the sign-in that led here, if there was one.
pub(in crate::endpoint) fn next(
    call: &Call<'_>,
    request: &AuthorizationRequest,
    client: &Client,
    session: Option<&ActiveSession>,
    transaction: Option<&Transaction>,
) -> Result<Next, Refusal> {
    let contexts = &call.server.authentication_contexts;
    if request.acr.essential && !request.acr.is_known(contexts) {
        return Err(Refusal::UnmetAuthenticationRequirements);
    }
    let of_this_sign_in = is_of(transaction, session);
    let is_expected = is_expected(call, request, client, session)?;
    let Some(session) = who(call, request, session, of_this_sign_in, is_expected)? else {
        let sign_in = sign_in_for(call, request, Refusal::LoginRequired);
        return Ok(Next::SignIn(sign_in));
    };
    let tried = transaction.map_or(Tried::NOTHING, |transaction| {
        Tried::by(transaction, Some(session))
    });
    let must_choose = request.prompt.select_account || is_hinted_elsewhere(request, session);
    if must_choose && !request.prompt.none && !of_this_sign_in {
        return Ok(Next::SelectAccount);
    }
    if !is_strong_enough(request, session, tried, contexts)? {
        let mut sign_in = sign_in_for(call, request, Refusal::InteractionRequired);
        sign_in.confirm_by = tried.left_of(request.acr.confirm_by(&session.session.amr, contexts));
        return Ok(Next::SignIn(sign_in));
    }
    let permit = permit(call, request, client, session)?;
    if let Some(sign_in) = stronger(&permit, session, tried, contexts)? {
        return Ok(Next::SignIn(sign_in));
    }
    if permit.scope.is_empty() && !request.scope.is_empty() {
        return Err(Refusal::NoScopeLeft);
    }
    let given = if permit.require_consent {
        None
    } else {
        consent::already_given(request, &permit, client, &session.user.sub, call.host)?
    };
    match given {
        None => Ok(Next::Ask(permit)),
        // Last of all: to an application that they never agreed to, these would tell who is signed in.
        Some(_) if !is_expected => Err(Refusal::LoginRequired),
        Some(_) if must_choose && request.prompt.none => Err(Refusal::AccountSelectionRequired),
        Some(given) => Ok(Next::Answer(permit, given)),
    }
}

/// What a sign-in under way has tried for already: nobody is asked for the same thing twice.
#[derive(Debug, Clone, Copy)]
pub(in crate::endpoint) struct Tried {
    /// The session is the one that it led to.
    pub(in crate::endpoint) signed_in: bool,
    /// They confirmed it.
    pub(in crate::endpoint) confirmed: bool,
}

impl Tried {
    /// There is no sign-in under way.
    const NOTHING: Self = Self {
        signed_in: false,
        confirmed: false,
    };

    /// What a sign-in under way led to, if it did. To go on as whoever is signed in is no sign-in.
    pub(in crate::endpoint) fn by(
        transaction: &Transaction,
        session: Option<&ActiveSession>,
    ) -> Self {
        Self {
            signed_in: is_of(Some(transaction), session) && !transaction.login.was_there,
            confirmed: transaction.login.confirmed,
        }
    }

    /// The providers by which they may yet confirm it.
    fn left_of(self, confirm_by: Vec<String>) -> Vec<String> {
        if self.confirmed {
            Vec::new()
        } else {
            confirm_by
        }
    }

    /// Whether nothing is left to try.
    fn all(self, confirm_by: &[String]) -> bool {
        self.signed_in && (self.confirmed || confirm_by.is_empty())
    }
}

/// Whether the session is the one that a sign-in led to.
fn is_of(transaction: Option<&Transaction>, session: Option<&ActiveSession>) -> bool {
    let led_to = transaction.and_then(|transaction| transaction.login.sid.as_ref());
    led_to.is_some() && led_to == session.map(|session| &session.id)
}

/// The session, if it says who the request asks for, as lately as it asks. In silence (`prompt=none`) anyone goes on to be asked about: that
/// they are someone else is for those to know to whom they agreed.
fn who<'a>(
    call: &Call<'_>,
    request: &AuthorizationRequest,
    session: Option<&'a ActiveSession>,
    of_this_sign_in: bool,
    is_expected: bool,
) -> Result<Option<&'a ActiveSession>, Refusal> {
    let Some(session) = session else {
        return Ok(None);
    };
    let is_recent = of_this_sign_in || is_recent(call, request, session);
    if is_recent && (is_expected || request.prompt.none) {
        Ok(Some(session))
    } else if of_this_sign_in {
        // They signed in, but as someone else than `id_token_hint` names: asking again would go in circles.
        Err(Refusal::LoginRequired)
    } else {
        Ok(None)
    }
}

/// Whether the person is the one whom the request names, if it names one: by the name that this client knows them by, and by no other
/// (OpenID Connect Core §8.1).
fn is_expected(
    call: &Call<'_>,
    request: &AuthorizationRequest,
    client: &Client,
    session: Option<&ActiveSession>,
) -> Result<bool, Refusal> {
    match (&request.expected_sub, session) {
        (Some(expected), Some(session)) => {
            Ok(*expected == pairwise::sub(client, &session.user.sub, call.host)?)
        }
        (expected, _) => Ok(expected.is_none()),
    }
}

/// Whether a session that was there before satisfies `prompt` and `max_age` (OpenID Connect Core §3.1.2.1).
fn is_recent(call: &Call<'_>, request: &AuthorizationRequest, session: &ActiveSession) -> bool {
    let age_s = call.now.since(session.session.auth_time);
    // 0 asks for a sign-in of its own, even within the second.
    let fresh = request
        .max_age_s
        .is_none_or(|max_age_s| max_age_s > 0 && age_s <= max_age_s);
    !request.prompt.login && fresh
}

/// Whether the session is as strong as the request asks, or as can be (Core §3.1.2.1, §5.5.1.1).
fn is_strong_enough(
    request: &AuthorizationRequest,
    session: &ActiveSession,
    tried: Tried,
    contexts: &[AuthenticationContext],
) -> Result<bool, Refusal> {
    let met = request.acr.is_empty() || request.acr.met(&session.session.amr, contexts).is_some();
    if met || !request.acr.is_known(contexts) {
        return Ok(true);
    }
    let confirm_by = request.acr.confirm_by(&session.session.amr, contexts);
    match (tried.all(&confirm_by), request.acr.essential) {
        (true, true) => Err(Refusal::UnmetAuthenticationRequirements),
        // It was tried for; or trying would show something.
        (true, false) => Ok(true),
        (false, false) if request.prompt.none => Ok(true),
        (false, _) => Ok(false),
    }
}

/// Whether `login_hint` is the address of someone else than who is signed in.
fn is_hinted_elsewhere(request: &AuthorizationRequest, session: &ActiveSession) -> bool {
    match (&request.login_hint, &session.user.email) {
        (Some(hint), Some(email)) => hint.contains('@') && !hint.eq_ignore_ascii_case(email),
        _ => false,
    }
}

/// By which providers the request can be met.
pub(in crate::endpoint) fn sign_in_for(
    call: &Call<'_>,
    request: &AuthorizationRequest,
    silent: Refusal,
) -> SignIn {
    let contexts = &call.server.authentication_contexts;
    let strong = request.acr.providers(contexts);
    let providers = match &request.provider {
        Some(provider) if strong.is_empty() || strong.contains(provider) => vec![provider.clone()],
        _ => strong,
    };
    SignIn {
        providers,
        confirm_by: Vec::new(),
        silent,
    }
}

/// What the policy leaves of the request.
fn permit(
    call: &Call<'_>,
    request: &AuthorizationRequest,
    client: &Client,
    session: &ActiveSession,
) -> Result<Permit, Refusal> {
    let input = policy::Input {
        stage: "authorization".to_owned(),
        now: call.now.0,
        client: client.facts(),
        user: Some(session.user.facts()),
        session: Some(session.facts(call.request.client_address, call.server)),
        grant_type: "authorization_code".to_owned(),
        scopes: policy::scopes_of(&request.scope, &request.claims),
        resources: request.resources.clone(),
    };
    let permit = policy::permit_before_sign_in(&input, call.host)?;
    Ok(permit.about(&request.scope, &request.claims))
}

/// The sign-in that the policy asks for, if the one at hand is not it.
pub(in crate::endpoint) fn stronger(
    permit: &Permit,
    session: &ActiveSession,
    tried: Tried,
    contexts: &[AuthenticationContext],
) -> Result<Option<SignIn>, Refusal> {
    if let Some(acr) = &permit.require_acr
        && !acr::reaches(&session.session.amr, acr, contexts)
    {
        let demand = Demand::for_one(acr);
        let confirm_by = demand.confirm_by(&session.session.amr, contexts);
        return match (demand.is_known(contexts), tried.all(&confirm_by)) {
            (true, false) => Ok(Some(SignIn {
                providers: demand.providers(contexts),
                confirm_by: tried.left_of(confirm_by),
                silent: Refusal::InteractionRequired,
            })),
            (true, true) => Err(Refusal::UnmetAuthenticationRequirements),
            (false, _) => Err(Refusal::PolicyDenied {
                reason: "acr".to_owned(),
            }),
        };
    }
    match &permit.require_provider {
        Some(provider) if *provider != session.session.provider => Ok(Some(SignIn {
            providers: vec![provider.clone()],
            confirm_by: Vec::new(),
            silent: Refusal::InteractionRequired,
        })),
        _ => Ok(None),
    }
}
