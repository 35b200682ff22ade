//! RFC 8705, OAuth 2.0 Mutual-TLS Client Authentication and Certificate-Bound Access Tokens: by a proxy's header on every host, and over
//! a TLS connection of the native server's own.

use crate::harness::certificates::{Identity, authority};
use crate::harness::client::basic;
use crate::harness::http::{self, Response};
use crate::harness::server::{CONFIG, Server};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// Clients that are known by certificates.
fn clients(self_signed: &Identity) -> String {
    format!(
        r#"
[mutual_tls]
enabled = true
alias_origin = "https://mtls.id.example"

[[client]]
client_id = "by-name"
token_endpoint_auth_method = "tls_client_auth"
tls_client_auth_subject_dn = "CN=by-name,O=Example"
grant_types = ["client_credentials"]
scope = "reports:read"

[[client]]
client_id = "by-dns"
token_endpoint_auth_method = "tls_client_auth"
tls_client_auth_san_dns = "by-name.example"
grant_types = ["client_credentials"]
scope = "reports:read"

[[client]]
client_id = "by-key"
token_endpoint_auth_method = "self_signed_tls_client_auth"
jwks = {{ keys = [{}] }}
grant_types = ["client_credentials"]
scope = "reports:read"

[[client]]
client_id = "certificate-bound"
client_secret = "bound-secret-0123456789abcdef01234567"
token_endpoint_auth_method = "client_secret_basic"
tls_client_certificate_bound_access_tokens = true
grant_types = ["client_credentials"]
scope = "reports:read"
"#,
        toml_of(&self_signed.jwk())
    )
}

/// A JWK as an inline table of TOML.
fn toml_of(jwk: &Value) -> String {
    let members = jwk.as_object().expect("an object").iter();
    let members: Vec<String> = members
        .map(|(name, value)| format!("{name} = {value}"))
        .collect();
    format!("{{ {} }}", members.join(", "))
}

/// A server behind a proxy that tells certificates in `Client-Cert`.
fn behind_a_proxy(self_signed: &Identity, verifies: bool) -> Server {
    Server::start(&format!(
        "{CONFIG}{}\n[server]\nbehind_proxy = true\ntrusted_proxies = [\"127.0.0.1\"]\n\
         client_certificate_header = \"Client-Cert\"\nproxy_verifies_client_certificates = {verifies}\n",
        clients(self_signed)
    ))
}

fn told(identity: &Identity) -> String {
    format!(":{}:", STANDARD.encode(identity.der()))
}

/// A token request with these values of the proxy's header.
fn token(server: &Server, client_id: &str, certificates: &[&str]) -> Response {
    let request = certificates
        .iter()
        .fold(http::post(&server.url("/token")), |request, value| {
            request.header("client-cert", value)
        });
    request
        .form(&[
            ("grant_type", "client_credentials"),
            ("client_id", client_id),
        ])
        .send()
}

#[test]
fn rfc9440_s2_1_a_certificate_in_the_proxys_header_authenticates() {
    let (known, stranger) = (
        authority("One").identity("by-name"),
        authority("One").identity("stranger"),
    );
    let own = Identity::self_signed("own");
    let server = behind_a_proxy(&own, true);
    for client in ["by-name", "by-dns"] {
        token(&server, client, &[&told(&known)]).assert_ok();
    }
    token(&server, "by-key", &[&told(&own)]).assert_ok();
    for client in ["by-name", "by-dns", "by-key"] {
        token(&server, client, &[&told(&stranger)]).assert_error(401, "invalid_client");
        token(&server, client, &[]).assert_error(401, "invalid_client");
        token(&server, client, &["nonsense"]).assert_error(401, "invalid_client");
    }
    // A proxy that appends to what the client sent tells nothing.
    let twice = [&*told(&known), &*told(&known)];
    token(&server, "by-name", &twice).assert_error(401, "invalid_client");
    let escaped: String = known.pem().replace('\n', "%0A").replace(' ', "%20");
    token(&server, "by-name", &[&escaped]).assert_ok();
}

