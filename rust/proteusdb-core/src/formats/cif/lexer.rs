//! CIF text to tokens, without copying.
//!
//! ```text
//! loop_ _a.b 'x y' ;\n text\n;  # comment
//! Loop  Tag  Value Value
//! ```
//!
//! Words are told by CIF 1.1: keywords and `data_` in any case; a quote ends only before white space; a `;` opens a text
//! field only at the beginning of a line; a comment begins only where a token could.

use super::super::shown;
use crate::error::{Error, Result};

/// A value with its quoting taken off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in super::super) struct Value<'a> {
    pub text: &'a [u8],
    /// Whether it was quoted, so that `'.'` is a text and `.` is no value.
    pub quoted: bool,
}

impl<'a> Value<'a> {
    /// The text, or `None` for the placeholders `.` and `?`.
    pub(super) fn given(self) -> Option<&'a [u8]> {
        let missing = !self.quoted && matches!(self.text, b"" | b"." | b"?");
        (!missing).then_some(self.text)
    }
}

/// One token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// `data_name`
    Block,
    /// `global_`
    Global,
    /// `save_name`, or `save_` with `false` where the frame ends.
    Frame(bool),
    /// `loop_`
    Loop,
    /// `stop_`
    Stop,
    /// `_category.item`
    Tag(&'a [u8]),
    /// Anything else.
    Value(Value<'a>),
}

/// A cursor over CIF text.
pub(super) struct Lexer<'a> {
    bytes: &'a [u8],
    position: usize,
    /// Where the last token began, for messages.
    token_start: usize,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, position: 0, token_start: 0 }
    }

    /// An error about the last token.
    pub(super) fn error(&self, problem: impl std::fmt::Display) -> Error {
        let before = self.bytes.get(..self.token_start).unwrap_or_default();
        let count = |newline| memchr::memchr_iter(newline, before).count();
        let lines = match count(b'\n') {
            0 => count(b'\r'),
            lines => lines,
        };
        Error::validation(format!("line {}: {problem}", lines + 1))
    }

    /// Where the next token is looked for.
    pub(super) fn position(&self) -> usize {
        self.position
    }

    /// Goes back to a position that [`Self::position`] gave.
    pub(super) fn rewind(&mut self, position: usize) {
        self.position = position;
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.position).copied()
    }

    fn skip_space(&mut self) {
        while let Some(byte) = self.peek() {
            if byte == b'#' {
                let rest = self.bytes.get(self.position..).unwrap_or_default();
                self.position += memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
            } else if is_space(byte) {
                self.position += 1;
            } else {
                break;
            }
        }
    }

    fn at_line_start(&self) -> bool {
        self.position == 0 || matches!(self.bytes.get(self.position - 1), Some(b'\n' | b'\r'))
    }

    /// The next token if it is a bare value on the same line, as nearly every value of a table of atoms is; else `None`,
    /// with the position unchanged.
    #[inline]
    pub(super) fn bare_value(&mut self) -> Option<Value<'a>> {
        let rest = self.bytes.get(self.position..)?;
        let start = rest.iter().position(|&byte| byte != b' ')?;
        let word = rest.get(start..)?;
        // Letters that may begin a keyword are left to `next` where the sixth byte at most tells a keyword.
        match word.first()? {
            b'\'' | b'"' | b';' | b'_' | b'#' | b'\t'..=b'\r' => return None,
            b'd' | b'D' | b'l' | b'L' | b's' | b'S' | b'g' | b'G' if word.iter().take(7).any(|&byte| byte == b'_') => {
                return None;
            }
            _ => {}
        }
        let length = word.iter().position(|&byte| is_space(byte)).unwrap_or(word.len());
        self.token_start = self.position + start;
        self.position = self.token_start + length;
        Some(Value { text: word.get(..length)?, quoted: false })
    }

    /// The next token, or `None` at the end of the text.
    pub(super) fn next(&mut self) -> Result<Option<Token<'a>>> {
        self.skip_space();
        self.token_start = self.position;
        let Some(first) = self.peek() else { return Ok(None) };
        match first {
            b'\'' | b'"' => self.quoted(first).map(Some),
            b';' if self.at_line_start() => self.text_field().map(Some),
            b'_' => Ok(Some(Token::Tag(self.word()))),
            b'd' | b'D' | b'l' | b'L' | b's' | b'S' | b'g' | b'G' => {
                let word = self.word();
                Ok(Some(keyword(word).unwrap_or(Token::Value(Value { text: word, quoted: false }))))
            }
            _ => Ok(Some(Token::Value(Value { text: self.word(), quoted: false }))),
        }
    }

    fn word(&mut self) -> &'a [u8] {
        let rest = self.bytes.get(self.position..).unwrap_or_default();
        let length = rest.iter().position(|&byte| is_space(byte)).unwrap_or(rest.len());
        self.position += length;
        rest.get(..length).unwrap_or_default()
    }

    fn quoted(&mut self, quote: u8) -> Result<Token<'a>> {
        let start = self.position + 1;
        let rest = self.bytes.get(start..).unwrap_or_default();
        for at in memchr::memchr3_iter(quote, b'\n', b'\r', rest) {
            if rest.get(at) != Some(&quote) {
                break;
            }
            if rest.get(at + 1).is_none_or(|&byte| is_space(byte)) {
                self.position = start + at + 1;
                return Ok(Token::Value(Value { text: rest.get(..at).unwrap_or_default(), quoted: true }));
            }
        }
        let line = rest.split(|&byte| byte == b'\n').next().unwrap_or_default();
        Err(self.error(format!("quoted text {} has no closing {}", shown(line), char::from(quote))))
    }

    fn text_field(&mut self) -> Result<Token<'a>> {
        let start = self.position + 1;
        let rest = self.bytes.get(start..).unwrap_or_default();
        for at in memchr::memchr_iter(b';', rest) {
            if at > 0 && matches!(rest.get(at - 1), Some(b'\n' | b'\r')) {
                self.position = start + at + 1;
                let text = rest.get(..at - 1).unwrap_or_default();
                let crlf = rest.get(at - 1) == Some(&b'\n');
                let text = text.strip_suffix(b"\r").filter(|_| crlf).unwrap_or(text);
                return Ok(Token::Value(Value { text, quoted: true }));
            }
        }
        Err(self.error("text field has no closing ; at the beginning of a line"))
    }
}

