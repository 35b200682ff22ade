//! JSON documents.

use crate::client::metadata_document;
use crate::memory::Memory;
use crate::ports::Fetched;
use crate::{
    ISSUER, NOW, check_client, client, host, jwks as sets, server, strict_json as strict, time,
};
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Value, json};
use std::str::from_utf8;

/// JSON: read exactly if a lenient reader reads it the same, no member comes twice, nothing lies too deep, and every number comes back from
/// its own text.
pub fn strict_json(data: &[u8]) {
    let lenient = serde_json::from_slice::<Value>(data).ok();
    let shape = serde_json::from_slice::<Shape>(data).ok();
    for depth in [0, 1, 5, 12, 32, usize::MAX] {
        let read = strict::parse(data, depth);
        let good = shape
            .as_ref()
            .is_some_and(|shape| !shape.twice && !shape.inexact && shape.depth <= depth.min(32));
        match (&read, &lenient) {
            (Ok(value), Some(lenient)) => assert!(good && value == lenient, "{depth}: {value}"),
            (Ok(value), None) => panic!("{depth}: {value}"),
            (Err(_), _) => assert!(!good, "{depth}: refused {lenient:?}"),
        }
        let is_object = matches!(read, Ok(Value::Object(_)));
        assert_eq!(strict::object(data, depth).is_ok(), is_object);
    }
}

/// How deep a document nests, whether a member comes twice in it and whether a number becomes another when it is written and read: found
/// by a reader of its own.
#[derive(Default)]
struct Shape {
    depth: usize,
    twice: bool,
    inexact: bool,
}

impl Shape {
    fn around(mut self, inner: &Self) -> Self {
        self.depth = self.depth.max(inner.depth + 1);
        self.twice |= inner.twice;
        self.inexact |= inner.inexact;
        self
    }
}

impl<'de> Deserialize<'de> for Shape {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Shaping)
    }
}

struct Shaping;

impl<'de> Visitor<'de> for Shaping {
    type Value = Shape;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Shape, E> {
        Ok(Shape::default())
    }

    fn visit_bool<E>(self, _: bool) -> Result<Shape, E> {
        Ok(Shape::default())
    }

    fn visit_i64<E>(self, _: i64) -> Result<Shape, E> {
        Ok(Shape::default())
    }

    fn visit_u64<E>(self, _: u64) -> Result<Shape, E> {
        Ok(Shape::default())
    }

    fn visit_f64<E>(self, number: f64) -> Result<Shape, E> {
        let again = serde_json::from_str::<f64>(&json!(number).to_string());
        Ok(Shape {
            inexact: again.ok() != Some(number),
            ..Shape::default()
        })
    }

