//! One token at a time.
//!
//! ```text
//! Scanner { text: {"ptm": 0.81}, at: 8 }  -number->  0.81   at: 12
//! ```
//!
//! Invariant: `at` never passes the end, and grows with every token.

use crate::error::{Error, Result};
use crate::formats::decimal::{self, Decimal};
use crate::formats::shown;

/// A text and how far it was read.
#[derive(Debug)]
pub(super) struct Scanner<'a> {
    text: &'a [u8],
    at: usize,
}

/// A number as it stands in the text.
#[derive(Debug, Clone, Copy)]
pub(super) enum Number {
    /// Written without point or exponent, and within 64 bits.
    Whole(i64),
    /// Any other.
    Real(Decimal),
}

impl<'a> Scanner<'a> {
    /// At the beginning, past a byte order mark.
    pub(super) fn new(text: &'a [u8]) -> Self {
        Self { text: text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text), at: 0 }
    }

    /// The next byte that is no white space; `None` at the end.
    #[inline]
    pub(super) fn peek(&mut self) -> Option<u8> {
        while let Some(&byte) = self.text.get(self.at) {
            if !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                return Some(byte);
            }
            self.at += 1;
        }
        None
    }

    /// Takes `byte` if it is next.
    #[inline]
    pub(super) fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    /// Takes one of the words that stand for themselves.
    pub(super) fn word(&mut self, word: &str) -> bool {
        let found = self.rest().starts_with(word.as_bytes());
        self.at += if found { word.len() } else { 0 };
        found
    }

    /// Takes a number; the next byte is a digit or a minus.
    #[inline]
    pub(super) fn number(&mut self) -> Result<Number> {
        self.number_as(number)
    }

    /// Takes a number as `read` understands it, all its digits told apart.
    #[inline]
    pub(super) fn number_as<N>(&mut self, read: impl FnOnce(&[u8]) -> Option<N>) -> Result<N> {
        let rest = self.rest();
        let length = rest
            .iter()
            .position(|byte| !matches!(byte, b'0'..=b'9' | b'.' | b'-' | b'+' | b'e' | b'E'))
            .unwrap_or(rest.len());
        let token = rest.get(..length).unwrap_or_default();
        let number = read(token).ok_or_else(|| self.wrong("a finite number is needed"))?;
        self.at += length;
        Ok(number)
    }

    /// Takes a string; the next byte is its quote.
    pub(super) fn string(&mut self) -> Result<String> {
        self.at += 1;
        let mut text = Vec::new();
        loop {
            let rest = self.rest();
            let plain =
                rest.iter().position(|&byte| matches!(byte, b'"' | b'\\')).ok_or_else(|| self.cut("a string"))?;
            text.extend_from_slice(rest.get(..plain).unwrap_or_default());
            self.at += plain + 1;
            if rest.get(plain) == Some(&b'"') {
                return String::from_utf8(text).map_err(|_| self.wrong("a string is not UTF-8"));
            }
            let escaped = self.escape()?;
            text.extend_from_slice(escaped.encode_utf8(&mut [0; 4]).as_bytes());
        }
    }

    /// The character after a backslash. Half of a surrogate pair becomes U+FFFD, as it stands for nothing.
    fn escape(&mut self) -> Result<char> {
        let &letter = self.rest().first().ok_or_else(|| self.cut("a string"))?;
        self.at += 1;
        Ok(match letter {
            b'"' | b'\\' | b'/' => char::from(letter),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let first = self.unit()?;
                let pair = (0xd800..0xdc00).contains(&first) && self.word("\\u");
                let units = if pair { vec![first, self.unit()?] } else { vec![first] };
                char::decode_utf16(units).next().and_then(Result::ok).unwrap_or(char::REPLACEMENT_CHARACTER)
            }
            _ => return Err(self.wrong(r#"after \ one of " \ / b f n r t u is needed"#)),
        })
    }

    fn unit(&mut self) -> Result<u16> {
        let digits = self.rest().get(..4).ok_or_else(|| self.cut("a string"))?;
        let digits = std::str::from_utf8(digits).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let unit = digits.and_then(|text| u16::from_str_radix(text, 16).ok());
        let unit = unit.ok_or_else(|| self.wrong("after \\u four hexadecimal digits are needed"))?;
        self.at += 4;
        Ok(unit)
    }

    fn rest(&self) -> &'a [u8] {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// The error for what stands here.
    pub(super) fn wrong(&mut self, needed: &str) -> Error {
        if self.peek().is_none() {
            return self.cut("a value");
        }
        let before = self.text.get(..self.at).unwrap_or_default();
        let line = memchr::memchr_iter(b'\n', before).count() + 1;
        let column = self.at - memchr::memrchr(b'\n', before).map_or(0, |newline| newline + 1) + 1;
        let here = self.rest();
        let end = here.iter().position(|byte| matches!(byte, b',' | b'\n' | b']' | b'}')).unwrap_or(here.len()).max(1);
        let here = shown(here.get(..end.min(20)).unwrap_or_default());
        Error::validation(format!("line {line}, column {column}: {here}: {needed}"))
    }

    /// The error for a text that ends too early.
    pub(super) fn cut(&self, inside: &str) -> Error {
        Error::validation(format!("JSON ends inside {inside} after {} bytes: the file is cut short", self.text.len()))
    }
}

#[inline]
fn number(token: &[u8]) -> Option<Number> {
    Some(match decimal::parse(token).filter(|_| !token.starts_with(b"+"))? {
        // -0 is a float, as an integer has only one zero.
        Decimal::Grid { mantissa, decimals: 0, negative }
            if (mantissa != 0 || !negative) && token.iter().all(|byte| !matches!(byte, b'.' | b'e' | b'E')) =>
        {
            Number::Whole(mantissa)
        }
        number => Number::Real(number),
    })
}
