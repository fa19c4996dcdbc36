//! Bits to bytes and back, low bits first.
//!
//! ```text
//! put(0b101, 3) put(0b01, 2)   ->   ...01101     the next free bit is the sixth
//! rice(value, k)               ->   value >> k ones, a zero, the low k bits of value
//! ```
//!
//! A Rice code of 24 ones stands for "too large": the 32 bits of the value follow. The reader never fails inside a
//! stream: past the end it reads zeros, and [`BitReader::finish`] tells whether it went there. So a loop over symbols
//! needs no check in each step, and its number of steps, not the bytes, bounds it.

/// The ones that announce 32 bits as they are.
const ESCAPE: u32 = 24;

/// The largest parameter of a Rice code.
pub(super) const MAX_RICE: u8 = 24;

/// Collects bits.
#[derive(Debug, Default)]
pub(super) struct BitWriter {
    /// Whole bytes, and room to write eight at once.
    out: Vec<u8>,
    at: usize,
    held: u64,
    count: u32,
}

impl BitWriter {
    pub(super) fn with_capacity(bytes: usize) -> Self {
        Self { out: vec![0; bytes + 8], ..Self::default() }
    }

    /// Appends the low `width` bits of `value`, which has no others; at most 57.
    #[inline]
    pub(super) fn put(&mut self, value: u64, width: u32) {
        debug_assert!(width <= 57 && value >> width == 0, "{value} in {width} bits");
        self.held |= value << self.count;
        self.count += width;
        if self.out.len() < self.at + 8 {
            self.out.resize(2 * self.at + 64, 0);
        }
        if let Some(place) = self.out.get_mut(self.at..).and_then(|rest| rest.first_chunk_mut::<8>()) {
            *place = self.held.to_le_bytes();
        }
        let bytes = self.count >> 3;
        self.at += bytes as usize;
        self.held = self.held.checked_shr(8 * bytes).unwrap_or(0);
        self.count &= 7;
    }

    /// Appends `value` in the Rice code with parameter `k`.
    #[inline]
    pub(super) fn rice(&mut self, value: u32, k: u8) {
        let ones = value >> k;
        if ones < ESCAPE {
            let low = u64::from(value & ((1 << k) - 1));
            self.put(((1 << ones) - 1) | low << (ones + 1), ones + 1 + u32::from(k));
        } else {
            self.put((1 << ESCAPE) - 1, ESCAPE);
            self.put(u64::from(value), 32);
        }
    }

    /// The bytes; unused bits of the last one are zero.
    pub(super) fn finish(mut self) -> Vec<u8> {
        let last = self.held.to_le_bytes();
        self.out.truncate(self.at);
        self.out.extend(last.iter().take(self.count.div_ceil(8) as usize));
        self.out
    }
}

/// Reads what a [`BitWriter`] wrote.
#[derive(Debug)]
pub(super) struct BitReader<'a> {
    /// Bytes and at least eight zeros.
    padded: &'a [u8],
    at: usize,
    /// Bits before the padding.
    end: usize,
}

/// A copy of stream bytes with the zeros that [`BitReader`] needs behind them.
pub(super) fn padded(bytes: &[u8]) -> Vec<u8> {
    let mut copy = Vec::with_capacity(bytes.len() + 8);
    copy.extend_from_slice(bytes);
    copy.extend_from_slice(&[0; 8]);
    copy
}

impl<'a> BitReader<'a> {
    /// A reader of bytes that [`padded`] made.
    pub(super) fn new(padded: &'a [u8]) -> Self {
        Self { padded, at: 0, end: 8 * padded.len().saturating_sub(8) }
    }

    /// The next bits, at least 57 of them.
    #[inline]
    pub(super) fn peek(&self) -> u64 {
        let start = self.at >> 3;
        let word = self.padded.get(start..start + 8).and_then(|bytes| bytes.first_chunk::<8>());
        u64::from_le_bytes(word.copied().unwrap_or_default()) >> (self.at & 7)
    }

    /// Goes on by `bits`.
    #[inline]
    pub(super) fn skip(&mut self, bits: u32) {
        self.at += bits as usize;
    }

    /// The next `width` bits, at most 32.
    #[inline]
    pub(super) fn get(&mut self, width: u32) -> u32 {
        let value = self.peek() & ((1 << width) - 1);
        self.skip(width);
        value as u32
    }

    /// A value in the Rice code with parameter `k`, which is at most [`MAX_RICE`].
    #[inline]
    pub(super) fn rice(&mut self, k: u8) -> u32 {
        let word = self.peek();
        let ones = word.trailing_ones();
        if ones < ESCAPE {
            self.skip(ones + 1 + u32::from(k));
            (ones << k) | ((word >> (ones + 1)) as u32 & ((1 << k) - 1))
        } else {
            self.skip(ESCAPE);
            self.get(32)
        }
    }

    /// Bits read so far.
    pub(super) fn position(&self) -> usize {
        self.at
    }

    /// Whether everything that was read is there, and no whole byte is left over.
    pub(super) fn finish(&self) -> bool {
        self.at <= self.end && self.end - self.at < 8
    }
}

/// The Rice parameter, from the recent mean of codes.
#[derive(Debug)]
pub(super) struct Adaptive {
    /// Sixteen times the mean.
    mean: u32,
}

impl Adaptive {
    pub(super) fn new() -> Self {
        Self { mean: 16 << 6 }
    }

    #[inline]
    pub(super) fn parameter(&self) -> u8 {
        // log2 of 0.69 of the mean: where half of the codes of a geometric distribution lie below.
        let half = (self.mean * 11) >> 8;
        (31 - (half | 1).leading_zeros()) as u8
    }

    #[inline]
    pub(super) fn see(&mut self, code: u32) {
        const LARGEST: u32 = 1 << 20;
        self.mean = self.mean - (self.mean >> 3) + 2 * code.min(LARGEST);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn codes_round_trip(codes: Vec<(u32, u8, bool)>) {
            let mut writer = BitWriter::default();
            let mut length = 0;
            for &(value, k, as_rice) in &codes {
                if as_rice {
                    writer.rice(value, k % (MAX_RICE + 1));
                    let (ones, k) = (value >> (k % (MAX_RICE + 1)), u32::from(k % (MAX_RICE + 1)));
                    length += if ones < ESCAPE { ones + 1 + k } else { ESCAPE + 32 };
                } else {
                    writer.put(u64::from(value >> (k % 32)), 32 - u32::from(k % 32));
                    length += 32 - u32::from(k % 32);
                }
            }
            let bytes = padded(&writer.finish());
            prop_assert_eq!(bytes.len() - 8, length.div_ceil(8) as usize);
            let mut reader = BitReader::new(&bytes);
            for &(value, k, as_rice) in &codes {
                if as_rice {
                    prop_assert_eq!(reader.rice(k % (MAX_RICE + 1)), value);
                } else {
                    prop_assert_eq!(reader.get(32 - u32::from(k % 32)), value >> (k % 32));
                }
            }
            prop_assert!(reader.finish());
        }
    }

    #[test]
    fn reading_past_the_end_gives_zeros_and_is_noticed() {
        let bytes = padded(&[0xff]);
        let mut reader = BitReader::new(&bytes);
        assert_eq!(reader.get(8), 0xff);
        assert!(reader.finish());
        for _ in 0..100 {
            assert_eq!(reader.get(32), 0);
            assert_eq!(reader.rice(3), 0);
        }
        assert!(!reader.finish());
        assert!(!BitReader::new(&bytes).finish(), "a byte was left");
    }
}
