//! A cursor over the characters of a pattern that knows where it is.

use super::fault::fault;
use crate::error::Error;

/// The cursor.
pub(super) struct Reader<'t> {
    text: &'t str,
    letters: Vec<char>,
    at: usize,
}

impl<'t> Reader<'t> {
    /// A cursor at the beginning.
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, letters: text.chars().collect(), at: 0 }
    }

    /// The next character.
    pub(super) fn peek(&self) -> Option<char> {
        self.letters.get(self.at).copied()
    }

    /// Moves past it.
    pub(super) fn skip(&mut self) {
        self.at += 1;
    }

    /// Moves past `letter` where it is the next one.
    pub(super) fn take(&mut self, letter: char) -> bool {
        let found = self.peek() == Some(letter);
        self.at += usize::from(found);
        found
    }

    /// Moves past digits; `None`, without moving, where there are none or they exceed u32.
    pub(super) fn number(&mut self) -> Option<u32> {
        let start = self.at;
        while self.peek().is_some_and(|letter| letter.is_ascii_digit()) {
            self.skip();
        }
        let number = self.letters.get(start..self.at)?.iter().collect::<String>().parse().ok();
        self.at = if number.is_some() { self.at } else { start };
        number
    }

    /// Characters before the cursor.
    pub(super) fn position(&self) -> usize {
        self.at
    }

    /// An error at the cursor.
    pub(super) fn fault(&self, problem: &str, allowed: &str) -> Error {
        self.fault_at(self.at, problem, allowed)
    }

    /// An error at a place passed before.
    pub(super) fn fault_at(&self, at: usize, problem: &str, allowed: &str) -> Error {
        fault(self.text, at, problem, allowed)
    }
}
