//! Where the numbers of a run stand: rows of equal length, one separator within rows and one between them.
//!
//! ```text
//! 0.25, 1.3], [1.2, 0.25      two columns, within ", ", between "], ["
//! ```
//!
//! Invariant: a run has at least one number, and all its rows are full.

use crate::codec::wire::{Reader, put_bytes, put_varint};
use crate::error::Result;
use crate::formats::decimal;

/// A longer text between two numbers separates nothing.
const MAX_SEPARATOR: usize = 64;
/// More numbers than any file has; the bound keeps a damaged count from being believed.
const MAX_NUMBERS: usize = 1 << 31;

/// The layout of a run; while encoding, also where its numbers begin.
#[derive(Debug, Default)]
pub(super) struct Layout {
    count: usize,
    columns: usize,
    within: Vec<u8>,
    between: Vec<u8>,
    starts: Vec<u32>,
    /// Where the run ends in the text.
    pub(super) end: usize,
}

impl Layout {
    /// The longest run that begins with the number at `start`.
    pub(super) fn read(bytes: &[u8], start: usize) -> Self {
        let mut run = Self { end: start, ..Self::default() };
        let mut at = start;
        loop {
            let length = number_length(bytes, at);
            let number = bytes.get(at..at + length).unwrap_or_default();
            let (true, Ok(place)) = (decimal::parse(number).is_some(), u32::try_from(at)) else { break };
            run.starts.push(place);
            run.end = at + length;
            let separator = separator(bytes, run.end);
            if separator.is_empty() || !run.continues(separator) {
                break;
            }
            at = run.end + separator.len();
        }
        run.end = run.end.max(start + 1);
        run.keep_full_rows(bytes);
        run
    }

    /// Whether the run goes on past this separator, which stands after the newest number.
    fn continues(&mut self, separator: &[u8]) -> bool {
        let count = self.starts.len();
        if count == 1 {
            self.within = separator.to_vec();
            return true;
        }
        let row_ends = self.columns > 0 && count.is_multiple_of(self.columns);
        if self.columns == 0 && separator != self.within {
            (self.columns, self.between) = (count, separator.to_vec());
            return true;
        }
        separator == if row_ends { &self.between } else { &self.within }
    }

    fn keep_full_rows(&mut self, bytes: &[u8]) {
        if self.columns == 0 {
            self.columns = self.starts.len();
        }
        let rows = self.starts.len() / self.columns.max(1);
        self.count = rows * self.columns;
        if let Some(&last) = self.starts.get(..self.count).and_then(<[u32]>::last)
            && self.count < self.starts.len()
        {
            self.end = last as usize + number_length(bytes, last as usize);
        }
        self.starts.truncate(self.count);
    }

    /// How many numbers there are.
    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// The numbers as they stand in the text this was read from.
    pub(super) fn tokens<'a>(&'a self, bytes: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
        self.starts.iter().map(move |&start| {
            let start = start as usize;
            bytes.get(start..start + number_length(bytes, start)).unwrap_or_default()
        })
    }

    /// The shape of the numbers as an array: rows and columns, also where a square was written as one row.
    pub(super) fn shape(&self) -> Vec<u64> {
        let (rows, columns) = (self.count / self.columns.max(1), self.columns);
        let side = self.count.isqrt();
        match rows {
            0 | 1 if side * side == self.count => vec![side as u64; 2],
            0 | 1 => vec![self.count as u64],
            _ => vec![rows as u64, columns as u64],
        }
    }

    /// The text that follows number `index`, up to the next one of the run.
    pub(super) fn after(&self, index: usize) -> &[u8] {
        let next = index + 1;
        if next == self.count {
            &[]
        } else if next.is_multiple_of(self.columns) {
            &self.between
        } else {
            &self.within
        }
    }

    pub(super) fn put(&self, out: &mut Vec<u8>) {
        put_varint(out, self.count as u64);
        put_varint(out, self.columns as u64);
        put_bytes(out, &self.within);
        put_bytes(out, &self.between);
    }

    pub(super) fn get(reader: &mut Reader<'_>) -> Result<Self> {
        let count = reader.count(MAX_NUMBERS)?;
        let columns = reader.count(count)?;
        let mut separator = || reader.bytes().ok().filter(|text| text.len() <= MAX_SEPARATOR).map(<[u8]>::to_vec);
        match (columns, separator(), separator()) {
            (1.., Some(within), Some(between)) => Ok(Self { count, columns, within, between, ..Self::default() }),
            _ => Err(reader.broken()),
        }
    }
}

/// Where the next number begins that is not part of a word.
pub(super) fn next_number(bytes: &[u8], from: usize) -> Option<usize> {
    let mut before = from.checked_sub(1).and_then(|index| bytes.get(index)).copied().unwrap_or(b' ');
    let begins = |byte: u8, before: u8| {
        (byte == b'-' || byte.is_ascii_digit()) && !(before.is_ascii_alphanumeric() || b"._-+\"'".contains(&before))
    };
    let rest = bytes.get(from..)?;
    let found = rest.iter().position(|&byte| begins(byte, std::mem::replace(&mut before, byte)))?;
    Some(from + found)
}

fn number_length(bytes: &[u8], start: usize) -> usize {
    let rest = bytes.get(start..).unwrap_or_default();
    rest.iter().position(|byte| !matches!(byte, b'0'..=b'9' | b'.' | b'-' | b'+' | b'e' | b'E')).unwrap_or(rest.len())
}

/// What separates a number that ends here from one that follows; empty where none follows.
fn separator(bytes: &[u8], at: usize) -> &[u8] {
    let rest = bytes.get(at..).unwrap_or_default();
    let length = rest.iter().take(MAX_SEPARATOR + 1).take_while(|byte| b" \n\r\t,[]".contains(byte)).count();
    let followed = rest.get(length).is_some_and(|&byte| byte == b'-' || byte.is_ascii_digit());
    rest.get(..length).filter(|_| followed && length <= MAX_SEPARATOR).unwrap_or_default()
}
