//! An error that shows where in a text the fault is.
//!
//! ```text
//! character 3: the class is not closed
//!   MK[AG
//!     ^
//! allowed are letters, * ...
//! ```

use crate::error::Error;

/// Characters shown on either side of the fault.
const AROUND: usize = 30;

/// A `Query` error at character `at` (counted from 0) of `text`.
pub(in crate::query) fn fault(text: &str, at: usize, problem: &str, allowed: &str) -> Error {
    let from = at.saturating_sub(AROUND);
    let (left, right) = (if from > 0 { "…" } else { "" }, text.chars().count() > at + AROUND);
    // One character stays one column, whatever it is.
    let shown: String =
        text.chars().skip(from).take(at - from + AROUND).map(|c| if c.is_control() { ' ' } else { c }).collect();
    let (right, indent) = (if right { "…" } else { "" }, " ".repeat(at - from + left.chars().count()));
    Error::query(format!("character {}: {problem}\n  {left}{shown}{right}\n  {indent}^\nallowed: {allowed}", at + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_caret_stands_under_the_fault() {
        let error = fault("MK[AG", 2, "the class is not closed", "letters");
        assert_eq!(error.message(), "character 3: the class is not closed\n  MK[AG\n    ^\nallowed: letters");
    }

    #[test]
    fn a_long_text_is_cut_around_the_fault() {
        let text = format!("{}1{}", "A".repeat(500), "C".repeat(500));
        let message = fault(&text, 500, "a digit", "letters").message().to_owned();
        let lines: Vec<&str> = message.lines().collect();
        assert!(lines[1].chars().count() < 70, "{message}");
        assert_eq!(lines[1].chars().nth(lines[2].chars().count() - 1), Some('1'), "{message}");
    }
}
