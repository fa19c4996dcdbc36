//! Which runs of three residues stand in which stretch of sequences.
//!
//! ```text
//! stretch    half of a block of sequences, some ten of them, about 3,200 residues
//! row        one bit a stretch: whether the three residues stand in it        8,000 rows, AAA to YYY
//!
//! *WHATSVP*  asks for rows WHA HAT ATS TSV SVP; a stretch that has all five is looked through, no other
//! ```
//!
//! A third of all bits are set, so each residue more in a pattern leaves a third of what is looked through. Other
//! letters than the twenty have no rows, and no run goes over the end of a chain.

/// Residues of a run.
pub(crate) const K: usize = 3;
/// Different runs.
pub(crate) const COUNT: usize = 20 * 20 * 20;
/// Stretches of a block.
pub(crate) const PARTS: usize = 2;

const LETTERS: &[u8; 20] = b"ACDEFGHIKLMNPQRSTVWY";
const NONE: u8 = u8::MAX;
/// Letter to rank.
const RANKS: [u8; 256] = {
    let mut ranks = [NONE; 256];
    let mut rank = 0;
    while rank < LETTERS.len() {
        ranks[LETTERS[rank] as usize] = rank as u8;
        rank += 1;
    }
    ranks
};

/// Calls `visit` with the number of each run of a text, as often as it stands there.
pub(crate) fn each(text: &[u8], mut visit: impl FnMut(usize)) {
    let (mut run, mut number) = (0, 0_usize);
    for &letter in text {
        let rank = RANKS.get(usize::from(letter)).copied().unwrap_or(NONE);
        if rank == NONE {
            run = 0;
            continue;
        }
        number = (number * 20 + usize::from(rank)) % COUNT;
        run += 1;
        if run >= K {
            visit(number);
        }
    }
}

/// The runs that stand in every text in which all of these stand, in order, none twice.
pub(crate) fn of_literals<'l>(literals: impl IntoIterator<Item = &'l str>) -> Vec<usize> {
    let mut numbers = Vec::new();
    for literal in literals {
        each(literal.as_bytes(), |number| numbers.push(number));
    }
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

/// The sequences of a stretch of a block of so many.
pub(crate) fn numbers(part: usize, count: usize) -> std::ops::Range<usize> {
    (part * count).div_ceil(PARTS)..((part + 1) * count).div_ceil(PARTS)
}

/// Rows of bits, one a run.
#[derive(Debug, Clone)]
pub(crate) struct Rows {
    width: usize,
    bits: Vec<u8>,
}

impl Rows {
    /// Rows of no bits set, for so many stretches.
    pub(crate) fn new(stretches: usize) -> Self {
        let width = stretches.div_ceil(8);
        Self { width, bits: vec![0; width * COUNT] }
    }

    /// Notes the runs of a text that stands in a stretch.
    pub(crate) fn add(&mut self, stretch: usize, text: &[u8]) {
        let (place, bit) = (stretch / 8, 1 << (stretch % 8));
        let (width, bits) = (self.width, &mut self.bits);
        each(text, |number| {
            if let Some(byte) = bits.get_mut(number * width + place) {
                *byte |= bit;
            }
        });
    }

    /// The row of a run.
    pub(crate) fn row(&self, number: usize) -> &[u8] {
        self.bits.get(number * self.width..(number + 1) * self.width).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_holds_a_literal_has_its_runs(text in "[ACWX:]{0,30}", from in 0..30_usize, length in 0..8_usize) {
            let from = from.min(text.len());
            let literal = text.get(from..(from + length).min(text.len())).unwrap_or_default();
            let mut rows = Rows::new(9);
            rows.add(8, text.as_bytes());
            for number in of_literals(literal.split(':')) {
                prop_assert_eq!(rows.row(number), &[0, 1]);
            }
        }

        #[test]
        fn every_sequence_of_a_block_is_in_one_part(count in 1..50_usize) {
            let parts: Vec<usize> = (0..PARTS).flat_map(|part| numbers(part, count)).collect();
            prop_assert_eq!(parts, (0..count).collect::<Vec<_>>());
        }
    }
}
