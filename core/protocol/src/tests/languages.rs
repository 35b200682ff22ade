//! In which language people are answered.

use super::*;

fn language(answer: &Answer) -> Option<&str> {
    let mut headers = answer.headers.iter();
    headers.find_map(|(name, value)| (*name == "content-language").then_some(value.as_str()))
}

fn speaking<'a>(memory: &'a Memory, language: &'static str) -> Visitor<'a> {
    Visitor {
        language: Some(language),
        ..Visitor::new(memory)
    }
}

#[test]
fn core_s3_1_2_1_ui_locales_is_the_language_of_the_whole_sign_in() {
    let memory = host();
    let visitor = speaking(&memory, "fr");
    let begun = visitor.get(&authorize_url("app", "&ui_locales=nl%20de-AT%20en"));
    let signed_in = visitor.get(location(&begun));
    assert_eq!(memory.contexts.borrow()[0].language, "de");
    let consent = visitor.get(location(&signed_in));
    assert_eq!(language(&consent), Some("de"));
}

#[test]
fn rfc9110_s12_5_4_otherwise_the_browser_says() {
    let memory = host();
    let visitor = speaking(&memory, "nl, ja;q=0.8, en;q=0.7");
    let begun = visitor.get(&authorize_url("app", "&ui_locales=nl"));
    let signed_in = visitor.get(location(&begun));
    assert_eq!(memory.contexts.borrow()[0].language, "ja");
    assert_eq!(language(&visitor.get(location(&signed_in))), Some("ja"));
    // So are pages that belong to no sign-in, and those about an error.
    assert_eq!(language(&visitor.get("/account?x=1&x=2")), Some("ja"));
    assert_eq!(language(&visitor.get("/nowhere")), Some("ja"));
    assert_eq!(language(&visitor.get("/logout?ui_locales=ar")), Some("ar"));
}

#[test]
fn otherwise_the_first_of_the_operator() {
    let memory = Memory::new(&json!({ "issuer": "https://id.example", "languages": ["es", "en"] }));
    assert_eq!(language(&Visitor::new(&memory).get("/nowhere")), Some("es"));
    // What is not offered is not given.
    assert_eq!(
        language(&speaking(&memory, "de, en;q=0.1").get("/nowhere")),
        Some("en")
    );
    assert_eq!(
        language(&speaking(&memory, "de").get("/nowhere?ui_locales=fr")),
        Some("es")
    );
}

#[test]
fn what_programs_get_has_no_language() {
    let memory = host();
    let visitor = speaking(&memory, "de");
    assert_eq!(
        language(&visitor.get("/.well-known/openid-configuration")),
        None
    );
    assert_eq!(language(&visitor.post("/token", "")), None);
}

#[test]
fn a_configuration_names_languages_that_there_are_once_each() {
    let memory = host();
    let check = |languages: Value| {
        let server = json!({ "issuer": "https://id.example", "languages": languages });
        let command = json!({ "command": "server.check", "server": server }).to_string();
        crate::administration::run(&command, &memory)
    };
    assert!(check(json!(["de", "en"])).is_ok());
    for (bad, why) in [
        (json!([]), "languages is empty"),
        (json!(["de", "en", "de"]), "twice"),
        (json!(["nl"]), "unknown variant"),
    ] {
        let refused = format!("{:?}", check(bad).unwrap_err());
        assert!(refused.contains(why), "{refused}");
    }
}
