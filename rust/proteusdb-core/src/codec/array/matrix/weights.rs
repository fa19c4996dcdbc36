//! The usual weights, and a matrix's own told as differences from them.
//!
//! ```text
//! number of a usual set (2 bits) | 0: that set | 1, then for each set of weights: low bits (4), Rice codes of differences
//! ```

use super::bits::{BitReader, BitWriter, rice_bits};
use super::walk::{ALL_TERMS, TERMS, Weights};
use crate::codec::wire::{unzigzag, zigzag};

/// Weights far from the diagonal and near it.
pub(super) type Pair = (Weights, Weights);

const NUMBER_BITS: u32 = 2;
const LOW_BITS: u32 = 4;

/// Weights of least squares over predictions of the kinds named, from `examples/train_matrices.rs`.
pub(super) const USUAL: [Pair; 4] = [
    // AlphaFold 2, one or two decimals.
    (
        [2233, 1173, 1854, -518, 479, -1034, 138, 721, -851, -84, 0, 0, 0, 0],
        [1534, -183, 1163, 2746, 488, -597, -109, -384, -536, 62, 0, 0, 0, 0],
    ),
    // AlphaFold DB, whole numbers.
    (
        [2120, 1185, 1632, -388, 501, -934, 210, 647, -780, -110, 0, 0, 0, 0],
        [1221, 11, 889, 2687, 342, -547, 28, -126, -363, -173, 0, 0, 0, 0],
    ),
    // AlphaFold 3.
    (
        [2819, 1077, 3066, -1853, 73, -1061, -1, 866, -828, -60, 0, 0, 0, 0],
        [1359, -53, 2351, 1696, 254, -164, -35, 140, -1130, -286, 0, 0, 0, 0],
    ),
    // A further sample, beside the first.
    (
        [2336, -28, 1307, -75, 126, 1, 0, 37, -12, -80, 0, 3864, -2145, -1234],
        [865, -6, 350, 155, 35, -46, -19, -26, -39, 4, 0, 3895, -797, -272],
    ),
];

/// The weights a matrix is coded with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Choice {
    usual: usize,
    pub(super) far: Weights,
    pub(super) near: Weights,
    terms: Terms,
}

/// Which weights there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Terms {
    /// Whether there are near ones.
    pub(super) square: bool,
    /// Whether a matrix beside has some.
    pub(super) aside: bool,
}

impl Terms {
    fn count(self) -> usize {
        if self.aside { ALL_TERMS } else { TERMS }
    }

    /// Those of some weights that there are.
    fn told(self, weights: &Weights) -> &[i32] {
        weights.get(..self.count()).unwrap_or(weights)
    }
}

/// The usual or the matrix's own weights; `excess` tells how many bits more a matrix takes than with its own.
pub(super) fn choose(terms: Terms, own: Pair, excess: impl Fn(&Weights, &Weights) -> f64) -> Choice {
    let mut best: Option<(f64, Choice)> = None;
    for (usual, set) in USUAL.iter().enumerate().take(if terms.aside { USUAL.len() } else { USUAL.len() - 1 }) {
        for (far, near) in [*set, own] {
            let choice = Choice { usual, far, near, terms };
            let bits = f64::from(choice.bits()) + excess(&far, &near);
            if best.is_none_or(|(least, _)| bits < least) {
                best = Some((bits, choice));
            }
        }
    }
    best.map_or(Choice { usual: 0, far: own.0, near: own.1, terms }, |(_, choice)| choice)
}

impl Choice {
    fn pairs(&self) -> impl Iterator<Item = (&[i32], &[i32])> {
        let (far, near) = &USUAL[self.usual];
        let pairs = [(&self.far, far), (&self.near, near)].into_iter().take(if self.terms.square { 2 } else { 1 });
        pairs.map(|(own, usual)| (self.terms.told(own), self.terms.told(usual)))
    }

    fn is_usual(&self) -> bool {
        self.pairs().all(|(own, usual)| own == usual)
    }

