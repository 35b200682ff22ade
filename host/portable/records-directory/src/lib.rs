//! Records in a directory, for hosts that give a component nothing but a preopened one (`wasmtime serve --dir HOST::/data`).
//!
//! # On disk
//! ```text
//! format                         says that this is a store, and of which kind
//! keys/+<segment>/<00..3f>/=<rest>/   one directory per key (`name`), holding nothing but its head
//! keys/…/=<rest>/<head>          an empty file whose NAME says what the key is now (`head`)
//! values/<00..ff>/<version>      the bytes of a record, checksummed; written before a head names it, never changed
//! tmp/                           directories on their way into `keys`
//! ```
//!
//! # Why it is linearizable without locks
//! A key's directory D holds at most one entry, its head, and each head has a version in its name that the key never has
//! twice. D only ever changes by four system calls, each of them atomic and each doing nothing unless the state is still
//! the one that its caller read:
//! - *change*: `rename(D/old, D/new)`. Fails unless `old` is there. Because no name comes back, that is compare-and-swap:
//!   a writer that slept for an hour fails, whatever was removed and cleaned up behind it.
//! - *create*: `rename(tmp/x, D)`, where `tmp/x` holds the first head. A directory is renamed onto another only if that one
//!   is empty or not there, so of many creators one wins.
//! - *delete*: `unlink(D/old)`. Fails unless `old` is there. An empty D is an absent key.
//! - *tidy*: `rmdir(D)`. Fails unless D is empty.
//!
//! A path is resolved before the call acts on it, so D may have been removed and created anew in between; then the caller
//! acts on the removed directory, which is empty for ever, and fails. If `old` is still there, D was never empty since it
//! was read, so it is still the directory at its path.
//!
//! The moment at which a write happens is that call. A read happens when the kernel lists D: the head that it sees was the
//! key's at that moment. Its value is read afterwards and never changes; if it is gone, a later head has won and the read
//! begins again. A listing that saw no head may have run past a `rename`; `rmdir` then tells at one moment whether D is
//! empty.
//!
//! # Why a crash loses nothing
//! Before a head may name a value, the value and its directory entry are flushed; before a call answers `ok`, the entry of
//! the head is; and only then is the old value removed. So after a crash between any two instructions the key has its old
//! head with the old value, or the new one with the new. What may be left over is a value that no head names and a
//! directory in `tmp`; the [`sweep`] removes both after an hour, and no writer continues after ten minutes. A read may see
//! a write that is about to be flushed; if the machine loses power in that moment, nobody has been told that it was done.
//!
//! # Bounds
//! It needs a file system with POSIX semantics (ext4, XFS, btrfs, APFS), local to the machine: network file systems cache
//! directories. A record takes a directory and two files. Listing costs a walk over all keys with the same first segment.

mod cell;
mod disk;
mod head;
mod listing;
mod name;
mod store;
mod sweep;
mod value;

#[cfg(test)]
mod tests;

pub use store::Directory;

#[cfg(target_family = "wasm")]
mod exports {
    type Component = doorward_portable_records::Exported<crate::Directory>;
    doorward_portable_records::bindings::export!(Component with_types_in doorward_portable_records::bindings);
}
