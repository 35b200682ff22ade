//! Plugins in registries: `push`, `pull`, and `add oci://…`, against a registry of our own on this machine.

use crate::place::{Place, plugin};
use crate::signer::Signer;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What is at each path.
type Contents = Arc<Mutex<BTreeMap<String, Vec<u8>>>>;

/// As much of a registry (OCI Distribution Specification 1.1, §4) as a push and a pull need.
struct Registry {
    address: String,
    contents: Contents,
}

fn digest(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest
        .iter()
        .fold(String::from("sha256:"), |mut text, byte| {
            write!(text, "{byte:02x}").unwrap();
            text
        })
}

impl Registry {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let contents = Contents::default();
        let served = Arc::clone(&contents);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let served = Arc::clone(&served);
                std::thread::spawn(move || serve(stream, &served));
            }
        });
        Self { address, contents }
    }

    /// A reference to a repository here.
    fn reference(&self, rest: &str) -> String {
        format!("oci://{}/{rest}", self.address)
    }

    /// Changes what lies at every path that ends so.
    fn change(&self, end: &str, change: impl Fn(&mut Vec<u8>)) {
        let mut contents = self.contents.lock().unwrap();
        let mut found = 0;
        for (path, bytes) in contents.iter_mut() {
            if path.contains(end) {
                change(bytes);
                found += 1;
            }
        }
        assert!(found > 0, "nothing at {end}");
    }
}

fn serve(stream: TcpStream, contents: &Contents) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).unwrap();
        let header = header.trim().to_ascii_lowercase();
        if header.is_empty() {
            break;
        }
        if let Some(value) = header.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let mut words = line.split(' ');
    let (method, target) = (
        words.next().unwrap_or_default(),
        words.next().unwrap_or_default(),
    );
    let (status, headers, answer) = answer(method, target, body, contents);
    let mut head = format!(
        "HTTP/1.1 {status} x\r\nconnection: close\r\ncontent-length: {}\r\n",
        answer.len()
    );
    for (name, value) in headers {
        write!(head, "{name}: {value}\r\n").unwrap();
    }
    let mut stream = stream;
    let body = if method == "HEAD" { &[][..] } else { &answer };
    // A client that has read enough closes.
    let _ = stream.write_all(&[head.as_bytes(), b"\r\n", body].concat());
}

