//! Guests as text: a core module, and a world of `probe.wit` that it answers, made into a component.

mod probes;

use probes::PROBES;
use std::fmt::Write as _;
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

const HTTP: &str = "wasi:http/types@0.2.12";
const STREAMS: &str = "wasi:io/streams@0.2.12";

/// Answers requests with what its dependency says.
pub(crate) fn front() -> Vec<u8> {
    let imports = [
        (
            "doorward:probe/probe@0.1.0",
            "run",
            "run",
            "(param i32 i32 i32)",
        ),
        (
            HTTP,
            "[method]incoming-request.path-with-query",
            "path-with-query",
            "(param i32 i32)",
        ),
        (
            HTTP,
            "[method]incoming-request.scheme",
            "scheme",
            "(param i32 i32)",
        ),
        (
            HTTP,
            "[method]incoming-request.headers",
            "headers",
            "(param i32) (result i32)",
        ),
        (HTTP, "[method]fields.entries", "entries", "(param i32 i32)"),
        (HTTP, "[constructor]fields", "fields", "(result i32)"),
        (
            HTTP,
            "[constructor]outgoing-response",
            "outgoing-response",
            "(param i32) (result i32)",
        ),
        (
            HTTP,
            "[method]outgoing-response.body",
            "body",
            "(param i32 i32)",
        ),
        (
            HTTP,
            "[static]response-outparam.set",
            "set",
            "(param i32 i32 i32 i32 i64 i32 i32 i32 i32)",
        ),
        (
            HTTP,
            "[method]outgoing-body.write",
            "write",
            "(param i32 i32)",
        ),
        (
            HTTP,
            "[static]outgoing-body.finish",
            "finish",
            "(param i32 i32 i32 i32)",
        ),
        (
            STREAMS,
            "[method]output-stream.blocking-write-and-flush",
            "blocking-write-and-flush",
            "(param i32 i32 i32 i32)",
        ),
        (
            STREAMS,
            "[resource-drop]output-stream",
            "drop-output-stream",
            "(param i32)",
        ),
    ];
    component("front", &imports, include_str!("front.wat"))
}

/// A probe that imports one thing and says what comes of it. Named after its world.
pub(crate) fn probe(world: &str) -> Vec<u8> {
    let (_, imports, functions) = PROBES.iter().find(|(name, ..)| *name == world).unwrap();
    component(world, imports, functions)
}

/// Module, field, name in the text, type.
type Import<'text> = (&'text str, &'text str, &'text str, &'text str);

fn component(world: &str, imports: &[Import<'_>], functions: &str) -> Vec<u8> {
    let mut text = String::from("(module\n");
    for (module, field, name, kind) in imports {
        writeln!(text, "(import {module:?} {field:?} (func ${name} {kind}))").unwrap();
    }
    write!(text, "{}{functions})", include_str!("common.wat")).unwrap();
    let mut resolve = Resolve::default();
    resolve
        .push_str("wasi.wit", include_str!("wasi.wit"))
        .unwrap();
    let cli = include_str!("../../../wit/wasi/cli.wit").replace("@0.2.0", "@0.2.12");
    resolve.push_str("cli.wit", &cli).unwrap();
    resolve.push_str("http.wit", &http()).unwrap();
    resolve
        .push_str("spin.wit", include_str!("../../../wit/spin.wit"))
        .unwrap();
    let package = resolve
        .push_str("probe.wit", include_str!("probe.wit"))
        .unwrap();
    let world = resolve.select_world(&[package], Some(world)).unwrap();
    let mut module = wat::parse_str(text).unwrap();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    ComponentEncoder::default()
        .validate(true)
        .module(&module)
        .unwrap()
        .encode()
        .unwrap()
}

/// `wasi:http` as the host's own text has it, with the functions that the guests here need beside.
fn http() -> String {
    include_str!("../../../wit/wasi/http.wit")
        .replace("@0.2.0", "@0.2.12")
        .replace(
            "interface types {",
            concat!("interface types {\n", include_str!("types.wit")),
        )
        .replace(
            "resource outgoing-request;",
            "resource outgoing-request {
                constructor(headers: fields);
                set-scheme: func(scheme: option<scheme>) -> result;
                set-authority: func(authority: option<string>) -> result;
                set-path-with-query: func(path-with-query: option<string>) -> result;
            }",
        )
        .replace(
            "resource future-incoming-response;",
            "resource future-incoming-response {
                subscribe: func() -> pollable;
                get: func() -> option<result<result<incoming-response, error-code>>>;
            }",
        )
        + "
        interface incoming-handler {
            use types.{incoming-request, response-outparam};
            handle: func(request: incoming-request, response-out: response-outparam);
        }"
}