#[inline]
fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

fn keyword(word: &[u8]) -> Option<Token<'_>> {
    if word.get(4) != Some(&b'_') && word.get(6) != Some(&b'_') {
        return None;
    }
    let starts = |prefix: &[u8]| word.get(..prefix.len()).is_some_and(|head| head.eq_ignore_ascii_case(prefix));
    match word.len() {
        5 if starts(b"loop_") => Some(Token::Loop),
        5 if starts(b"stop_") => Some(Token::Stop),
        7 if starts(b"global_") => Some(Token::Global),
        _ if starts(b"data_") => Some(Token::Block),
        _ if starts(b"save_") => Some(Token::Frame(word.len() > 5)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Vec<Token<'_>> {
        let mut lexer = Lexer::new(text.as_bytes());
        std::iter::from_fn(|| lexer.next().unwrap()).collect()
    }

    fn value(text: &str, quoted: bool) -> Token<'_> {
        Token::Value(Value { text: text.as_bytes(), quoted })
    }

    #[test]
    fn words_quotes_and_text_fields_are_told_apart() {
        let text =
            "# c\r\nDATA_x loop_ _a.B 'it''s' \"O5'\" O5' a#b ;x\n;two\r\nlines\r\n;\n'.' . STOP_ save_f save_ data";
        assert_eq!(
            tokens(text),
            [
                Token::Block,
                Token::Loop,
                Token::Tag(b"_a.B"),
                value("it''s", true),
                value("O5'", true),
                value("O5'", false),
                value("a#b", false),
                value(";x", false),
                value("two\r\nlines", true),
                value(".", true),
                value(".", false),
                Token::Stop,
                Token::Frame(true),
                Token::Frame(false),
                value("data", false),
            ]
        );
        assert_eq!(tokens("''"), [value("", true)]);
    }

    #[test]
    fn what_never_closes_is_an_error_that_names_its_line() {
        for (text, line) in [("a\n'open\nclose'", "line 2"), ("a\n\n;open\n ;", "line 3"), ("\"x", "line 1")] {
            let mut lexer = Lexer::new(text.as_bytes());
            let error = loop {
                match lexer.next() {
                    Ok(token) => assert!(token.is_some(), "{text:?} was accepted"),
                    Err(error) => break error,
                }
            };
            assert!(error.message().starts_with(line), "{error}");
        }
    }
}
