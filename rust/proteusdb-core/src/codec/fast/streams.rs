//! The streams of residuals: torsions, the ones of Rice codes, their low bits, and values too large for them.
//!
//! ```text
//! torsions  tttttttttttttttttttt         five bits an atom that turns freely
//! ones      o o 0 | o 0 | 0              of the three codes of an atom: value >> k ones and a zero
//! low       llllll llllll lll            k bits each, first, second, third axis
//! large     u32                          for 24 ones without a zero: the value as it is
//! ```
//!
//! Apart, they are read four atoms at a time: where low bits stand does not depend on the ones, so they are found by adding,
//! and a table of the next eleven bits gives the ones of an atom at once.
//!
//! The reader never fails inside a stream: past the end it reads whatever follows, and [`Reading::finish`] tells whether it
//! went there. So the number of atoms, not the bytes, bounds its work.

use std::sync::LazyLock;

use super::predict::{Ints, Points, WIDTH, each, lanes};
use crate::codec::bits::MAX_RICE;
use crate::codec::wire::{Reader, put_varint};

/// Bits of a torsion.
const TORSION: u32 = 5;

/// The ones that stand for a large value.
const LARGE: u32 = 24;

/// Bits that the table is asked with.
const ASKED: u32 = 11;

/// The three counts of ones and the bits they take, a byte each; no bits where they take more than [`ASKED`].
static ONES: LazyLock<Box<[u32; 1 << ASKED]>> = LazyLock::new(|| {
    let entry = |asked: u32| {
        let (mut rest, mut entry, mut length) = (asked | 1 << ASKED, 0, 0);
        for axis in 0..3 {
            let ones = rest.trailing_ones();
            rest = rest.checked_shr(ones + 1).unwrap_or(0);
            entry |= ones << (8 * axis);
            length += ones + 1;
        }
        if length <= ASKED { entry | length << 24 } else { 0 }
    };
    let mut table = Box::new([0; 1 << ASKED]);
    table.iter_mut().zip(0..).for_each(|(slot, asked)| *slot = entry(asked));
    table
});

/// Rice parameters of the three axes of an atom.
pub(super) type Parameters3 = [u32; 3];

/// Bytes of one look into a stream, and how many of them may be passed over.
const LOOK: usize = 40;

/// What lies behind the last stream, so that a look is always there.
const PADDING: [u8; 2 * LOOK] = [0; 2 * LOOK];

/// A place in a stream.
#[derive(Debug, Clone, Copy)]
struct Bits<'a> {
    /// The stream and what follows it.
    bytes: &'a [u8],
    at: usize,
    end: usize,
}

impl<'a> Bits<'a> {
    #[inline(always)]
    fn look(&self) -> &'a [u8; LOOK] {
        const NOTHING: &[u8; LOOK] = &[0; LOOK];
        self.bytes.get(self.at >> 3..).and_then(|rest| rest.first_chunk()).unwrap_or(NOTHING)
    }

    /// The next bits, 57 at least.
    #[inline(always)]
    fn peek(&self) -> u64 {
        word(self.look(), 0) >> (self.at & 7)
    }

    #[inline]
    fn get(&mut self, width: u32) -> u32 {
        let value = self.peek() & ((1 << width) - 1);
        self.at += width as usize;
        value as u32
    }

    /// Fields of `width` bits, at most 32, for `count` atoms; above each more than it has.
    #[inline(always)]
    fn fields(&mut self, width: u32, count: usize) -> [u64; WIDTH] {
        let (look, first, width) = (self.look(), self.at & 7, width as usize);
        self.at += width * count;
        let field = |lane: usize| {
            let bit = first + lane * width;
            word(look, bit >> 3) >> (bit & 7)
        };
        let (zeroth, second) = (field(0), field(2));
        // Two of 28 bits fit into what one word shows.
        if width <= 28 {
            [zeroth, zeroth >> width, second, second >> width]
        } else {
            [zeroth, field(1), second, field(3)]
        }
    }

    fn is_read(&self) -> bool {
        self.at <= self.end && self.end - self.at < 8
    }
}

