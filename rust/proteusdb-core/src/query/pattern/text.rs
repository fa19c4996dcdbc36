//! Patterns over texts that are no sequences: ids, jobs, names of models, metadata.
//!
//! ```text
//! job glob 'screen-*'                 the whole text: * any run, ? one character, [ab] [a-z] one of, [!ab] none of
//! metadata.note matches '^run \d+'    a regular expression, anywhere within the text; (?i) lets case go
//! ```
//!
//! Unlike residues, the case of letters counts. A character that has a meaning stands for itself in a class: `[*]`.
//! Both run in linear time, in bounded memory.

use regex::{Regex, RegexBuilder};

use super::fault::fault;
use super::{check_size, regular};
use crate::error::Result;

const ALLOWED: &str = "* (any run), ? (one character), [ab] or [a-z] (one of), [!ab] (none of), [*] (the star itself)";

/// A parsed pattern over a text.
#[derive(Debug, Clone)]
pub struct TextPattern {
    text: String,
    regex: Regex,
    glob: Option<Beginning>,
}

/// What the texts that match a glob begin with.
#[derive(Debug, Clone, Default)]
struct Beginning {
    prefix: String,
    rest: Rest,
}

/// What a glob says of the rest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Rest {
    /// There is none.
    #[default]
    Nothing,
    /// Anything: the glob is `prefix*`.
    Anything,
    /// More than that.
    Pattern,
}

impl TextPattern {
    /// Parses a glob.
    ///
    /// # Errors
    /// `Query` with the place of the fault.
    pub fn glob(text: &str) -> Result<Self> {
        check_size(text)?;
        let (expression, beginning) = translate(text)?;
        Ok(Self { text: text.to_owned(), regex: compile(&expression)?, glob: Some(beginning) })
    }

    /// Parses a regular expression.
    ///
    /// # Errors
    /// `Query` with the parser's own picture of the fault, or for one that grows too large.
    pub fn regular(text: &str) -> Result<Self> {
        check_size(text)?;
        Ok(Self { text: text.to_owned(), regex: compile(text)?, glob: None })
    }

    /// Whether a text matches.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }

    /// What every text that matches begins with, and whether each that begins so does match.
    pub(in crate::query) fn prefix(&self) -> (&str, bool) {
        self.glob.as_ref().map_or(("", false), |glob| (&glob.prefix, glob.rest == Rest::Anything))
    }

    /// The one text that matches, where there is only one.
    pub(in crate::query) fn only(&self) -> Option<&str> {
        self.glob.as_ref().filter(|glob| glob.rest == Rest::Nothing).map(|glob| glob.prefix.as_str())
    }

    /// How `where` names the kind.
    pub(in crate::query) fn operator(&self) -> &'static str {
        if self.glob.is_some() { "glob" } else { "matches" }
    }

    /// The pattern as given.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// Equal patterns are of one kind and text.
impl PartialEq for TextPattern {
    fn eq(&self, other: &Self) -> bool {
        self.operator() == other.operator() && self.text == other.text
    }
}

fn compile(expression: &str) -> Result<Regex> {
    let mut builder = RegexBuilder::new(expression);
    builder.size_limit(regular::MAX_COMPILED_BYTES).dfa_size_limit(regular::MAX_CACHE_BYTES);
    builder.nest_limit(regular::MAX_NESTING).build().map_err(|error| regular::refusal(&error))
}

/// A glob as a regular expression over the whole text.
fn translate(text: &str) -> Result<(String, Beginning)> {
    let letters: Vec<char> = text.chars().collect();
    let (mut expression, mut beginning) = (String::from(r"(?s)\A(?:"), Beginning::default());
    let mut at = 0;
    while let Some(&letter) = letters.get(at) {
        at += 1;
        beginning.rest = match (beginning.rest, letter) {
            (Rest::Nothing, '*') => Rest::Anything,
            (_, '*' | '?' | '[') => Rest::Pattern,
            (Rest::Nothing, _) => Rest::Nothing,
            _ => Rest::Pattern,
        };
        match letter {
            '*' => expression.push_str(".*"),
            '?' => expression.push('.'),
            '[' => at = class(text, &letters, at, &mut expression)?,
            _ => {
                expression.push_str(&regex::escape(letter.encode_utf8(&mut [0; 4])));
                if beginning.rest == Rest::Nothing {
                    beginning.prefix.push(letter);
                }
            }
        }
    }
    expression.push_str(r")\z");
    Ok((expression, beginning))
}

