//! Plugins in OCI registries, in the layout that the CNCF's TAG Runtime gives WebAssembly artifacts: one layer of
//! `application/wasm`. A signature goes with it as an annotation of the manifest.

use crate::PLUGIN_BYTES;
use crate::digest::digest;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use oci_client::client::{ClientConfig, ClientProtocol, Config, ImageLayer};
use oci_client::manifest::{OciDescriptor, OciImageManifest};
use oci_client::secrets::RegistryAuth;
use oci_client::{Client, Reference};
use serde_json::json;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::AsyncWrite;

/// What a reference begins with where a file could stand as well.
pub const SCHEME: &str = "oci://";

const LAYER: &str = "application/wasm";
const CONFIG: &str = "application/vnd.wasm.config.v0+json";
/// The annotation with the signature, in base64: the canonical JSON of manifests has no line breaks in texts.
const SIGNATURE: &str = "doorward.minisig";
/// Bytes of a signature in a manifest.
const SIGNATURE_BYTES: usize = 4 << 10;
/// For all requests of one push or pull together.
const TIME: Duration = Duration::from_mins(5);

/// A plugin as it travels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact {
    /// Its bytes.
    pub wasm: Vec<u8>,
    /// The text of its signature.
    pub signature: Option<String>,
}

/// Who asks.
#[derive(Clone)]
pub enum Credentials {
    /// Nobody in particular.
    Anonymous,
    /// Somebody by name and password or token.
    Basic {
        /// The name.
        username: String,
        /// The password.
        password: String,
    },
}

impl Credentials {
    fn auth(&self) -> RegistryAuth {
        match self {
            Self::Anonymous => RegistryAuth::Anonymous,
            Self::Basic { username, password } => {
                RegistryAuth::Basic(username.clone(), password.clone())
            }
        }
    }
}

/// Puts a plugin into a registry. `target` is a reference with a tag. Returns the digest of its manifest, by which it is
/// always this one.
///
/// # Errors
/// It is no reference, or the registry does not take it.
pub async fn push(
    target: &str,
    artifact: Artifact,
    credentials: &Credentials,
) -> Result<String, String> {
    let reference = parse(target)?;
    let config = Config::new(config(&artifact.wasm), CONFIG.to_owned(), None);
    let mut annotations = BTreeMap::new();
    if let Some(signature) = artifact.signature {
        annotations.insert(SIGNATURE.to_owned(), BASE64_STANDARD.encode(signature));
    }
    let layers = [ImageLayer::new(artifact.wasm, LAYER.to_owned(), None)];
    let manifest = OciImageManifest::build(&layers, &config, Some(annotations));
    let client = client(&reference);
    let auth = credentials.auth();
    within(async {
        let pushed = client.push(&reference, &layers, config, &auth, Some(manifest));
        pushed.await.map_err(|error| error.to_string())?;
        let found = client.fetch_manifest_digest(&reference, &auth);
        found.await.map_err(|error| error.to_string())
    })
    .await
    .map_err(|problem| format!("{target}: {problem}"))
}

/// Fetches a plugin. Its bytes have the digest that the manifest says, and the manifest the one that `source` says, if it
/// says one.
///
/// # Errors
/// It is no reference, the registry does not answer, or what it has is no plugin, too large, or not what was asked for.
pub async fn pull(source: &str, credentials: &Credentials) -> Result<Artifact, String> {
    let reference = parse(source)?;
    let client = client(&reference);
    let auth = credentials.auth();
    within(async {
        let pulled = client.pull_image_manifest(&reference, &auth);
        let (manifest, found) = pulled.await.map_err(|error| error.to_string())?;
        if let Some(asked) = reference.digest().filter(|asked| *asked != found) {
            return Err(format!("its manifest is {found}, not {asked}"));
        }
        let layer = layer(&manifest)?;
        let mut wasm = Bounded(Vec::new());
        let written = client.pull_blob(&reference, layer, &mut wasm).await;
        written.map_err(|error| error.to_string())?;
        // Once more by our own hand: everything after this relies on it.
        if format!("sha256:{}", digest(&wasm.0)) != layer.digest {
            return Err(format!("its bytes are not {}", layer.digest));
        }
        Ok(Artifact {
            wasm: wasm.0,
            signature: signature(&manifest)?,
        })
    })
    .await
    .map_err(|problem| format!("{source}: {problem}"))
}

