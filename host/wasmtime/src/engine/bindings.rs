//! The contracts of `wit/` as Rust, generated. The worlds share the types of the interfaces that they share.

/// World `core`.
pub(crate) mod core {
    wasmtime::component::bindgen!({
        path: ["../../wit/host", "../../wit/policy", "../../wit/provider", "../../wit"],
        world: "doorward:worlds/core",
        imports: {
            "doorward:host/settings": trappable,
            "doorward:host/events": trappable,
            "doorward:provider/logins.list": trappable,
            default: async | trappable,
        },
        exports: { default: async },
        additional_derives: [PartialEq],
    });
}

/// World `provider`.
pub(crate) mod provider {
    wasmtime::component::bindgen!({
        path: ["../../wit/host", "../../wit/policy", "../../wit/provider", "../../wit"],
        world: "doorward:worlds/provider",
        imports: { "doorward:host/passwords": async | trappable, "doorward:host/mail": async | trappable },
        exports: { default: async },
        with: {
            "doorward:host/records": super::core::doorward::host::records,
            "doorward:host/events": super::core::doorward::host::events,
            "doorward:host/sealing": super::core::doorward::host::sealing,
            "doorward:host/signatures": super::core::doorward::host::signatures,
            "doorward:provider/types": super::core::doorward::provider::types,
        },
    });
}

/// World `policy`.
pub(crate) mod policy {
    wasmtime::component::bindgen!({
        path: ["../../wit/host", "../../wit/policy", "../../wit/provider", "../../wit"],
        world: "doorward:worlds/policy",
        exports: { default: async },
        with: { "doorward:policy/types": super::core::doorward::policy::types },
    });
}