/// The class whose `[` stood before `from`; returns the place after its `]`.
fn class(text: &str, letters: &[char], from: usize, into: &mut String) -> Result<usize> {
    let open = from - 1;
    let negated = letters.get(from) == Some(&'!');
    let first = from + usize::from(negated);
    // A `]` that stands first is a member, as in every shell.
    let rest = letters.get(first + 1..).unwrap_or_default();
    let Some(length) = rest.iter().position(|&letter| letter == ']') else {
        return Err(fault(text, open, "the class is not closed", ALLOWED));
    };
    let close = first + 1 + length;
    let members = letters.get(first..close).unwrap_or_default();
    into.push_str(if negated { "[^" } else { "[" });
    let mut at = 0;
    while let Some(&low) = members.get(at) {
        let high = (members.get(at + 1) == Some(&'-')).then(|| members.get(at + 2)).flatten();
        into.push_str(&regex::escape(low.encode_utf8(&mut [0; 4])));
        if let Some(&high) = high {
            if high < low {
                return Err(fault(text, first + at, "the range goes backwards", "[a-z], the smaller character first"));
            }
            into.push('-');
            into.push_str(&regex::escape(high.encode_utf8(&mut [0; 4])));
        }
        at += if high.is_some() { 3 } else { 1 };
    }
    into.push(']');
    Ok(close + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_glob_is_the_whole_text_and_case_counts() {
        for (glob, text, expected) in [
            ("screen-*", "screen-7", true),
            ("screen-*", "Screen-7", false),
            ("screen", "screen-7", false),
            ("*7", "screen-7", true),
            ("?", "é", true),
            ("?", "ab", false),
            ("a*b", "a\nb", true),
            ("[a-c]?", "bz", true),
            ("[!a-c]", "b", false),
            ("[*]", "*", true),
            ("[*]", "x", false),
            ("[]x]", "]", true),
            ("[a-]", "-", true),
            ("a.b", "axb", false),
            (r"\d", "5", false),
            ("[^a]", "^", true),
        ] {
            assert_eq!(TextPattern::glob(glob).unwrap().matches(text), expected, "{glob} on {text}");
        }
    }

    #[test]
    fn a_regular_expression_matches_anywhere_and_knows_unicode() {
        for (pattern, text, expected) in [
            ("run \\d+", "the run 7", true),
            ("^run", "the run 7", false),
            ("(?i)É", "café", true),
            ("\\bcoli\\b", "E. coli", true),
        ] {
            assert_eq!(TextPattern::regular(pattern).unwrap().matches(text), expected, "{pattern} on {text}");
        }
    }

    #[test]
    fn what_a_glob_says_of_the_beginning() {
        let of = |glob: &str| {
            let pattern = TextPattern::glob(glob).unwrap();
            let (prefix, exact) = pattern.prefix();
            (prefix.to_owned(), exact, pattern.only().map(str::to_owned))
        };
        assert_eq!(of("run*"), ("run".into(), true, None));
        assert_eq!(of("run*7"), ("run".into(), false, None));
        assert_eq!(of("r?n*"), ("r".into(), false, None));
        assert_eq!(of("run"), ("run".into(), false, Some("run".into())));
        assert_eq!(of("[r]un"), (String::new(), false, None));
        assert_eq!(of("run**"), ("run".into(), false, None));
    }

    #[test]
    fn faults_are_shown_and_sizes_are_bounded() {
        let problem = |glob: &str| TextPattern::glob(glob).unwrap_err().message().to_owned();
        assert!(problem("a[bc").contains("character 2: the class is not closed\n  a[bc\n   ^"), "{}", problem("a[bc"));
        assert!(problem("[z-a]").contains("the range goes backwards"));
        assert!(problem("").contains("empty"));
        assert!(TextPattern::regular("(").unwrap_err().message().contains("unclosed group"));
        assert!(TextPattern::regular(r"(?:\w{1000}){1000}").unwrap_err().message().contains("too large"));
        assert!(TextPattern::regular(&"(".repeat(5_000)).is_err());
    }
}
