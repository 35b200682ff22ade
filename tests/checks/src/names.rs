//! Which tests there are, read from the sources.

use anyhow::{Context as _, bail};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Folders with tests in Rust, and what their tests are called.
const RUST: [(&str, &str); 23] = [
    ("tests/conformance", "conformance"),
    ("tests/races", "races"),
    ("tests/durability", "durability"),
    ("tests/compose", "compose"),
    ("tests/vectors", "vectors"),
    ("tests/fuzz", "fuzz"),
    ("core/protocol/src", "protocol"),
    ("core/component/src", "component"),
    ("core/strict-json/src", "strict_json"),
    ("host/wasmtime/src", "wasmtime"),
    ("host/portable/services/src", "services"),
    ("providers/password/src", "password"),
    ("providers/passkey/src", "passkey"),
    ("providers/magic-link/src", "magic_link"),
    ("providers/totp/src", "totp"),
    ("providers/sdk/src", "sdk"),
    ("providers/oidc/src", "oidc"),
    ("providers/oauth2/src", "oauth2"),
    ("providers/google/src", "google"),
    ("providers/github/src", "github"),
    ("host/portable/fence/src", "fence"),
    ("tests/records/src/check", "records"),
    ("tests/records/tests", "records"),
];
/// Folders with tests in JavaScript.
const JAVASCRIPT: [(&str, &str); 2] = [
    ("tests/clients", "clients"),
    ("host/workers/test", "workers"),
];

/// The names of all tests.
pub(crate) struct Names(BTreeSet<String>);

impl Names {
    /// Reads all sources.
    pub(crate) fn collect(repository: &Path) -> anyhow::Result<Self> {
        let mut names = BTreeSet::new();
        for (folder, target) in RUST {
            walk(
                &repository.join(folder),
                target,
                "rs",
                &mut |module, text| {
                    names.extend(
                        rust_tests(text, target == "records")
                            .map(|name| format!("{module}::{name}")),
                    );
                },
            )?;
        }
        for (folder, target) in JAVASCRIPT {
            walk(
                &repository.join(folder),
                target,
                "mjs",
                &mut |module, text| {
                    let module = module.trim_end_matches(".test");
                    names.extend(javascript_tests(text).map(|name| format!("{module}::{name}")));
                },
            )?;
        }
        Ok(Self(names))
    }

    /// Whether there is such a test, or one of such a beginning.
    pub(crate) fn has_test(&self, pattern: &str) -> bool {
        match pattern.strip_suffix('*') {
            Some(beginning) => self.0.iter().any(|name| name.starts_with(beginning)),
            None => self.0.contains(pattern),
        }
    }
}

/// Calls `each` with the module path and the text of every file below `folder`. A folder that is not there has none.
fn walk(
    folder: &Path,
    module: &str,
    extension: &str,
    each: &mut impl FnMut(&str, &str),
) -> anyhow::Result<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        let Some(stem) = path.file_stem().and_then(|stem| stem.to_str()) else {
            continue;
        };
        if path.is_dir() {
            if stem != "node_modules" && stem != "target" {
                walk(&path, &format!("{module}::{stem}"), extension, each)?;
            }
        } else if path.extension().is_some_and(|kind| kind == extension) {
            let text = fs::read_to_string(&path)
                .with_context(|| format!("cannot read {}", path.display()))?;
            if ["mod", "lib", "main"].contains(&stem) {
                each(module, &text);
            } else {
                each(&format!("{module}::{stem}"), &text);
            }
        }
    }
    Ok(())
}

/// Functions under `#[test]`; `any`: every function, where a program of its own runs them as checks.
fn rust_tests(text: &str, any: bool) -> impl Iterator<Item = String> {
    let mut marked = false;
    text.lines().filter_map(move |line| {
        let line = line.trim();
        marked |= line.starts_with("#[test]") || line.starts_with("#[tokio::test");
        let (_, after) = line.split_once("fn ").filter(|(before, _)| {
            [
                "",
                "async ",
                "pub(crate) ",
                "pub(super) ",
                "pub(crate) async ",
                "pub(super) async ",
            ]
            .contains(before)
        })?;
        let name = after.split(['(', '<']).next()?.to_owned();
        let is_test = marked || any;
        marked = false;
        is_test.then_some(name)
    })
}

/// The titles of `test("…"`.
fn javascript_tests(text: &str) -> impl Iterator<Item = String> {
    text.split("test(").skip(1).filter_map(|rest| {
        let quote = rest
            .chars()
            .next()
            .filter(|quote| "\"`'".contains(*quote))?;
        rest.get(1..)?.split(quote).next().map(str::to_owned)
    })
}

/// Checks that a place in the code is there.
pub(crate) fn place(repository: &Path, place: &str) -> anyhow::Result<()> {
    let (file, name) = place.split_once('#').unwrap_or((place, ""));
    let text =
        fs::read_to_string(repository.join(file)).with_context(|| format!("there is no {file}"))?;
    let defined = [
        "fn ",
        "struct ",
        "enum ",
        "const ",
        "mod ",
        "static ",
        "function ",
    ]
    .iter()
    .any(|kind| {
        text.match_indices(&format!("{kind}{name}"))
            .any(|(at, found)| {
                let next = text
                    .get(at + found.len()..)
                    .and_then(|rest| rest.chars().next());
                next.is_some_and(|next| !next.is_alphanumeric() && next != '_')
            })
    });
    if !name.is_empty() && !defined {
        bail!("{file} defines no {name}");
    }
    Ok(())
}