/// The word at a byte, which is at most 32.
#[inline(always)]
fn word(look: &[u8; LOOK], byte: usize) -> u64 {
    let bytes = look.get(byte % 32..).and_then(|rest| rest.first_chunk::<8>());
    u64::from_le_bytes(bytes.copied().unwrap_or_default())
}

/// Bytes that streams are read from, with room behind their end.
pub(super) fn padded(bytes: &[u8]) -> Vec<u8> {
    let mut copy = Vec::with_capacity(bytes.len() + PADDING.len());
    copy.extend_from_slice(bytes);
    copy.extend_from_slice(&PADDING);
    copy
}

/// Reads the streams.
#[derive(Debug)]
pub(super) struct Reading<'a> {
    torsions: Bits<'a>,
    ones: Bits<'a>,
    low: Bits<'a>,
    large: Bits<'a>,
    table: &'static [u32; 1 << ASKED],
}

impl<'a> Reading<'a> {
    /// Of what [`padded`] made; `None` where the streams are not there, or too short for so many atoms.
    pub(super) fn new(padded: &'a [u8], atoms: usize) -> Option<Self> {
        let length = padded.len().checked_sub(PADDING.len())?;
        let mut reader = Reader::new(padded.get(..length)?, "");
        let mut length = || reader.count(length).ok();
        let lengths = [length()?, length()?, length()?];
        let mut rest = padded.get(padded.len() - PADDING.len() - reader.remaining()..)?;
        let mut stream = |length: usize| {
            let stream = Bits { bytes: rest, at: 0, end: 8 * length };
            rest = rest.get(length..)?;
            (rest.len() >= PADDING.len()).then_some(stream)
        };
        let [torsions, ones, low] = [stream(lengths[0])?, stream(lengths[1])?, stream(lengths[2])?];
        let large = Bits { bytes: rest, at: 0, end: 8 * (rest.len() - PADDING.len()) };
        // An atom has three bits at least.
        (atoms.checked_mul(3)? <= ones.end).then_some(Self { torsions, ones, low, large, table: &ONES })
    }

    #[inline(always)]
    pub(super) fn torsions(&mut self, count: usize) -> [u32; WIDTH] {
        lanes(self.torsions.fields(TORSION, count), |field| field as u32 % (1 << TORSION))
    }

    /// Three codes of each of `count` atoms, all with the parameters k.
    #[inline(always)]
    pub(super) fn codes(&mut self, k: Parameters3, count: usize) -> Points {
        // With a count that is known the loops over lanes come apart.
        if count == WIDTH { self.codes_of(k, WIDTH) } else { self.codes_of(k, count) }
    }

    #[inline(always)]
    fn codes_of(&mut self, k: Parameters3, count: usize) -> Points {
        let width = k[0] + k[1] + k[2];
        let before = self.ones.at;
        if let Some(ones) = self.ones(count)
            && width <= 32
        {
            let low = lanes(self.low.fields(width, count), |field| (field as u32).cast_signed());
            let (low, ones) = (Ints::new(low), Ints::new(lanes(ones, u32::cast_signed)));
            let part = |from: u32, k: u32| (low >> from.min(31)) & Ints::splat((1 << k) - 1);
            let high = |axis: u32, k: u32| ((ones >> (8 * axis)) & Ints::splat(255)) << k;
            return [
                high(0, k[0]) | part(0, k[0]),
                high(1, k[1]) | part(k[0], k[1]),
                high(2, k[2]) | part(k[0] + k[1], k[2]),
            ];
        }
        self.ones.at = before;
        self.codes_each([k; WIDTH], count)
    }

    /// Three codes of each of `count` atoms with parameters of their own.
    #[inline(never)]
    pub(super) fn codes_each(&mut self, k: [Parameters3; WIDTH], count: usize) -> Points {
        let mut out = [[0_i32; WIDTH]; 3];
        for (lane, k) in k.iter().enumerate().take(count) {
            let codes = self.code(k);
            out.iter_mut().zip(codes).for_each(|(axis, code)| axis[lane] = code.cast_signed());
        }
        each(out, Ints::new)
    }

