//! Pages as a browser reads them: forms, links, text.

use scraper::{ElementRef, Html, Selector};

/// One `<input>` or `<button>` of a form.
#[derive(Debug, Clone)]
pub(crate) struct Control {
    pub(crate) name: String,
    pub(crate) value: String,
    /// Lower case; `submit` for buttons.
    pub(crate) kind: String,
    pub(crate) autocomplete: String,
    pub(crate) id: String,
}

impl Control {
    fn read(element: ElementRef<'_>) -> Self {
        let attribute = |name: &str| element.attr(name).unwrap_or_default().to_owned();
        let default = if element.value().name() == "button" {
            "submit"
        } else {
            "text"
        };
        let kind = element.attr("type").unwrap_or(default).to_lowercase();
        Self {
            name: attribute("name"),
            value: attribute("value"),
            kind,
            autocomplete: attribute("autocomplete"),
            id: attribute("id"),
        }
    }

    fn is_button(&self) -> bool {
        matches!(self.kind.as_str(), "submit" | "button" | "image" | "reset")
    }
}

/// A form, to be filled in.
#[derive(Debug, Clone)]
pub(crate) struct Form {
    pub(crate) action: String,
    pub(crate) method: String,
    pub(crate) controls: Vec<Control>,
}

impl Form {
    fn read(element: ElementRef<'_>) -> Self {
        let controls = element
            .select(&selector("input, button, select, textarea"))
            .map(Control::read)
            .collect();
        let method = element.attr("method").unwrap_or("get").to_lowercase();
        Self {
            action: element.attr("action").unwrap_or_default().to_owned(),
            method,
            controls,
        }
    }

    /// Whether any control carries this value, e.g. a hidden `action` or a button.
    pub(crate) fn offers(&self, value: &str) -> bool {
        self.controls.iter().any(|control| control.value == value)
    }

    /// Sets the control of this name, or adds one, as an attacker or a broken browser would.
    pub(crate) fn set(mut self, name: &str, value: &str) -> Self {
        match self
            .controls
            .iter_mut()
            .find(|control| control.name == name && !control.is_button())
        {
            Some(control) => value.clone_into(&mut control.value),
            None => self.controls.push(Control {
                name: name.to_owned(),
                value: value.to_owned(),
                kind: "hidden".to_owned(),
                autocomplete: String::new(),
                id: String::new(),
            }),
        }
        self
    }

    /// Fills the first control with this type or `autocomplete`.
    #[track_caller]
    pub(crate) fn fill(mut self, semantics: &str, value: &str) -> Self {
        let wanted =
            |control: &&mut Control| control.kind == semantics || control.autocomplete == semantics;
        let control = self
            .controls
            .iter_mut()
            .find(wanted)
            .unwrap_or_else(|| panic!("no {semantics} field"));
        value.clone_into(&mut control.value);
        self
    }

    /// Fills every control with this type or `autocomplete`: a password and its repetition.
    pub(crate) fn fill_all(mut self, semantics: &str, value: &str) -> Self {
        for control in self
            .controls
            .iter_mut()
            .filter(|c| c.kind == semantics || c.autocomplete == semantics)
        {
            value.clone_into(&mut control.value);
        }
        self
    }

    /// The value of a control.
    #[track_caller]
    pub(crate) fn value(&self, name: &str) -> &str {
        let control = self.controls.iter().find(|control| control.name == name);
        &control
            .unwrap_or_else(|| panic!("no control {name:?} in {self:?}"))
            .value
    }

    /// What is sent if the button with this value is pressed, or the first one if there is none.
    pub(crate) fn entries(&self, press: &str) -> Vec<(String, String)> {
        let buttons = || self.controls.iter().filter(|control| control.is_button());
        let pressed = buttons()
            .find(|button| button.value == press)
            .or_else(|| buttons().next());
        let fields = self.controls.iter().filter(|control| !control.is_button());
        let sent = fields
            .chain(pressed)
            .filter(|control| !control.name.is_empty());
        sent.map(|control| (control.name.clone(), control.value.clone()))
            .collect()
    }
}

/// Where every link leads.
pub(crate) fn links(html: &str) -> Vec<String> {
    let page = Html::parse_document(html);
    page.select(&selector("a[href]"))
        .filter_map(|link| link.attr("href"))
        .map(str::to_owned)
        .collect()
}

pub(crate) fn forms(html: &str) -> Vec<Form> {
    Html::parse_document(html)
        .select(&selector("form"))
        .map(Form::read)
        .collect()
}

/// What people read, with white space folded.
pub(crate) fn text(html: &str) -> String {
    let page = Html::parse_document(html);
    let body = selector("body");
    let words = page
        .select(&body)
        .flat_map(|body| body.text())
        .flat_map(str::split_whitespace);
    words.collect::<Vec<_>>().join(" ")
}

/// How many elements match a CSS selector.
pub(crate) fn count(html: &str, css: &str) -> usize {
    Html::parse_document(html).select(&selector(css)).count()
}

/// What people read in all elements that match a CSS selector.
pub(crate) fn texts(html: &str, css: &str) -> Vec<String> {
    let page = Html::parse_document(html);
    page.select(&selector(css))
        .map(|element| element.text().collect::<String>().trim().to_owned())
        .collect()
}

/// The values of an attribute of all elements that match a CSS selector.
pub(crate) fn attributes(html: &str, css: &str, name: &str) -> Vec<String> {
    let page = Html::parse_document(html);
    page.select(&selector(css))
        .filter_map(|element| element.attr(name))
        .map(str::to_owned)
        .collect()
}

fn selector(css: &str) -> Selector {
    Selector::parse(css).expect("a CSS selector")
}