#[test]
fn rfc8705_s2_1_a_proxy_that_does_not_verify_vouches_for_nobody() {
    let (known, own) = (
        authority("One").identity("by-name"),
        Identity::self_signed("own"),
    );
    let server = behind_a_proxy(&own, false);
    token(&server, "by-name", &[&told(&known)]).assert_error(401, "invalid_client");
    token(&server, "by-key", &[&told(&own)]).assert_ok();
}

#[test]
fn rfc8705_s3_tokens_are_bound_to_the_certificate() {
    let (own, other) = (Identity::self_signed("own"), Identity::self_signed("other"));
    let server = behind_a_proxy(&own, false);
    let secret = basic("certificate-bound", "bound-secret-0123456789abcdef01234567");
    let request = || http::post(&server.url("/token")).header("authorization", &secret);
    let form = [("grant_type", "client_credentials")];
    request()
        .form(&form)
        .send()
        .assert_error(400, "invalid_grant");
    for identity in [&own, &other] {
        let answer = request()
            .header("client-cert", &told(identity))
            .form(&form)
            .send();
        let token = answer.assert_ok().text("access_token");
        let introspected = http::post(&server.url("/introspect"))
            .header("authorization", &secret)
            .form(&[("token", token.as_str())])
            .send();
        assert_eq!(
            introspected.assert_ok().json()["cnf"],
            json!({ "x5t#S256": identity.thumbprint() })
        );
    }
}

#[test]
fn rfc8705_s3_3_s5_metadata() {
    let server = behind_a_proxy(&Identity::self_signed("own"), true);
    let metadata = server.metadata();
    assert_eq!(metadata["tls_client_certificate_bound_access_tokens"], true);
    let aliases = &metadata["mtls_endpoint_aliases"];
    assert_eq!(aliases["token_endpoint"], "https://mtls.id.example/token");
    let methods = metadata["token_endpoint_auth_methods_supported"].to_string();
    for method in ["\"tls_client_auth\"", "\"self_signed_tls_client_auth\""] {
        assert!(methods.contains(method), "{methods}");
    }
}

/// The native server alone ends TLS, and alone sees who the proxy is.
mod native_only {
    use super::{authority, clients, token, told};
    use crate::harness::certificates::{Identity, Tls};
    use crate::harness::server::{CONFIG, Place, Server, run_alone};
    use std::process::{Command, Stdio};

    /// checks.md row 49.
    #[test]
    fn rfc9440_s4_1_nobody_but_a_trusted_proxy_is_believed() {
        let own = Identity::self_signed("own");
        let server = Server::start(&format!(
            "{CONFIG}{}\n[server]\nclient_certificate_header = \"client-cert\"\ntrusted_proxies = [\"10.0.0.0/8\"]\n",
            clients(&own)
        ));
        token(&server, "by-key", &[&told(&own)]).assert_error(401, "invalid_client");
    }

    /// `doorward serve` that ends TLS itself.
    struct Serving {
        child: std::process::Child,
        tls: Tls,
        _place: Place,
    }

    impl Drop for Serving {
        fn drop(&mut self) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }

