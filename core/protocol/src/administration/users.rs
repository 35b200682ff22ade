//! `user.*`

use super::{Failure, PAGE, leaving};
use crate::client;
use crate::granted;
use crate::ports::{Host, Level};
use crate::provider::Leaver;
use crate::refusal::Refusal;
use crate::user::{self, User};
use serde_json::{Map, Value, json};

pub(super) fn add(
    email: &str,
    name: Option<String>,
    sub: Option<String>,
    host: &dyn Host,
) -> Result<Value, Failure> {
    let email = email.trim().to_ascii_lowercase();
    let plain = email.is_ascii()
        && email.len() <= 254
        && !email.bytes().any(|b| b.is_ascii_control() || b == b' ');
    let shaped = email.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty() && domain.contains('.') && !domain.contains('@')
    });
    if !plain || !shaped {
        return Err(Failure::Refused(format!(
            "`{email}` is not an e-mail address"
        )));
    }
    if let Some(sub) = &sub {
        check_sub(sub, host)?;
    }
    let claims: Map<String, Value> = name
        .into_iter()
        .map(|name| ("name".to_owned(), Value::from(name)))
        .collect();
    let user = user::invite(&email, claims, sub, host.now(), host)?.ok_or_else(|| {
        Failure::Refused(format!(
            "a user with the address `{email}` is there already"
        ))
    })?;
    host.emit(
        Level::Info,
        "user.created",
        &[("sub", &user.sub), ("provider", "operator")],
    );
    Ok(json!({ "user": user }))
}

/// Whether a subject identifier that another system gave out can stay one here: nobody else's, and no client's, whose tokens for
/// itself have its `client_id` as their subject (RFC 9068 §5).
fn check_sub(sub: &str, host: &dyn Host) -> Result<(), Failure> {
    if !user::is_sub(sub) {
        return Err(Failure::Refused(
            "sub must be 1 to 128 characters of A-Z a-z 0-9 . _ ~ - : |".to_owned(),
        ));
    }
    if user::find(sub, host)?.is_some() {
        return Err(Failure::Refused(format!(
            "a user with the sub `{sub}` is there already"
        )));
    }
    match client::find(sub, host) {
        Err(Refusal::UnknownClient) => Ok(()),
        Err(failure) => Err(failure.into()),
        Ok(_) => Err(Failure::Refused(format!(
            "sub: `{sub}` is the client_id of a client"
        ))),
    }
}

pub(super) fn list(after: Option<&str>, host: &dyn Host) -> Result<Value, Failure> {
    let after = after.map(user::key);
    let listed = crate::ports::Records::list(host, "user/", after.as_deref(), PAGE)?;
    let users: Vec<User> = listed
        .iter()
        .filter_map(|record| serde_json::from_slice(&record.value).ok())
        .collect();
    let next = if listed.len() == PAGE as usize {
        users.last().map(|user| user.sub.clone())
    } else {
        None
    };
    Ok(json!({ "users": users, "next": next }))
}

/// Disabling also raises the generation: enabling again brings no old session or grant back to life.
pub(super) fn set_disabled(user: &str, disabled: bool, host: &dyn Host) -> Result<Value, Failure> {
    let found = find(user, host)?;
    let changed = user::change(&found.sub, host, |user| {
        if disabled && !user.disabled {
            user.generation = user.generation.wrapping_add(1);
        }
        user.disabled = disabled;
    })?;
    let event = if disabled {
        "user.disabled"
    } else {
        "user.enabled"
    };
    host.emit(Level::Info, event, &[("sub", &changed.sub)]);
    if disabled {
        leaving::tell_of_the_end(&changed.sub, Some(&changed), host)?;
    }
    Ok(json!({ "user": changed }))
}

pub(super) fn remove(user: &str, host: &dyn Host) -> Result<Value, Failure> {
    let found = find(user, host)?;
    forget(&found, host)?;
    user::remove(&found, host)?;
    leaving::tell_of_the_end(&found.sub, None, host)?;
    granted::sweep_person(&found.sub, host)?;
    host.emit(Level::Info, "user.removed", &[("sub", &found.sub)]);
    Ok(json!({ "user": found }))
}

/// Has every provider forget them, by each of their subjects there, those that are being taken away too. Until all have, they are
/// there and disabled, so that the command can be given again.
fn forget(user: &User, host: &dyn Host) -> Result<(), Failure> {
    let user = user::change(&user.sub, host, |user| {
        if !user.disabled {
            user.generation = user.generation.wrapping_add(1);
        }
        user.disabled = true;
    })?;
    for provider in host.providers() {
        let there = user
            .identities
            .iter()
            .filter(|one| one.provider == provider.id);
        let mut subjects = Vec::new();
        for identity in there {
            // A way that was taken away may be somebody else's by now.
            let owner = user::find_by_identity(&provider.id, &identity.subject, host)?;
            if owner.is_none_or(|owner| owner.value.sub == user.sub) {
                subjects.push(Some(identity.subject.clone()));
            }
        }
        if subjects.is_empty() {
            subjects.push(None);
        }
        for subject in subjects {
            let leaver = Leaver {
                provider_id: provider.id.clone(),
                account_id: user.account_at(&provider.id).id,
                subject,
            };
            host.forget(&leaver).map_err(|failure| {
                Failure::Unavailable(format!(
                    "provider `{}` did not forget them ({failure:?}); they are disabled: mend it, or take it out of the configuration, \
                     and remove them again",
                    provider.id
                ))
            })?;
        }
    }
    Ok(())
}

/// By `sub`, or by verified address.
pub(super) fn find(user: &str, host: &dyn Host) -> Result<User, Failure> {
    let found = if user.contains('@') {
        user::find_by_email(user.trim(), host)?
    } else {
        user::find(user, host)?
    };
    found.map(|stored| stored.value).ok_or(Failure::Absent)
}
