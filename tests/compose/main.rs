//! `doorward compose` from outside: what it writes, what it refuses, and what a composition lets its parts see.

#[cfg(test)]
mod artefacts;
#[cfg(test)]
mod command;
#[cfg(test)]
mod isolation;
#[cfg(test)]
mod plugin;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod running;
#[cfg(test)]
mod settings;
