//! What must happen once happens once, however many ask at the same moment.

#[cfg(test)]
#[path = "../harness/mod.rs"]
#[expect(
    dead_code,
    reason = "shared by several targets, none of which uses all of it"
)]
mod harness;

#[cfg(test)]
mod race;
