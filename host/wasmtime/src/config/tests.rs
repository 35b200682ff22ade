//! What a configuration file may say, and what `serve` refuses.

use super::{Config, Document, safety};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

fn written(directory: &Path, text: &str) -> PathBuf {
    let file = directory.join("doorward.toml");
    std::fs::write(&file, text).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    file
}

fn load_error(text: &str) -> String {
    let directory = tempfile::tempdir().unwrap();
    let error = Config::load(&written(directory.path(), text))
        .err()
        .unwrap()
        .to_string();
    error.rsplit_once('/').unwrap().1.to_owned()
}

#[test]
fn an_unknown_key_is_named_with_its_line_and_the_nearest_one() {
    for (text, says) in [
        (
            "\n\nlisen = \"127.0.0.1:1\"\n",
            "doorward.toml:3: unknown key `lisen`; did you mean `listen`?",
        ),
        (
            "[limits]\nbody_byte = 1\n",
            "doorward.toml:2: unknown key `body_byte`; did you mean `body_bytes`?",
        ),
        (
            "[server]\nbehind_prox = true\n",
            "doorward.toml:2: unknown key `behind_prox`; did you mean `behind_proxy`?",
        ),
        (
            "[lifetimes]\naccess_tokens_s = 1\n",
            "unknown key `access_tokens_s`; did you mean `access_token_s`?",
        ),
        (
            "[[provider]]\nid = \"a\"\nbuilt_in = \"pin\"\n",
            "unknown key `built_in`; did you mean `builtin`?",
        ),
        (
            "[[resource]]\nurl = \"x\"\n",
            "unknown key `url`; did you mean `uri`?",
        ),
        (
            "[mail]\nhost = \"h\"\nfrom = \"a@b\"\npassword = { envv = \"X\" }\n",
            "did you mean `env`?",
        ),
        (
            "[server.tls]\ncert = \"x\"\n",
            "unknown key `cert`; here may stand: certificate, key",
        ),
        (
            "qqqqqqqq = 1\n",
            "unknown key `qqqqqqqq`; here may stand: issuer, ",
        ),
    ] {
        let error = load_error(text);
        assert!(error.contains(says), "{error:?} should say {says:?}");
    }
}

#[test]
fn a_value_of_the_wrong_kind_is_named_with_its_line() {
    assert!(load_error("issuer = 1\n").starts_with("doorward.toml:1: invalid type: integer"));
    assert!(load_error("a = = 1\n").starts_with("doorward.toml:1: "));
    assert!(
        load_error("\n[server]\ntrusted_proxies = [\"10.0.0.1/8\"]\n")
            .contains("bits behind its length")
    );
}

#[test]
fn secrets_are_never_shown() {
    let text = "[[client]]\nclient_id = \"a\"\nclient_secret = \"hunter2\"\n\
                [mail]\nhost = \"h\"\nfrom = \"f\"\npassword = \"hunter2\"\n";
    let shown = format!("{:?}", Document::parse(text).unwrap());
    assert!(!shown.contains("hunter2"), "{shown}");
}

#[test]
fn a_secret_is_read_from_where_it_is() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("secret"), "from-file\n").unwrap();
    let text = "[[client]]\nclient_id = \"a\"\nscope = \"x\"\nclient_secret = { file = \"secret\" }\n\
                [[client]]\nclient_id = \"b\"\nclient_secret = { env = \"DOORWARD_TEST_NOT_SET\" }\n";
    let config = Config::load(&written(directory.path(), text)).unwrap();
    let metadata = config.document.client[0].metadata(&config.base).unwrap();
    assert_eq!(metadata["client_secret"], "from-file");
    assert_eq!(metadata["scope"], "x");
    let error = config.document.client[1]
        .metadata(&config.base)
        .unwrap_err();
    assert_eq!(
        error,
        "client_secret: the environment variable DOORWARD_TEST_NOT_SET is not set"
    );
}

#[test]
fn initial_access_tokens_are_read_from_where_they_are() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("token"), "from-file\n").unwrap();
    let text = "[registration]\nmode = \"token\"\n\
                initial_access_tokens = [{ name = \"CI\", token = { file = \"token\" } }]\n";
    let config = Config::load(&written(directory.path(), text)).unwrap();
    let registration = config.document.registration.document(&config.base).unwrap();
    let tokens = serde_json::json!([{ "name": "CI", "token": "from-file" }]);
    assert_eq!(registration["initial_access_tokens"], tokens);
    assert_eq!(registration["mode"], "token");
    let text = text.replace(
        "{ file = \"token\" }",
        "{ env = \"DOORWARD_TEST_NOT_SET\" }",
    );
    let config = Config::load(&written(directory.path(), &text)).unwrap();
    assert_eq!(
        config.document.registration.document(&config.base),
        Err(String::from(
            "token of initial_access_tokens \"CI\": the environment variable DOORWARD_TEST_NOT_SET is not set"
        ))
    );
    let unknown = text.replace("name", "nam");
    assert!(load_error(&unknown).contains("did you mean `name`?"));
    let literal =
        Document::parse(&text.replace("{ env = \"DOORWARD_TEST_NOT_SET\" }", "\"hunter2\""));
    let literal = literal.unwrap();
    assert!(!format!("{literal:?}").contains("hunter2"));
}

