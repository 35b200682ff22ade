//! Builds a plugin with the tools of its language. Each that is missing is named with the command that installs it.

use super::{Language, PLUGIN};
use std::path::{Path, PathBuf};
use std::process::Command;

const TARGET: &str = "wasm32-wasip2";

/// What the project in `directory` is written in.
///
/// # Errors
/// It is no project.
pub fn language(directory: &Path) -> Result<Language, String> {
    let has = |file: &str| directory.join(file).is_file();
    if has("Cargo.toml") {
        Ok(Language::Rust)
    } else if has("package.json") {
        Ok(Language::JavaScript)
    } else if has("app.py") {
        Ok(Language::Python)
    } else {
        Err(format!(
            "{} has neither Cargo.toml nor package.json nor app.py: begin a plugin with `doorward provider new`",
            directory.display()
        ))
    }
}

/// Builds the project in `directory`; what its tools say goes to the terminal. Returns the plugin: `plugin.wasm` there.
/// `stub_wasi` is for Python: nothing of the platform, not even the time.
///
/// # Errors
/// A tool is missing or fails, or the plugin is not where it should be.
pub fn build(directory: &Path, stub_wasi: bool) -> Result<PathBuf, String> {
    let language = language(directory)?;
    if stub_wasi && language != Language::Python {
        return Err(String::from("--stub-wasi is for Python"));
    }
    let plugin = directory.join(PLUGIN);
    match language {
        Language::Rust => {
            let built = rust(directory)?;
            std::fs::copy(&built, &plugin)
                .map_err(|error| format!("cannot copy {}: {error}", built.display()))?;
        }
        Language::JavaScript => javascript(directory)?,
        Language::Python => python(directory, stub_wasi)?,
    }
    if plugin.is_file() {
        Ok(plugin)
    } else {
        Err(format!("the build left no {}", plugin.display()))
    }
}

/// Cargo, and the file that it says it made.
fn rust(directory: &Path) -> Result<PathBuf, String> {
    let mut cargo = Command::new("cargo");
    cargo
        .args(["build", "--release", "--target", TARGET])
        .arg("--message-format=json-render-diagnostics")
        .current_dir(directory)
        .stderr(std::process::Stdio::inherit());
    let output = cargo
        .output()
        .map_err(|error| missing("cargo", &error, "install Rust by rustup, https://rustup.rs"))?;
    if !output.status.success() {
        return Err(format!(
            "cargo could not build it. If the target {TARGET} is missing: rustup target add {TARGET}"
        ));
    }
    let messages = String::from_utf8_lossy(&output.stdout);
    let mut made = messages.lines().rev().filter_map(wasm_of);
    made.next().ok_or_else(|| {
        String::from(
            "cargo made no .wasm: Cargo.toml needs crate-type = [\"cdylib\", \"rlib\"] under [lib]",
        )
    })
}

/// The `.wasm` of the package itself in one of cargo's messages: of a dependency nothing is linked.
fn wasm_of(message: &str) -> Option<PathBuf> {
    let message: serde_json::Value = serde_json::from_str(message).ok()?;
    if message.get("reason")? != "compiler-artifact" {
        return None;
    }
    let files = message.get("filenames")?.as_array()?;
    let mut files = files.iter().filter_map(serde_json::Value::as_str);
    files
        .find(|file| {
            Path::new(file)
                .extension()
                .is_some_and(|found| found == "wasm")
        })
        .map(PathBuf::from)
}

fn javascript(directory: &Path) -> Result<(), String> {
    if !directory.join("node_modules/.bin/componentize-js").exists() {
        return Err(format!(
            "componentize-js is not installed: run `npm install` in {}",
            directory.display()
        ));
    }
    let mut npm = Command::new("npm");
    npm.args(["run", "--silent", "build"])
        .current_dir(directory);
    succeed(npm, "npm", "install Node.js, https://nodejs.org")
}

fn python(directory: &Path, stub_wasi: bool) -> Result<(), String> {
    let own = directory.join(".venv/bin/componentize-py");
    let tool = if own.exists() {
        std::path::absolute(own).map_err(|error| error.to_string())?
    } else {
        PathBuf::from("componentize-py")
    };
    let mut componentize = Command::new(tool);
    componentize
        .current_dir(directory)
        .args(["--quiet", "--wit-path", "wit", "--world", "plugin"])
        .args(["componentize", "app", "--output", PLUGIN]);
    if stub_wasi {
        componentize.arg("--stub-wasi");
    }
    let cure =
        "run `python3 -m venv .venv && .venv/bin/pip install -r requirements.txt` in the project";
    succeed(componentize, "componentize-py", cure)
}

fn succeed(mut command: Command, tool: &str, cure: &str) -> Result<(), String> {
    let status = command.status();
    let status = status.map_err(|error| missing(tool, &error, cure))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("{tool} could not build it ({status})"))
    }
}

fn missing(tool: &str, error: &std::io::Error, cure: &str) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => format!("{tool} is not installed: {cure}"),
        _ => format!("{tool} cannot be run: {error}"),
    }
}