    impl Serving {
        fn start(self_signed: &Identity, client_ca: Option<&str>) -> Self {
            let place = Place::new("");
            let file = |name: &str| place.config().with_file_name(name);
            let write = |name: &str, text: &str| {
                std::fs::write(file(name), text).expect("a file");
                let owner = std::os::unix::fs::PermissionsExt::from_mode(0o600);
                std::fs::set_permissions(file(name), owner).expect("its owner may");
            };
            let made = run_alone(&[
                "keys",
                "generate-sealing-key",
                file("sealing.key").to_str().expect("UTF-8"),
            ]);
            assert!(made.status.success());
            let own = Identity::self_signed("localhost");
            write("server.pem", &own.pem());
            write("server.key", &own.key_pem());
            let mut tls = String::from(
                "[server.tls]\ncertificate = \"server.pem\"\nkey = \"server.key\"\nclient_certificates = \"request\"\n",
            );
            if let Some(pem) = client_ca {
                write("clients.pem", pem);
                tls.push_str("client_ca = \"clients.pem\"\n");
            }
            let port = place.listen();
            let port = port.rsplit(':').next().expect("a port");
            write(
                "doorward.toml",
                &format!(
                    "issuer = \"https://localhost:{port}\"\nlisten = \"127.0.0.1:{port}\"\ndata = \"data\"\nallow_literal_secrets = true\n\
                     {}\n{}\n{tls}\n[keys]\nsealing_key_file = \"sealing.key\"\n\
                     [mail]\nhost = \"127.0.0.1\"\nencryption = \"none\"\nfrom = \"id@example.test\"\n",
                    CONFIG,
                    clients(self_signed)
                ),
            );
            std::fs::create_dir(place.data()).expect("a directory");
            let child = Command::new(crate::harness::server::BINARY)
                .args(["serve", "--config"])
                .arg(place.config())
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .spawn()
                .expect("the binary starts");
            let tls = Tls::new(&place.listen(), &own);
            let mut serving = Self {
                child,
                tls,
                _place: place,
            };
            serving.wait_until_ready();
            serving
        }

        fn wait_until_ready(&mut self) {
            let deadline = std::time::Instant::now() + std::time::Duration::from_mins(3);
            while self
                .tls
                .send(None, "GET", "/readyz", "")
                .is_none_or(|answer| answer.0 != 200)
            {
                let ended = self.child.try_wait().expect("a status");
                assert!(ended.is_none(), "it ended with {ended:?}");
                assert!(std::time::Instant::now() < deadline, "it is not ready");
                std::thread::sleep(std::time::Duration::from_millis(20));
            }
        }

        /// A token request over a connection with this certificate.
        fn token(&self, client_id: &str, identity: Option<&Identity>) -> u16 {
            let form = format!("grant_type=client_credentials&client_id={client_id}");
            let answer = self.tls.send(identity, "POST", "/token", &form);
            answer.expect("an answer").0
        }
    }

    #[test]
    fn rfc8705_s2_over_a_connection_of_its_own() {
        let (ours, theirs) = (authority("Ours"), authority("Theirs"));
        let own = Identity::self_signed("own");
        let serving = Serving::start(&own, Some(&ours.pem()));
        assert_eq!(
            serving.token("by-name", Some(&ours.identity("by-name"))),
            200
        );
        assert_eq!(
            serving.token("by-dns", Some(&ours.identity("by-name"))),
            200
        );
        assert_eq!(serving.token("by-key", Some(&own)), 200);
        // The right name, vouched for by nobody that counts here.
        assert_eq!(
            serving.token("by-name", Some(&theirs.identity("by-name"))),
            401
        );
        assert_eq!(
            serving.token("by-name", Some(&Identity::self_signed("by-name"))),
            401
        );
        assert_eq!(
            serving.token("by-name", Some(&ours.identity("stranger"))),
            401
        );
        assert_eq!(
            serving.token("by-key", Some(&ours.identity("by-name"))),
            401
        );
        for client in ["by-name", "by-key"] {
            assert_eq!(serving.token(client, None), 401, "{client}");
        }
        // Whoever shows the certificate of another, without its key, gets no connection.
        let thief = own.with_key_of(&Identity::self_signed("thief"));
        assert!(
            serving
                .tls
                .send(Some(&thief), "GET", "/readyz", "")
                .is_none()
        );
    }

    #[test]
    fn rfc8705_s2_2_without_an_authority_keys_still_count() {
        let own = Identity::self_signed("own");
        let serving = Serving::start(&own, None);
        assert_eq!(serving.token("by-key", Some(&own)), 200);
        assert_eq!(
            serving.token("by-name", Some(&authority("Ours").identity("by-name"))),
            401
        );
    }
}
