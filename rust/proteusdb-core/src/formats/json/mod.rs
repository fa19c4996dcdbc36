//! The JSON that predictors write beside a structure: scores, and matrices of millions of numbers.
//!
//! ```text
//! {"ptm": 0.81, "pae": [[0.25, 1.3], [1.2, 0.25]], "chains": ["A", "B"]}
//!
//! scan      bytes -> one token at a time, with its place for errors
//! numbers   nested lists of numbers -> one array, as they are read
//! read      tokens -> a value
//! document  metadata as JSON and back, for back ends that keep it so
//! ```
//!
//! As Python's `json` reads it (RFC 8259, and `NaN`, `Infinity`, `-Infinity`), but for lists that hold numbers alone:
//! a rectangular one, of any depth, is an array.

mod document;
mod numbers;
mod read;
mod scan;

pub use document::{read_document, write_document, write_plain};
pub use read::read_json;

#[cfg(test)]
mod tests;
