//! An asymmetric numeral system with static tables: symbols to words and back.
//!
//! ```text
//! state x in [2^16, 2^32)
//! put (start, width): x -> (x / width) << 12 | (x % width + start)     words of 16 bits leave at the low end
//! get:  slot = x & 4095, which symbol owns it?  x -> width * (x >> 12) + slot - start
//! ```
//!
//! The encoder runs backwards, so it takes all symbols first; it divides by multiplying with a reciprocal. A decoder that ends in the state where the encoder began,
//! with no words left, has read what was written: damage shows at the end at the latest.

use std::sync::OnceLock;

use crate::codec::wire::broken;
use crate::error::Result;

/// Bits of a probability.
pub(super) const BITS: u32 = 12;
/// Slots that the symbols of a table share.
pub(super) const SLOTS: u32 = 1 << BITS;
const LOW: u32 = 1 << 16;

/// A stretch of slots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: u16,
    /// 1 to 4095.
    pub(super) width: u16,
}

impl Span {
    /// The span of `bits` plain bits (at most 12, at least 1).
    pub(super) fn plain(value: u32, bits: u32) -> Self {
        let shift = BITS - bits;
        Self { start: (value << shift) as u16, width: 1 << shift }
    }
}

/// Bits of a reciprocal's fraction: with 32 + [`BITS`] of them the quotient of any state is exact.
const FRACTION: u32 = 32 + BITS;

/// ceil(2^44 / width) for every width.
fn reciprocals() -> &'static [u64] {
    static TABLE: OnceLock<Vec<u64>> = OnceLock::new();
    TABLE.get_or_init(|| (0..=u64::from(SLOTS)).map(|width| (1_u64 << FRACTION).div_ceil(width.max(1))).collect())
}

/// Writes the spans so that they are read in their order.
pub(super) fn encode(spans: &[Span]) -> Vec<u8> {
    let reciprocals = reciprocals();
    let mut state = LOW;
    let mut words: Vec<u16> = Vec::with_capacity(spans.len() / 4 + 2);
    for span in spans.iter().rev() {
        let width = u32::from(span.width);
        if state >= width << (32 - BITS) {
            words.push(state as u16);
            state >>= 16;
        }
        let reciprocal = reciprocals.get(width as usize).copied().unwrap_or(0);
        let quotient = ((u128::from(state) * u128::from(reciprocal)) >> FRACTION) as u32;
        state = (quotient << BITS) + (state - quotient * width) + u32::from(span.start);
    }
    let mut bytes = Vec::with_capacity(4 + 2 * words.len());
    bytes.extend(state.to_le_bytes());
    words.iter().rev().for_each(|word| bytes.extend(word.to_le_bytes()));
    bytes
}

/// Reads symbols; each read first looks at the slot and then names the span that owns it.
#[derive(Debug, Clone)]
pub(super) struct Decoder<'a> {
    state: u32,
    words: &'a [[u8; 2]],
}

impl<'a> Decoder<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Result<Self> {
        let (head, words) = bytes.split_first_chunk::<4>().ok_or_else(|| broken(STEP))?;
        let (words, odd) = words.as_chunks::<2>();
        let state = u32::from_le_bytes(*head);
        if state < LOW || !odd.is_empty() { Err(broken(STEP)) } else { Ok(Self { state, words }) }
    }

    /// The slot the next symbol owns, below 4096.
    #[inline(always)]
    pub(super) fn slot(&self) -> u32 {
        self.state & (SLOTS - 1)
    }

    /// Takes the symbol that owns the slot; `false` where the words end too early.
    #[inline(always)]
    #[must_use]
    pub(super) fn take(&mut self, start: u32, width: u32) -> bool {
        self.state = width.wrapping_mul(self.state >> BITS).wrapping_add(self.slot()).wrapping_sub(start);
        if self.state >= LOW {
            return true;
        }
        let Some((word, rest)) = self.words.split_first() else { return false };
        self.state = (self.state << 16) | u32::from(u16::from_le_bytes(*word));
        self.words = rest;
        true
    }

    /// Plain bits, 1 to 12 of them.
    #[inline]
    pub(super) fn plain(&mut self, bits: u32) -> Option<u32> {
        let shift = BITS - bits;
        let value = self.slot() >> shift;
        self.take(value << shift, 1 << shift).then_some(value)
    }

    /// Nothing may be left.
    pub(super) fn finish(self) -> Result<()> {
        if self.state == LOW && self.words.is_empty() { Ok(()) } else { Err(broken(STEP)) }
    }
}

const STEP: &str = "matrix of an array blob";

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn span() -> impl Strategy<Value = Span> {
        (1..4096_u16, 0..4096_u16).prop_map(|(width, at)| Span { start: at % (4096 - width + 1), width })
    }

    proptest! {
        #[test]
        fn spans_come_back_in_order(spans in prop::collection::vec(span(), 0..300)) {
            let bytes = encode(&spans);
            let mut decoder = Decoder::new(&bytes).unwrap();
            for span in &spans {
                let slot = decoder.slot();
                prop_assert!((u32::from(span.start)..u32::from(span.start) + u32::from(span.width)).contains(&slot));
                prop_assert!(decoder.take(span.start.into(), span.width.into()));
            }
            prop_assert!(decoder.finish().is_ok());
        }

        #[test]
        fn plain_bits_come_back(values in prop::collection::vec((0..4096_u32, 1..13_u32), 0..100)) {
            let values: Vec<(u32, u32)> = values.into_iter().map(|(value, bits)| (value & ((1 << bits) - 1), bits)).collect();
            let spans: Vec<Span> = values.iter().map(|&(value, bits)| Span::plain(value, bits)).collect();
            let bytes = encode(&spans);
            let mut decoder = Decoder::new(&bytes).unwrap();
            for (value, bits) in values {
                prop_assert_eq!(decoder.plain(bits), Some(value));
            }
            prop_assert!(decoder.finish().is_ok());
        }
    }

    #[test]
    fn reciprocals_divide_exactly() {
        for width in 1..SLOTS {
            let reciprocal = u128::from(reciprocals()[width as usize]);
            let multiples = (0..8).map(|at| (u32::MAX / 8 * at).next_multiple_of(width));
            for state in multiples.flat_map(|near| [near, near.wrapping_sub(1), u32::MAX]) {
                assert_eq!(((u128::from(state) * reciprocal) >> FRACTION) as u32, state / width, "{state} / {width}");
            }
        }
    }

    #[test]
    fn a_stream_that_ends_early_is_found() {
        let spans = vec![Span { start: 100, width: 3 }; 50];
        let bytes = encode(&spans);
        let mut decoder = Decoder::new(&bytes[..bytes.len() - 2]).unwrap();
        assert!(!(0..50).all(|_| decoder.take(100, 3)) || decoder.finish().is_err());
        assert!(Decoder::new(&bytes[..3]).is_err());
        assert!(Decoder::new(&bytes[..bytes.len() - 1]).is_err(), "half a word");
    }
}
