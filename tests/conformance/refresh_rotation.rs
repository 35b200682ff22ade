//! Rotation of refresh tokens: RFC 9700 §4.14.2, and what field experience adds. A lost answer or a parallel call inside the
//! client's window gets the same successor; reuse after it ends the grant.

use crate::harness::client::{API, BRIEF, SPA, STRICT};
use crate::harness::flow::{self, AuthorizationRequest};
use crate::harness::server::shared;
use crate::harness::{jwt, random};
use std::time::Duration;

#[test]
fn every_refresh_rotates() {
    let tokens = flow::tokens_for(SPA);
    let first = SPA.refresh(shared(), tokens.refresh());
    let second = SPA.refresh(shared(), &first.assert_ok().text("refresh_token"));
    let all = [
        tokens.refresh().to_owned(),
        first.text("refresh_token"),
        second.assert_ok().text("refresh_token"),
    ];
    assert!(all[0] != all[1] && all[1] != all[2] && all[0] != all[2]);
    second.assert_no_store();
}

#[test]
fn a_repeated_refresh_inside_the_window_gets_the_same_successor() {
    let tokens = flow::tokens_for(SPA);
    let answers = [0; 3].map(|_| {
        SPA.refresh(shared(), tokens.refresh())
            .assert_ok()
            .text("refresh_token")
    });
    assert!(
        answers.iter().all(|successor| *successor == answers[0]),
        "{answers:?}"
    );
    SPA.refresh(shared(), &answers[0]).assert_ok();
}

/// Two processes of one application: the slow one still holds the token of before while the quick one went on twice.
#[test]
fn inside_the_window_an_older_token_never_forks_the_grant() {
    let tokens = flow::tokens_for(SPA);
    let refresh = |token: &str| {
        SPA.refresh(shared(), token)
            .assert_ok()
            .text("refresh_token")
    };
    let first = refresh(tokens.refresh());
    let second = refresh(&first);
    let answer = SPA.refresh(shared(), tokens.refresh());
    if answer.status == 200 {
        let successor = answer.text("refresh_token");
        assert!(
            successor == first || successor == second,
            "a third successor"
        );
        refresh(&second);
    } else {
        answer.assert_error(400, "invalid_grant");
        SPA.refresh(shared(), &second)
            .assert_error(400, "invalid_grant");
    }
}

#[test]
fn reuse_after_the_window_ends_the_grant() {
    let tokens = flow::tokens_for(BRIEF);
    let successor = BRIEF
        .refresh(shared(), tokens.refresh())
        .assert_ok()
        .text("refresh_token");
    // The window is one second; there is nothing to await but its end.
    std::thread::sleep(Duration::from_millis(2_100));
    BRIEF
        .refresh(shared(), tokens.refresh())
        .assert_error(400, "invalid_grant");
    BRIEF
        .refresh(shared(), &successor)
        .assert_error(400, "invalid_grant");
}

#[test]
fn a_strict_client_has_no_window() {
    let tokens = flow::tokens_for(STRICT);
    let successor = STRICT
        .refresh(shared(), tokens.refresh())
        .assert_ok()
        .text("refresh_token");
    STRICT
        .refresh(shared(), tokens.refresh())
        .assert_error(400, "invalid_grant");
    STRICT
        .refresh(shared(), &successor)
        .assert_error(400, "invalid_grant");
}

#[test]
fn reuse_revokes_the_access_tokens_as_well() {
    let request = AuthorizationRequest::new(BRIEF)
        .with("scope", "offline_access api:read")
        .with("resource", "https://api.example/");
    let tokens = request.tokens(shared(), &mut flow::signed_in());
    let newest = BRIEF
        .refresh(shared(), tokens.refresh())
        .assert_ok()
        .text("access_token");
    assert!(API.sees_active(shared(), &newest));
    std::thread::sleep(Duration::from_millis(2_100));
    BRIEF
        .refresh(shared(), tokens.refresh())
        .assert_error(400, "invalid_grant");
    assert!(!API.sees_active(shared(), &newest));
    assert!(!API.sees_active(shared(), &tokens.access));
}

/// OAuth 2.1 §4.3.1: integrity is part of the token. Whoever guesses or edits what comes before the secret never held a
/// token of this grant, and must not be able to end it.
#[test]
fn an_invented_token_is_refused_and_harms_nobody() {
    let tokens = flow::tokens_for(STRICT);
    let token = tokens.refresh();
    let (public, secret) = token.rsplit_once('.').expect("a secret at the end");
    let letters = public
        .char_indices()
        .filter(|(_, letter)| letter.is_ascii_alphanumeric());
    for (position, letter) in letters.collect::<Vec<_>>().iter().step_by(3) {
        let other = if *letter == 'A' { 'B' } else { 'A' };
        let altered = format!(
            "{}{other}{}.{secret}",
            &public[..*position],
            &public[position + 1..]
        );
        STRICT
            .refresh(shared(), &altered)
            .assert_error(400, "invalid_grant");
    }
    let grant = token.split('.').next().expect("a grant");
    let invented = [
        format!("{grant}.{0}", random::token()),
        format!("{grant}.{0}.{0}", random::token()),
        format!("{grant}.{secret}"),
        format!(".{token}"),
        format!("{token}."),
        token.to_uppercase(),
    ];
    for invented in invented {
        STRICT
            .refresh(shared(), &invented)
            .assert_error(400, "invalid_grant");
    }
    STRICT.refresh(shared(), token).assert_ok();
}

/// Every letter of the secret counts.
#[test]
fn an_altered_secret_is_refused() {
    let tokens = flow::tokens_for(SPA);
    let (public, secret) = tokens
        .refresh()
        .rsplit_once('.')
        .expect("a secret at the end");
    for position in (0..secret.len()).step_by(7) {
        let other = if secret[position..].starts_with('A') {
            'B'
        } else {
            'A'
        };
        let altered = format!(
            "{public}.{}{other}{}",
            &secret[..position],
            &secret[position + 1..]
        );
        SPA.refresh(shared(), &altered)
            .assert_error(400, "invalid_grant");
    }
}

#[test]
fn a_refreshed_id_token_keeps_its_subject_and_time_of_sign_in() {
    let tokens = flow::tokens_for(SPA);
    let refreshed = SPA.refresh(shared(), tokens.refresh());
    let Some(id_token) = refreshed.assert_ok().json()["id_token"]
        .as_str()
        .map(str::to_owned)
    else {
        return;
    };
    let (before, after) = (jwt::read(tokens.id()).1, jwt::read(&id_token).1);
    for claim in ["iss", "sub", "aud", "auth_time"] {
        assert_eq!(before[claim], after[claim], "{claim}");
    }
}

/// OpenID Connect Core §11: no `offline_access`, no refresh after the person is gone; a client without the grant gets none.
#[test]
fn a_client_without_the_grant_gets_no_refresh_token() {
    use crate::harness::client::FIRST_PARTY;
    let request = AuthorizationRequest::new(FIRST_PARTY).with("scope", "openid");
    let tokens = request.tokens(shared(), &mut flow::signed_in());
    assert_eq!(tokens.refresh, None);
    FIRST_PARTY
        .refresh(shared(), "x.y")
        .assert_error(400, "unauthorized_client");
}
