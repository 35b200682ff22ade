//! Features whose specification is not finished. Whoever wants one names it in the configuration, with the version that this release
//! implements: `experimental = { id_jag = "draft-04" }`. When the specification moves on and we with it, the start fails until the
//! operator has looked and named the new version; nothing changes under their feet.
//!
//! Client ID Metadata Documents are not among them: a final specification, MCP of 2026-07-28, pins what we implement.

use std::collections::BTreeMap;

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Feature {
    /// What the configuration calls it.
    pub name: &'static str,
    /// The version of the specification that is implemented.
    pub version: &'static str,
    /// The specification.
    pub specification: &'static str,
}

/// Identity assertion authorization grants.
pub const ID_JAG: Feature = Feature {
    name: "id_jag",
    version: "draft-04",
    specification: "draft-ietf-oauth-identity-assertion-authz-grant",
};

/// All of them.
pub const ALL: [Feature; 1] = [ID_JAG];

/// Whether everything that the configuration names is there, in that version.
///
/// # Errors
/// What is wrong, and how to cure it.
pub fn check(named: &BTreeMap<String, String>) -> Result<(), String> {
    for (name, version) in named {
        let Some(feature) = ALL.iter().find(|feature| feature.name == name) else {
            let all = ALL.map(|feature| feature.name).join(", ");
            return Err(format!(
                "experimental: there is no experimental feature `{name}` in this release (there are: {all}); if it was one, it is finished or gone: see the changelog"
            ));
        };
        if version != feature.version {
            return Err(format!(
                "experimental.{name}: this release implements `{}` of {}, not `{version}`; read what changed, then name that",
                feature.version, feature.specification
            ));
        }
    }
    Ok(())
}

/// Whether the configuration names a feature that it uses.
///
/// # Errors
/// It does not; says how to.
pub fn named(feature: Feature, named: &BTreeMap<String, String>) -> Result<(), String> {
    if named.contains_key(feature.name) {
        return Ok(());
    }
    Err(format!(
        "uses an unfinished specification, {}, which may change without notice: name it as `[experimental]` with {} = \"{}\", or do without",
        feature.specification, feature.name, feature.version
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(name: &str, version: &str) -> BTreeMap<String, String> {
        BTreeMap::from([(name.to_owned(), version.to_owned())])
    }

    #[test]
    fn a_feature_is_named_with_its_version_or_not_there() {
        assert_eq!(check(&BTreeMap::new()), Ok(()));
        assert_eq!(check(&map("id_jag", ID_JAG.version)), Ok(()));
        assert!(
            check(&map("id_jag", "draft-03"))
                .unwrap_err()
                .contains("draft-04")
        );
        assert!(
            check(&map("time_travel", "1"))
                .unwrap_err()
                .contains("id_jag")
        );
        assert_eq!(named(ID_JAG, &map("id_jag", "draft-04")), Ok(()));
        assert!(
            named(ID_JAG, &BTreeMap::new())
                .unwrap_err()
                .contains("id_jag = \"draft-04\"")
        );
    }
}
