//! The probes: what each imports, and its functions.

use super::{HTTP, Import};

const SQLITE: &str = "fermyon:spin/sqlite@2.0.0";

/// World, imports, functions.
pub(super) const PROBES: [(&str, &[Import<'static>], &str); 7] = [
    ("echo", &[], include_str!("echo.wat")),
    (
        "environment",
        &[(
            "wasi:cli/environment@0.2.12",
            "get-environment",
            "get-environment",
            "(param i32)",
        )],
        include_str!("environment.wat"),
    ),
    (
        "variables",
        &[(
            "fermyon:spin/variables@2.0.0",
            "get",
            "get",
            "(param i32 i32 i32)",
        )],
        include_str!("variables.wat"),
    ),
    (
        "redis",
        &[(
            "fermyon:spin/redis@2.0.0",
            "[static]connection.open",
            "open",
            "(param i32 i32 i32)",
        )],
        include_str!("redis.wat"),
    ),
    (
        "sqlite",
        &[
            (
                SQLITE,
                "[static]connection.open",
                "open",
                "(param i32 i32 i32)",
            ),
            (
                SQLITE,
                "[method]connection.execute",
                "execute",
                "(param i32 i32 i32 i32 i32 i32)",
            ),
        ],
        include_str!("sqlite.wat"),
    ),
    (
        "outbound-http",
        &[
            (HTTP, "[constructor]fields", "fields", "(result i32)"),
            (
                HTTP,
                "[constructor]outgoing-request",
                "outgoing-request",
                "(param i32) (result i32)",
            ),
            (
                HTTP,
                "[method]outgoing-request.set-scheme",
                "set-scheme",
                "(param i32 i32 i32 i32 i32) (result i32)",
            ),
            (
                HTTP,
                "[method]outgoing-request.set-authority",
                "set-authority",
                "(param i32 i32 i32 i32) (result i32)",
            ),
            (
                HTTP,
                "[method]outgoing-request.set-path-with-query",
                "set-path-with-query",
                "(param i32 i32 i32 i32) (result i32)",
            ),
            (
                "wasi:http/outgoing-handler@0.2.12",
                "handle",
                "handle",
                "(param i32 i32 i32 i32)",
            ),
            (
                HTTP,
                "[method]future-incoming-response.subscribe",
                "subscribe",
                "(param i32) (result i32)",
            ),
            (
                HTTP,
                "[method]future-incoming-response.get",
                "get",
                "(param i32 i32)",
            ),
            (
                "wasi:io/poll@0.2.12",
                "[method]pollable.block",
                "block",
                "(param i32)",
            ),
        ],
        include_str!("outbound-http.wat"),
    ),
    (
        "unknown",
        &[("doorward:probe/nobody@0.1.0", "ask", "ask", "")],
        include_str!("unknown.wat"),
    ),
];
