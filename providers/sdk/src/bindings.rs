//! What wit-bindgen makes of the world `doorward:worlds/provider`. Plugins use the names that the crate re-exports.

wit_bindgen::generate!({
    world: "doorward:worlds/provider",
    // Dependencies before dependents: the worlds name all three packages.
    path: ["../../wit/host", "../../wit/provider", "../../wit/policy", "../../wit"],
    pub_export_macro: true,
    export_macro_name: "export_component",
    default_bindings_module: "doorward_provider::bindings",
    additional_derives: [PartialEq, Eq],
    generate_all,
});
