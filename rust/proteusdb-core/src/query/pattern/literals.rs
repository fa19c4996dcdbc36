//! The runs of letters that every match of a regular expression has.
//!
//! ```text
//! M.{3,5}KL(WW|Y)      M, KL
//! (?:AC){2}[Gg]?T      ACAC, T
//! ```
//!
//! What is not surely there ends a run: a class, an alternation, a repeat that may be none. An expression that is not
//! understood has no runs, which is always true.

use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind};

use super::regular::MAX_NESTING;

/// Letters that repeats may add up to.
const MOST: usize = 4_096;

/// Runs of upper-case letters, in order.
pub(super) fn of(expression: &str) -> Vec<String> {
    let mut builder = ParserBuilder::new();
    builder.case_insensitive(true).unicode(false).utf8(false).nest_limit(MAX_NESTING);
    let Ok(parsed) = builder.build().parse(expression) else { return Vec::new() };
    let mut runs = Runs { found: vec![String::new()], letters: 0 };
    runs.walk(&parsed);
    runs.found.retain(|run| !run.is_empty());
    runs.found
}

struct Runs {
    found: Vec<String>,
    letters: usize,
}

impl Runs {
    fn walk(&mut self, part: &Hir) {
        match part.kind() {
            HirKind::Empty => {}
            HirKind::Literal(literal) => literal.0.iter().for_each(|&byte| self.letter(byte)),
            HirKind::Class(class) => match single(class) {
                Some(letter) => self.letter(letter),
                None => self.end(),
            },
            HirKind::Capture(capture) => self.walk(&capture.sub),
            HirKind::Concat(parts) => parts.iter().for_each(|part| self.walk(part)),
            HirKind::Repetition(repeat) => {
                let exact = repeat.max == Some(repeat.min);
                for _ in 0..repeat.min {
                    if self.letters >= MOST {
                        return self.end();
                    }
                    let before = self.letters;
                    self.walk(&repeat.sub);
                    if self.letters == before {
                        break;
                    }
                }
                if !exact {
                    self.end();
                }
            }
            HirKind::Alternation(_) | HirKind::Look(_) => self.end(),
        }
    }

    fn letter(&mut self, byte: u8) {
        let upper = byte.to_ascii_uppercase();
        match self.found.last_mut() {
            Some(run) if upper.is_ascii_uppercase() && self.letters < MOST => {
                run.push(char::from(upper));
                self.letters += 1;
            }
            _ => self.end(),
        }
    }

    fn end(&mut self) {
        if self.found.last().is_some_and(|run| !run.is_empty()) {
            self.found.push(String::new());
        }
    }
}

/// The letter of a class that has one, in either case.
fn single(class: &Class) -> Option<u8> {
    let Class::Bytes(class) = class else { return None };
    let mut letters = class.ranges().iter().flat_map(|range| range.start()..=range.end());
    let first = letters.next()?.to_ascii_uppercase();
    letters.all(|letter| letter.to_ascii_uppercase() == first).then_some(first)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Pattern;
    use super::*;

    #[test]
    fn what_is_surely_there_is_found() {
        for (expression, runs) in [
            ("M.{3,5}KL(WW|Y)", vec!["M", "KL"]),
            ("(?:AC){2}[Gg]?T", vec!["ACAC", "T"]),
            ("a+c", vec!["A", "C"]),
            ("^ACD$", vec!["ACD"]),
            ("(A*)*|B", vec![]),
            ("(", vec![]),
        ] {
            assert_eq!(of(expression), runs, "{expression}");
        }
        assert!(of("A{1000}{1000}").iter().map(String::len).sum::<usize>() <= MOST);
    }

    proptest! {
        #[test]
        fn runs_stand_in_every_match(
            expression in "([ACX.]|\\[AC\\]|\\(A\\|C\\)|\\(AX\\)\\{1,2\\}|A\\?|C\\+|X\\*){1,6}",
            sequence in "[ACX]{1,9}",
        ) {
            let Ok(pattern) = Pattern::regular(&expression) else { return Ok(()) };
            if pattern.matches(&sequence) {
                for run in of(&expression) {
                    prop_assert!(sequence.contains(&run), "{expression}: {run}");
                }
            }
        }
    }
}
