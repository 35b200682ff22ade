//! Every text that the pages say by themselves: its id and its English wording. Operators replace a wording by its id in
//! `theme.texts`; `{name}` in it stands for a value.

/// A built-in text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Text {
    /// Stable.
    pub(crate) id: &'static str,
    /// Shown when nobody replaced it.
    pub(crate) english: &'static str,
}

macro_rules! texts {
    ($($name:ident = $id:literal : $english:literal;)*) => {
        $(pub(crate) const $name: Text = Text { id: $id, english: $english };)*
        /// All of them, in this order.
        #[cfg(test)]
        pub(crate) const ALL: &[Text] = &[$($name),*];
    };
}

texts! {
    // A BCP 47 tag: whoever translates the texts says here into what, and screen readers pronounce them so.
    LANGUAGE = "page.language": "en";
    TITLE = "page.title": "{title} · {service}";
    TITLE_OF_ERROR = "page.title_of_error": "Error: {title}";
    FOOT = "page.foot": "About this service";

    CLIENT_CONTINUE = "client.continue": "to continue to {client}";
    CLIENT_UNNAMED = "client.unnamed": "an application without a name";
    CLIENT_UNVERIFIED = "client.unverified": "Unverified";

    CHOOSE_TITLE = "choose.title": "Sign in";
    CHOOSE_CONFIRM = "choose.confirm": "Confirm that it is you";
    CHOOSE_WITH = "choose.with": "Continue with {provider}";
    CHOOSE_NONE = "choose.none": "There is no way to sign in here at the moment. Please ask the people who run {service}.";

    FORM_POST_TITLE = "form_post.title": "One moment";
    FORM_POST_TEXT = "form_post.text": "You are on your way back to the application.";
    FORM_POST_CONTINUE = "form_post.continue": "Continue";

    SELECT_ACCOUNT_TITLE = "select_account.title": "Choose an account";
    SELECT_ACCOUNT_CONTINUE = "select_account.continue": "Continue as {account}";

    PROVIDER_OTHER_WAYS = "provider.other_ways": "Another way to sign in";
    PROVIDER_OPEN = "provider.open": "Open on this device";
    PROVIDER_OPTIONAL = "provider.optional": "optional";

    CONSENT_TITLE = "consent.title": "{client} wants to access your account";
    CONSENT_ACCOUNT = "consent.account": "Signed in as";
    CONSENT_SWITCH = "consent.switch": "Use another account";
    CONSENT_SCOPES = "consent.scopes": "It will be able to";
    CONSENT_NO_SCOPES = "consent.no_scopes": "It asks for nothing but to know that you are signed in.";
    CONSENT_RESOURCES = "consent.resources": "Used at";
    CONSENT_REDIRECT = "consent.redirect": "Takes you to";
    CONSENT_THIS_DEVICE = "consent.this_device": "a program on this device";
    CONSENT_PUBLISHED_AT = "consent.published_at": "Says who it is at";
    CONSENT_WEBSITE = "consent.website": "Website";
    CONSENT_UNVERIFIED = "consent.unverified": "Nobody has checked that this application is what it says it is. Allow it only if you know it and started this yourself.";
    CONSENT_LOOPBACK = "consent.loopback": "This is a program on your device, and {service} cannot tell which one. Allow it only if you have just started it yourself.";
    CONSENT_POLICY = "consent.policy": "Privacy policy ({host})";
    CONSENT_TERMS = "consent.terms": "Terms of service ({host})";
    CONSENT_ALLOW = "consent.allow": "Allow";
    CONSENT_DENY = "consent.deny": "Deny";

    CONSENT_CLAIM = "consent.claim": "See your {claim}";

    DEVICE_TITLE = "device.title": "Connect a device";
    DEVICE_TEXT = "device.text": "Enter the code that your device shows.";
    DEVICE_LABEL = "device.label": "Code";
    DEVICE_CONTINUE = "device.continue": "Continue";
    DEVICE_FILLED = "device.filled": "Go on only if your device shows exactly this code, and you started this yourself. Nobody who calls or writes to you needs you to enter a code.";
    DEVICE_UNKNOWN = "device.unknown": "No device waits with that code. Check it, or start again on the device: codes are good for a few minutes only.";
    DEVICE_QUESTION = "device.question": "Does your device show this code?";
    DEVICE_WARNING = "device.warning": "Whoever has the device gets access to your account, even if it is far away. Allow it only if you have the device in front of you and started this yourself. If someone sent you this link or code, press Deny.";
    DEVICE_ALLOWED_TITLE = "device.allowed.title": "Your device is connected";
    DEVICE_ALLOWED_TEXT = "device.allowed.text": "You can go back to your device now. {client} goes on by itself in a few seconds.";
    DEVICE_DENIED_TITLE = "device.denied.title": "The device got nothing";
    DEVICE_DENIED_TEXT = "device.denied.text": "{client} has no access to your account. You can close this window now.";

    SCOPE_OPENID = "scope.openid": "Know who you are at {service}";
    SCOPE_PROFILE = "scope.profile": "See your name, picture and other profile details";
    SCOPE_EMAIL = "scope.email": "See your e-mail address";
    SCOPE_OFFLINE_ACCESS = "scope.offline_access": "Keep this access while you are away, until you take it back";
    SCOPE_OTHER = "scope.other": "Use “{scope}”";

    SIGN_OUT_TITLE = "sign_out.title": "Sign out of {service}?";
    SIGN_OUT_ACCOUNT = "sign_out.account": "You are signed in as {account}.";
    SIGN_OUT_YES = "sign_out.yes": "Sign out";
    SIGN_OUT_NO = "sign_out.no": "Stay signed in";
    SIGNED_OUT_TITLE = "signed_out.title": "You are signed out";
    SIGNED_OUT_TEXT = "signed_out.text": "You can close this window now.";
    STAYED_TITLE = "stayed.title": "You are still signed in";
    STAYED_TEXT = "stayed.text": "Nothing has changed. You can close this window now.";
    SIGNED_IN_TITLE = "signed_in.title": "You are signed in";
    SIGNED_IN_ACCOUNT = "signed_in.account": "As {account}. You can close this window, or go back to the application that you came from.";
    SIGNED_IN_CHANGED = "signed_in.changed": "Your sign-in details are changed, and every other device is signed out.";
    SIGNED_IN_SIGN_OUT = "signed_in.sign_out": "Sign out";

    SIGNED_IN_ACCOUNT_PAGE = "signed_in.account_page": "Your account: applications and devices";

    ACCOUNT_TITLE = "account.title": "Your account";
    ACCOUNT_APP_REMOVED = "account.app_removed": "The application has no access any more.";
    ACCOUNT_GRANT_REMOVED = "account.grant_removed": "That access is removed.";
    ACCOUNT_SESSION_ENDED = "account.session_ended": "That device is signed out.";
    ACCOUNT_APPS = "account.apps": "Applications";
    ACCOUNT_APPS_TEXT = "account.apps_text": "These may use your account. Removing one ends its access at once, wherever {service} is asked. A place that does not ask may let it in for up to {count} minutes more.";
    ACCOUNT_NO_APPS = "account.no_apps": "No application has access to your account.";
    ACCOUNT_MORE_APPS = "account.more_apps": "More applications";
    ACCOUNT_REMEMBERED = "account.remembered": "It has no access now. You allowed it before, so it need not ask again.";
    ACCOUNT_REMOVE = "account.remove": "Remove access";
    ACCOUNT_REMOVE_ALL = "account.remove_all": "Remove all access";
    ACCOUNT_REMOVE_THIS = "account.remove_this": "Remove all access of {client}";
    ACCOUNT_REMOVE_GRANT = "account.remove_grant": "Remove the access of {client} on {device}";
    ACCOUNT_MORE_GRANTS = "account.more_grants": "And {count} more.";
    ACCOUNT_TIMES = "account.times": "Allowed on {day}, last used {minute} UTC";
    ACCOUNT_OFFLINE = "account.offline": "also while you are away";
    ACCOUNT_UNKNOWN_DEVICE = "account.unknown_device": "Unknown device";
    ACCOUNT_SESSIONS = "account.sessions": "Where you are signed in";
    ACCOUNT_SESSION_TIMES = "account.session_times": "Signed in on {day} ({provider}), last used {minute} UTC";
    ACCOUNT_MORE_SESSIONS = "account.more_sessions": "And more. “Sign out everywhere” ends all of them.";
    ACCOUNT_HERE = "account.here": "this browser";
    ACCOUNT_SIGN_OUT_THIS = "account.sign_out_this": "Sign out of {device}";
    ACCOUNT_EVERYWHERE = "account.everywhere": "Sign out everywhere";
    ACCOUNT_EVERYWHERE_TEXT = "account.everywhere_text": "You can sign out of every browser at once, this one too.";
    ACCOUNT_EVERYWHERE_APPS = "account.everywhere_apps": "Also remove the access of all applications";
    ACCOUNT_LINKED = "account.linked": "You can now sign in this way too.";
    ACCOUNT_UNLINKED = "account.unlinked": "That way to sign in is removed.";
    ACCOUNT_MANAGED = "account.managed": "Your changes are saved.";
    ACCOUNT_UNLINK = "account.unlink": "Remove";
    ACCOUNT_UNLINK_THIS = "account.unlink_this": "Remove signing in with {provider}";
    ACCOUNT_LINK = "account.link": "Add {provider}";
    ACCOUNT_IDENTITIES = "account.identities": "How you sign in";
    ACCOUNT_IDENTITY = "account.identity": "{provider}, since {day}";

    ERROR_BAD_REQUEST_TITLE = "error.bad_request.title": "This link does not work";
    ERROR_BAD_REQUEST_TEXT = "error.bad_request.text": "The application that sent you here asked for something that {service} cannot do. Nothing has been shared with it.";
    ERROR_BAD_REQUEST_TODO = "error.bad_request.todo": "Go back to the application and try again. If it happens again, tell the people who make it.";
    ERROR_EXPIRED_TITLE = "error.expired.title": "This sign-in is over";
    ERROR_EXPIRED_TEXT = "error.expired.text": "It took too long, is already finished, or was started in another browser.";
    ERROR_EXPIRED_TODO = "error.expired.todo": "Go back to the application and sign in again.";
    ERROR_NOT_FOUND_TITLE = "error.not_found.title": "There is nothing here";
    ERROR_NOT_FOUND_TEXT = "error.not_found.text": "The address may be mistyped, or may have moved.";
    ERROR_NOT_FOUND_TODO = "error.not_found.todo": "Go back to the application that you came from.";
    ERROR_DENIED_TITLE = "error.denied.title": "You cannot sign in here";
    ERROR_DENIED_TEXT = "error.denied.text": "{service} does not allow this for your account.";
    ERROR_DENIED_TODO = "error.denied.todo": "If you think that you should have access, ask the people who run {service}.";
    ERROR_TOO_MANY_TITLE = "error.too_many.title": "Too many tries";
    ERROR_TOO_MANY_TEXT = "error.too_many.text": "To protect accounts, {service} takes a short break after many tries.";
    ERROR_TOO_MANY_TODO = "error.too_many.todo": "Wait a little, then try again.";
    ERROR_UNAVAILABLE_TITLE = "error.unavailable.title": "Not working at the moment";
    ERROR_UNAVAILABLE_TEXT = "error.unavailable.text": "This is not your fault: something that {service} needs is not answering.";
    ERROR_UNAVAILABLE_TODO = "error.unavailable.todo": "Try again in a few minutes.";
    ERROR_METHOD_TITLE = "error.method.title": "That did not work";
    ERROR_METHOD_TEXT = "error.method.text": "This address is not meant to be opened like this.";
    ERROR_METHOD_TODO = "error.method.todo": "Go back and start again.";
    ERROR_TOO_LARGE_TITLE = "error.too_large.title": "Too much at once";
    ERROR_TOO_LARGE_TEXT = "error.too_large.text": "What was sent is larger than {service} accepts.";
    ERROR_TOO_LARGE_TODO = "error.too_large.todo": "Go back, shorten it, and try again.";
    ERROR_RETRY_SECONDS = "error.retry_seconds": "You can try again in {count} seconds.";
    ERROR_RETRY_MINUTES = "error.retry_minutes": "You can try again in {count} minutes.";
    ERROR_CODE = "error.code": "Error code";
    ERROR_REFERENCE = "error.reference": "Reference";
}

#[cfg(test)]
mod tests {
    use super::ALL;

    #[test]
    fn ids_are_unique_and_none_reads_like_a_providers() {
        for (at, text) in ALL.iter().enumerate() {
            assert!(
                ALL.iter().skip(at + 1).all(|other| other.id != text.id),
                "{} twice",
                text.id
            );
            assert!(
                text.id
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || matches!(b, b'.' | b'_')),
                "{}",
                text.id
            );
            assert!(!text.english.is_empty());
        }
    }
}
