//! An upstream server has the browser post its answer (OAuth 2.0 Form Post Response Mode §2; Apple does nothing else).
//!
//! Such a POST comes from another site, so that the browser leaves its `SameSite=Lax` cookies at home, and nobody could tell whose
//! sign-in it is. It is answered with a redirect to the same path with the fields in the query: to that GET the browser brings its
//! cookies. The POST itself does nothing and sets nothing, and whoever can post it could have linked to that GET as well.

use super::{OWN_PARAMETERS, is_path};
use crate::endpoint::Call;
use crate::http::Answer;
use crate::params::Params;
use crate::refusal::Refusal;

/// Longest query, bytes: hosts refuse targets over 16 KiB.
const MAX_QUERY: usize = 12 * 1024;

/// Where the browser goes on, if this is such a POST: it names a sign-in by `state`, and is none of our own forms.
pub(super) fn elsewhere(
    provider_id: &str,
    path: &str,
    call: &Call<'_>,
) -> Option<Result<Answer, Refusal>> {
    if call.request.method != "POST" || !is_path(path) {
        return None;
    }
    let form = call.request.form().ok()?;
    let own = OWN_PARAMETERS.iter().any(|name| form.get(name).is_some());
    if own || form.get("state").is_none() {
        return None;
    }
    let known = call
        .host
        .providers()
        .iter()
        .any(|one| one.id == provider_id);
    known.then(|| bounce(provider_id, path, &form, call))
}

fn bounce(
    provider_id: &str,
    path: &str,
    form: &Params,
    call: &Call<'_>,
) -> Result<Answer, Refusal> {
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(form.without(&OWN_PARAMETERS))
        .finish();
    if query.len() > MAX_QUERY {
        return Err(Refusal::MalformedForm);
    }
    Ok(Answer::see_other(format!(
        "{}/{provider_id}/{path}?{query}",
        call.base()
    )))
}
