//! The files of C2SP/wycheproof, from the folder that `DOORWARD_WYCHEPROOF` names.

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;
use std::path::PathBuf;

/// Names the folder with the files.
pub const FOLDER: &str = "DOORWARD_WYCHEPROOF";

/// The groups of tests in the file `name`.
///
/// # Errors
/// A sentence that says how to get the file if it is not there; or that it is not one of Wycheproof's.
pub fn groups(name: &str) -> anyhow::Result<Vec<Value>> {
    let folder = std::env::var_os(FOLDER).with_context(|| {
        format!(
            "{FOLDER} is not set: these tests read Wycheproof's vectors, which the project does not carry. \
             `tests/vectors/fetch <folder>` gets them; then set {FOLDER} to the absolute path of that folder"
        )
    })?;
    let path = PathBuf::from(folder).join(name);
    let text = std::fs::read(&path).with_context(|| {
        format!(
            "cannot read {}: `tests/vectors/fetch <folder>` gets Wycheproof's vectors; then set {FOLDER} to the absolute path \
             of that folder",
            path.display()
        )
    })?;
    let mut file: Value =
        serde_json::from_slice(&text).with_context(|| format!("{} is not JSON", path.display()))?;
    let Some(Value::Array(groups)) = file.get_mut("testGroups").map(Value::take) else {
        bail!("{} has no testGroups", path.display());
    };
    let tests = groups
        .iter()
        .filter_map(|group| group.get("tests").and_then(Value::as_array))
        .map(Vec::len)
        .sum::<usize>();
    ensure!(
        file.get("numberOfTests").and_then(Value::as_u64) == u64::try_from(tests).ok(),
        "{} holds another number of tests than it says",
        path.display()
    );
    Ok(groups)
}