    fn bits(&self) -> u32 {
        let own = if self.is_usual() { 0 } else { self.pairs().map(|(own, usual)| cheapest(own, usual).1).sum() };
        NUMBER_BITS + 1 + own
    }

    pub(super) fn write(&self, out: &mut BitWriter) {
        out.put(self.usual as u32, NUMBER_BITS);
        out.put(u32::from(!self.is_usual()), 1);
        if self.is_usual() {
            return;
        }
        for (own, usual) in self.pairs() {
            let (low, _) = cheapest(own, usual);
            out.put(low, LOW_BITS);
            differences(own, usual).for_each(|difference| out.put_rice(difference, low));
        }
    }

    /// Reads weights; `None` where there are no such ones.
    pub(super) fn read(bits: &mut BitReader<'_>, terms: Terms) -> Option<Self> {
        let usual = bits.get(NUMBER_BITS)? as usize;
        let (far, near) = *USUAL.get(usual)?;
        let mut choice = Self { usual, far, near, terms };
        if bits.get(1)? == 1 {
            for weights in [&mut choice.far, &mut choice.near].into_iter().take(if terms.square { 2 } else { 1 }) {
                let low = bits.get(LOW_BITS)?;
                for weight in weights.iter_mut().take(terms.count()) {
                    *weight = weight.wrapping_add(unzigzag(bits.get_rice(low)?));
                }
            }
        }
        Some(choice)
    }
}

fn differences(own: &[i32], usual: &[i32]) -> impl Iterator<Item = u32> {
    own.iter().zip(usual).map(|(own, usual)| zigzag(own.wrapping_sub(*usual)))
}

/// The low bits that code differences shortest, and the bits that takes.
fn cheapest(own: &[i32], usual: &[i32]) -> (u32, u32) {
    let bits = |low| LOW_BITS + differences(own, usual).map(|difference| rice_bits(difference, low)).sum::<u32>();
    (0..1 << LOW_BITS).map(|low| (low, bits(low))).min_by_key(|&(_, bits)| bits).unwrap_or((0, u32::MAX))
}

const _: () = assert!(USUAL.len() <= 1 << NUMBER_BITS && TERMS == 11);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ALONE: Terms = Terms { square: true, aside: false };

    fn weights() -> impl Strategy<Value = Weights> {
        prop::array::uniform14(-(1 << 22)..1 << 22_i32)
    }

    /// Weights as they are where only some are told.
    fn told(weights: Weights, usual: Weights, terms: Terms) -> Weights {
        std::array::from_fn(|at| if at < terms.count() { weights[at] } else { usual[at] })
    }

    proptest! {
        #[test]
        fn any_weights_round_trip(far in weights(), near in weights(), square: bool, aside: bool) {
            let terms = Terms { square, aside };
            let far = told(far, USUAL[0].0, terms);
            let near = if square { told(near, USUAL[0].1, terms) } else { USUAL[0].1 };
            let choice = choose(terms, (far, near), |_, _| 0.0);
            let own = Choice { usual: 1, far, near: if square { near } else { USUAL[1].1 }, terms };
            for choice in [choice, own] {
                let mut bits = BitWriter::default();
                choice.write(&mut bits);
                let bytes = bits.finish();
                prop_assert_eq!(bytes.len(), choice.bits().div_ceil(8) as usize);
                prop_assert_eq!(Choice::read(&mut BitReader::new(&bytes), terms).map(|read| (read.far, read.near)),
                                Some((choice.far, choice.near)));
            }
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>, square: bool, aside: bool) {
            let _ = Choice::read(&mut BitReader::new(&bytes), Terms { square, aside });
        }
    }

    #[test]
    fn own_weights_are_told_only_where_they_pay() {
        let own = ([100; ALL_TERMS], [200; ALL_TERMS]);
        assert_eq!(choose(ALONE, own, |_, _| 0.0).far, USUAL[0].0);
        assert_eq!(choose(ALONE, own, |far, _| if *far == own.0 { 0.0 } else { 1e4 }).far, own.0);
    }
}