type Answer = (u16, Vec<(&'static str, String)>, Vec<u8>);

fn answer(method: &str, target: &str, body: Vec<u8>, contents: &Contents) -> Answer {
    let mut contents = contents.lock().unwrap();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    match method {
        _ if path == "/v2/" => (200, Vec::new(), Vec::new()),
        "POST" if path.ends_with("/blobs/uploads/") => {
            (202, vec![("location", format!("{path}1"))], Vec::new())
        }
        "PUT" if path.contains("/blobs/uploads/") => {
            let asked = query.replace("digest=", "").replace("%3A", ":");
            if asked != digest(&body) {
                return (400, Vec::new(), Vec::new());
            }
            let (repository, _) = path.split_once("uploads/").unwrap();
            let location = format!("{repository}{asked}");
            contents.insert(location.clone(), body);
            (201, vec![("location", location)], Vec::new())
        }
        "PUT" if path.contains("/manifests/") => {
            let (repository, _) = path.rsplit_once('/').unwrap();
            let digest = digest(&body);
            contents.insert(format!("{repository}/{digest}"), body.clone());
            contents.insert(path.to_owned(), body);
            let headers = vec![
                ("location", path.to_owned()),
                ("docker-content-digest", digest),
            ];
            (201, headers, Vec::new())
        }
        "GET" | "HEAD" => match contents.get(path) {
            Some(bytes) if path.contains("/manifests/") => {
                let media_type = "application/vnd.oci.image.manifest.v1+json".to_owned();
                let headers = vec![
                    ("content-type", media_type),
                    ("docker-content-digest", digest(bytes)),
                ];
                (200, headers, bytes.clone())
            }
            Some(bytes) => (200, Vec::new(), bytes.clone()),
            None => (404, Vec::new(), Vec::new()),
        },
        _ => (405, Vec::new(), Vec::new()),
    }
}

#[test]
fn what_is_pushed_is_what_is_pulled_and_added() {
    let (registry, place) = (Registry::start(), Place::new());
    place.write("door.wasm", plugin("one"));
    place.write("door.wasm.minisig", Signer::seeded(1).sign(&plugin("one")));
    let reference = registry.reference("acme/door:1.0");
    let text = place.done(&["provider", "push", "door.wasm", &reference]);
    let (_, pushed) = text.trim().rsplit_once('@').unwrap();
    let pinned = registry.reference(&format!("acme/door@{pushed}"));
    for source in [&reference, &pinned] {
        place.done(&["provider", "pull", source, "--out", "pulled.wasm"]);
        assert_eq!(
            std::fs::read(place.path().join("pulled.wasm")).unwrap(),
            plugin("one")
        );
        assert_eq!(
            place.read("pulled.wasm.minisig"),
            place.read("door.wasm.minisig")
        );
        for file in ["pulled.wasm", "pulled.wasm.minisig"] {
            std::fs::remove_file(place.path().join(file)).unwrap();
        }
    }
    place.configure(&format!(
        "[plugins]\ntrusted_keys = [{:?}]\nrequire_signatures = true\n",
        Signer::seeded(1).public()
    ));
    place.done(&["provider", "add", &pinned, "--yes", "--append"]);
    place.done(&["config", "check"]);
    assert!(
        place
            .read("doorward.lock")
            .contains(&format!("source = \"{pinned}\""))
    );
    assert!(place.path().join("plugins/door.wasm").is_file());
    // It is in the CNCF's layout: one layer of application/wasm.
    let manifests = registry.contents.lock().unwrap();
    let manifest = &manifests["/v2/acme/door/manifests/1.0"];
    let manifest: serde_json::Value = serde_json::from_slice(manifest).unwrap();
    assert_eq!(
        manifest["config"]["mediaType"],
        "application/vnd.wasm.config.v0+json"
    );
    assert_eq!(manifest["layers"][0]["mediaType"], "application/wasm");
    assert_eq!(manifest["layers"][0]["digest"], digest(&plugin("one")));
}

#[test]
fn a_registry_that_lies_gets_nothing_in() {
    let place = Place::new();
    place.write("door.wasm", plugin("one"));
    let refused = |end: &str, change: &dyn Fn(&mut Vec<u8>), pinned: bool, says: &str| {
        let registry = Registry::start();
        let mut reference = registry.reference("acme/door:1.0");
        let text = place.done(&["provider", "push", "door.wasm", &reference]);
        if pinned {
            let (_, digest) = text.trim().rsplit_once('@').unwrap();
            reference = registry.reference(&format!("acme/door@{digest}"));
        }
        registry.change(end, change);
        place.refused(&["provider", "add", &reference, "--yes"], &[says]);
        place.refused(
            &["provider", "pull", &reference, "--out", "x.wasm"],
            &[says],
        );
        assert!(!place.path().join("doorward.lock").exists());
        assert!(!place.path().join("x.wasm").exists());
    };
    let replaced = |from: &'static str, to: &'static str| {
        move |bytes: &mut Vec<u8>| {
            let text = String::from_utf8(bytes.clone()).unwrap();
            assert!(text.contains(from), "{text}");
            *bytes = text.replace(from, to).into_bytes();
        }
    };
    let layer = digest(&plugin("one"));
    refused(&layer, &|bytes| *bytes = plugin("two"), false, "igest");
    refused(
        &layer,
        &|bytes| bytes.resize(33 << 20, 0),
        false,
        "larger than",
    );
    let manifest = "/manifests/";
    refused(manifest, &|bytes| bytes.push(b' '), true, "igest");
    let media_type = replaced("application/wasm", "text/html");
    refused(manifest, &media_type, false, "text/html");
    let size = replaced("\"size\":", "\"size\":99999999");
    refused(manifest, &size, false, "larger than");
    let layers = replaced("\"layers\":[", "\"layers\":[],\"others\":[");
    refused(manifest, &layers, false, "has 0 layers");
}

#[test]
fn what_is_not_there_is_said_by_its_reference() {
    let (registry, place) = (Registry::start(), Place::new());
    let reference = registry.reference("acme/none:1.0");
    place.refused(&["provider", "add", &reference, "--yes"], &[&reference]);
    place.refused(&["provider", "add", "oci://?", "--yes"], &["no reference"]);
}
