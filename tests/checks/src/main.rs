//! `cargo run -p doorward-checks`: writes `docs/checks.md`.

use anyhow::Context as _;
use doorward_checks::{PAGE, Table, repository};

fn main() -> anyhow::Result<()> {
    let repository = repository();
    let page = Table::read(&repository)?.page();
    std::fs::write(repository.join(PAGE), page).with_context(|| format!("cannot write {PAGE}"))
}
