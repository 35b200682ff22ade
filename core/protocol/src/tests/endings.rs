//! Every way of ending something, and everything that it must reach at once: tokens of every kind, what was made of them, and what is still
//! under way.

use super::leaving::{
    BYE, account, answers, end_everywhere, end_session, operator, press, remove_app, told,
};
use super::*;

const SECRET: &str = "0123456789abcdef0123";
const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const DEVICE: &str = "urn:ietf:params:oauth:grant-type:device_code";
const JWT_API: &str = "https://jwt.example";
const OPAQUE_API: &str = "https://opaque.example";

/// What can end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Thing {
    /// An access token that its resource verifies by itself, at introspection.
    Jwt,
    /// One that says nothing, likewise.
    Opaque,
    /// One for the issuer, at userinfo.
    Userinfo,
    /// Made of the first by token exchange: one of each kind.
    JwtOfJwt,
    OpaqueOfJwt,
    /// Made of the second, and of what was made of it.
    JwtOfOpaque,
    JwtOfJwtOfOpaque,
    /// All of these are of one grant, and so is this.
    Refresh,
    /// Of another grant in the same session.
    Code,
    /// Of a third: a device code that the person allowed, and that the device has not fetched.
    AllowedDevice,
    /// Of nobody yet.
    WaitingDevice,
    Pushed,
}
use Thing::*;

const ALL: [Thing; 12] = [
    Jwt,
    Opaque,
    Userinfo,
    JwtOfJwt,
    OpaqueOfJwt,
    JwtOfOpaque,
    JwtOfJwtOfOpaque,
    Refresh,
    Code,
    AllowedDevice,
    WaitingDevice,
    Pushed,
];
/// What is of the first grant.
const GRANT: &[Thing] = &[
    Jwt,
    Opaque,
    Userinfo,
    JwtOfJwt,
    OpaqueOfJwt,
    JwtOfOpaque,
    JwtOfJwtOfOpaque,
    Refresh,
];
/// What the person gave to the application.
const GIVEN: &[Thing] = &[
    Jwt,
    Opaque,
    Userinfo,
    JwtOfJwt,
    OpaqueOfJwt,
    JwtOfOpaque,
    JwtOfJwtOfOpaque,
    Refresh,
    Code,
    AllowedDevice,
];

fn application() -> Value {
    json!({
        "client_id": "app", "token_endpoint_auth_method": "none", "redirect_uris": ["https://app.example/cb"],
        "grant_types": ["authorization_code", "refresh_token", DEVICE], "scope": "openid email offline_access read",
        "backchannel_logout_uri": BYE, "id_token_signed_response_alg": "ES256", "refresh_reuse_window_s": 0,
    })
}

/// Two resources with one server, `api`, and the application, which an operator added and can remove.
fn with_everything() -> Memory {
    let memory = host();
    memory.sections.borrow_mut().remove("client/app");
    for (uri, format) in [(JWT_API, "jwt"), (OPAQUE_API, "opaque")] {
        let resource =
            json!({ "uri": uri, "introspection_clients": ["api"], "access_token_format": format });
        let key = format!("resource/{uri}");
        memory
            .sections
            .borrow_mut()
            .insert(key, resource.to_string());
    }
    let api = json!({
        "client_id": "api", "client_secret": SECRET, "grant_types": [EXCHANGE, "client_credentials"],
        "token_endpoint_auth_method": "client_secret_post", "scope": "openid read",
    });
    add_client(&memory, &api);
    run(
        &memory,
        &json!({ "command": "client.add", "metadata": application() }),
    );
    answers(&memory, 200);
    memory
}

fn run(memory: &Memory, command: &Value) {
    crate::administration::run(&command.to_string(), memory).unwrap();
}

/// For the issuer: the resources take tokens of different kinds.
fn code_form(code: &str) -> String {
    format!(
        "grant_type=authorization_code&client_id=app&code={code}&code_verifier={VERIFIER}&resource=https://id.example"
    )
}

