//! What wit-bindgen makes of the world `doorward:worlds/policy`.

wit_bindgen::generate!({
    world: "doorward:worlds/policy",
    path: ["../../wit/host", "../../wit/provider", "../../wit/policy", "../../wit"],
    additional_derives: [PartialEq, Eq],
    generate_all,
});
