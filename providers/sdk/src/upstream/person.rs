//! From what an upstream says of somebody to who they are here.

use serde_json::{Map, Value};

use super::pending::Pending;
use super::texts::text;
use crate::email::EmailAddress;
use crate::services::{Level, Services, event};
use crate::settings::Secret;
use crate::{Answer, Context, Identity, Page, Purpose, Severity};

/// Longest claim that is passed on, bytes of JSON.
const MAX_CLAIM: usize = 4096;
/// Most bytes in the names and values of all claims: hosts take no identity with more than 32 KiB.
const MAX_CLAIMS: usize = 24 * 1024;
/// Most values of `amr` that hosts take.
const MAX_AMR: usize = 16;
/// Longest subject, bytes.
const MAX_SUBJECT: usize = 255;

/// The claims that applications may be given (OpenID Connect Core §5.1); `email` goes its own way.
pub(super) const STANDARD: [&str; 14] = [
    "name",
    "family_name",
    "given_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "profile",
    "picture",
    "website",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
    "updated_at",
];

/// What an upstream says about somebody.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Claims(Map<String, Value>);

impl Claims {
    /// The members of a document.
    #[must_use]
    pub const fn new(members: Map<String, Value>) -> Self {
        Self(members)
    }

    /// A claim; `null` is as good as none.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// A claim that is a text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Value::as_str)
    }

    /// A claim that is a time, seconds since 1970; fractions are cut off (RFC 7519 §2 `NumericDate`).
    #[must_use]
    pub fn seconds(&self, name: &str) -> Option<u64> {
        let value = self.get(name)?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "within bounds that were just checked"
        )]
        let whole = |number: f64| (0.0..1e15).contains(&number).then_some(number as u64);
        value.as_u64().or_else(|| whole(value.as_f64()?))
    }

    /// With one more claim, over one that is there.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.insert(name.to_owned(), value.into());
        self
    }

    /// With the claims of another document that are not among these. An address and what is said about it come from one document:
    /// one's address is not verified by what the other says of its own.
    pub(super) fn or(mut self, mut other: Self) -> Self {
        let without = if self.get("email").is_some() {
            &mut other
        } else {
            &mut self
        };
        without.0.remove("email");
        without.0.remove("email_verified");
        for (name, value) in other.0 {
            self.0.entry(name).or_insert(value);
        }
        self
    }

    /// Whether a claim is, or lists, one of these values.
    fn has_one_of(&self, name: &str, values: &[String]) -> bool {
        let is_one = |value: &Value| match value {
            Value::String(text) => values.contains(text),
            Value::Bool(_) | Value::Number(_) => values.contains(&value.to_string()),
            _ => false,
        };
        match self.get(name) {
            Some(Value::Array(several)) => several.iter().any(is_one),
            Some(one) => is_one(one),
            None => false,
        }
    }
}

/// Whether an upstream's word is taken that somebody controls an e-mail address. Accounts may be merged by such an address, so
/// whoever lets people type in what they like must not be believed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum EmailTrust {
    /// Never.
    Never,
    /// If `email_verified` is `true` (OpenID Connect Core §5.1).
    #[default]
    Verified,
    /// If `email_verified` is `true` or the text `"true"`: Apple, Cognito.
    VerifiedOrText,
    /// If another claim is `true`, `"true"`, `1` or `"1"`: `xms_edov` of Microsoft.
    Claim(String),
}

/// A condition on a claim: hosted domain, tenant, group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Required {
    /// The claim: a text, or a list of texts.
    pub claim: String,
    /// One of them is needed.
    pub values: Vec<String>,
}

/// What of an upstream's claims counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    /// When the address is one that they control.
    pub email: EmailTrust,
    /// Claims that are passed on; by default those of OpenID Connect Core §5.1.
    pub claims: Vec<String>,
    /// Who may come in: all of these hold.
    pub required: Vec<Required>,
    /// Values of `amr` (RFC 8176) that are believed; by default none.
    pub amr: Vec<String>,
    /// What an `acr` means as `amr`.
    pub acr: Vec<(String, Vec<String>)>,
}

impl Default for Mapping {
    fn default() -> Self {
        Self {
            email: EmailTrust::default(),
            claims: STANDARD.map(str::to_owned).to_vec(),
            required: Vec::new(),
            amr: Vec::new(),
            acr: Vec::new(),
        }
    }
}

/// Somebody whom an upstream vouches for.
#[derive(Debug, Clone)]
pub struct Person {
    claims: Claims,
    access_token: Secret,
    /// Subjects are unique within their tenant only.
    by_tenant: bool,
}

/// Whether they may come in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Yes: this is who it is.
    Identity(Identity),
    /// No, for this reason, which is for the operator's log.
    Refused(String),
}

/// They may not come in: `reason` is for the operator's log.
#[must_use]
pub fn refused(reason: impl Into<String>) -> Verdict {
    Verdict::Refused(reason.into())
}