fn refreshes(visitor: &Visitor<'_>, token: &str) -> bool {
    let form = format!(
        "grant_type=refresh_token&client_id=app&refresh_token={token}&resource=https://id.example"
    );
    visitor.post("/token", &form).status == 200
}

/// All that an application, its device and a resource server hold.
struct Held {
    /// What led to the first grant.
    code: String,
    tokens: Value,
    jwt: String,
    opaque: String,
    exchanged: [String; 4],
    pending_code: String,
    allowed: String,
    waiting: String,
    pushed: String,
}

fn held(visitor: &Visitor<'_>, scope: &str) -> Held {
    let scope = format!("&scope={scope}");
    let resources =
        format!("&resource={JWT_API}&resource={OPAQUE_API}&resource=https://id.example");
    let url = authorize_url("app", &resources).replace("&scope=openid+email+read", &scope);
    let code = || parameter(&allow(visitor, &url), "code").unwrap();
    let first = code();
    let mut tokens = body(&visitor.post("/token", &code_form(&first)));
    let mut further = |resource: &str| {
        let token = tokens["refresh_token"].as_str().unwrap();
        let form = format!(
            "grant_type=refresh_token&client_id=app&refresh_token={token}&resource={resource}"
        );
        let next = body(&visitor.post("/token", &form));
        tokens["refresh_token"] = next["refresh_token"].clone();
        next["access_token"].as_str().unwrap().to_owned()
    };
    let (jwt, opaque) = (further(JWT_API), further(OPAQUE_API));
    assert!(opaque.starts_with("dwa_") && jwt.starts_with("ey"));
    let exchange = |token: &str, resource: &str| {
        let kind = "urn:ietf:params:oauth:token-type:access_token";
        let form = format!(
            "grant_type={EXCHANGE}&client_id=api&client_secret={SECRET}&subject_token={token}\
             &subject_token_type={kind}&resource={resource}"
        );
        access_token(&visitor.post("/token", &form))
    };
    let jwt_of_opaque = exchange(&opaque, JWT_API);
    let exchanged = [
        exchange(&jwt, JWT_API),
        exchange(&jwt, OPAQUE_API),
        exchange(&jwt_of_opaque, JWT_API),
        jwt_of_opaque,
    ];
    let pending_code = code();
    let start = || {
        let form = format!("client_id=app{scope}");
        body(&visitor.post("/device_authorization", &form))
    };
    let text = |answer: &Value, name: &str| answer[name].as_str().unwrap().to_owned();
    let allowed = start();
    super::device::allow(visitor, &allowed);
    let query = url.split_once('?').unwrap().1;
    Held {
        code: first,
        jwt,
        opaque,
        exchanged,
        pending_code,
        allowed: text(&allowed, "device_code"),
        waiting: text(&start(), "device_code"),
        pushed: text(&body(&visitor.post("/par", query)), "request_uri"),
        tokens,
    }
}

impl Held {
    fn is_alive(&self, thing: Thing, memory: &Memory) -> bool {
        let program = Visitor::new(memory);
        let introspects = |token: &str| {
            let form = format!("client_id=api&client_secret={SECRET}&token={token}");
            let told = program.post("/introspect", &form);
            assert_eq!(told.status, 200, "{told:?}");
            body(&told)["active"] == json!(true)
        };
        let polls = |code: &str| {
            let form = format!("grant_type={DEVICE}&client_id=app&device_code={code}");
            program.post("/token", &form)
        };
        let text = |name: &str| self.tokens[name].as_str().unwrap();
        let [jwt_of_jwt, opaque_of_jwt, again, jwt_of_opaque] = &self.exchanged;
        match thing {
            Jwt => introspects(&self.jwt),
            Opaque => introspects(&self.opaque),
            JwtOfJwt => introspects(jwt_of_jwt),
            OpaqueOfJwt => introspects(opaque_of_jwt),
            JwtOfOpaque => introspects(jwt_of_opaque),
            JwtOfJwtOfOpaque => introspects(again),
            Userinfo => {
                let bearer = format!("Bearer {}", text("access_token"));
                let told = program.send("GET", "/userinfo", "", Some(&bearer));
                told.status == 200
            }
            Refresh => refreshes(&program, text("refresh_token")),
            Code => {
                let form = code_form(&self.pending_code);
                program.post("/token", &form).status == 200
            }
            AllowedDevice => polls(&self.allowed).status == 200,
            WaitingDevice => error(&polls(&self.waiting)).1 == "authorization_pending",
            Pushed => {
                let query: String = form_urlencoded::Serializer::new(String::new())
                    .extend_pairs([("client_id", "app"), ("request_uri", &self.pushed)])
                    .finish();
                program.get(&format!("/authorize?{query}")).status < 400
            }
        }
    }

