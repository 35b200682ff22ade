//! Begins a plugin: a small provider that works, with its tests, its build and the contract beside it.

use super::Language;
use std::io::Write as _;
use std::path::{Path, PathBuf};

macro_rules! template {
    ($file:literal) => {
        include_str!(concat!("../../templates/", $file))
    };
}

const CONTRACT: [(&str, &str); 3] = [
    ("wit/plugin.wit", template!("plugin.wit")),
    (
        "wit/deps/host/host.wit",
        include_str!("../../../../wit/host/host.wit"),
    ),
    (
        "wit/deps/provider/provider.wit",
        include_str!("../../../../wit/provider/provider.wit"),
    ),
];
const RUST: [(&str, &str); 4] = [
    ("Cargo.toml", template!("rust/Cargo.toml.template")),
    ("src/lib.rs", template!("rust/src/lib.rs")),
    ("README.md", template!("rust/README.md")),
    (".gitignore", template!("rust/gitignore")),
];
const JAVASCRIPT: [(&str, &str); 4] = [
    ("package.json", template!("js/package.json")),
    ("provider.js", template!("js/provider.js")),
    ("README.md", template!("js/README.md")),
    (".gitignore", template!("js/gitignore")),
];
const PYTHON: [(&str, &str); 4] = [
    ("requirements.txt", template!("python/requirements.txt")),
    ("app.py", template!("python/app.py")),
    ("README.md", template!("python/README.md")),
    (".gitignore", template!("python/gitignore")),
];

/// Longest name, which is also an id.
const NAME_BYTES: usize = 32;

/// What to begin.
#[derive(Debug, Clone)]
pub struct Project {
    /// Lower-case letters, digits and hyphens; it begins with a letter.
    pub name: String,
    /// What to write it in.
    pub language: Language,
    /// Where; must not be there.
    pub directory: PathBuf,
    /// The directory of the SDK for Rust. Without: that of a checkout of Doorward around `directory`, else by version.
    pub sdk: Option<PathBuf>,
}

impl Project {
    /// Writes it. A directory that is there is left as it is.
    ///
    /// # Errors
    /// The name is none, the directory is there, there is no SDK where it should be, or a file cannot be written.
    pub fn write(&self) -> Result<(), String> {
        check_name(&self.name)?;
        if self.directory.symlink_metadata().is_ok() {
            return Err(format!(
                "{} is there already: nothing was written",
                self.directory.display()
            ));
        }
        let files = match self.language {
            Language::Rust => RUST.to_vec(),
            Language::JavaScript => [JAVASCRIPT.as_slice(), &CONTRACT].concat(),
            Language::Python => [PYTHON.as_slice(), &CONTRACT].concat(),
        };
        let sdk = match self.language {
            Language::Rust => self.sdk()?,
            Language::JavaScript | Language::Python => String::new(),
        };
        for (name, text) in files {
            let path = self.directory.join(name);
            let text = if name.starts_with("wit/") {
                text.to_owned()
            } else {
                text.replace("NAME", &self.name).replace("SDK", &sdk)
            };
            write(&path, &text).map_err(|error| format!("{}: {error}", path.display()))?;
        }
        Ok(())
    }

    /// The dependency on the SDK, as it stands in a manifest.
    fn sdk(&self) -> Result<String, String> {
        let by_path = |directory: &Path| {
            let path = directory.display().to_string();
            format!("{{ path = {} }}", toml::Value::String(path))
        };
        if let Some(sdk) = &self.sdk {
            if !is_sdk(sdk) {
                return Err(format!(
                    "{} is not the SDK: name the directory `providers/sdk` of Doorward",
                    sdk.display()
                ));
            }
            let sdk = std::path::absolute(sdk).map_err(|error| error.to_string())?;
            return Ok(by_path(&sdk));
        }
        let directory = std::path::absolute(&self.directory).map_err(|error| error.to_string())?;
        let checkout = directory.ancestors().skip(1).enumerate();
        let mut checkout = checkout.filter(|(_, around)| is_sdk(&around.join("providers/sdk")));
        Ok(match checkout.next() {
            Some((depth, _)) => by_path(&Path::new(&"../".repeat(depth + 1)).join("providers/sdk")),
            None => format!("{:?}", env!("CARGO_PKG_VERSION")),
        })
    }
}

