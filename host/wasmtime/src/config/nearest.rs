//! "Did you mean": the name that someone who mistyped most likely meant.

/// The candidate nearest to `name`, if one is near enough: at most a third of its letters differ.
pub(crate) fn nearest<'a>(
    name: &str,
    candidates: impl Iterator<Item = &'a str>,
) -> Option<&'a str> {
    let distance = |candidate: &str| strsim::damerau_levenshtein(name, candidate);
    let best = candidates.min_by_key(|candidate| distance(candidate))?;
    let allowed = (name.chars().count().max(best.chars().count()) / 3).max(1);
    (distance(best) <= allowed).then_some(best)
}
