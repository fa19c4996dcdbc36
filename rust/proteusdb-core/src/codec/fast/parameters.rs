//! A record's own Rice parameters: how much more or less its atoms scatter than the tables say, for each class.
//!
//! ```text
//! class   0 N   1 CA   2 C   3 O   4, 5 side chain   6, 7 hydrogen (fixed, turning)   8 unknown   9 jump
//! bytes   one each: low half for the first two axes, high half for the third, 8 is none
//! ```
//!
//! A model's geometry may be ideal to the last digit or noisy; one byte a class says which.

use super::recipe::{CLASSES, Kind};
use super::scale::Scale;
use super::streams::Parameters3;
use crate::codec::bits::MAX_RICE;

/// Room for every class; a power of two, so that a masked class is in bounds.
const ROOM: usize = CLASSES.next_power_of_two();

/// By how many bits a class's parameters differ from the tables': the first two axes, the third.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Parameters([[i8; 2]; ROOM]);

impl Parameters {
    /// The parameters that these bytes say.
    pub(super) fn read(bytes: [u8; CLASSES], scale: Scale) -> Self {
        let base = scale.bits() as i8;
        let mut offsets = [[base; 2]; ROOM];
        for (offset, byte) in offsets.iter_mut().zip(bytes) {
            *offset = [base + (byte & 15) as i8 - 8, base + (byte >> 4) as i8 - 8];
        }
        Self(offsets)
    }

    /// The parameters of a kind's three axes.
    #[inline]
    pub(super) fn of(&self, kind: Kind) -> Parameters3 {
        let offsets = self.0[usize::from(kind.class) % ROOM];
        let of = |which: usize| {
            let k = i32::from(kind.k[which]) + i32::from(offsets[which]);
            k.clamp(0, i32::from(MAX_RICE)).cast_unsigned()
        };
        let (first, third) = (of(0), of(1));
        [first, first, third]
    }
}

/// Counts how long codes are beside the tables' parameters.
#[derive(Debug, Clone)]
pub(super) struct Survey {
    /// For each class and kind of axis, codes by their length less the tables' parameter, plus [`MIDDLE`].
    counts: [[[u32; LENGTHS]; 2]; ROOM],
    base: i32,
}

const LENGTHS: usize = 64;
const MIDDLE: i32 = 28;

impl Survey {
    pub(super) fn new(scale: Scale) -> Self {
        Self { counts: [[[0; LENGTHS]; 2]; ROOM], base: scale.bits() - MIDDLE }
    }

    /// Counts the codes of an atom; `octaves` are by how much the grid is coarser there.
    #[inline]
    pub(super) fn see(&mut self, kind: Kind, codes: [u32; 3], octaves: [i32; 3]) {
        let counts = &mut self.counts[usize::from(kind.class) % ROOM];
        for (axis, (code, octave)) in codes.into_iter().zip(octaves).enumerate() {
            let which = axis / 2;
            let base = i32::from(kind.k[which]) + self.base - octave;
            let length = 32 - code.leading_zeros().cast_signed();
            counts[which][(length - base).clamp(0, LENGTHS as i32 - 1) as usize] += 1;
        }
    }

    /// The bytes of the best parameters.
    pub(super) fn bytes(&self) -> [u8; CLASSES] {
        std::array::from_fn(|class| self.best(class, 0) | self.best(class, 1) << 4)
    }

    fn best(&self, class: usize, which: usize) -> u8 {
        let counts = self.counts.get(class).and_then(|kinds| kinds.get(which)).into_iter().flatten();
        let seen: Vec<(i32, u64)> = (-MIDDLE..)
            .zip(counts)
            .filter(|(_, count)| **count > 0)
            .map(|(over, &count)| (over, count.into()))
            .collect();
        // Codes only get longer on either side of the best: from none, the way down is followed.
        let cost = |offset: u8| cost(&seen, i32::from(offset) - 8);
        let (mut best, mut least) = (8_u8, cost(8));
        let ways: [&mut dyn Iterator<Item = u8>; 2] = [&mut (0..8).rev(), &mut (9..16)];
        for way in ways {
            for offset in way {
                let next = cost(offset);
                if next > least {
                    break;
                }
                if next < least {
                    (best, least) = (offset, next);
                }
            }
        }
        best
    }
}

/// About the bits, times eight, of codes by their lengths with a parameter `k`: one of length l has a mean of 3/4 · 2^l.
fn cost(seen: &[(i32, u64)], k: i32) -> u64 {
    let one = |&(length, count): &(i32, u64)| {
        let over = length - k;
        let ones = if over <= -3 { 0 } else { (6_u64 << (over + 3).min(16)) >> 3 };
        count * (8 * u64::from((k + 9).unsigned_abs()) + ones.min(8 * 56))
    };
    seen.iter().map(one).sum()
}