fn is_sdk(directory: &Path) -> bool {
    let manifest = std::fs::read_to_string(directory.join("Cargo.toml"));
    manifest.is_ok_and(|text| text.contains("name = \"doorward-provider\"\n"))
}

fn check_name(name: &str) -> Result<(), String> {
    let letters = name
        .bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    let begins = name.starts_with(|letter: char| letter.is_ascii_lowercase());
    if letters && begins && !name.ends_with('-') && name.len() <= NAME_BYTES {
        return Ok(());
    }
    Err(format!(
        "the name {name:?} must be 1 to {NAME_BYTES} lower-case letters, digits and hyphens, begin with a letter and not end with a \
         hyphen"
    ))
}

fn write(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(directory) = path.parent() {
        std::fs::create_dir_all(directory)?;
    }
    let mut file = std::fs::File::create_new(path)?;
    file.write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(directory: PathBuf, name: &str, language: Language) -> Project {
        Project {
            name: name.to_owned(),
            language,
            directory,
            sdk: None,
        }
    }

    #[test]
    fn each_language_has_its_files_and_no_placeholder() {
        let directory = tempfile::tempdir().unwrap();
        for (name, language, files) in [
            ("rusty", Language::Rust, &RUST),
            ("scripted", Language::JavaScript, &JAVASCRIPT),
            ("snake", Language::Python, &PYTHON),
        ] {
            let root = directory.path().join(name);
            project(root.clone(), name, language).write().unwrap();
            for (file, _) in files {
                let text = std::fs::read_to_string(root.join(file)).unwrap();
                assert!(!text.contains("NAME") && !text.contains("SDK"), "{file}");
            }
            assert_eq!(root.join("wit").is_dir(), language != Language::Rust);
        }
        let manifest = std::fs::read_to_string(directory.path().join("rusty/Cargo.toml")).unwrap();
        let version = env!("CARGO_PKG_VERSION");
        assert!(manifest.contains(&format!("doorward-provider = \"{version}\"")));
    }

    #[test]
    fn nothing_is_overwritten() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().join("mine");
        std::fs::create_dir(&root).unwrap();
        let refused = project(root.clone(), "mine", Language::Rust).write();
        assert!(refused.unwrap_err().contains("is there already"));
        assert_eq!(std::fs::read_dir(&root).unwrap().count(), 0);
    }

    #[test]
    fn names_lead_nowhere_else() {
        let directory = tempfile::tempdir().unwrap();
        for name in [
            "",
            "../x",
            "a/b",
            "A",
            "1st",
            "-a",
            "a-",
            "a b",
            "ä",
            &"a".repeat(33),
        ] {
            let refused = project(directory.path().join("x"), name, Language::Rust).write();
            assert!(refused.unwrap_err().contains("lower-case"), "{name:?}");
        }
        assert!(!directory.path().join("x").exists());
    }

    #[test]
    fn the_sdk_is_that_of_the_checkout_around_or_the_one_that_was_named() {
        let directory = tempfile::tempdir().unwrap();
        let sdk = directory.path().join("providers/sdk");
        std::fs::create_dir_all(&sdk).unwrap();
        std::fs::write(
            sdk.join("Cargo.toml"),
            "[package]\nname = \"doorward-provider\"\n",
        )
        .unwrap();
        let inside = project(directory.path().join("my/door"), "door", Language::Rust);
        inside.write().unwrap();
        let manifest = directory.path().join("my/door/Cargo.toml");
        let manifest = std::fs::read_to_string(manifest).unwrap();
        assert!(
            manifest.contains("doorward-provider = { path = \"../../providers/sdk\" }"),
            "{manifest}"
        );
        let elsewhere = tempfile::tempdir().unwrap();
        let mut named = project(elsewhere.path().join("door"), "door", Language::Rust);
        named.sdk = Some(elsewhere.path().to_owned());
        assert!(named.write().unwrap_err().contains("is not the SDK"));
        named.sdk = Some(sdk.clone());
        named.write().unwrap();
        let manifest = std::fs::read_to_string(elsewhere.path().join("door/Cargo.toml")).unwrap();
        assert!(manifest.contains(&sdk.display().to_string()), "{manifest}");
    }
}