    fn dead(&self, memory: &Memory) -> Vec<Thing> {
        let dead = ALL.into_iter().filter(|one| !self.is_alive(*one, memory));
        dead.collect()
    }
}

/// RFC 7009.
fn revoke(token: &str, visitor: &Visitor<'_>) {
    let form = format!("client_id=app&token={token}");
    assert_eq!(visitor.post("/revoke", &form).status, 200);
}

/// A way to end something: how, what it reaches, and whether the application is told by the back channel.
struct Way {
    name: &'static str,
    end: fn(&Memory, &Visitor<'_>, &Held),
    reaches: &'static [Thing],
    told: bool,
}

const fn way(
    name: &'static str,
    end: fn(&Memory, &Visitor<'_>, &Held),
    reaches: &'static [Thing],
    told: bool,
) -> Way {
    Way {
        name,
        end,
        reaches,
        told,
    }
}

/// Ends what is given for good as well.
const FOR_GOOD: [Way; 6] = [
    way(
        "the application removed on the account page",
        |_, visitor, _| {
            remove_app(visitor, &account(visitor).apps[0]);
        },
        GIVEN,
        false,
    ),
    way(
        "signed out everywhere, with applications",
        |_, visitor, _| {
            end_everywhere(visitor, &account(visitor), true);
        },
        GIVEN,
        true,
    ),
    way(
        "another password, chosen in another browser",
        |memory, _, _| {
            memory.identity.borrow_mut().credential_changed = true;
            let elsewhere = Visitor::new(memory);
            let begun = elsewhere.get("/test/authorize");
            assert_eq!(elsewhere.get(location(&begun)).status, 200);
            memory.identity.borrow_mut().credential_changed = false;
        },
        GIVEN,
        true,
    ),
    way(
        "the person disabled",
        |memory, _, _| operator(memory, "user.disable"),
        GIVEN,
        true,
    ),
    way(
        "the person removed",
        |memory, _, _| operator(memory, "user.remove"),
        GIVEN,
        true,
    ),
    way(
        "the client removed, and another one of its name",
        |memory, _, _| {
            let removal = json!({ "command": "client.remove", "client_id": "app" });
            run(memory, &removal);
            memory.now.set(memory.now.get() + 1);
            let another = json!({ "command": "client.add", "metadata": application() });
            run(memory, &another);
        },
        &ALL,
        false,
    ),
];

/// Ends one grant, whatever it is for.
const ONE_GRANT: [Way; 7] = [
    way(
        "the refresh token revoked",
        |_, visitor, held| revoke(held.tokens["refresh_token"].as_str().unwrap(), visitor),
        GRANT,
        false,
    ),
    way(
        "the refresh token used twice",
        |_, visitor, held| {
            let token = held.tokens["refresh_token"].as_str().unwrap();
            assert!(refreshes(visitor, token) && !refreshes(visitor, token));
        },
        GRANT,
        false,
    ),
    way(
        "the code used twice",
        |_, visitor, held| {
            assert_eq!(redeem(visitor, "app", &held.code).status, 400);
        },
        GRANT,
        false,
    ),
    way(
        "one installation removed on the account page",
        |_, visitor, held| {
            let token = held.tokens["refresh_token"].as_str().unwrap();
            let id = crate::grant::parse_refresh_token(token).unwrap().grant_id;
            let page = account(visitor);
            let line = page.apps[0].grants.iter().find(|line| line.id == id);
            let csrf = &line.unwrap().csrf;
            let fields = [("action", "remove_grant"), ("grant", id), ("csrf", csrf)];
            press(visitor, &fields);
        },
        GRANT,
        false,
    ),
    way(
        "the grant revoked by the operator",
        |memory, _, held| {
            let token = held.tokens["refresh_token"].as_str().unwrap();
            let id = crate::grant::parse_refresh_token(token).unwrap().grant_id;
            run(memory, &json!({ "command": "grant.revoke", "grant": id }));
        },
        GRANT,
        false,
    ),
    way(
        "one JWT revoked",
        |_, visitor, held| revoke(&held.jwt, visitor),
        &[Jwt, JwtOfJwt, OpaqueOfJwt],
        false,
    ),
    way(
        "one opaque token revoked",
        |_, visitor, held| revoke(&held.opaque, visitor),
        &[Opaque, JwtOfOpaque, JwtOfJwtOfOpaque],
        false,
    ),
];

/// Ends what ends with the session (OpenID Connect Core §11), and nothing that was given for good.
const THE_SESSION: [Way; 4] = [
    way(
        "signed out by the application",
        |_, visitor, held| {
            let hint = held.tokens["id_token"].as_str().unwrap();
            visitor.get(&format!("/logout?id_token_hint={hint}"));
        },
        GIVEN,
        true,
    ),
    way(
        "the session ended from another browser",
        |memory, _, _| {
            let elsewhere = Visitor::new(memory);
            let sessions = account(&elsewhere).sessions;
            let other = sessions.iter().find(|session| !session.here);
            end_session(&elsewhere, other.unwrap());
        },
        GIVEN,
        true,
    ),
    way(
        "signed out everywhere",
        |_, visitor, _| {
            end_everywhere(visitor, &account(visitor), false);
        },
        GIVEN,
        true,
    ),
    way(
        "signed out by the operator",
        |memory, _, _| operator(memory, "user.sign_out"),
        GIVEN,
        true,
    ),
];

#[track_caller]
fn assert_reaches(way: &Way, scope: &str, expected: &[Thing]) {
    let memory = with_everything();
    let visitor = Visitor::new(&memory);
    let held = held(&visitor, scope);
    assert_eq!(told(&memory).len(), 0, "{}", way.name);
    (way.end)(&memory, &visitor, &held);
    assert_eq!(held.dead(&memory), expected, "{}, {scope}", way.name);
    let told = told(&memory).len();
    assert_eq!(told, usize::from(way.told), "{}, {scope}", way.name);
}

#[test]
fn nothing_ends_by_itself() {
    let memory = with_everything();
    let visitor = Visitor::new(&memory);
    assert_eq!(held(&visitor, "openid+read").dead(&memory), []);
}

#[test]
fn row_65_every_way_of_ending_reaches_everything_that_it_must_at_once() {
    for way in FOR_GOOD.iter().chain(&ONE_GRANT).chain(&THE_SESSION) {
        assert_reaches(way, "openid+read", way.reaches);
    }
}

#[test]
fn openid_core_s11_what_was_given_for_good_survives_the_session_and_nothing_else() {
    for way in FOR_GOOD.iter().chain(&ONE_GRANT) {
        assert_reaches(way, "openid+read+offline_access", way.reaches);
    }
    for way in &THE_SESSION {
        assert_reaches(way, "openid+read+offline_access", &[]);
    }
}

#[test]
fn a_client_that_was_removed_takes_everything_along() {
    for scope in ["openid+read", "openid+read+offline_access"] {
        let way = way(
            "the client removed",
            |memory, _, _| {
                let removal = json!({ "command": "client.remove", "client_id": "app" });
                run(memory, &removal);
            },
            &ALL,
            false,
        );
        assert_reaches(&way, scope, way.reaches);
    }
}
