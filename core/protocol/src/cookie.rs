//! Cookies: RFC 6265bis. Two of them, both `HttpOnly`, `SameSite=Lax`, for the whole host and no domain.

use crate::settings::Server;

/// Names and attributes of the cookies of one issuer.
#[derive(Debug, Clone)]
pub struct Cookies {
    prefix: &'static str,
    suffix: String,
    secure: &'static str,
}

/// Which cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Ties sign-ins to the browser that began them. Proves nothing about a person.
    Browser,
    /// The signed-in session; a new one at every sign-in.
    Session,
}

impl Cookies {
    /// For an issuer. Over https the names have the prefix `__Host-`, which browsers only take with `Secure`, without
    /// `Domain` and for `/`. On a loopback issuer over http some browsers would refuse that, so there it is left out, and the
    /// port is in the name, because cookies do not know ports.
    #[must_use]
    pub fn of(server: &Server) -> Self {
        let https = server.issuer.starts_with("https://");
        let after_scheme = server.issuer.split_once("://").map_or("", |(_, rest)| rest);
        let (authority, path) = after_scheme.split_once('/').unwrap_or((after_scheme, ""));
        let port = if https {
            ""
        } else {
            authority.rsplit_once(':').map_or("", |(_, port)| port)
        };
        let legal = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
        let suffix = [port, path]
            .into_iter()
            .filter(|part| !part.is_empty())
            .flat_map(|part| ["-", part]);
        Self {
            prefix: if https { "__Host-" } else { "" },
            suffix: suffix.collect::<String>().chars().map(legal).collect(),
            secure: if https { "; Secure" } else { "" },
        }
    }

    /// The name of a cookie.
    #[must_use]
    pub fn name(&self, kind: Kind) -> String {
        let name = match kind {
            Kind::Browser => "doorward-browser",
            Kind::Session => "doorward-session",
        };
        format!("{}{name}{}", self.prefix, self.suffix)
    }

    /// A `Set-Cookie` value; it lasts until the browser is closed, or `max_age_s` seconds.
    #[must_use]
    pub fn set(&self, kind: Kind, value: &str, max_age_s: Option<u32>) -> String {
        let age = max_age_s.map_or(String::new(), |age| format!("; Max-Age={age}"));
        format!(
            "{}={value}; Path=/; HttpOnly; SameSite=Lax{}{age}",
            self.name(kind),
            self.secure
        )
    }

    /// A `Set-Cookie` value that removes the cookie.
    #[must_use]
    pub fn clear(&self, kind: Kind) -> String {
        self.set(kind, "", Some(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cookies(issuer: &str) -> Cookies {
        Cookies::of(&serde_json::from_value(serde_json::json!({ "issuer": issuer })).unwrap())
    }

    #[test]
    fn over_https_names_have_the_host_prefix_and_secure() {
        let set = cookies("https://id.example").set(Kind::Session, "x", None);
        assert_eq!(
            set,
            "__Host-doorward-session=x; Path=/; HttpOnly; SameSite=Lax; Secure"
        );
    }

    #[test]
    fn issuers_on_one_host_do_not_share_cookies() {
        assert_eq!(
            cookies("https://h.example/t1").name(Kind::Browser),
            "__Host-doorward-browser-t1"
        );
        assert_eq!(
            cookies("http://127.0.0.1:8787").name(Kind::Browser),
            "doorward-browser-8787"
        );
        assert_eq!(
            cookies("http://[::1]:8787").name(Kind::Browser),
            "doorward-browser-8787"
        );
    }
}
