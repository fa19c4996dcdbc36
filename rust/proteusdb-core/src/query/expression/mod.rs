//! `where`: one text that says what must hold, the same in Python and in the shell.
//!
//! ```text
//! length > 100 and metadata.organism == 'E. coli' and not sequence glob 'M*K'
//!
//! or       := and ("or" and)*
//! and      := not ("and" not)*
//! not      := "not" not | "(" or ")" | test
//! test     := field compare literal              == != < <= > >=
//!           | field "not"? "in" "[" literal ("," literal)* "]"
//!           | field "not"? "between" literal "and" literal          both inclusive
//!           | field "is" "not"? ("null" | "missing")
//!           | "sequence" "not"? ("glob" | "matches" | "prosite") text
//! field    := name | "metadata" ("." (name | text))+
//! literal  := number | text | "true" | "false" | "null"
//! text     := '...' or "...", the quote within doubled
//! ```
//!
//! Words of the grammar are read in either case, names of fields as they are. A text compared with a moment is a date
//! or date-time, a bare date the whole UTC day. What comparisons mean, also where a value is missing, stands at
//! [`Condition`].

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
