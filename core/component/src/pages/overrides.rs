//! The operator's texts, before the server starts: does each replace a text that there is, with the values that it has?

use super::layout::{ONE_LANGUAGE, is_tag};
use super::texts::Text;
use doorward_protocol::language::Language;
use doorward_protocol::ports::Logins;
use doorward_protocol::settings::Theme;
use doorward_wording::names;

/// What every text may hold.
const SERVICE: &str = "service";

/// Checks the texts of a theme whose shape is checked.
///
/// # Errors
/// The first that replaces nothing or names a value that there is not, with what to write instead.
pub(crate) fn check(theme: &Theme, logins: &dyn Logins) -> Result<(), String> {
    let providers: Vec<String> = logins.providers().into_iter().map(|one| one.id).collect();
    let mut wordings = theme.wordings()?.into_iter();
    wordings.try_for_each(|(place, id, wording)| check_one(&place, id, wording, &providers))
}

fn check_one(place: &str, id: &str, wording: &str, providers: &[String]) -> Result<(), String> {
    if id == ONE_LANGUAGE {
        let is_known = is_tag(wording);
        return is_known
            .then_some(())
            .ok_or_else(|| format!("{place} must be a language tag such as `nl` or `pt-BR`"));
    }
    let group = id.split('.').next().unwrap_or_default();
    let known = match Text::of(id) {
        Some(text) => names(text.wording(Language::En)),
        // Of a scope; of a provider, whose texts nobody lists.
        None if group == "scope" => Vec::new(),
        None if providers.iter().any(|provider| provider == group) => return Ok(()),
        // Providers are not known everywhere where a configuration is checked.
        None if providers.is_empty() && !is_ours(group) => return Ok(()),
        None => return Err(unknown(place, id, providers)),
    };
    let mut named = names(wording).into_iter();
    match named.find(|name| *name != SERVICE && !known.contains(name)) {
        None => Ok(()),
        Some(name) => {
            let known: Vec<String> = known.iter().map(|name| format!("{{{name}}}")).collect();
            Err(format!(
                "{place}: there is no value {{{name}}} in this text; there are {{{SERVICE}}} {}",
                known.join(" ")
            ))
        }
    }
}

/// Whether texts of ours begin like that.
fn is_ours(group: &str) -> bool {
    Text::all().any(|text| text.id().split('.').next() == Some(group))
}

fn unknown(place: &str, id: &str, providers: &[String]) -> String {
    let alike = |known: &&str| {
        let before = known.bytes().zip(id.bytes()).take_while(|(a, b)| a == b);
        let behind = known
            .bytes()
            .rev()
            .zip(id.bytes().rev())
            .take_while(|(a, b)| a == b);
        before.count() + behind.count()
    };
    let nearest = Text::all()
        .map(Text::id)
        .max_by_key(alike)
        .unwrap_or_default();
    format!(
        "{place}: there is no text {id:?}. Did you mean {nearest:?}? A text of a provider begins with its id ({}), one of a scope with \
         `scope.`",
        providers.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::check_one;

    fn says(id: &str, wording: &str, providers: &[&str]) -> Result<(), String> {
        let providers: Vec<String> = providers.iter().map(|id| (*id).to_owned()).collect();
        check_one("texts.de", id, wording, &providers)
    }

    #[test]
    fn what_replaces_a_text_with_its_values_is_taken() {
        for (id, wording) in [
            ("choose.title", "Willkommen bei {service}"),
            ("consent.title", "{client} fragt"),
            (
                "error.retry_minutes",
                "{count, plural, one {# Min} other {# Min}}",
            ),
            ("scope.notes:write", "Notizen schreiben"),
            ("pin.code.title", "Code {whatever}"),
            ("page.language", "nl"),
        ] {
            assert_eq!(says(id, wording, &["pin"]), Ok(()), "{id}");
        }
        // Where providers are not known, only what looks like ours is refused.
        assert_eq!(says("pin.code.title", "Code", &[]), Ok(()));
        assert!(says("choose.titel", "Code", &[]).is_err());
    }

    #[test]
    fn what_replaces_nothing_is_refused_with_the_nearest_and_the_providers() {
        let refused = says("choose.titel", "x", &["pin", "github"]).unwrap_err();
        assert!(
            refused.contains("texts.de: there is no text \"choose.titel\""),
            "{refused}"
        );
        assert!(
            refused.contains("\"choose.title\"") && refused.contains("pin, github"),
            "{refused}"
        );
        assert!(says("googel.label", "x", &["google"]).is_err());
    }

    #[test]
    fn a_value_that_there_is_not_is_refused_with_those_that_there_are() {
        let refused = says("consent.title", "{klient}", &[]).unwrap_err();
        assert!(
            refused.contains("{klient}") && refused.contains("{service} {client}"),
            "{refused}"
        );
        assert!(says("scope.x", "{client}", &[]).is_err());
        assert!(says("page.language", "nl\" onload", &[]).is_err());
    }
}
