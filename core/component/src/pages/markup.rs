//! For tests: HTML back into tags, strictly, so that what a browser would see can be asserted.

/// A start tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tag {
    pub(crate) name: String,
    /// (name, unescaped value); the value is empty if there is none.
    pub(crate) attributes: Vec<(String, String)>,
}

impl Tag {
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    pub(crate) fn has(&self, name: &str, value: &str) -> bool {
        self.get(name) == Some(value)
    }
}

/// The start tags of a page, in order. Fails on what our templates never write: unquoted values, comments, a stray `<`.
pub(crate) fn tags(html: &str) -> Vec<Tag> {
    let mut found = Vec::new();
    let mut rest = html.strip_prefix("<!doctype html>").expect("a doctype");
    while let Some((text, after)) = rest.split_once('<') {
        assert!(!text.contains('>'), "a stray > in {text:?}");
        let (tag, after) = read(after);
        rest = after;
        // What is in a script is no markup; its page's policy names it by its digest.
        if tag.as_ref().is_some_and(|tag| tag.name == "script") {
            let end = rest.find("</script>").expect("the end of a script");
            rest = rest.split_at(end).1;
        }
        found.extend(tag);
    }
    assert!(!rest.contains('>'), "a stray > in {rest:?}");
    found
}

/// The text of a page, as people read it.
pub(crate) fn text(html: &str) -> String {
    let pieces = html
        .split('<')
        .filter_map(|piece| Some(piece.split_once('>')?.1));
    unescape(&pieces.collect::<String>())
}

fn read(source: &str) -> (Option<Tag>, &str) {
    if let Some(end) = source.strip_prefix('/') {
        let (name, after) = end.split_once('>').expect("the end of an end tag");
        assert!(
            name.bytes().all(|b| b.is_ascii_alphanumeric()),
            "end tag {name:?}"
        );
        return (None, after);
    }
    let length = source
        .find(|c: char| !c.is_ascii_alphanumeric())
        .expect("the end of a name");
    let (name, mut rest) = source.split_at(length);
    assert!(
        !name.is_empty(),
        "a stray < before {:?}",
        source.chars().take(40).collect::<String>()
    );
    let mut attributes = Vec::new();
    loop {
        rest = rest.trim_start();
        if let Some(after) = rest.strip_prefix('>') {
            return (
                Some(Tag {
                    name: name.to_owned(),
                    attributes,
                }),
                after,
            );
        }
        let (attribute, after) = attribute(rest);
        attributes.push(attribute);
        rest = after;
    }
}

fn attribute(source: &str) -> ((String, String), &str) {
    let length = source
        .find(|c: char| !(c.is_ascii_alphabetic() || c == '-'))
        .expect("the end of a name");
    assert!(
        length > 0,
        "no attribute name at {:?}",
        source.chars().take(40).collect::<String>()
    );
    let (name, rest) = source.split_at(length);
    let Some(rest) = rest.strip_prefix("=\"") else {
        return ((name.to_owned(), String::new()), rest);
    };
    let (value, rest) = rest.split_once('"').expect("the end of a value");
    assert!(!value.contains(['<', '>']), "unescaped value {value:?}");
    ((name.to_owned(), unescape(value)), rest)
}

fn unescape(text: &str) -> String {
    let named = [
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&#60;", "<"),
        ("&#62;", ">"),
        ("&#38;", "&"),
    ];
    named
        .iter()
        .fold(text.to_owned(), |text, (entity, character)| {
            text.replace(entity, character)
        })
}
