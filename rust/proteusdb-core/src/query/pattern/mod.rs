//! Sequence patterns: parse once, ask many sequences.
//!
//! ```text
//! MLS*                      glob       one whole chain; with ':' the whole sequence, chain by chain
//! re:^M.{3,5}K              regular    anywhere within one chain, linear time
//! prosite:N-{P}-[ST]-{P}    PROSITE    anywhere within one chain
//! ```
//!
//! Letters are compared without case. A stored X, B or Z is a letter like any other: only that letter, a wildcard or a
//! negated class matches it, so a pattern never finds a residue that may be another one.
//!
//! Invariants: matching costs time linear in the sequence for a given pattern, however adversarial (a glob at most
//! `pattern / 64` word steps a residue); nothing but a `:` written in a glob matches the break between chains.

mod fault;
mod glob;
mod literals;
mod piece;
mod prosite;
mod reader;
mod regular;
mod residue;
#[cfg(test)]
mod tests;
mod text;

use std::fmt;

use crate::error::{Error, Result};
use glob::Glob;
use prosite::Prosite;
use regular::Regular;

pub(super) use fault::fault;
pub use text::TextPattern;

/// The longest pattern in bytes.
pub const MAX_PATTERN_BYTES: usize = 64 << 10;

const REGULAR: &str = "re:";
const PROSITE: &str = "prosite:";

/// A parsed pattern.
#[derive(Debug, Clone)]
pub struct Pattern {
    text: String,
    matcher: Matcher,
}

#[derive(Debug, Clone)]
enum Matcher {
    Glob(Glob),
    Regular(Regular),
    Prosite(Prosite),
}

impl Pattern {
    /// Parses `re:...`, `prosite:...` or else a glob.
    ///
    /// # Errors
    /// `Query` with the place of the fault and what is allowed there.
    pub fn parse(text: &str) -> Result<Self> {
        if let Some(body) = text.strip_prefix(REGULAR) {
            Self::regular(body)
        } else if let Some(body) = text.strip_prefix(PROSITE) {
            Self::prosite(body)
        } else {
            Self::glob(text)
        }
    }

    /// Parses a glob.
    ///
    /// # Errors
    /// As [`Pattern::parse`].
    pub fn glob(text: &str) -> Result<Self> {
        check_size(text)?;
        Ok(Self { text: text.to_owned(), matcher: Matcher::Glob(glob::parse(text)?) })
    }

    /// Parses a regular expression.
    ///
    /// # Errors
    /// As [`Pattern::parse`].
    pub fn regular(text: &str) -> Result<Self> {
        check_size(text)?;
        Ok(Self { text: text.to_owned(), matcher: Matcher::Regular(regular::parse(text)?) })
    }

    /// Parses a PROSITE pattern.
    ///
    /// # Errors
    /// As [`Pattern::parse`].
    pub fn prosite(text: &str) -> Result<Self> {
        check_size(text)?;
        Ok(Self { text: text.to_owned(), matcher: Matcher::Prosite(prosite::parse(text)?) })
    }

    /// Whether a stored sequence (upper case, chains joined by `:`) matches.
    #[must_use]
    pub fn matches(&self, sequence: &str) -> bool {
        self.matches_bytes(sequence.as_bytes())
    }

    /// The same of a sequence as bytes.
    #[must_use]
    pub fn matches_bytes(&self, sequence: &[u8]) -> bool {
        let mut chains = sequence.split(|&byte| byte == b':');
        match &self.matcher {
            Matcher::Glob(glob) => glob.matches(sequence),
            Matcher::Regular(regular) => chains.any(|chain| regular.matches(chain)),
            Matcher::Prosite(prosite) => chains.any(|chain| prosite.matches(chain)),
        }
    }

    /// Upper-case residues that some chain of every matching sequence begins with; empty where the pattern says none.
    #[must_use]
    pub fn literal_prefix(&self) -> String {
        match &self.matcher {
            Matcher::Glob(glob) => glob.literal_prefix(),
            Matcher::Regular(_) => String::new(),
            Matcher::Prosite(prosite) => prosite.literal_prefix(),
        }
    }

    /// Upper-case runs of residues, each of which stands within some chain of every matching sequence.
    #[must_use]
    pub fn literals(&self) -> Vec<String> {
        match &self.matcher {
            Matcher::Glob(glob) => glob.literals(),
            Matcher::Regular(_) => literals::of(&self.text),
            Matcher::Prosite(prosite) => prosite.literals(),
        }
    }

    /// Whether it is a glob, which costs less to match than the other kinds.
    #[must_use]
    pub fn is_glob(&self) -> bool {
        matches!(self.matcher, Matcher::Glob(_))
    }

    /// How `where` names the kind.
    pub(super) fn operator(&self) -> &'static str {
        match self.matcher {
            Matcher::Glob(_) => "glob",
            Matcher::Regular(_) => "matches",
            Matcher::Prosite(_) => "prosite",
        }
    }

    /// The pattern as given, without the prefix of its kind.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// Equal patterns are of one kind and text.
impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.operator() == other.operator() && self.text == other.text
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let prefix = match self.matcher {
            Matcher::Glob(_) => "",
            Matcher::Regular(_) => REGULAR,
            Matcher::Prosite(_) => PROSITE,
        };
        write!(f, "{prefix}{}", self.text)
    }
}

fn check_size(text: &str) -> Result<()> {
    if text.is_empty() {
        return Err(Error::query(
            "the pattern is empty; allowed are a glob (MLS*), re: with a regular expression, prosite: with a PROSITE \
             pattern",
        ));
    }
    if text.len() > MAX_PATTERN_BYTES {
        return Err(Error::query(format!(
            "the pattern has {} bytes; allowed are at most {MAX_PATTERN_BYTES}",
            text.len()
        )));
    }
    Ok(())
}
