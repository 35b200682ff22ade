//! Lets in whoever knows the word on the door. Change it into what you need: `describe` says what the plugin is, `get` and
//! `post` answer the browser. A page is data; Doorward draws it.

use doorward_provider::limit::Limit;
use doorward_provider::{
    Answer, Button, Description, Failure, Field, Form, Identity, Page, Provider, Severity, Visit,
    export_provider, secret, text,
};

/// Wrong and right words together, from everyone, in ten minutes.
const TRIES: u32 = 100;

/// The provider.
pub struct Door;

/// What the operator writes under `[provider.settings]`.
#[derive(serde::Deserialize, Default)]
pub struct Settings {
    word: String,
}

impl Provider for Door {
    type Settings = Settings;
    type State = ();

    fn describe() -> Description {
        Description::new(text("label", "the word on the door")).settings_schema(
            r#"{
                "type": "object",
                "properties": {
                    "word": { "type": "string", "minLength": 16, "description": "What people have to say" }
                },
                "required": ["word"],
                "additionalProperties": false
            }"#,
        )
    }

    fn get(visit: &Visit<'_, Self>) -> Result<Answer<()>, Failure> {
        match visit.path() {
            "authorize" => Ok(Answer::page(page())),
            _ => Err(Failure::NotFound),
        }
    }

    fn post(visit: &Visit<'_, Self>) -> Result<Answer<()>, Failure> {
        if visit.path() != "authorize" {
            return Err(Failure::NotFound);
        }
        // Counted before the word is looked at, so that requests at the same time count too.
        Limit::new(visit.services(), "words", TRIES, 600).count(visit.services())?;
        let right = &visit.settings().word;
        let given = visit.form("word").unwrap_or_default();
        if right.is_empty() || !secret::equal(given.as_bytes(), right.as_bytes()) {
            let wrong = text("wrong", "That is not the word.");
            return Ok(Answer::page(page().message(Severity::Error, wrong)));
        }
        // `subject` says who it is: stable, unique here, never somebody else's later.
        Ok(Answer::authenticated(Identity::new("guest").amr(["kba"])))
    }
}

fn page() -> Page {
    let word = Field::password("word", text("word", "Word")).autocomplete("current-password");
    let enter = Button::primary("press", "enter", text("enter", "Come in"));
    Page::new(text("title", "Say the word")).form(Form::new("authorize").field(word).button(enter))
}

export_provider!(Door);

#[cfg(test)]
mod tests {
    use super::{Door, TRIES};
    use doorward_provider::Failure;
    use doorward_provider::testing::{Browser, Host};

    const SETTINGS: &str = r#"{"word":"mellon, said in elvish"}"#;

    #[test]
    fn the_word_opens_the_door() {
        let host = Host::seeded(1);
        let mut browser = Browser::<Door>::new(&host).settings(SETTINGS);
        assert!(browser.get("authorize").unwrap().is_page());
        let word = [("word", "mellon, said in elvish")];
        let identity = browser.post("authorize", &word).unwrap().into_identity();
        assert_eq!(identity.unwrap().subject, "guest");
    }

    #[test]
    fn another_word_does_not() {
        let host = Host::seeded(1);
        let mut browser = Browser::<Door>::new(&host).settings(SETTINGS);
        for word in ["", "mellon", "mellon, said in elvish "] {
            let answer = browser.post("authorize", &[("word", word)]).unwrap();
            assert!(answer.is_page(), "{word:?}");
        }
    }

    #[test]
    fn nobody_guesses_for_ever() {
        let host = Host::seeded(1);
        let mut browser = Browser::<Door>::new(&host).settings(SETTINGS);
        for _ in 0..TRIES {
            assert!(browser.post("authorize", &[("word", "x")]).unwrap().is_page());
        }
        let refused = browser.post("authorize", &[("word", "x")]);
        assert!(matches!(refused, Err(Failure::TooManyRequests(_))), "{refused:?}");
    }

    #[test]
    fn other_paths_are_not_found() {
        let host = Host::seeded(1);
        let mut browser = Browser::<Door>::new(&host).settings(SETTINGS);
        let answer = browser.get("elsewhere");
        assert!(matches!(answer, Err(Failure::NotFound)), "{answer:?}");
    }
}