fn parse(text: &str) -> Result<Reference, String> {
    let reference = text.strip_prefix(SCHEME).unwrap_or(text);
    let parsed = reference.parse::<Reference>();
    parsed.map_err(|error| format!("{text:?} is no reference of a registry: {error}"))
}

/// The last part of the name of a repository: what to call what is in it.
///
/// # Errors
/// It is no reference.
pub fn name(source: &str) -> Result<String, String> {
    let reference = parse(source)?;
    let last = reference.repository().rsplit('/').next();
    Ok(last.unwrap_or_default().to_owned())
}

fn client(reference: &Reference) -> Client {
    let protocol = if is_loopback(reference.resolve_registry()) {
        ClientProtocol::Http
    } else {
        ClientProtocol::Https
    };
    Client::new(ClientConfig {
        protocol,
        // One request per blob: a plugin is small.
        use_monolithic_push: true,
        platform_resolver: None,
        read_timeout: Some(Duration::from_secs(30)),
        connect_timeout: Some(Duration::from_secs(10)),
        user_agent: concat!("doorward/", env!("CARGO_PKG_VERSION")),
        ..ClientConfig::default()
    })
}

/// Whether a registry is on this machine: the only one that is asked without TLS.
fn is_loopback(registry: &str) -> bool {
    let host = match registry.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => registry,
    };
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || address
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

fn layer(manifest: &OciImageManifest) -> Result<&OciDescriptor, String> {
    let [layer] = manifest.layers.as_slice() else {
        return Err(format!(
            "has {} layers; a plugin has one",
            manifest.layers.len()
        ));
    };
    if layer.media_type != LAYER {
        return Err(format!("is of type {:?}, not {LAYER}", layer.media_type));
    }
    match u64::try_from(layer.size) {
        Ok(size) if size <= PLUGIN_BYTES => Ok(layer),
        _ => Err(format!("is larger than {PLUGIN_BYTES} bytes")),
    }
}

fn signature(manifest: &OciImageManifest) -> Result<Option<String>, String> {
    let annotations = manifest.annotations.as_ref();
    let signature = annotations.and_then(|annotations| annotations.get(SIGNATURE));
    let Some(signature) = signature else {
        return Ok(None);
    };
    if signature.len() > SIGNATURE_BYTES {
        return Err(format!(
            "its signature is longer than {SIGNATURE_BYTES} bytes"
        ));
    }
    let text = BASE64_STANDARD.decode(signature).ok();
    let text = text.and_then(|text| String::from_utf8(text).ok());
    text.map(Some)
        .ok_or_else(|| String::from("its signature is no base64"))
}

/// The same plugin has the same configuration: no time is in it.
fn config(wasm: &[u8]) -> Vec<u8> {
    json!({
        "created": "1970-01-01T00:00:00Z",
        "architecture": "wasm",
        "os": "wasip2",
        "layerDigests": [format!("sha256:{}", digest(wasm))],
    })
    .to_string()
    .into_bytes()
}

async fn within<T>(work: impl Future<Output = Result<T, String>>) -> Result<T, String> {
    match tokio::time::timeout(TIME, work).await {
        Ok(done) => done,
        Err(_elapsed) => Err(format!("took longer than {} s", TIME.as_secs())),
    }
}

/// Takes no more than a plugin may have, whatever its manifest said.
struct Bounded(Vec<u8>);

impl AsyncWrite for Bounded {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        if (self.0.len() + bytes.len()) as u64 > PLUGIN_BYTES {
            let problem = format!("is larger than {PLUGIN_BYTES} bytes");
            return Poll::Ready(Err(std::io::Error::other(problem)));
        }
        self.0.extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(
        self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_asked_without_tls() {
        for local in ["localhost:5000", "127.0.0.1:5000", "127.0.0.1"] {
            assert!(is_loopback(local), "{local}");
        }
        for other in [
            "registry.example",
            "10.0.0.1:5000",
            "localhost.example:5000",
            "127.0.0.1.example",
        ] {
            assert!(!is_loopback(other), "{other}");
        }
    }

    #[test]
    fn what_is_in_a_repository_is_called_by_its_last_part() {
        assert_eq!(
            name("oci://registry.example/acme/door:1.2").unwrap(),
            "door"
        );
        assert!(name("oci://Not A Reference").is_err());
    }
}
