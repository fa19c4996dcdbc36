//! Sequences in five bits a letter, several in a block.
//!
//! ```text
//! letters   A 1 … Z 26, the break between chains 27      8 letters in 5 bytes, the first in the low bits
//! block     2, 4 3                                       two sequences, of 4 and 3 letters
//!           bits of the first, filled up to a byte; bits of the second
//! ```
//!
//! Eight letters become eight bytes in a few steps on one word, so a scan reads less and costs little more than over
//! plain text.

use crate::codec::wire::{Reader, put_varint};
use crate::error::Result;

const STEP: &str = "block of sequences";
const BITS: usize = 5;
/// Letters in a word, and the bytes they take packed.
const LETTERS: usize = 8;
const BYTES: usize = 5;
/// The break between chains, as a code and as it is unpacked at first.
const BREAK: u8 = 27;
const UNPACKED_BREAK: u8 = BREAK | 0x40;

/// The code of a letter of a stored sequence.
pub(crate) fn code(letter: u8) -> u8 {
    if letter == b':' { BREAK } else { letter & 0x1f }
}

fn packed_bytes(letters: usize) -> usize {
    letters.saturating_mul(BITS).div_ceil(8)
}

fn pack(sequence: &[u8], out: &mut Vec<u8>) {
    for letters in sequence.chunks(LETTERS) {
        let word = letters.iter().rev().fold(0_u64, |word, &letter| word << BITS | u64::from(code(letter)));
        out.extend(word.to_le_bytes().iter().take(packed_bytes(letters.len())));
    }
}

/// Appends letters; `bits` may go on behind them.
fn unpack(bits: &[u8], letters: usize, out: &mut Vec<u8>) {
    let start = out.len();
    out.resize(start + letters.next_multiple_of(LETTERS), 0);
    let words = out.get_mut(start..).unwrap_or_default().chunks_exact_mut(LETTERS);
    for (number, letters) in words.enumerate() {
        let rest = bits.get(number * BYTES..).unwrap_or_default();
        let word = match rest.first_chunk::<8>() {
            Some(bytes) => u64::from_le_bytes(*bytes),
            None => rest.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte)),
        };
        letters.copy_from_slice(&spread(word).to_le_bytes());
    }
    out.truncate(start + letters);
    for letter in out.get_mut(start..).unwrap_or_default() {
        *letter = if *letter == UNPACKED_BREAK { b':' } else { *letter };
    }
}

/// Eight codes from the low 40 bits to a byte each, as upper-case letters.
fn spread(word: u64) -> u64 {
    let word = (word & 0x000f_ffff) | (word & 0xff_fff0_0000) << 12;
    let word = (word & 0x0000_03ff_0000_03ff) | (word & 0x000f_fc00_000f_fc00) << 6;
    let word = (word & 0x001f_001f_001f_001f) | (word & 0x03e0_03e0_03e0_03e0) << 3;
    word | 0x4040_4040_4040_4040
}

/// A block that grows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Draft {
    lengths: Vec<u32>,
    bits: Vec<u8>,
}

impl Draft {
    /// Sequences in it.
    pub(crate) fn len(&self) -> usize {
        self.lengths.len()
    }

    /// Whether another sequence leaves the block within so many bytes.
    pub(crate) fn has_room(&self, sequence: &str, room: usize) -> bool {
        // A length takes two bytes but for very long or very short sequences; the count takes two.
        2 + 2 * (self.lengths.len() + 1) + self.bits.len() + packed_bytes(sequence.len()) <= room
    }

    /// Adds a sequence.
    pub(crate) fn push(&mut self, sequence: &str) {
        self.lengths.push(sequence.len() as u32);
        pack(sequence.as_bytes(), &mut self.bits);
    }

    /// The bytes of the block.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.bits.len() + 3 * self.lengths.len() + 3);
        put_varint(&mut out, self.lengths.len() as u64);
        self.lengths.iter().for_each(|&length| put_varint(&mut out, u64::from(length)));
        out.extend(&self.bits);
        out
    }
}

/// A block that is read.
#[derive(Debug, Clone)]
pub(crate) struct Block<'a> {
    lengths: Vec<u32>,
    bits: &'a [u8],
}

impl<'a> Block<'a> {
    /// Reads lengths; no sequence is unpacked yet.
    ///
    /// # Errors
    /// `Corruption` where the lengths are not those of what follows.
    pub(crate) fn open(payload: &'a [u8]) -> Result<Self> {
        let mut reader = Reader::new(payload, STEP);
        let count = reader.count(reader.remaining())?;
        let mut lengths = Vec::with_capacity(count);
        let mut bytes = 0_usize;
        for _ in 0..count {
            let length = reader.count(payload.len().saturating_mul(2))?;
            bytes = bytes.saturating_add(packed_bytes(length));
            lengths.push(length as u32);
        }
        let block = Self { lengths, bits: reader.rest() };
        if block.bits.len() == bytes { Ok(block) } else { Err(reader.broken()) }
    }

    /// Sequences in it.
    pub(crate) fn len(&self) -> usize {
        self.lengths.len()
    }

    /// Calls `visit` with number and text of the sequences of a range, until it says no.
    pub(crate) fn each(
        &self,
        range: std::ops::Range<usize>,
        mut visit: impl FnMut(usize, &[u8]) -> Result<bool>,
    ) -> Result<bool> {
        let (mut at, mut text) = (0, Vec::new());
        for (number, &length) in self.lengths.iter().enumerate().take(range.end) {
            let length = length as usize;
            if number >= range.start {
                text.clear();
                unpack(self.bits.get(at..).unwrap_or_default(), length, &mut text);
                if !visit(number, &text)? {
                    return Ok(false);
                }
            }
            at += packed_bytes(length);
        }
        Ok(true)
    }

    /// The text of one sequence.
    pub(crate) fn get(&self, number: usize) -> Option<String> {
        let mut found = None;
        let taken = self.each(number..number.saturating_add(1), |_, text| {
            found = String::from_utf8(text.to_vec()).ok();
            Ok(false)
        });
        taken.ok().and(found)
    }

    /// The same as a block that grows.
    pub(crate) fn to_draft(&self) -> Draft {
        Draft { lengths: self.lengths.clone(), bits: self.bits.to_vec() }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn blocks_hold_what_was_put_in(sequences in proptest::collection::vec("[A-Z]{0,40}(:[A-Z]{1,30})?", 0..12)) {
            let mut draft = Draft::default();
            for sequence in &sequences {
                let room = draft.has_room(sequence, 200);
                draft.push(sequence);
                prop_assert!(!room || draft.encode().len() <= 200);
            }
            let bytes = draft.encode();
            let block = Block::open(&bytes).unwrap();
            prop_assert_eq!(block.to_draft().encode(), bytes.clone());
            for (number, sequence) in sequences.iter().enumerate() {
                prop_assert_eq!(block.get(number), Some(sequence.clone()));
            }
            prop_assert_eq!(block.get(sequences.len()), None);
        }

        #[test]
        fn damage_is_an_error_or_other_letters(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            if let Ok(block) = Block::open(&bytes) {
                prop_assert!(block.each(0..block.len(), |_, _| Ok(true)).unwrap());
            }
        }
    }
}
