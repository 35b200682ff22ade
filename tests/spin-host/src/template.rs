//! `{{ variable }}` in the values of a manifest.

use anyhow::{Context as _, bail};
use std::collections::BTreeMap;

/// Replaces `{{ name }}` by the variable of this name.
///
/// # Errors
/// If braces are not closed, or a variable is not declared.
pub(crate) fn resolve(
    template: &str,
    variables: &BTreeMap<String, String>,
) -> anyhow::Result<String> {
    let (mut resolved, mut rest) = (String::new(), template);
    while let Some((literal, expression)) = rest.split_once("{{") {
        let (name, after) = expression.split_once("}}").context("`{{` without `}}`")?;
        let Some(value) = variables.get(name.trim()) else {
            bail!("`{}` is not declared in [variables]", name.trim());
        };
        resolved.push_str(literal);
        resolved.push_str(value);
        rest = after;
    }
    resolved.push_str(rest);
    Ok(resolved)
}

#[cfg(test)]
mod tests {
    use super::resolve;
    use std::collections::BTreeMap;

    fn resolved(template: &str) -> Option<String> {
        let variables = BTreeMap::from([("a".into(), "1".into()), ("b".into(), "{{ a }}".into())]);
        resolve(template, &variables).ok()
    }

    #[test]
    fn variables_are_replaced_once() {
        assert_eq!(resolved("x-{{a}}-{{ a }}").as_deref(), Some("x-1-1"));
        assert_eq!(
            resolved("{{ b }}").as_deref(),
            Some("{{ a }}"),
            "a value is no template"
        );
        assert_eq!(resolved("a }} b").as_deref(), Some("a }} b"));
    }

    #[test]
    fn what_is_not_declared_or_closed_is_an_error() {
        assert_eq!(resolved("{{ c }}"), None);
        assert_eq!(resolved("{{ a"), None);
    }
}
