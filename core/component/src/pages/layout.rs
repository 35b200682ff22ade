//! What every page has around it: whose service this is, its stylesheets, its logo, its foot.

use super::address::{https_host, path_of_issuer};
use super::assets;
use super::texts::{self, Text};
use super::visible::{NAME_LIMIT, visible};
use super::words::Words;
use doorward_protocol::language::Language;
use doorward_protocol::ports::{Logins, Settings};
use doorward_protocol::provider;
use doorward_protocol::settings::{Server, Theme};
use std::cell::RefCell;

/// Links in the foot that are shown.
const FOOT_LINKS_LIMIT: usize = 8;

/// The id of the text by which operators say that all their texts are in one language, a BCP 47 tag.
pub(crate) const ONE_LANGUAGE: &str = "page.language";

/// The operator's settings, as far as pages need them, and the language of this page.
pub(crate) struct Site<'a> {
    /// Path of the issuer: empty, or `/t1`.
    pub(crate) prefix: String,
    /// What people call the service.
    pub(crate) service: String,
    pub(crate) theme: Theme,
    /// The language of the catalogue.
    pub(crate) language: Language,
    logins: &'a dyn Logins,
    /// Texts of providers in this language, by provider; asked for once.
    provider_texts: RefCell<Vec<ProviderTexts>>,
}

/// A provider, and its texts by id.
type ProviderTexts = (String, Vec<(String, String)>);

/// The frame of one page.
pub(crate) struct Layout {
    pub(crate) language: String,
    /// `ltr` or `rtl`, by the language.
    pub(crate) direction: &'static str,
    /// What stands in the tab.
    pub(crate) title: String,
    pub(crate) service: String,
    /// Paths of stylesheets.
    pub(crate) styles: Vec<String>,
    /// Path of the small sign that stands in the tab and, without a logo, before the name.
    pub(crate) mark: String,
    pub(crate) logo: Option<String>,
    pub(crate) logo_dark: Option<String>,
    /// Name of the foot for screen readers.
    pub(crate) foot: Words,
    /// (label, https URL)
    pub(crate) links: Vec<(String, String)>,
}

impl<'a> Site<'a> {
    /// Reads the sections `server` and `theme`. What cannot be read is taken as absent: a page about a broken
    /// configuration must still be shown. `language`: what the rules said, a tag.
    pub(crate) fn read(
        language: Option<&str>,
        settings: &dyn Settings,
        logins: &'a dyn Logins,
    ) -> Self {
        let server: Option<Server> = section(settings, "server");
        let (issuer, service, languages) = server.map_or_else(Default::default, |server| {
            (server.issuer, server.service_name, server.languages)
        });
        let theme = theme(settings);
        // Who has one language for everything has it for the texts that they did not write, too, where there is a catalogue.
        let language = match one_language(&theme) {
            Some(one) => Language::of(one),
            None => language
                .and_then(Language::of)
                .or_else(|| languages.first().copied()),
        };
        let service = visible(&service, NAME_LIMIT);
        Self {
            prefix: path_of_issuer(&issuer).to_owned(),
            service: if service.is_empty() {
                "Doorward".to_owned()
            } else {
                service
            },
            theme,
            language: language.unwrap_or(Language::En),
            logins,
            provider_texts: RefCell::default(),
        }
    }

    /// The language of the texts, a BCP 47 tag.
    pub(crate) fn language(&self) -> &str {
        let one = one_language(&self.theme).filter(|tag| is_tag(tag));
        one.unwrap_or(self.language.tag())
    }

    /// One of our texts. `{service}` is always known.
    pub(crate) fn say(&self, text: Text, values: &[(&str, &str)]) -> Words {
        self.fill(self.wording(text), values)
    }

    /// The operator's wording under `id`, if there is one.
    pub(crate) fn replaced(&self, id: &str, values: &[(&str, &str)]) -> Option<Words> {
        self.theme
            .wording(id, self.language)
            .map(|wording| self.fill(wording, values))
    }

