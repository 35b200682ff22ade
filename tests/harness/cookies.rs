//! The cookies of one browser (RFC 6265 §5), for one origin.

use super::http::Response;

/// A cookie with the attributes that matter to tests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cookie {
    pub(crate) name: String,
    pub(crate) value: String,
    pub(crate) path: String,
    /// Attributes as they were sent, in lower case, without values that vary.
    pub(crate) attributes: Vec<String>,
}

impl Cookie {
    /// Reads a `Set-Cookie` header.
    pub(crate) fn parse(header: &str) -> Self {
        let mut parts = header.split(';').map(str::trim);
        let (name, value) = parts
            .next()
            .and_then(|pair| pair.split_once('='))
            .expect("name=value");
        let attributes = parts.map(str::to_lowercase).collect::<Vec<_>>();
        let path = attributes
            .iter()
            .find_map(|attribute| attribute.strip_prefix("path="))
            .unwrap_or("/")
            .to_owned();
        Self {
            name: name.to_owned(),
            value: value.to_owned(),
            path,
            attributes,
        }
    }

    pub(crate) fn has(&self, attribute: &str) -> bool {
        self.attributes.iter().any(|present| present == attribute)
    }

    fn expired(&self) -> bool {
        self.value.is_empty()
            || self.has("max-age=0")
            || self
                .attributes
                .iter()
                .any(|a| a.starts_with("expires=thu, 01 jan 1970"))
    }

    fn covers(&self, path: &str) -> bool {
        path == self.path
            || path.starts_with(&self.path)
                && (self.path.ends_with('/') || path[self.path.len()..].starts_with('/'))
    }
}

/// All `Set-Cookie` headers of an answer.
pub(crate) fn set_by(response: &Response) -> Vec<Cookie> {
    let headers = response.headers.get_all("set-cookie").iter();
    headers
        .map(|header| Cookie::parse(header.to_str().expect("ASCII")))
        .collect()
}

/// What a browser keeps.
#[derive(Debug, Clone, Default)]
pub(crate) struct Jar(pub(crate) Vec<Cookie>);

impl Jar {
    /// Keeps, replaces or drops what an answer sets.
    pub(crate) fn take(&mut self, response: &Response) {
        for cookie in set_by(response) {
            self.0
                .retain(|kept| (&kept.name, &kept.path) != (&cookie.name, &cookie.path));
            if !cookie.expired() {
                self.0.push(cookie);
            }
        }
    }

    /// The `Cookie` header for a path, if there is anything to send.
    pub(crate) fn header(&self, path: &str) -> Option<String> {
        let sent = self.0.iter().filter(|cookie| cookie.covers(path));
        let pairs = sent
            .map(|cookie| format!("{}={}", cookie.name, cookie.value))
            .collect::<Vec<_>>();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }

    /// Values of all cookies, for comparisons.
    pub(crate) fn values(&self) -> Vec<(String, String)> {
        let mut values = self
            .0
            .iter()
            .map(|cookie| (cookie.name.clone(), cookie.value.clone()))
            .collect::<Vec<_>>();
        values.sort();
        values
    }
}
