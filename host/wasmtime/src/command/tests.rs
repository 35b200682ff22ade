//! The command line as people read it.

use super::Cli;
use super::output::{members, table};
use clap::CommandFactory as _;
use serde_json::json;
use std::path::Path;

/// `--help` of every command, one after the other. `DOORWARD_UPDATE_HELP=1 cargo test -p doorward help` writes it anew.
#[test]
fn help_is_what_the_documentation_shows() {
    let mut command = Cli::command();
    command.build();
    let mut help = String::new();
    write_help(&mut command, "doorward", &mut help);
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/help.txt");
    if std::env::var_os("DOORWARD_UPDATE_HELP").is_some() {
        std::fs::write(&file, &help).unwrap();
    }
    let written = std::fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(
        help, written,
        "run it again with DOORWARD_UPDATE_HELP=1 and read the difference"
    );
}

fn write_help(command: &mut clap::Command, name: &str, help: &mut String) {
    let text = command
        .clone()
        .term_width(100)
        .render_long_help()
        .to_string();
    let text: Vec<_> = text.lines().map(str::trim_end).collect();
    help.extend([
        "==== ",
        name,
        " --help\n",
        text.join("\n").trim_end(),
        "\n\n",
    ]);
    for child in command
        .get_subcommands_mut()
        .filter(|child| child.get_name() != "help")
    {
        let name = format!("{name} {}", child.get_name());
        write_help(child, &name, help);
    }
}

#[test]
fn the_command_line_is_consistent() {
    Cli::command().debug_assert();
}

#[test]
fn a_table_has_the_columns_that_someone_fills() {
    let rows = [
        json!({"client_id": "a", "scope": "x y", "none": null}),
        json!({"client_id": "longer"}),
    ];
    assert_eq!(
        table(&rows, &["client_id", "none", "scope"]),
        "CLIENT_ID  SCOPE\na          x y\nlonger"
    );
}

#[test]
fn names_from_strangers_cannot_command_the_terminal() {
    let object = json!({"name": "a\u{1b}[2Jb\nc", "list": ["x", "y"]});
    assert_eq!(
        members(object.as_object().unwrap()),
        "list  x y\nname  a\u{fffd}[2Jb\u{fffd}c"
    );
}
