//! JSON from outside, read strictly: no member twice, so that two readers of one document can never disagree about it (RFC 8259
//! §4, RFC 7515 §4, RFC 7519 §4), and no deeper than its reader is prepared for.

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// Deepest nesting that any caller may ask for: far below where the parser's own recursion would hurt.
const DEEPEST: usize = 32;

/// Reads one JSON document. `depth`: how many arrays and objects may be inside each other, at most 32. The caller bounds the size.
///
/// # Errors
/// A sentence that says no more than that it is not such a document: what it holds is not for logs.
pub fn parse(bytes: &[u8], depth: usize) -> Result<Value, &'static str> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let levels = Levels(depth.min(DEEPEST));
    levels
        .deserialize(&mut deserializer)
        .and_then(|value| deserializer.end().map(|()| value))
        .map_err(|_| "it is not JSON, nests too deeply, or has a member twice")
}

/// As [`parse`], if the document is an object.
///
/// # Errors
/// As [`parse`].
pub fn object(bytes: &[u8], depth: usize) -> Result<Map<String, Value>, &'static str> {
    match parse(bytes, depth)? {
        Value::Object(members) => Ok(members),
        _ => Err("it is not a JSON object"),
    }
}

/// How many levels are left.
#[derive(Clone, Copy)]
struct Levels(usize);

impl Levels {
    fn inner<E: Error>(self) -> Result<Self, E> {
        self.0
            .checked_sub(1)
            .map(Self)
            .ok_or_else(|| E::custom("too deep"))
    }
}

impl<'de> DeserializeSeed<'de> for Levels {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Levels {
    type Value = Value;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    /// Whatever is kept is written and read again: a number with more digits than survive that is refused, so that what was agreed to
    /// never becomes another amount.
    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value)
            .filter(|number| serde_json::from_str(&number.to_string()).ok() == Some(value))
            .map(Value::Number)
            .ok_or_else(|| E::custom("no number"))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let inner = self.inner()?;
        let mut array = Vec::new();
        while let Some(item) = items.next_element_seed(inner)? {
            array.push(item);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let inner = self.inner()?;
        let mut object = Map::new();
        while let Some(name) = members.next_key_seed(Name)? {
            let value = members.next_value_seed(inner)?;
            if object.insert(name, value).is_some() {
                return Err(A::Error::custom("a member comes twice"));
            }
        }
        Ok(Value::Object(object))
    }
}

/// The name of a member, after its escapes were undone: `a` and `\u0061` are one name.
struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = String;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        String::deserialize(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn rfc7515_s4_members_that_come_twice_are_refused_wherever_they_are() {
        for twice in [
            r#"{"a":1,"a":1}"#,
            r#"{"a":1,"\u0061":2}"#,
            r#"{"x":{"a":1,"b":2,"a":3}}"#,
            r#"[{"a":null,"a":null}]"#,
        ] {
            assert!(parse(twice.as_bytes(), 8).is_err(), "{twice}");
        }
    }

    #[test]
    fn nesting_is_bounded_before_the_stack_is() {
        assert!(parse(b"[[[]]]", 3).is_ok());
        assert!(parse(b"[[[[]]]]", 3).is_err());
        assert!(parse(br#"{"a":{"b":{"c":{}}}}"#, 3).is_err());
        let deep = "[".repeat(1_000_000);
        assert!(parse(deep.as_bytes(), usize::MAX).is_err());
        let deep = r#"{"a":"#.repeat(200_000);
        assert!(parse(deep.as_bytes(), usize::MAX).is_err());
    }

    #[test]
    fn rfc8259_s2_what_is_not_exactly_one_document_is_refused() {
        for bad in [
            "",
            " ",
            "{",
            "{}{}",
            "{} x",
            "{'a':1}",
            r#"{"a":01}"#,
            r#"{"a":NaN}"#,
            "\u{feff}{}",
            r#"{"a":1,}"#,
            "\"\\ud800\"",
            "\"\n\"",
        ] {
            assert!(parse(bad.as_bytes(), 8).is_err(), "{bad}");
        }
        assert!(parse(b"\"\xff\"", 8).is_err());
        assert!(object(b"[]", 8).is_err());
    }

    proptest! {
        /// RFC 8259 §6 leaves precision to readers: ours keep what they took, and take every amount of money.
        #[test]
        fn rfc8259_s6_numbers_come_back_from_their_own_text(number in any::<f64>(), amount in -9_999_999_999_999_i64..9_999_999_999_999) {
            let text = number.to_string();
            if let Ok(value) = parse(text.as_bytes(), 1) {
                prop_assert_eq!(parse(value.to_string().as_bytes(), 1), Ok(value));
            }
            for text in [format!("{amount}"), format!("{}.{:02}", amount / 100, amount.abs() % 100), format!("{amount}e-3")] {
                let value = parse(text.as_bytes(), 1);
                prop_assert_eq!(value.map(|value| value.as_f64()), Ok(text.parse().ok()));
            }
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..256)) {
            let _ = parse(&bytes, 8);
        }

        #[test]
        fn what_is_read_is_what_a_lenient_reader_reads(text in r#"[\[\]{}:,"a-c0-9 .e-]{0,40}"#) {
            if let Ok(value) = parse(text.as_bytes(), 32) {
                prop_assert_eq!(value, serde_json::from_str::<Value>(&text).unwrap());
            }
        }
    }
}