    fn code(&mut self, k: &Parameters3) -> [u32; 3] {
        let entry = self.table[self.ones.peek() as usize % (1 << ASKED)];
        let ones = match entry >> 24 {
            0 => [(); 3].map(|()| {
                let ones = self.ones.peek().trailing_ones().min(LARGE);
                self.ones.at += (ones + u32::from(ones < LARGE)) as usize;
                ones
            }),
            length => {
                self.ones.at += length as usize;
                each([0, 8, 16], |shift| entry >> shift & 255)
            }
        };
        let mut code = |axis: usize| {
            let k = k[axis].min(u32::from(MAX_RICE));
            let low = self.low.get(k);
            if ones[axis] < LARGE { ones[axis] << k | low } else { self.large.get(32) }
        };
        [code(0), code(1), code(2)]
    }

    /// The ones of `count` atoms, as the table has them; `None` where a value is large.
    #[inline(always)]
    fn ones(&mut self, count: usize) -> Option<[u32; WIDTH]> {
        let mut entries = [0; WIDTH];
        let (mut word, mut at) = (self.ones.peek(), self.ones.at);
        for (lane, entry) in entries.iter_mut().enumerate() {
            if lane == count {
                break;
            }
            *entry = self.table[word as usize % (1 << ASKED)];
            let length = *entry >> 24;
            word >>= length;
            at += length as usize;
            if length == 0 {
                (*entry, at) = self.many_ones(at)?;
                word = Bits { at, ..self.ones }.peek();
            }
        }
        self.ones.at = at;
        Some(entries)
    }

    /// The ones of an atom that has more than the table is asked with, and where they end.
    #[cold]
    #[inline(never)]
    fn many_ones(&self, at: usize) -> Option<(u32, usize)> {
        let (mut bits, mut entry) = (Bits { at, ..self.ones }, 0);
        for axis in 0..3 {
            let ones = bits.peek().trailing_ones();
            if ones >= LARGE {
                return None;
            }
            entry |= ones << (8 * axis);
            bits.at += ones as usize + 1;
        }
        Some((entry, bits.at))
    }

    /// Whether everything that was read is there, and nothing is left over.
    pub(super) fn finish(&self) -> bool {
        [self.torsions, self.ones, self.low, self.large].iter().all(Bits::is_read)
    }
}

/// Collects bits, four bytes at a time.
#[derive(Debug)]
struct Packing {
    out: Vec<u8>,
    held: u64,
    count: u32,
}

impl Packing {
    /// Appends the low `width` bits of `value`, which has no others; at most 32.
    #[inline(always)]
    fn put(&mut self, value: u64, width: u32) {
        debug_assert!(width <= 32 && value >> width == 0, "{value} in {width} bits");
        self.held |= value << self.count;
        self.count += width;
        if self.count >= 32 {
            self.out.extend_from_slice(&(self.held as u32).to_le_bytes());
            self.held >>= 32;
            self.count -= 32;
        }
    }

    /// The bytes; unused bits of the last one are zero.
    fn finish(mut self) -> Vec<u8> {
        let last = self.held.to_le_bytes();
        self.out.extend(last.iter().take(self.count.div_ceil(8) as usize));
        self.out
    }
}

/// Writes the streams.
#[derive(Debug)]
pub(super) struct Writing {
    torsions: Packing,
    ones: Packing,
    low: Packing,
    large: Vec<u8>,
}

impl Writing {
    pub(super) fn with_capacity(atoms: usize) -> Self {
        let packing = |bits: usize| Packing { out: Vec::with_capacity(atoms * bits / 8 + 8), held: 0, count: 0 };
        Self { torsions: packing(4), ones: packing(8), low: packing(20), large: Vec::new() }
    }

