//! The life of a plugin as an operator and an author meet it: looked at, let in, refused, taken out.

#[cfg(test)]
#[path = "../compose/plugin.rs"]
#[expect(dead_code, reason = "shared with the tests of `compose`")]
mod guest;
#[cfg(test)]
#[path = "../harness/mod.rs"]
#[expect(
    dead_code,
    reason = "shared by several targets, none of which uses all of it"
)]
mod harness;

#[cfg(test)]
mod lifecycle;
#[cfg(test)]
mod lockfile;
#[cfg(test)]
mod place;
#[cfg(test)]
mod project;
#[cfg(test)]
mod registry;
#[cfg(test)]
mod reload;
#[cfg(test)]
mod signatures;
#[cfg(test)]
mod signer;
