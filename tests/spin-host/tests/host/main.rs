//! The host from outside: what it refuses, what it passes on, and what it answers when a guest fails. Every test serves
//! guests of its own in a process of its own.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod app;
mod grants;
mod guests;
mod requests;
mod start;