/// A configuration with which `serve` starts.
const SAFE: &str = "issuer = \"https://id.example\"\n\
                    [server]\ntrusted_proxies = [\"127.0.0.1/32\"]\n\
                    [keys]\nsealing_key_file = \"sealing.key\"\n\
                    [[provider]]\nid = \"pin\"\nbuiltin = \"pin\"\n";

fn refusals(change: impl Fn(&str) -> String, key_mode: u32) -> Vec<String> {
    let directory = tempfile::tempdir().unwrap();
    let key = directory.path().join("sealing.key");
    std::fs::write(&key, "00".repeat(32)).unwrap();
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(key_mode)).unwrap();
    let config = Config::load(&written(directory.path(), &change(SAFE))).unwrap();
    safety::refusals(&config)
        .iter()
        .map(ToString::to_string)
        .collect()
}

#[track_caller]
fn assert_refused(change: impl Fn(&str) -> String, place: &str, says: &str) {
    let found = refusals(change, 0o600);
    let refused = found
        .iter()
        .any(|refusal| refusal.starts_with(place) && refusal.contains(says));
    assert!(refused, "{found:?} should refuse {place:?} with {says:?}");
}

#[test]
fn a_safe_configuration_is_not_refused() {
    assert_eq!(refusals(str::to_owned, 0o600), Vec::<String>::new());
}

#[test]
fn rfc8414_s2_an_issuer_is_https_without_slash_query_or_fragment() {
    let issuer =
        |issuer: &'static str| move |safe: &str| safe.replace("https://id.example", issuer);
    assert_refused(issuer("http://id.example"), "issuer", "use https");
    assert_refused(issuer("https://id.example/"), "issuer", "slash");
    assert_refused(issuer("https://id.example?x"), "issuer", "query");
    assert_refused(issuer("https://id.example#x"), "issuer", "fragment");
    assert_refused(
        issuer("https://user@id.example"),
        "issuer",
        "user information",
    );
    assert_refused(issuer("id.example"), "issuer", "https://");
    assert_refused(
        |safe| safe.replace("issuer", "service_name"),
        "issuer",
        "is missing",
    );
    for loopback in ["http://127.0.0.1:1", "http://localhost:1", "http://[::1]:1"] {
        assert_eq!(safety::issuer_problem(loopback), None, "{loopback}");
    }
}

#[test]
fn without_tls_it_listens_on_loopback_or_behind_a_stated_proxy() {
    let listen =
        |more: &'static str| move |safe: &str| format!("listen = \"0.0.0.0:80\"\n{safe}\n{more}");
    assert_refused(listen(""), "listen", "behind_proxy = true");
    let behind_proxy =
        |safe: &str| listen("")(&safe.replace("[server]\n", "[server]\nbehind_proxy = true\n"));
    assert_eq!(refusals(behind_proxy, 0o600), Vec::<String>::new());
    let tls = "[server.tls]\ncertificate = \"c\"\nkey = \"k\"\n";
    assert_eq!(refusals(listen(tls), 0o600), Vec::<String>::new());
}

#[test]
fn behind_a_proxy_that_is_not_named_it_does_not_start() {
    assert_refused(
        |safe| safe.replace("trusted_proxies = [\"127.0.0.1/32\"]\n", ""),
        "server.trusted_proxies",
        "name it",
    );
}

#[test]
fn a_secret_in_the_file_is_for_tests_only() {
    let client = "[[client]]\nclient_id = \"a\"\nclient_secret = \"s\"\n";
    assert_refused(
        |safe| format!("{safe}{client}"),
        "client_secret of [[client]] \"a\"",
        "allow_literal_secrets",
    );
    let token = "[registration]\nmode = \"token\"\ninitial_access_tokens = [{ name = \"CI\", token = \"t\" }]\n";
    assert_refused(
        |safe| format!("{safe}{token}"),
        "token of initial_access_tokens \"CI\"",
        "allow_literal_secrets",
    );
    let allowed = |safe: &str| format!("allow_literal_secrets = true\n{safe}{client}");
    assert_eq!(refusals(allowed, 0o600), Vec::<String>::new());
}

#[test]
fn a_secret_in_a_file_that_everyone_reads_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let text =
        "allow_literal_secrets = true\n[[client]]\nclient_id = \"a\"\nclient_secret = \"s\"\n";
    let file = written(directory.path(), text);
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let found = safety::refusals(&Config::load(&file).unwrap());
    assert!(
        found
            .iter()
            .any(|refusal| refusal.to_string().contains("chmod 600")),
        "{found:?}"
    );
}

