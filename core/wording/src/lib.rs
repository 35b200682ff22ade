//! What the pages and the mails say: catalogues of texts, one file per language, and sentences with values and plurals in them.
//!
//! A catalogue is lines of `id = wording`; `#` begins a comment line, `\n` in a wording is a line break. In a wording, `{name}` stands
//! for a value, and `{count, plural, one {# minute} other {# minutes}}` for one of several forms, by the number that the value is; `#`
//! is that number. That is the part of the Unicode message format (UTS #35) that these texts need, and no more.

mod catalogue;
mod message;
mod plural;

pub use catalogue::{Problem, compare, find, lines, parse, unescaped};
pub use message::{Arguments, Piece, arguments, names, pieces, plain};
pub use plural::{Category, categories, category};