impl Person {
    pub(super) const fn new(claims: Claims, access_token: Secret, by_tenant: bool) -> Self {
        Self {
            claims,
            access_token,
            by_tenant,
        }
    }

    /// Somebody by what a server without ID tokens says of them: `sub`, `email`, `email_verified`, `name` …
    #[must_use]
    pub fn of(claims: Claims) -> Self {
        Self::new(claims, Secret::default(), false)
    }

    /// What the upstream says about them.
    #[must_use]
    pub const fn claims(&self) -> &Claims {
        &self.claims
    }

    /// With one more claim.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims = self.claims.with(name, value);
        self
    }

    /// For more questions to the upstream.
    #[must_use]
    pub const fn access_token(&self) -> &Secret {
        &self.access_token
    }

    /// Who they are, by this mapping.
    #[must_use]
    pub fn identity(&self, mapping: &Mapping) -> Verdict {
        for Required { claim, values } in &mapping.required {
            if !self.claims.has_one_of(claim, values) {
                return refused(format!("the claim `{claim}` is none of {values:?}"));
            }
        }
        let Some(subject) = self.subject() else {
            return refused("the upstream gave no stable subject, or one longer than 255 bytes");
        };
        let mut identity = Identity::new(subject);
        let address = self.claims.text("email").and_then(EmailAddress::parse);
        if let Some(address) = address {
            identity = if self.trusts(&mapping.email) {
                identity.verified_email(address.as_str())
            } else {
                identity.unverified_email(address.as_str())
            };
        }
        let mut room = MAX_CLAIMS;
        for name in mapping.claims.iter().filter(|name| !is_own(name)) {
            let value = self.claims.get(name).map(Value::to_string);
            // What does not fit is left out: a picture that is a whole picture must keep nobody out.
            let Some(value) = value.filter(|value| value.len() <= MAX_CLAIM) else {
                continue;
            };
            if let Some(left) = room.checked_sub(name.len() + value.len()) {
                room = left;
                identity = identity.claim(name, value);
            }
        }
        identity.amr = self.methods(mapping);
        Verdict::Identity(identity)
    }

    fn subject(&self) -> Option<String> {
        let sub = self.claims.text("sub").filter(|sub| !sub.is_empty())?;
        let subject = if self.by_tenant {
            format!("{}/{sub}", self.claims.text("tid")?)
        } else {
            sub.to_owned()
        };
        (subject.len() <= MAX_SUBJECT).then_some(subject)
    }

    fn trusts(&self, trust: &EmailTrust) -> bool {
        let is = |name: &str, values: &[Value]| {
            self.claims
                .get(name)
                .is_some_and(|value| values.contains(value))
        };
        match trust {
            EmailTrust::Never => false,
            EmailTrust::Verified => is("email_verified", &[true.into()]),
            EmailTrust::VerifiedOrText => is("email_verified", &[true.into(), "true".into()]),
            EmailTrust::Claim(name) => {
                is(name, &[true.into(), "true".into(), 1.into(), "1".into()])
            }
        }
    }

    fn methods(&self, mapping: &Mapping) -> Vec<String> {
        let said = self.claims.get("amr").and_then(Value::as_array);
        let said = said.into_iter().flatten().filter_map(Value::as_str);
        let mut methods: Vec<String> = said
            .filter(|method| mapping.amr.iter().any(|known| known == method))
            .map(str::to_owned)
            .collect();
        let acr = self.claims.text("acr").unwrap_or_default();
        for (_, meant) in mapping.acr.iter().filter(|(known, _)| known == acr) {
            methods.extend(meant.iter().cloned());
        }
        methods.sort_unstable();
        methods.dedup();
        methods.truncate(MAX_AMR);
        methods
    }
}

/// What has its own place in an identity.
fn is_own(name: &str) -> bool {
    ["sub", "email", "email_verified"].contains(&name)
}

impl Verdict {
    /// What the browser is answered: in, or a page that says why not.
    pub(super) fn answer(
        self,
        services: &dyn Services,
        context: &Context,
        name: &str,
    ) -> Answer<Pending> {
        let identity = match self {
            Self::Identity(identity) => identity,
            Self::Refused(reason) => {
                event(
                    services,
                    Level::Warning,
                    "upstream.refused",
                    &[("reason", &reason)],
                );
                return Answer::page(not_allowed(context, name));
            }
        };
        let known = context
            .account
            .as_ref()
            .and_then(|account| account.subject.as_deref());
        if context.purpose == Purpose::Confirm
            && known.is_some_and(|known| known != identity.subject)
        {
            return Answer::page(another(name));
        }
        Answer::authenticated(identity)
    }
}

fn not_allowed(context: &Context, name: &str) -> Page {
    Page::new(text("upstream.refused.title"))
        .message(
            Severity::Error,
            text("upstream.refused")
                .arg("service", context.service_name.as_str())
                .arg("name", name),
        )
        .link("authorize", text("upstream.again"))
}

