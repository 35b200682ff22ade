//! The browser: what ties a sign-in to it, and what keeps other sites from posting its forms.

use crate::cookie::{Cookies, Kind};
use crate::http::{Answer, Request};
use crate::ports::Random;
use crate::secret::{SecretHash, base64url, equal, is_base64url, random_secret, sha256_of};

/// A browser, known by a random secret in a cookie.
#[derive(Debug, Clone)]
pub struct Browser {
    secret: String,
    is_new: bool,
}

impl Browser {
    /// The browser that sent a request, or a new one.
    #[must_use]
    pub fn of(request: &Request<'_>, cookies: &Cookies, random: &dyn Random) -> Self {
        match request.cookie(&cookies.name(Kind::Browser)) {
            Some(secret) if secret.len() == 43 && is_base64url(secret, 43) => Self {
                secret: secret.to_owned(),
                is_new: false,
            },
            _ => Self {
                secret: random_secret(random),
                is_new: true,
            },
        }
    }

    /// Whether it brought no cookie: it is new, or another site sent it here by a form (`SameSite=Lax`).
    #[must_use]
    pub const fn is_new(&self) -> bool {
        self.is_new
    }

    /// What records keep of it.
    #[must_use]
    pub fn hash(&self) -> SecretHash {
        SecretHash::of(&self.secret)
    }

    /// Whether it is the one whose hash this is.
    #[must_use]
    pub fn is(&self, hash: &SecretHash) -> bool {
        hash.matches(&self.secret)
    }

    /// The token that a form for `purpose` must bring back from this browser: nobody who cannot read the cookie can make it.
    #[must_use]
    pub fn csrf(&self, purpose: &[&str]) -> String {
        let parts: Vec<&[u8]> = [b"doorward csrf".as_slice(), self.secret.as_bytes()]
            .into_iter()
            .chain(purpose.iter().map(|part| part.as_bytes()))
            .collect();
        base64url(&sha256_of(&parts))
    }

    /// Whether a form was posted by a page of ours and brought back the right token. A browser that says that the form came
    /// from elsewhere is believed, whatever the form holds.
    #[must_use]
    pub fn sent(
        &self,
        call: &crate::endpoint::Call<'_>,
        csrf: Option<&str>,
        purpose: &[&str],
    ) -> bool {
        is_from_here(call.request, &call.server.issuer)
            && csrf.is_some_and(|csrf| equal(csrf, &self.csrf(purpose)))
    }

    /// The answer, with the cookie if the browser is new.
    #[must_use]
    pub fn remember(&self, answer: Answer, cookies: &Cookies) -> Answer {
        if self.is_new {
            answer.with("set-cookie", cookies.set(Kind::Browser, &self.secret, None))
        } else {
            answer
        }
    }
}

/// What `Origin` (Fetch §3.2) and `Sec-Fetch-Site` say, if they are there. `Origin: null` says nothing: our pages' own forms
/// send it, because of their `Referrer-Policy`.
fn is_from_here(request: &Request<'_>, issuer: &str) -> bool {
    let here = |origin: &str| {
        issuer
            .strip_prefix(origin)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let origin = request
        .header("origin")
        .is_none_or(|origin| origin == "null" || here(origin));
    let site = request
        .header("sec-fetch-site")
        .is_none_or(|site| matches!(site, "same-origin" | "none"));
    origin && site
}
