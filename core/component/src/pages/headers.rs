//! Response headers that are the shell's: content types, and what keeps pages from being framed, sniffed, cached or
//! scripted.

type Header = (&'static str, String);

/// No script, no frame, nothing from elsewhere. `form-action` is left out on purpose: browsers apply it to every redirect
/// after a form post too, and consent ends in a redirect to the application, whose origin may be anything registered.
/// What it would stop is a form injected into a page, and there is no way to inject one: pages are escaped data.
const CONTENT_SECURITY_POLICY: &str =
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'";

/// An asset opened by itself is a document; an SVG among them may be a plugin's. Nothing in it runs or loads.
const ASSET_POLICY: &str = "sandbox; default-src 'none'";

/// What no page of ours uses. Only names that every current browser knows: an unknown one is a console error.
const PERMISSIONS_POLICY: &str = "accelerometer=(), camera=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), payment=(), usb=()";

/// Assets carry a digest of their content in their name.
const FOREVER: &str = "public, max-age=31536000, immutable";

/// Headers of one response.
pub(crate) struct Headers(Vec<Header>);

impl Headers {
    /// Starts with what the rules said.
    pub(crate) fn new(said: Vec<Header>) -> Self {
        Self(said)
    }

    /// What the rules said.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let mut known = self.0.iter();
        known.find_map(|(known, value)| (*known == name).then_some(value.as_str()))
    }

    /// For an answer without content.
    pub(crate) fn plain(&mut self) {
        self.set("referrer-policy", "no-referrer");
        self.set_default("cache-control", "no-store");
    }

    /// For JSON and its kin: caching and CORS are the rules', no caching if they said nothing.
    pub(crate) fn typed(&mut self, media_type: &str) {
        self.set("content-type", media_type);
        self.set("x-content-type-options", "nosniff");
        self.set_default("cache-control", "no-store");
    }

    /// For a page. `final_page`: no application waits in the window that opened this one.
    pub(crate) fn page(&mut self, language: &str, final_page: bool) {
        self.set("content-type", "text/html; charset=utf-8");
        self.set("content-language", language);
        self.set("cache-control", "no-store");
        self.set("content-security-policy", CONTENT_SECURITY_POLICY);
        self.set("x-frame-options", "DENY");
        self.set("x-content-type-options", "nosniff");
        self.set("referrer-policy", "no-referrer");
        self.set("permissions-policy", PERMISSIONS_POLICY);
        self.set("cross-origin-resource-policy", "same-origin");
        self.set("cross-origin-opener-policy", opener_policy(final_page));
    }

    /// For the page that posts itself: this one script, by the SHA-256 of its text, base64.
    pub(crate) fn allow_script(&mut self, sha256: &str) {
        let policy = format!("{CONTENT_SECURITY_POLICY}; script-src 'sha256-{sha256}'");
        self.set("content-security-policy", &policy);
    }

    /// For a stylesheet or an image.
    pub(crate) fn asset(&mut self, media_type: &str) {
        self.set("content-type", media_type);
        self.set("cache-control", FOREVER);
        self.set("content-security-policy", ASSET_POLICY);
        self.set("x-content-type-options", "nosniff");
        self.set("cross-origin-resource-policy", "same-origin");
    }

    /// Adds `content-length`, which RFC 9110 §8.6 forbids with 1xx and 204, and 304 has none of its own.
    pub(crate) fn finish(mut self, status: u16, length: usize) -> Vec<Header> {
        if status >= 200 && status != 204 && status != 304 {
            self.set("content-length", &length.to_string());
        }
        self.0
    }

    fn set(&mut self, name: &'static str, value: &str) {
        self.0.retain(|(known, _)| *known != name);
        self.0.push((name, value.to_owned()));
    }

    fn set_default(&mut self, name: &'static str, value: &str) {
        if !self.0.iter().any(|(known, _)| *known == name) {
            self.0.push((name, value.to_owned()));
        }
    }
}

/// Any policy but `unsafe-none` cuts the tie between a window and the one that opened it, for good: an application that
/// signs people in through a popup would never hear from it, even after the popup has come back to the application's own
/// origin. (`same-origin-allow-popups` is about windows that we would open; it cuts the tie to our opener just the same.)
/// What an opener can do to us without it is little: pages have no frames to count and no messages to hear.
const fn opener_policy(final_page: bool) -> &'static str {
    if final_page {
        "same-origin"
    } else {
        "unsafe-none"
    }
}
