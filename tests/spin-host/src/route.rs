//! Which component answers a path.

use anyhow::ensure;

/// A route of the manifest.
#[derive(Debug)]
pub(crate) struct Route {
    /// As it stands in the manifest.
    pub(crate) raw: String,
    /// Without `/...`; `/` for the root.
    pub(crate) prefix: String,
    wildcard: bool,
    /// The `<id>` of the component.
    pub(crate) component: String,
}

impl Route {
    /// Reads a route.
    ///
    /// # Errors
    /// If it does not begin with `/`, or has named segments, which this host does not know.
    pub(crate) fn parse(raw: &str, component: &str) -> anyhow::Result<Self> {
        ensure!(
            raw.starts_with('/'),
            "route `{raw}` does not begin with `/`"
        );
        ensure!(
            !raw.contains("/:"),
            "route `{raw}`: this host does not know named segments"
        );
        let (prefix, wildcard) = match raw.strip_suffix("/...") {
            Some(prefix) => (prefix, true),
            None => (raw.trim_end_matches('/'), false),
        };
        ensure!(
            !prefix.contains("..."),
            "route `{raw}`: `...` may be the last segment only"
        );
        Ok(Self {
            raw: raw.to_owned(),
            prefix: if prefix.is_empty() {
                String::from("/")
            } else {
                prefix.to_owned()
            },
            wildcard,
            component: component.to_owned(),
        })
    }

    /// What of `path` is below the route; `None` if the route does not match. Without a wildcard it is empty.
    pub(crate) fn rest<'path>(&self, path: &'path str) -> Option<&'path str> {
        let rest = path.strip_prefix(self.prefix.trim_end_matches('/'))?;
        match rest {
            "" => Some(rest),
            "/" if !self.wildcard => Some(""),
            _ if self.wildcard && rest.starts_with('/') => Some(rest),
            _ => None,
        }
    }
}

/// The route of a path: of those that match, the longest; an exact one goes before a wildcard.
pub(crate) fn find<'routes, 'path>(
    routes: &'routes [Route],
    path: &'path str,
) -> Option<(&'routes Route, &'path str)> {
    let matching = routes
        .iter()
        .filter_map(|route| Some((route, route.rest(path)?)));
    matching.max_by_key(|(route, _)| (route.prefix.len(), !route.wildcard))
}

#[cfg(test)]
mod tests {
    use super::{Route, find};

    #[test]
    fn the_longest_route_answers() {
        let routes: Vec<_> = ["/...", "/a", "/a/...", "/a/b/..."]
            .map(|route| Route::parse(route, "c").unwrap())
            .into();
        for (path, raw, rest) in [
            ("/", "/...", "/"),
            ("/ab", "/...", "/ab"),
            ("/a", "/a", ""),
            ("/a/", "/a", ""),
            ("/a/c", "/a/...", "/c"),
            ("/a/b/c", "/a/b/...", "/c"),
        ] {
            let (route, found) = find(&routes, path).unwrap();
            assert_eq!((route.raw.as_str(), found), (raw, rest), "{path}");
        }
    }

    #[test]
    fn what_is_not_routed_is_not_found() {
        let routes = [Route::parse("/a", "c").unwrap()];
        assert!(find(&routes, "/").is_none() && find(&routes, "/a/b").is_none());
    }

    #[test]
    fn what_is_not_known_is_an_error() {
        for route in ["a", "/:id", "/.../a"] {
            assert!(Route::parse(route, "c").is_err(), "{route}");
        }
    }
}