    #[inline]
    pub(super) fn torsion(&mut self, torsion: u32) {
        self.torsions.put(u64::from(torsion % (1 << TORSION)), TORSION);
    }

    /// The three codes of an atom with these parameters.
    #[inline(always)]
    pub(super) fn code(&mut self, codes: [u32; 3], k: Parameters3) {
        let [o0, o1, o2] = [codes[0] >> k[0], codes[1] >> k[1], codes[2] >> k[2]];
        if (o0 | o1 | o2) >= 8 || k[0] + k[1] + k[2] > 32 {
            return self.long(codes, k);
        }
        let ones = |ones: u32| (1_u64 << ones) - 1;
        self.ones.put(ones(o0) | ones(o1) << (o0 + 1) | ones(o2) << (o0 + o1 + 2), o0 + o1 + o2 + 3);
        let low = |axis: usize| u64::from(codes[axis] & ((1 << k[axis]) - 1));
        self.low.put(low(0) | low(1) << k[0] | low(2) << (k[0] + k[1]), k[0] + k[1] + k[2]);
    }

    #[cold]
    #[inline(never)]
    fn long(&mut self, codes: [u32; 3], k: Parameters3) {
        for (code, k) in codes.into_iter().zip(k) {
            let ones = code >> k;
            self.ones.put((1 << ones.min(LARGE)) - 1, ones.min(LARGE) + u32::from(ones < LARGE));
            let low = if ones < LARGE { code & ((1 << k) - 1) } else { 0 };
            self.low.put(u64::from(low), k);
            if ones >= LARGE {
                self.large.extend(code.to_le_bytes());
            }
        }
    }

    /// Appends the streams.
    pub(super) fn finish(self, out: &mut Vec<u8>) {
        let streams = [self.torsions, self.ones, self.low].map(Packing::finish);
        streams.iter().for_each(|stream| put_varint(out, stream.len() as u64));
        streams.iter().for_each(|stream| out.extend_from_slice(stream));
        out.extend(self.large);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn codes_round_trip(rows in prop::collection::vec((any::<[[u32; 3]; 4]>(), any::<[u8; 5]>(), 1..=4_usize), 0..30)) {
            let rows: Vec<_> = rows
                .into_iter()
                .map(|(codes, [k0, k1, k2, size, each], count)| {
                    // Of every size, so that short codes, long ones and large values are mixed.
                    let codes = codes.map(|codes| codes.map(|code| code >> (size % 32)));
                    let k = [k0, k1, k2].map(|k| u32::from(k % (MAX_RICE + 1)));
                    (codes, if size < 128 { k } else { k.map(|k| k / 3) }, count, each % 2 == 0)
                })
                .collect();
            let mut writing = Writing::with_capacity(3);
            for (codes, k, count, _) in &rows {
                for (codes, torsion) in codes.iter().zip(7..).take(*count) {
                    writing.torsion(torsion);
                    writing.code(*codes, *k);
                }
            }
            let mut bytes = Vec::new();
            writing.finish(&mut bytes);
            let bytes = padded(&bytes);
            let mut reading = Reading::new(&bytes, rows.iter().map(|row| row.2).sum()).unwrap();
            for &(codes, k, count, each) in &rows {
                prop_assert_eq!(&reading.torsions(count)[..count], &[7, 8, 9, 10][..count]);
                let found = if each { reading.codes_each([k; 4], count) } else { reading.codes(k, count) };
                for (axis, found) in found.iter().enumerate() {
                    let expected: Vec<i32> = codes.iter().take(count).map(|codes| codes[axis].cast_signed()).collect();
                    prop_assert_eq!(&found.to_array()[..count], expected.as_slice());
                }
            }
            prop_assert!(reading.finish());
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>, atoms in 0..50_usize, k in 0..25_u32) {
            let bytes = padded(&bytes);
            if let Some(mut reading) = Reading::new(&bytes, atoms) {
                for _ in 0..atoms {
                    reading.torsions(4);
                    reading.codes([k; 3], 4);
                }
                let _ = reading.finish();
            }
        }
    }
}