fn another(name: &str) -> Page {
    Page::new(text("upstream.another.title"))
        .message(Severity::Error, text("upstream.another").arg("name", name))
        .link("authorize", text("upstream.again"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn person(claims: Value) -> Person {
        match claims {
            Value::Object(members) => Person::of(Claims::new(members)),
            _ => panic!("no object"),
        }
    }

    fn identity(claims: Value, mapping: &Mapping) -> Identity {
        match person(claims).identity(mapping) {
            Verdict::Identity(identity) => identity,
            Verdict::Refused(reason) => panic!("{reason}"),
        }
    }

    #[test]
    fn core_s5_1_an_address_is_verified_only_if_the_mapping_says_so() {
        let strict = [json!(true)];
        let text = [json!(true), json!("true")];
        let all = [json!(true), json!("true"), json!(1), json!("1")];
        for (trust, claim, believed) in [
            (EmailTrust::Never, "email_verified", &[][..]),
            (EmailTrust::Verified, "email_verified", &strict[..]),
            (EmailTrust::VerifiedOrText, "email_verified", &text[..]),
            (
                EmailTrust::Claim("xms_edov".to_owned()),
                "xms_edov",
                &all[..],
            ),
        ] {
            for value in [
                json!(true),
                json!("true"),
                json!(1),
                json!("1"),
                json!("True"),
                json!(false),
                json!(null),
                json!([true]),
                json!({}),
            ] {
                let mapping = Mapping {
                    email: trust.clone(),
                    ..Mapping::default()
                };
                let identity = identity(
                    json!({"sub":"a","email":"ada@example.com",claim:value}),
                    &mapping,
                );
                assert_eq!(
                    identity.email_verified,
                    believed.contains(&value),
                    "{trust:?} {value}"
                );
                assert_eq!(identity.email.as_deref(), Some("ada@example.com"));
            }
        }
    }

    #[test]
    fn who_does_not_meet_a_condition_is_refused() {
        let mapping = |claim: &str| Mapping {
            required: vec![Required {
                claim: claim.to_owned(),
                values: vec!["a.example".to_owned(), "b.example".to_owned()],
            }],
            ..Mapping::default()
        };
        for hd in [json!("b.example"), json!(["x", "a.example"])] {
            let verdict = person(json!({"sub":"a","hd":hd})).identity(&mapping("hd"));
            assert!(matches!(verdict, Verdict::Identity(_)));
        }
        for hd in [
            json!("c.example"),
            json!(null),
            json!([]),
            json!({"a.example": 1}),
            json!("A.example"),
        ] {
            let verdict = person(json!({"sub":"a","hd":hd})).identity(&mapping("hd"));
            assert!(matches!(verdict, Verdict::Refused(_)), "{hd}");
        }
    }

    #[test]
    fn only_methods_that_are_believed_are_passed_on() {
        let mapping = Mapping {
            amr: vec!["otp".to_owned()],
            acr: vec![("gold".to_owned(), vec!["mfa".to_owned()])],
            ..Mapping::default()
        };
        let claims = json!({"sub":"a","amr":["pwd","otp"],"acr":"gold"});
        assert_eq!(identity(claims.clone(), &mapping).amr, ["mfa", "otp"]);
        assert!(identity(claims, &Mapping::default()).amr.is_empty());
    }

    #[test]
    fn what_is_too_much_for_a_host_is_left_out_and_keeps_nobody_out() {
        let names: Vec<String> = (0..20).map(|n| format!("claim-{n}")).collect();
        let mut claims =
            json!({"sub": "a", "amr": (0..40).map(|n| n.to_string()).collect::<Vec<_>>()});
        for name in &names {
            claims[name] = json!("x".repeat(4000));
        }
        claims["name"] = json!("x".repeat(4096));
        let mapping = Mapping {
            claims: ["name".to_owned()].into_iter().chain(names).collect(),
            amr: (0..40).map(|n| n.to_string()).collect(),
            ..Mapping::default()
        };
        let identity = identity(claims, &mapping);
        let bytes: usize = identity
            .claims
            .iter()
            .map(|(name, value)| name.len() + value.len())
            .sum();
        assert!((16 * 1024..=MAX_CLAIMS).contains(&bytes), "{bytes}");
        assert!(identity.claims.iter().all(|(name, _)| name != "name"));
        assert_eq!(identity.amr.len(), MAX_AMR);
    }

    #[test]
    fn nobody_comes_in_without_a_subject() {
        for sub in [json!(null), json!(""), json!(7), json!("x".repeat(256))] {
            let verdict = person(json!({"sub":sub})).identity(&Mapping::default());
            assert!(matches!(verdict, Verdict::Refused(_)), "{sub}");
        }
    }
}
