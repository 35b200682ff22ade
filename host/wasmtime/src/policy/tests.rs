//! A policy that fails denies, and the next question has an instance that works.

use super::{Policy, PolicyLimits};
use crate::engine::bindings::core::doorward::policy::types::{Client, Input};
use crate::engine::guest_from_text as guest;
use crate::engine::sandbox::Allowance;
use std::time::Duration;

fn input(stage: &str) -> Input {
    let client = Client {
        id: String::from("demo"),
        kind: String::from("public"),
        trust: String::from("declared"),
        name: None,
        scopes: Vec::new(),
        redirect_uris: Vec::new(),
    };
    Input {
        stage: stage.to_owned(),
        now: 0,
        client,
        user: None,
        session: None,
        grant_type: String::new(),
        scopes: Vec::new(),
        resources: Vec::new(),
    }
}

fn policy(calls_per_instance: u32) -> Policy {
    let allowance = Allowance {
        memory_bytes: 1 << 20,
        time: Duration::from_millis(100),
    };
    let limits = PolicyLimits {
        allowance,
        calls_per_instance,
        idle: 2,
    };
    Policy::load(&guest::runtime(), &guest::policy(), limits).unwrap()
}

/// The guest answers `err` with the number of decisions of its instance.
async fn decided(policy: &Policy, stage: &str) -> String {
    policy.decide(&input(stage)).await.unwrap_err()
}

#[tokio::test]
async fn an_instance_answers_as_often_as_it_may_and_no_more() {
    let policy = policy(3);
    let mut answers = Vec::new();
    for _ in 0..7 {
        answers.push(decided(&policy, "issue").await);
    }
    assert_eq!(answers, ["1", "2", "3", "1", "2", "3", "1"]);
}

#[tokio::test]
async fn an_instance_that_trapped_or_looped_is_not_used_again() {
    let policy = policy(1000);
    for bad in ["trap", "loop"] {
        assert_eq!(decided(&policy, "issue").await, "1");
        let fault = decided(&policy, bad).await;
        assert!(
            fault.contains(if bad == "trap" {
                "trapped"
            } else {
                "longer than 100 ms"
            }),
            "{fault}"
        );
    }
    assert_eq!(decided(&policy, "issue").await, "1");
}

#[test]
fn a_policy_that_reads_the_clock_does_not_load() {
    let text = r#"(component (import "wasi:clocks/wall-clock@0.2.0" (instance)))"#;
    let wasm = wat::parse_str(text).unwrap();
    let limits = crate::config::limits::Limits::default().policy();
    let error = Policy::load(&guest::runtime(), &wasm, limits)
        .err()
        .unwrap()
        .to_string();
    assert!(
        error.contains("may not import wasi:clocks/wall-clock"),
        "{error}"
    );
}
