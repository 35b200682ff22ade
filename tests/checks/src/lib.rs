//! `checks.toml`, beside this crate, says for everything that a hardened authorization server must pass which tests show it
//! here and where the code does it. From it comes `docs/checks.md`. The test of this crate fails when a test or a place that the
//! table names is not there, or when the page is not what the table says.

mod names;

use anyhow::{Context as _, ensure};
use names::Names;
use serde::Deserialize;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// The page, from the root of the repository.
pub const PAGE: &str = "docs/checks.md";
/// The table, from the root of the repository.
const TABLE: &str = "tests/checks/checks.toml";

/// The root of the repository.
#[must_use]
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// The numbered rows.
    row: Vec<Check>,
    /// What went wrong elsewhere.
    advisory: Vec<Check>,
}

/// Something to pass.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Check {
    /// Its number, or the advisory.
    id: String,
    /// In a few words.
    what: String,
    /// Tests that go red without the defence: `target::file::name`, or `target::file::beginning_*`.
    #[serde(default)]
    tests: Vec<String>,
    /// `path/to/file.rs` or `path/to/file.rs#name`.
    #[serde(default)]
    defence: Vec<String>,
    /// What of it is not shown yet, or why it does not arise here.
    #[serde(default)]
    open: Option<String>,
}

impl Table {
    /// Reads the table.
    ///
    /// # Errors
    /// It is not there, or not as described here.
    pub fn read(repository: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(repository.join(TABLE))
            .with_context(|| format!("cannot read {TABLE}"))?;
        toml::from_str(&text).with_context(|| String::from(TABLE))
    }

    fn checks(&self) -> impl Iterator<Item = &Check> {
        self.row.iter().chain(&self.advisory)
    }

    /// Checks that everything that it names is there, that rows are numbered from 1 to 73, and that each has a test and a defence or
    /// says what is open.
    ///
    /// # Errors
    /// Everything that is wrong, one line each.
    pub fn verify(&self, repository: &Path) -> anyhow::Result<()> {
        let names = Names::collect(repository)?;
        let mut wrong = Vec::new();
        let expected: Vec<String> = (1..=73).map(|number: u32| number.to_string()).collect();
        if self.row.iter().map(|row| &row.id).ne(&expected) {
            wrong.push(String::from("the rows are not 1 to 73 in order"));
        }
        for check in self.checks() {
            if check.open.is_none() && (check.tests.is_empty() || check.defence.is_empty()) {
                wrong.push(format!("{}: no test or no defence, and not open", check.id));
            }
            for test in &check.tests {
                if !names.has_test(test) {
                    wrong.push(format!("{}: there is no test {test}", check.id));
                }
            }
            for place in &check.defence {
                if let Err(error) = names::place(repository, place) {
                    wrong.push(format!("{}: {error}", check.id));
                }
            }
        }
        ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
        Ok(())
    }

    /// The page in Markdown.
    #[must_use]
    pub fn page(&self) -> String {
        let open = self.checks().filter(|check| check.open.is_some()).count();
        let mut page = format!(
            "<!-- Written by `cargo run -p doorward-checks` from {TABLE}; do not edit. -->\n# What is checked\n\n\
             What a hardened authorization server must pass, the tests that go red when a defence is taken away, and where the code has it. \
             The rows follow RFC 9700, OAuth 2.1, the OpenID and MCP specifications, and advisories of others.\n\n\
             Names of tests begin with what runs them: `conformance`, `races` and `durability` drive the real server \
             (`cargo test --test conformance …`), the first two on every host; `clients` are libraries that we did not write (`tests/clients`); `protocol`, \
             `wasmtime`, `services`, `component` and `strict_json` are unit tests of `core/protocol`, `host/wasmtime`, `host/portable/services`, \
             `core/component` and `core/strict-json`, `sdk`, `password`, `oidc`, `oauth2`, `google` and `github` of the crates below `providers`; `vectors` are published test vectors ([tests/vectors](../tests/vectors/README.md)). A `*` \
             stands for several. {} rows, {open} with something open.\n",
            self.row.len() + self.advisory.len(),
        );
        section(&mut page, "The checklist", "row", &self.row);
        section(
            &mut page,
            "What went wrong elsewhere",
            "where",
            &self.advisory,
        );
        page
    }
}

fn section(page: &mut String, title: &str, first: &str, checks: &[Check]) {
    let _ = write!(
        page,
        "\n## {title}\n\n| {first} | what | tests | defence |\n|---|---|---|---|\n"
    );
    for check in checks {
        let tests = check
            .tests
            .iter()
            .map(|test| format!("`{test}`"))
            .chain(check.open.iter().map(|open| format!("**open**: {open}")))
            .collect::<Vec<_>>()
            .join(", ");
        let defence = check
            .defence
            .iter()
            .map(|place| link(place))
            .collect::<Vec<_>>()
            .join(", ");
        let _ = writeln!(
            page,
            "| {} | {} | {tests} | {defence} |",
            check.id, check.what
        );
    }
}

/// A place as a link: the file's path without what all of one crate share.
fn link(place: &str) -> String {
    let (file, name) = place.split_once('#').unwrap_or((place, ""));
    let short = file
        .strip_prefix("core/protocol/src/")
        .unwrap_or(file)
        .trim_end_matches(".rs")
        .trim_end_matches("/mod");
    let shown = if name.is_empty() {
        String::from(short)
    } else {
        format!("{short} {name}")
    };
    format!("[`{shown}`](../{file})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_test_and_every_defence_that_the_table_names_is_there() {
        let repository = repository();
        if let Err(error) = Table::read(&repository).unwrap().verify(&repository) {
            panic!("{error}");
        }
    }

    #[test]
    fn what_is_not_there_is_not_found() {
        let repository = repository();
        let names = Names::collect(&repository).unwrap();
        for absent in [
            "conformance::rfc9700::s0_nothing",
            "conformance::nowhere::*",
            "protocol::pkce::verify",
        ] {
            assert!(!names.has_test(absent), "{absent}");
        }
        for absent in [
            "core/protocol/src/nowhere.rs",
            "core/protocol/src/pkce.rs#verif",
        ] {
            assert!(names::place(&repository, absent).is_err(), "{absent}");
        }
    }

    #[test]
    fn the_page_is_what_the_table_says() {
        let repository = repository();
        let page = Table::read(&repository).unwrap().page();
        let kept = std::fs::read_to_string(repository.join(PAGE)).unwrap_or_default();
        assert!(
            page == kept,
            "{PAGE} is stale: `cargo run -p doorward-checks` writes it"
        );
    }
}
