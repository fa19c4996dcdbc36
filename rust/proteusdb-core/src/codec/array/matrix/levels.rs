//! From the energy of a neighbourhood to the scale of the error to expect.
//!
//! ```text
//! energy   1   2   3   4   6   8   12 ...       two levels an octave
//! level    0   2   3   4   5   6    7 ...
//! scale    by a map of levels to scale numbers: the usual one, or one that came with the matrix
//! ```

use super::bits::{BitReader, BitWriter};
use super::shape::{NUMBERS, Scale};

const _: () = assert!(LEVELS - 8 <= NUMBERS);
use crate::codec::wire::{unzigzag, zigzag};

/// Levels there are; an energy is below 2^24.
pub(super) const LEVELS: usize = 48;
const LEVEL_BITS: u32 = 6;

/// The level of an energy.
#[inline(always)]
pub(super) fn level(energy: u32) -> usize {
    let energy = energy.max(1);
    let octave = energy.ilog2();
    (2 * octave + (((energy << 1) >> octave) & 1)) as usize
}

/// A scale number for each level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Map(pub(super) [u8; LEVELS]);

impl Map {
    /// The map that fits most matrices.
    pub(super) fn usual() -> Self {
        let mut map = [0; LEVELS];
        for (level, number) in map.iter_mut().enumerate() {
            *number = USUAL.get(level).copied().unwrap_or((level as u8).saturating_sub(8));
        }
        Self(map)
    }

    /// The scales of the levels.
    pub(super) fn scales(&self) -> [Scale; LEVELS] {
        self.0.map(|number| Scale::new(usize::from(number)))
    }

    /// Writes what differs from the usual map: one bit where nothing does.
    pub(super) fn write(&self, out: &mut BitWriter) {
        let usual = Self::usual();
        let differs = |level: &usize| self.0[*level] != usual.0[*level];
        let Some(first) = (0..LEVELS).find(differs) else { return out.put(0, 1) };
        let last = (0..LEVELS).rfind(differs).unwrap_or(first);
        out.put(1, 1);
        out.put(first as u32, LEVEL_BITS);
        out.put(last as u32, LEVEL_BITS);
        for level in first..=last {
            out.put_rice(zigzag(i32::from(self.0[level]) - i32::from(usual.0[level])), 0);
        }
    }

    /// Reads a map; `None` where there is no such one.
    pub(super) fn read(bits: &mut BitReader<'_>) -> Option<Self> {
        let mut map = Self::usual();
        if bits.get(1)? == 0 {
            return Some(map);
        }
        let (first, last) = (bits.get(LEVEL_BITS)? as usize, bits.get(LEVEL_BITS)? as usize);
        for number in map.0.get_mut(first..=last)? {
            let moved = i32::from(*number).checked_add(unzigzag(bits.get_rice(0)?))?;
            *number = u8::try_from(moved).ok().filter(|&number| usize::from(number) < NUMBERS)?;
        }
        Some(map)
    }
}

/// The usual scale numbers of the levels that were met in training, see `examples/train_matrices.rs`; above them the
/// line goes on.
const USUAL: [u8; 31] =
    [2, 2, 2, 2, 2, 2, 2, 2, 3, 3, 5, 5, 6, 7, 8, 9, 11, 12, 13, 13, 14, 15, 16, 18, 19, 20, 20, 21, 21, 22, 22];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_map_round_trips(changes in prop::collection::vec((0..LEVELS, 0..NUMBERS as u8), 0..20)) {
            let mut map = Map::usual();
            changes.into_iter().for_each(|(level, number)| map.0[level] = number);
            let mut bits = BitWriter::default();
            map.write(&mut bits);
            let bytes = bits.finish();
            prop_assert_eq!(Map::read(&mut BitReader::new(&bytes)), Some(map));
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
            let _ = Map::read(&mut BitReader::new(&bytes));
        }
    }

    #[test]
    fn levels_are_half_octaves() {
        let levels: Vec<usize> = [0, 1, 2, 3, 4, 5, 6, 7, 8, 12, (1 << 24) - 1].into_iter().map(level).collect();
        assert_eq!(levels, [0, 0, 2, 3, 4, 4, 5, 5, 6, 7, LEVELS - 1]);
    }
}
