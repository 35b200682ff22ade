//! The interfaces of `wit/` as Rust, generated.
#![expect(missing_docs, reason = "generated; `wit/spin.wit` says what is meant")]

wasmtime::component::bindgen!({
    path: "wit",
    world: "fermyon:spin/spin",
    imports: { "fermyon:spin/variables": trappable, default: async | trappable },
    with: {
        "fermyon:spin/sqlite.connection": crate::sqlite::Connection,
        "fermyon:spin/redis.connection": crate::redis::Connection,
    },
});
