//! Regular expressions over one chain, in linear time.
//!
//! The grammar is that of the `regex` crate: no look-around and no back-references, which is what keeps it linear.
//! `^` and `$` are the ends of a chain, since every chain is matched alone; case does not matter.

use regex::bytes::{Regex, RegexBuilder};

use crate::error::{Error, Result};

/// Bounds the compiled form, and with it the work a residue can cost.
pub(super) const MAX_COMPILED_BYTES: usize = 1 << 20;
/// Bounds what matching keeps of states it has met.
pub(super) const MAX_CACHE_BYTES: usize = 1 << 20;
/// Bounds the recursion of the parser.
pub(super) const MAX_NESTING: u32 = 100;

const ALLOWED: &str = "letters, ., [AG], [^P], (..|..), ?, *, +, {2,4}, ^ and $ (the ends); look-around and \
                       back-references are not, since they cannot run in linear time";

/// A compiled expression.
#[derive(Debug, Clone)]
pub(super) struct Regular {
    regex: Regex,
}

impl Regular {
    /// Whether it matches anywhere within a chain.
    pub(super) fn matches(&self, chain: &[u8]) -> bool {
        self.regex.is_match(chain)
    }
}

/// Compiles an expression.
///
/// # Errors
/// `Query` with the parser's own picture of the fault, or for one that grows too large.
pub(super) fn parse(text: &str) -> Result<Regular> {
    let mut builder = RegexBuilder::new(text);
    builder.case_insensitive(true).unicode(false);
    builder.size_limit(MAX_COMPILED_BYTES).dfa_size_limit(MAX_CACHE_BYTES).nest_limit(MAX_NESTING);
    builder.build().map(|regex| Regular { regex }).map_err(|error| refusal(&error))
}

/// Why an expression is not taken.
pub(super) fn refusal(error: &regex::Error) -> Error {
    match error {
        regex::Error::CompiledTooBig(_) => Error::query(format!(
            "the regular expression grows too large: allowed are {MAX_COMPILED_BYTES} bytes compiled; use smaller \
             counts in {{m,n}}"
        )),
        other => Error::query(format!("{other}\nallowed: {ALLOWED}")),
    }
}
