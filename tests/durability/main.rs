//! What was acknowledged stays, whatever happens to the process, the disk or the database.

#[cfg(test)]
#[path = "../harness/mod.rs"]
#[expect(
    dead_code,
    reason = "shared by several targets, none of which uses all of it"
)]
mod harness;

#[cfg(test)]
mod expiry;
#[cfg(test)]
mod kill;
#[cfg(test)]
mod outage;
#[cfg(test)]
mod shutdown;