#[test]
fn the_sealing_key_is_there_and_for_its_owner_only() {
    assert_refused(
        |safe| safe.replace("sealing.key", "absent.key"),
        "sealing_key_file",
        "generate-sealing-key",
    );
    assert_refused(
        |safe| safe.replace("sealing_key_file = \"sealing.key\"\n", ""),
        "[keys]",
        "no sealing key",
    );
    assert_refused(
        |safe| {
            safe.replace(
                "sealing_key_file = \"sealing.key\"",
                "sealing_key_env = \"DOORWARD_TEST_NOT_SET\"",
            )
        },
        "sealing_key_env",
        "is not set",
    );
    let readable = refusals(str::to_owned, 0o644);
    assert!(
        readable.iter().any(|refusal| refusal.contains("mode 644")),
        "{readable:?}"
    );
}

#[test]
fn mail_is_encrypted_unless_it_stays_here() {
    let mail = |host: &'static str| {
        move |safe: &str| {
            format!(
                "{safe}[mail]\nhost = \"{host}\"\nfrom = \"a@b.example\"\nencryption = \"none\"\n"
            )
        }
    };
    assert_refused(mail("smtp.example"), "encryption of [mail]", "in the clear");
    assert_eq!(refusals(mail("localhost"), 0o600), Vec::<String>::new());
}

#[test]
fn providers_are_named_once_and_exist() {
    let provider = |text: &'static str| move |safe: &str| format!("{safe}[[provider]]\n{text}\n");
    assert_refused(
        provider("id = \"pin\"\nbuiltin = \"pin\""),
        "[[provider]] \"pin\"",
        "two of this id",
    );
    assert_refused(
        provider("id = \"token\"\nbuiltin = \"pin\""),
        "[[provider]] \"token\"",
        "path of the server",
    );
    assert_refused(
        provider("id = \"Pin\"\nbuiltin = \"pin\""),
        "[[provider]] \"Pin\"",
        "lower-case",
    );
    assert_refused(
        provider("id = \"x\"\nbuiltin = \"y\""),
        "[[provider]] \"x\"",
        "password, pin, totp",
    );
    assert_refused(provider("id = \"x\""), "[[provider]] \"x\"", "needs either");
    assert_refused(
        |safe| safe.split("[[provider]]").next().unwrap().to_owned(),
        "[[provider]]",
        "nobody can sign in",
    );
}

#[test]
fn limits_have_bounds() {
    assert_refused(
        |safe| format!("{safe}[limits]\nconcurrent_requests = 0\n"),
        "[limits]",
        "between 1 and 2048",
    );
}

#[test]
fn serve_delivers_by_smtp_and_says_so() {
    let api = "[mail]\napi = \"resend\"\nfrom = \"a@b.example\"\n";
    assert_refused(|safe| format!("{safe}{api}"), "[mail]", "has no host");
    let both = format!("{api}host = \"localhost\"\nencryption = \"none\"\n");
    assert_eq!(
        refusals(|safe| format!("{safe}{both}"), 0o600),
        Vec::<String>::new()
    );
}

#[test]
fn a_key_is_published_for_as_long_as_others_keep_what_they_know_before_it_signs() {
    let lead = |seconds: u32| {
        move |safe: &str| safe.replace("[keys]\n", &format!("[keys]\npublish_lead_s = {seconds}\n"))
    };
    assert_refused(lead(599), "publish_lead_s of [keys]", "600 or more");
    assert_refused(lead(0), "publish_lead_s of [keys]", "is 0");
    assert_eq!(refusals(lead(600), 0o600), Vec::<String>::new());
}

#[test]
fn the_example_names_every_key_and_shows_the_defaults() {
    let example = Document::parse(include_str!("../../../../docs/doorward.toml")).unwrap();
    let default = Document::default();
    assert_eq!(
        format!("{:?}", example.limits),
        format!("{:?}", default.limits)
    );
    assert_eq!(example.data, default.data);
    let mail = example.mail.unwrap();
    let api = mail.api.unwrap();
    assert_eq!(mail.api_url.as_deref(), Some(api.url()));
    assert_eq!(
        example.keys.rotation_days,
        Some(crate::keys::KeyOptions::default().rotation_days)
    );
}

#[test]
fn what_is_composed_holds_no_secret_that_must_be_read_again() {
    let text = "issuer = \"https://id.example\"\n\
                [[provider]]\nid = \"password\"\nbuiltin = \"password\"\n\
                [[client]]\nclient_id = \"a\"\ntoken_endpoint_auth_method = \"client_secret_jwt\"\n";
    let refusals = |text: &str| {
        let config = Config {
            document: Document::parse(text).unwrap(),
            ..Config::none()
        };
        super::composable::refusals(&config, false)
    };
    let found = refusals(text);
    let [refusal] = found.as_slice() else {
        panic!("{found:?}")
    };
    let refusal = refusal.to_string();
    assert!(refusal.contains("[[client]] \"a\"") && refusal.contains("private_key_jwt"));
    let signs = text.replace("client_secret_jwt", "private_key_jwt");
    assert!(refusals(&signs).is_empty());
}
