//! `where`: one text that says what must hold, the same in Python and in the shell.
//!
//! ```text
//! length > 100 and metadata.organism == 'E. coli' and not sequence glob 'M*K'
//!
//! or       := and ("or" and)*
//! and      := not ("and" not)*
//! not      := "not" not | "(" or ")" | test
//! test     := field compare literal              == != < <= > >=
//!           | literal compare field (compare literal)?        turned round: 0.5 <= confidence < 0.9
//!           | field "not"? "in" list             equal to one of them
//!           | field "not"? "between" literal "and" literal    both inclusive
//!           | field "is" "not"? ("null" | "none" | "missing")
//!           | field "not"? "exists"              is not missing
//!           | field "not"? "contains" literal    a part of a text, an item of a list
//!           | literal "not"? "in" field          the same: 'membrane' in metadata.tags
//!           | field "not"? ("glob" | "matches") text          texts, and the sequence
//!           | "sequence" "not"? "prosite" text
//! list     := "[" literal ("," literal)* "]" | "(" literal ("," literal)* ")"
//! field    := name | "metadata" ("." (name | text))+
//! literal  := number | text | "true" | "false" | "null" | "none"
//! text     := '...' or "...", the quote within doubled
//! ```
//!
//! Words of the grammar are read in either case, names of fields as they are. A text compared with a moment is a date
//! or date-time as [`Moments`](super::Moments) reads it (`2024-03-01` the whole UTC day, `today`, `7 days ago`). What
//! comparisons mean, also where a value is missing, stands at [`Condition`].
//!
//! On the sequence `glob`, `matches` and `prosite` are those of [`Pattern`](super::Pattern): a chain, case aside. On
//! any other text `glob` must match all of it and `matches` some part, and case counts.
//!
//! Bounded, each by its own message: bytes of the text, nesting, literals of a list, patterns that are compiled.

mod literal;
mod parser;
#[cfg(test)]
mod tests;
mod token;

use super::Condition;
use crate::error::{Error, Result};

/// The longest expression in bytes.
pub const MAX_BYTES: usize = 64 << 10;
/// How deep `not` and parentheses may nest.
pub const MAX_DEPTH: usize = 64;
/// The most literals of one `in`.
pub const MAX_LIST: usize = 1_000;
/// The most patterns, each of which takes time and up to a few MiB to compile.
pub const MAX_PATTERNS: usize = 50;

/// Parses an expression.
///
/// # Errors
/// `Query` that shows the place of the fault and what is allowed there.
pub fn parse(text: &str) -> Result<Condition> {
    if text.len() > MAX_BYTES {
        return Err(Error::query(format!("the expression has {} bytes; allowed are at most {MAX_BYTES}", text.len())));
    }
    parser::parse(text, token::read(text)?)
}
