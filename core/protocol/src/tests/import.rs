//! People who come from another system.

use super::*;

fn administer(memory: &Memory, command: &Value) -> Result<Value, crate::administration::Failure> {
    crate::administration::run(&command.to_string(), memory)
        .map(|answer| serde_json::from_str(&answer).unwrap())
}

fn add(memory: &Memory, email: &str, sub: &str) -> Result<Value, crate::administration::Failure> {
    administer(
        memory,
        &json!({ "command": "user.add", "email": email, "sub": sub }),
    )
}

#[test]
fn they_keep_the_sub_that_applications_know() {
    let memory = host();
    add(&memory, "ada@example.org", "user:0123456789abcdef").unwrap();
    let visitor = Visitor::new(&memory);
    let answer = body(&redeem(&visitor, "app", &code(&visitor, "app")));
    let claims = answer["access_token"].as_str().unwrap();
    let claims = crate::secret::from_base64url(claims.split('.').nth(1).unwrap()).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    assert_eq!(claims["sub"], "user:0123456789abcdef");
    let command = json!({ "command": "user.disable", "user": "user:0123456789abcdef" });
    assert_eq!(
        administer(&memory, &command).unwrap()["user"]["disabled"],
        true
    );
}

#[test]
fn rfc9068_s5_no_person_is_called_as_a_client_is_and_no_client_as_a_person() {
    let memory = host();
    assert!(add(&memory, "a@example.org", "web").is_err());
    add(&memory, "a@example.org", "42").unwrap();
    let client = json!({ "command": "client.add", "metadata": {
        "client_id": "42", "grant_types": ["client_credentials"],
    } });
    assert!(administer(&memory, &client).is_err());
}

#[test]
fn subs_are_one_persons_and_one_part_of_a_key() {
    let memory = host();
    add(&memory, "a@example.org", "42").unwrap();
    assert!(add(&memory, "b@example.org", "42").is_err());
    assert!(add(&memory, "a@example.org", "43").is_err());
    for bad in ["", "a/b", "a b", "a@b", "ä", &"x".repeat(129)] {
        assert!(add(&memory, "c@example.org", bad).is_err(), "{bad}");
    }
}
