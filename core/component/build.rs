//! Says how large the stack in linear memory is, and makes tables of the catalogues in `texts/`.

use doorward_wording::{Problem, parse};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// Bytes. The linker's own choice, 1 MiB, would be most of what an instance occupies; the deepest thing here is JSON nested 128
/// levels, where `serde_json` stops. Below the stack there is nothing, so that an overflow traps instead of overwriting data.
const STACK: u32 = 256 * 1024;

/// The catalogues, in the order of `doorward_protocol::language::Language::ALL`; a test compares.
const LANGUAGES: [&str; 7] = ["en", "de", "fr", "es", "zh", "ja", "ar"];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=texts");
    if env::var("CARGO_CFG_TARGET_FAMILY").as_deref() == Ok("wasm") {
        println!("cargo::rustc-link-arg-cdylib=-zstack-size={STACK}");
    }
    if let Err(problem) = write_texts() {
        println!("cargo::error={problem}");
    }
}

/// A constant for each English text, and a table of wordings for each language.
fn write_texts() -> Result<(), String> {
    let english = read("en")?;
    let english = parsed("en", &english)?;
    let mut code = String::new();
    // Claims are found by their name.
    let named = |(_, (id, _)): &(usize, &(&str, String))| !id.starts_with("claim.");
    for (at, (id, _)) in english.iter().enumerate().filter(named) {
        let name = id.to_uppercase().replace(['.', '-'], "_");
        line(
            &mut code,
            &format!("/// `{id}`\npub(crate) const {name}: Text = Text({at});"),
        )?;
    }
    let count = english.len();
    line(&mut code, &format!("static IDS: [&str; {count}] = ["))?;
    for (id, _) in &english {
        line(&mut code, &format!("{id:?},"))?;
    }
    line(&mut code, "];")?;
    let languages = LANGUAGES.len();
    let cuts = count + 1;
    let mut tables = format!("static CUTS: [[u16; {cuts}]; {languages}] = [\n");
    line(
        &mut code,
        &format!("static WORDINGS: [&str; {languages}] = ["),
    )?;
    for language in LANGUAGES {
        let catalogue = read(language)?;
        let texts = parsed(language, &catalogue)?;
        // One string, and where to cut it: a table of strings would be a third as large as they are.
        let (mut all, mut cuts) = (String::new(), vec![0]);
        for (id, _) in &english {
            let found = texts.iter().find(|(known, _)| known == id);
            let (_, wording) =
                found.ok_or_else(|| told(language, &[Problem::Missing((*id).to_owned())]))?;
            all.push_str(wording);
            let end = u16::try_from(all.len());
            cuts.push(end.map_err(|_| format!("texts/{language}.txt has more than 64 KiB"))?);
        }
        line(&mut code, &format!("{all:?},"))?;
        line(&mut tables, &format!("{cuts:?},"))?;
    }
    line(&mut code, "];")?;
    line(&mut tables, "];")?;
    code.push_str(&tables);
    let out = PathBuf::from(env::var("OUT_DIR").map_err(|error| error.to_string())?);
    fs::write(out.join("texts.rs"), code).map_err(|error| error.to_string())
}

fn line(code: &mut String, line: &str) -> Result<(), String> {
    writeln!(code, "{line}").map_err(|error| error.to_string())
}

fn read(language: &str) -> Result<String, String> {
    let path = Path::new("texts").join(format!("{language}.txt"));
    fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))
}

fn parsed<'a>(language: &str, catalogue: &'a str) -> Result<Vec<(&'a str, String)>, String> {
    parse(catalogue).map_err(|problems| told(language, &problems))
}

fn told(language: &str, problems: &[Problem]) -> String {
    let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
    format!(
        "core/component/texts/{language}.txt: {}",
        problems.join("; ")
    )
}