    /// A text of a provider: the operator's by `<provider id>.<text id>`, the provider's in this language, its English.
    pub(crate) fn provider_text(&self, provider_id: &str, text: &provider::Text) -> Words {
        let values: Vec<(&str, &str)> = text
            .args
            .iter()
            .map(|(name, value)| (&**name, &**value))
            .collect();
        let own = format!("{provider_id}.{}", text.id);
        if let Some(wording) = self.theme.wording(&own, self.language) {
            return Words::fill(wording, &values, self.language);
        }
        match self.translated(provider_id, &text.id) {
            Some(wording) => Words::fill_foreign(&wording, &values, self.language),
            None => self.foreign(&text.english, &values),
        }
    }

    /// Wording in English, or in whatever language its author has.
    pub(crate) fn foreign(&self, wording: &str, values: &[(&str, &str)]) -> Words {
        let words = Words::fill_foreign(wording, values, Language::En);
        // The full stop of an English sentence stands at its end, in a page from right to left too.
        if self.language == Language::Ar {
            words.isolated()
        } else {
            words
        }
    }

    /// What a provider says under `id` in the language of this page, if that is not English.
    fn translated(&self, provider_id: &str, id: &str) -> Option<String> {
        if self.language == Language::En {
            return None;
        }
        let mut known = self.provider_texts.borrow_mut();
        let at = known.iter().position(|(known, _)| known == provider_id);
        let at = at.unwrap_or_else(|| {
            let texts = self.logins.texts(provider_id, self.language.tag());
            known.push((provider_id.to_owned(), texts));
            known.len() - 1
        });
        let (_, texts) = known.get(at)?;
        let (_, wording) = texts.iter().find(|(known, _)| known == id)?;
        Some(wording.clone()).filter(|wording| !wording.is_empty())
    }

    /// The frame of a page with this heading.
    pub(crate) fn layout(&self, title: &Words) -> Layout {
        let language = self.language().to_owned();
        let title = self
            .say(texts::PAGE_TITLE, &[("title", &title.plain())])
            .plain();
        Layout {
            direction: direction(&language),
            language,
            title,
            service: self.service.clone(),
            styles: assets::stylesheets(&self.theme)
                .into_iter()
                .map(|name| self.asset(&name))
                .collect(),
            mark: self.asset(&assets::mark_name(&self.theme)),
            logo: assets::logo_name(&self.theme).map(|name| self.asset(&name)),
            logo_dark: assets::logo_dark_name(&self.theme).map(|name| self.asset(&name)),
            foot: self.say(texts::PAGE_FOOT, &[]),
            links: self.foot_links(),
        }
    }

    /// The path of an asset.
    pub(crate) fn asset(&self, name: &str) -> String {
        format!("{}/assets/{name}", self.prefix)
    }

    fn wording(&self, text: Text) -> &str {
        self.theme
            .wording(text.id(), self.language)
            .unwrap_or(text.wording(self.language))
    }

    fn fill(&self, wording: &str, values: &[(&str, &str)]) -> Words {
        let mut all = values.to_vec();
        all.push(("service", &self.service));
        Words::fill(wording, &all, self.language)
    }

    fn foot_links(&self) -> Vec<(String, String)> {
        let shown = self
            .theme
            .links
            .iter()
            .filter(|link| https_host(&link.href).is_some());
        shown
            .take(FOOT_LINKS_LIMIT)
            .map(|link| (visible(&link.label, NAME_LIMIT), link.href.clone()))
            .collect()
    }
}

/// The language that the operator says that everything is in.
fn one_language(theme: &Theme) -> Option<&str> {
    theme.texts.get(ONE_LANGUAGE)?.as_str()
}

/// Whether this may be a BCP 47 tag.
pub(crate) fn is_tag(tag: &str) -> bool {
    (2..=35).contains(&tag.len())
        && tag
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// Section `theme`; without one that can be read, the built-in looks.
pub(crate) fn theme(settings: &dyn Settings) -> Theme {
    section(settings, "theme").unwrap_or_default()
}

fn section<T: serde::de::DeserializeOwned>(settings: &dyn Settings, name: &str) -> Option<T> {
    serde_json::from_str(&settings.section(name)?).ok()
}

/// Languages written from right to left, by their primary subtag.
fn direction(language: &str) -> &'static str {
    let primary = language
        .split('-')
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    match primary.as_str() {
        "ar" | "ckb" | "dv" | "fa" | "he" | "ps" | "sd" | "ug" | "ur" | "yi" => "rtl",
        _ => "ltr",
    }
}
