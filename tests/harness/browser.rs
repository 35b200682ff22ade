//! A browser without JavaScript: cookies, redirects, links and forms.

use super::cookies::Jar;
use super::http::{self, Response};
use super::markup::{self, Form};
use url::Url;

/// More redirects than any flow has.
const MAX_HOPS: usize = 12;

/// One browser, with cookies for one issuer.
#[derive(Debug, Clone)]
pub(crate) struct Browser {
    pub(crate) jar: Jar,
    origin: String,
}

/// Where a navigation ended.
#[derive(Debug, Clone)]
pub(crate) struct Visit {
    /// The last address on the issuer's origin.
    pub(crate) url: Url,
    /// What it answered: a page, or a redirect away from the issuer.
    pub(crate) response: Response,
    /// Every answer on the way, the last one included.
    pub(crate) hops: Vec<Response>,
}

impl Browser {
    /// A browser that never saw this issuer.
    pub(crate) fn new(issuer: &str) -> Self {
        let origin = Url::parse(issuer)
            .expect("an issuer")
            .origin()
            .ascii_serialization();
        Self {
            jar: Jar::default(),
            origin,
        }
    }

    /// Follows redirects on the issuer's origin.
    #[track_caller]
    pub(crate) fn get(&mut self, url: &str) -> Visit {
        let url = Url::parse(&self.origin)
            .and_then(|origin| origin.join(url))
            .expect("a URL");
        let response = self.exchange(http::get(url.as_str()), &url);
        self.follow(url, response)
    }

    /// One answer, no redirect followed.
    #[track_caller]
    pub(crate) fn get_once(&mut self, url: &str) -> Response {
        let url = Url::parse(&self.origin)
            .and_then(|origin| origin.join(url))
            .expect("a URL");
        self.exchange(http::get(url.as_str()), &url)
    }

    /// Presses the button with this value, or the first one.
    #[track_caller]
    pub(crate) fn press(&mut self, visit: &Visit, form: &Form, button: &str) -> Visit {
        let (url, response) = self.press_once(visit, form, button);
        self.follow(url, response)
    }

    /// The answer to a submitted form, no redirect followed.
    #[track_caller]
    pub(crate) fn press_once(
        &mut self,
        visit: &Visit,
        form: &Form,
        button: &str,
    ) -> (Url, Response) {
        let mut url = visit.url.join(&form.action).expect("an action");
        let entries = form.entries(button);
        if form.method == "post" {
            let request = http::post(url.as_str())
                .header("origin", &self.origin)
                .form(&entries);
            let response = self.exchange(request, &url);
            return (url, response);
        }
        url.set_query(Some(&http::encode(&entries)));
        let response = self.exchange(http::get(url.as_str()), &url);
        (url, response)
    }

    #[track_caller]
    fn follow(&mut self, mut url: Url, mut response: Response) -> Visit {
        let mut hops = vec![response.clone()];
        while let Some(location) = response
            .location()
            .filter(|_| (300..400).contains(&response.status))
        {
            let next = url.join(location).expect("a location");
            if next.origin().ascii_serialization() != self.origin {
                break;
            }
            assert!(hops.len() < MAX_HOPS, "redirects without end at {next}");
            response = self.exchange(http::get(next.as_str()), &next);
            hops.push(response.clone());
            url = next;
        }
        Visit {
            url,
            response,
            hops,
        }
    }

    #[track_caller]
    fn exchange(&mut self, request: http::Request, url: &Url) -> Response {
        let request = match self.jar.header(url.path()) {
            Some(cookies) => request.header("cookie", &cookies),
            None => request,
        };
        let response = request.header("accept", "text/html").send();
        self.jar.take(&response);
        response
    }
}

impl Visit {
    /// The redirect away from the issuer, if that is how it ended.
    pub(crate) fn left_for(&self) -> Option<Url> {
        let location = self
            .response
            .location()
            .filter(|_| (300..400).contains(&self.response.status))?;
        Some(self.url.join(location).expect("a location"))
    }

    /// The form that offers this value: of a hidden field or of a button.
    #[track_caller]
    pub(crate) fn form(&self, offering: &str) -> Form {
        self.try_form(offering).unwrap_or_else(|| {
            panic!(
                "no form offering {offering:?} at {}:\n{}",
                self.url, self.response.body
            )
        })
    }

    pub(crate) fn try_form(&self, offering: &str) -> Option<Form> {
        markup::forms(&self.response.body)
            .into_iter()
            .find(|form| form.offers(offering))
    }

    /// The form with a control of this type or `autocomplete`.
    #[track_caller]
    pub(crate) fn form_with(&self, semantics: &str) -> Form {
        let forms = markup::forms(&self.response.body).into_iter();
        let mut wanted = forms.filter(|form| {
            form.controls
                .iter()
                .any(|c| c.kind == semantics || c.autocomplete == semantics)
        });
        wanted.next().unwrap_or_else(|| {
            panic!(
                "no form with {semantics} at {}:\n{}",
                self.url, self.response.body
            )
        })
    }

    /// The first link whose path contains this.
    #[track_caller]
    pub(crate) fn link(&self, path: &str) -> String {
        self.try_link(path)
            .unwrap_or_else(|| panic!("no link to {path} at {}:\n{}", self.url, self.response.body))
    }

    pub(crate) fn try_link(&self, path: &str) -> Option<String> {
        let links = markup::links(&self.response.body)
            .into_iter()
            .map(|link| self.url.join(&link).expect("a link"));
        links
            .into_iter()
            .find(|link| link.path().contains(path))
            .map(String::from)
    }

    /// What people read.
    pub(crate) fn text(&self) -> String {
        markup::text(&self.response.body)
    }

    /// Asserts an error page: never a redirect.
    #[track_caller]
    pub(crate) fn assert_error_page(&self, status: u16) -> &Self {
        assert_eq!(self.response.status, status, "at {}", self.url);
        assert_error_page(&self.response, status);
        self
    }
}

/// Asserts an error page: HTML, the status, no `Location`.
#[track_caller]
pub(crate) fn assert_error_page(response: &Response, status: u16) {
    assert_eq!(
        (response.status, response.location()),
        (status, None),
        "{}",
        response.body
    );
    assert!(
        response
            .header("content-type")
            .is_some_and(|kind| kind.starts_with("text/html")),
        "{response:?}"
    );
}