    fn visit_str<E>(self, _: &str) -> Result<Shape, E> {
        Ok(Shape::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Shape, A::Error> {
        let mut whole = Shape {
            depth: 1,
            ..Shape::default()
        };
        while let Some(item) = items.next_element::<Shape>()? {
            whole = whole.around(&item);
        }
        Ok(whole)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Shape, A::Error> {
        let mut whole = Shape {
            depth: 1,
            ..Shape::default()
        };
        let mut names = std::collections::HashSet::new();
        while let Some((name, item)) = members.next_entry::<String, Shape>()? {
            whole = whole.around(&item);
            whole.twice |= !names.insert(name);
        }
        Ok(whole)
    }
}

/// Client metadata: what is accepted has only redirect URIs that are places of their own, and no public client does without PKCE.
pub fn client_metadata(data: &[u8]) {
    let Ok(metadata) = serde_json::from_slice::<client::metadata::ClientMetadata>(data) else {
        return;
    };
    let made_up = ("made-up".to_owned(), "0123456789abcdef".to_owned());
    let checked = client::metadata::check(
        metadata,
        client::Trust::Registered,
        &server(&host()),
        made_up,
        time::UnixTime(0),
    );
    if let Ok((client, _)) = checked {
        check_client(&client);
    }
}

fn answer(headers: &[(&str, &str)], body: &str) -> Fetched {
    let headers = headers
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Fetched {
        status: 200,
        headers: headers.collect(),
        body: body.as_bytes().to_vec(),
    }
}

/// Client ID Metadata Documents: a line for the URL, a line for `Cache-Control`, the document. What comes of one is the client of that URL,
/// without a secret, unverified, and keeps the rules for all clients; where it is fetched from is a public place.
pub fn client_document(data: &[u8]) {
    let Ok(text) = from_utf8(data) else { return };
    let (url, rest) = crate::first_line(text);
    let (cache_control, body) = crate::first_line(rest);
    let host = Memory::new(&json!({
        "issuer": ISSUER, "resources": "any", "client_id_metadata": { "enabled": true },
    }));
    let headers = [
        ("content-type", "application/json"),
        ("cache-control", cache_control),
    ];
    host.web
        .borrow_mut()
        .insert(url.to_owned(), answer(&headers, body));
    let by = metadata_document::By::Request(None);
    let found = metadata_document::find(url, by, &host);
    match metadata_document::check_url(url) {
        Err(_) => assert!(found.is_err() && host.sent.borrow().is_empty(), "{url:?}"),
        Ok(name) => crate::parameters::assert_browser_goes_to(url, name),
    }
    let Ok(client) = found else { return };
    assert_eq!(client.client_id, url);
    assert!(client.trust == client::Trust::MetadataDocument && client.secrets.is_empty());
    assert!(client.is_unverified(&server(&host)));
    assert!(!client.may(client::GrantType::ClientCredentials));
    check_client(&client);
    assert_eq!(
        metadata_document::find(url, by, &host).as_ref(),
        Ok(&client)
    );
    assert_eq!(
        host.sent.borrow().len(),
        1,
        "the copy is fresh for a minute at least"
    );
    for (key, (_, _, expiry)) in host.rows.borrow().iter() {
        let longest = NOW + 8 * 86_400 + 2;
        assert!(
            expiry.is_some_and(|at| at.0 <= longest),
            "{key} stays for {expiry:?}"
        );
    }
}

/// JWK Sets: a line for `Cache-Control`, the set. Nothing secret and nothing that verifies nothing is kept, and what is kept is what was read.
pub fn jwks(data: &[u8]) {
    const URL: &str = "https://them.example/keys";
    let Ok(text) = from_utf8(data) else { return };
    let (cache_control, body) = crate::first_line(text);
    if let Ok(set) = serde_json::from_str::<Value>(body) {
        let read = sets::Jwks::of(&set);
        if sets::check_inline(&set).is_ok() {
            let keys = read.as_ref().map_or(0, |read| read.keys().len());
            assert_eq!(Some(keys), set["keys"].as_array().map(Vec::len));
        }
        let _ = read.map(|read| check_keys(&read));
    }
    let host = host();
    let headers = [
        ("content-type", "application/jwk-set+json"),
        ("cache-control", cache_control),
    ];
    host.web
        .borrow_mut()
        .insert(URL.to_owned(), answer(&headers, body));
    let now = time::UnixTime(NOW);
    let Ok(fetched) = sets::read(sets::Source::Uri(URL), now, &host) else {
        return;
    };
    check_keys(&fetched);
    let kept = sets::read(sets::Source::Uri(URL), now.plus(59), &host);
    assert_eq!(kept.as_ref(), Ok(&fetched));
    assert_eq!(host.sent.borrow().len(), 1);
    for (value, _, expiry) in host.rows.borrow().values() {
        assert!(expiry.is_some_and(|at| at.0 <= NOW + 2 * 86_400));
        let kept = serde_json::from_slice::<IgnoredAny>(value);
        assert!(kept.is_ok() && !String::from_utf8_lossy(value).contains("\"d\":"));
    }
}

fn check_keys(set: &sets::Jwks) {
    assert!(set.keys().len() <= sets::MAX_FETCHED_KEYS);
    for key in set.keys() {
        let members: Value = serde_json::from_str(key.public().as_json()).expect("a JWK");
        for name in members.as_object().expect("an object").keys() {
            assert!(
                ["crv", "kty", "x", "y", "n", "e"].contains(&name.as_str()),
                "{members}"
            );
        }
        assert!(crate::jwk::is_thumbprint(&key.public().thumbprint()));
    }
    for alg in ["none", "HS256", "ES256", "ES384", "RS256", "PS256", "EdDSA"] {
        for kid in [None, Some("k1")] {
            if let Ok(key) = set.find(kid, alg) {
                assert!(key.verifies(alg) && !["none", "HS256"].contains(&alg));
            }
        }
    }
}
