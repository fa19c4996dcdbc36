//! What suits a matrix: the weights of its predictor and the scales of its levels.
//!
//! ```text
//! a sample of places -> sum neighbour x neighbour / variation^2 -> least squares -> better weights
//! better or usual weights, whichever makes weights and matrix shorter together
//! walk a sample -> how far predictions err at each level -> scales near that -> the cheapest of them
//! ```
//!
//! A sample is strips of rows spread over the matrix. Sums and solution are + - * / on float64, so an encoder makes the
//! same bytes everywhere.

use std::ops::Range;

use super::band;
use super::levels::{LEVELS, Map, level};
use super::shape::{NUMBERS, Scale};
use super::walk::{ALL_TERMS, Look, NEAR, ONE, TERMS, Visit, Walk, Weights};
use super::weights::{self, Choice, Terms};

/// Terms and the value itself, of a matrix that is walked alone, and of one beside another.
pub(super) const ALONE: usize = TERMS + 1;
const BESIDE: usize = ALL_TERMS + 1;
/// The place of the constant among the terms.
const CONSTANT: usize = TERMS - 1;
/// Rows of a strip; the first two only lead in.
const STRIP: usize = 10;
const LEAD: usize = 2;
/// Places a sample aims at.
const SAMPLE: usize = 16_384;
/// One in this many places of a sample is summed.
const SPREAD: usize = 4;
/// Places of a level whose cost is computed.
const PRICED: usize = 256;

/// Strips of rows: all rows of a small matrix, a spread of them of a large one.
fn strips(rows: usize, columns: usize) -> Vec<Range<usize>> {
    let wanted = (SAMPLE / columns.max(1) / STRIP).max(2);
    if rows <= wanted * STRIP {
        return std::iter::once(0..rows).collect();
    }
    (0..wanted).map(|strip| (rows - STRIP) * strip / (wanted - 1)).map(|start| start..start + STRIP).collect()
}

/// Finds weights for a matrix; `walk` holds those to begin with.
pub(super) fn weights(walk: &Walk<'_>, values: &[u16], rows: usize) -> Choice {
    if walk.aside.is_some() { solve::<BESIDE>(walk, values, rows) } else { solve::<ALONE>(walk, values, rows) }
}

fn solve<const N: usize>(walk: &Walk<'_>, values: &[u16], rows: usize) -> Choice {
    let sums = Sums::<N>::of(walk, values, rows, SPREAD);
    let mut best = walk.clone();
    best.far = sums.far.solve(&walk.far);
    best.near = if walk.square { sums.near.solve(&walk.near) } else { walk.near };
    let terms = Terms { square: walk.square, aside: walk.aside.is_some() };
    weights::choose(terms, (best.far, best.near), |far, near| {
        let half = if walk.symmetric { 2.0 } else { 1.0 };
        let near_places = if walk.square { ((2 * NEAR + 1) * rows) as f64 / half } else { 0.0 };
        let far_places = (rows * walk.columns) as f64 / half - near_places;
        far_places * sums.far.excess_bits(far, &best.far) + near_places * sums.near.excess_bits(near, &best.near)
    })
}

/// Weighted sums of products of the terms, for either set of weights.
#[derive(Default)]
pub(super) struct Sums<const N: usize> {
    pub(super) far: Normal<N>,
    pub(super) near: Normal<N>,
}

#[derive(Clone)]
pub(super) struct Normal<const N: usize> {
    sums: [[f64; N]; N],
    count: f64,
}

impl<const N: usize> Default for Normal<N> {
    fn default() -> Self {
        Self { sums: [[0.0; N]; N], count: 0.0 }
    }
}

impl<const N: usize> Sums<N> {
    /// Those of a sample of a matrix: all places near the diagonal and one in `spread` of the others. Places at the edges
    /// lack neighbours and are too few to matter.
    pub(super) fn of(walk: &Walk<'_>, values: &[u16], rows: usize, spread: usize) -> Self {
        let mut sums = Self::default();
        let is_near = |row: usize, column: usize| walk.square && row.abs_diff(column) <= NEAR;
        for row in strips(rows, walk.columns).into_iter().flat_map(|strip| strip.start + LEAD..strip.end) {
            let start = if walk.symmetric { row.max(2) } else { 2 };
            let end = walk.columns.saturating_sub(2);
            // Rows begin at different places of the spread.
            let begin = start + (spread - (row * 3 + start) % spread) % spread;
            for column in (begin..end).step_by(spread).filter(|&column| !is_near(row, column)) {
                sums.far.place(walk, values, row * walk.columns + column);
            }
            let beside =
                if walk.square { row.saturating_sub(NEAR).max(start)..(row + NEAR + 1).min(end) } else { 0..0 };
            for column in beside {
                sums.near.place(walk, values, row * walk.columns + column);
            }
        }
        sums.far.complete();
        sums.near.complete();
        sums
    }
}

impl<const N: usize> Normal<N> {
    /// Adds a place of a matrix; two places around it are there.
    #[inline]
    fn place(&mut self, walk: &Walk<'_>, values: &[u16], at: usize) {
        let columns = walk.columns;
        let line = |from: usize| values.get(from..);
        let (Some(&[ww, w, value]), Some(&[nww, nw, n, ne, nee]), Some(&[nnw, nn, nne])) = (
            line(at - 2).and_then(<[u16]>::first_chunk),
            line(at - columns - 2).and_then(<[u16]>::first_chunk),
            line(at - 2 * columns - 1).and_then(<[u16]>::first_chunk),
        ) else {
            return;
        };
        let [w, ww, n, nw, ne, nww, nee, nn, nnw, nne] = [w, ww, n, nw, ne, nww, nee, nn, nnw, nne].map(i32::from);
        let mut terms = [0.0; N];
        let alone = [w, ww, n, nw, ne, nww, nee, nn, nnw, nne, 1];
        terms.iter_mut().zip(alone).for_each(|(term, value)| *term = f64::from(value));
        let mut around = [w, ww, n, nw, ne];
        if let Some(aside) = &walk.aside {
            let other = |back: usize| aside.at(at - back, columns).unwrap_or(0);
            let [rw, rww, rn, rnw, rne] = [1, 2, columns, columns + 1, columns - 1].map(other);
            let told = [other(0), rw, rn];
            terms.iter_mut().skip(TERMS).zip(told).for_each(|(term, value)| *term = f64::from(value));
            around = [w - rw, ww - rww, n - rn, nw - rnw, ne - rne];
        }
        terms[N - 1] = f64::from(value);
        let [w, ww, n, nw, ne] = around;
        let varies = (w - ww).abs() + (w - nw).abs() + (n - nw).abs() + (n - ne).abs();
        self.add(&terms, varies as u32);
    }

    /// Adds terms and value of a place; `varies` tells how much its neighbourhood does.
    #[inline]
    fn add(&mut self, terms: &[f64; N], varies: u32) {
        // The variance to expect, but for a constant factor; the addend is that of rounding.
        let scale = f64::from(varies) + 4.0;
        let weight = 1.0 / (scale * scale);
        self.count += 1.0;
        for (first, sums) in self.sums.iter_mut().enumerate() {
            let left = terms[first] * weight;
            sums.iter_mut().zip(terms).skip(first).for_each(|(sum, right)| *sum += left * right);
        }
    }

    /// Fills in the sums below the diagonal, which are those above it.
    fn complete(&mut self) {
        for row in 1..N {
            for column in 0..row {
                self.sums[row][column] = self.sums[column][row];
            }
        }
    }

    /// The weights of least squares; the usual ones hold where a sample tells nothing.
    pub(super) fn solve(&self, usual: &Weights) -> Weights {
        const PULL: f64 = 1e-5;
        let mut system = self.sums;
        let constant = 1e-3 * self.sums[CONSTANT][CONSTANT] + 1e-9;
        for (term, row) in system.iter_mut().enumerate().take(N - 1) {
            let pull = if term == CONSTANT { constant } else { PULL * self.sums[term][term] + 1e-9 };
            row[term] += pull;
            row[N - 1] += pull * f64::from(usual[term]) / f64::from(ONE);
        }
        let solution = eliminate(&mut system);
        let mut weights = *usual;
        for (weight, found) in weights.iter_mut().zip(solution).take(N - 1) {
            let scaled = found * f64::from(ONE);
            // Out of reach, or no number at all: the usual weight stays.
            if scaled.abs() < f64::from(1 << 22) {
                *weight = (scaled + if scaled < 0.0 { -0.5 } else { 0.5 }) as i32;
            }
        }
        weights
    }

    /// Adds the sums of another sample, which count as much however long it is.
    pub(super) fn join(&mut self, other: &Self) {
        let share = 1e4 / other.count.max(1.0);
        let sums = self.sums.iter_mut().flatten().zip(other.sums.iter().flatten());
        sums.for_each(|(sum, other)| *sum += share * other);
        self.count += 1e4;
    }

    /// The weighted sum of squared errors of these weights.
    fn squares(&self, weights: &Weights) -> f64 {
        let mut terms = [1.0; N];
        terms
            .iter_mut()
            .zip(weights)
            .take(N - 1)
            .for_each(|(term, &weight)| *term = -f64::from(weight) / f64::from(ONE));
        let row = |sums: &[f64; N]| sums.iter().zip(&terms).map(|(sum, term)| sum * term).sum::<f64>();
        self.sums.iter().zip(&terms).map(|(sums, term)| term * row(sums)).sum::<f64>().max(0.0)
    }

    /// Bits that a place takes more with these weights than with the best.
    fn excess_bits(&self, weights: &Weights, best: &Weights) -> f64 {
        // Rounding alone errs by a variance of 1/12 and more.
        let floor = 0.1 * self.sums[CONSTANT][CONSTANT] + 1e-12;
        let ratio = (self.squares(weights) + floor) / (self.squares(best) + floor);
        0.5 * logarithm(ratio)
    }
}

/// log2, linear between powers of two: the choice it serves is not a close one.
fn logarithm(x: f64) -> f64 {
    let (mut whole, mut x) = (0.0, if x > 1.0 { x } else { 1.0 });
    while x >= 2.0 && whole < 64.0 {
        (whole, x) = (whole + 1.0, x / 2.0);
    }
    whole + x - 1.0
}

/// Solves the symmetric, positive system whose right side is the last column.
fn eliminate<const N: usize>(system: &mut [[f64; N]; N]) -> [f64; N] {
    for pivot in 0..N - 1 {
        let row = system[pivot];
        for below in system.iter_mut().take(N - 1).skip(pivot + 1) {
            let factor = below[pivot] / row[pivot];
            below.iter_mut().zip(row).skip(pivot).for_each(|(left, right)| *left -= factor * right);
        }
    }
    let mut solution = [0.0; N];
    for pivot in (0..N - 1).rev() {
        let row = &system[pivot];
        let known: f64 = (pivot + 1..N - 1).map(|term| row[term] * solution[term]).sum();
        solution[pivot] = (row[N - 1] - known) / row[pivot];
    }
    solution
}

/// Finds the scales for a matrix that is walked with its own weights, and about how many bytes the matrix takes.
pub(super) fn map(walk: &Walk<'_>, values: &[u16], rows: usize) -> (Map, usize) {
    let errors = Errors::of(walk, values, rows);
    let places = rows * walk.columns / if walk.symmetric { 2 } else { 1 };
    let share = places as f64 / (errors.levels.iter().map(|level| level.count).sum::<u64>() as f64).max(1.0);
    let mut map = Map::usual();
    let mut total = 0.0;
    for level in 0..LEVELS {
        let (number, price) = errors.best(level, map.0[level], share);
        map.0[level] = number;
        total += price;
    }
    (map, (total / 8.0) as usize)
}

/// How predictions err at each level.
pub(super) struct Errors<'a> {
    walk: &'a Walk<'a>,
    values: &'a [u16],
    levels: Vec<Level>,
}

/// What was met at a level: all of it is counted, and places spread evenly over it are kept.
#[derive(Clone, Default)]
struct Level {
    places: Vec<(Look, u16)>,
    count: u64,
    /// The sum of errors in eighths.
    errors: u64,
    /// One in 2 to this many is kept.
    thinned: u32,
}

impl Level {
    #[inline]
    fn meet(&mut self, look: Look, value: u16) {
        self.errors += (8 * i64::from(value)).abs_diff(look.prediction.into());
        if self.count & ((1 << self.thinned) - 1) == 0 {
            self.keep(look, value);
        }
        self.count += 1;
    }

    fn keep(&mut self, look: Look, value: u16) {
        if self.places.len() == PRICED {
            let mut odd = false;
            self.places.retain(|_| {
                odd = !odd;
                odd
            });
            self.thinned += 1;
            if self.count & ((1 << self.thinned) - 1) != 0 {
                return;
            }
        }
        self.places.push((look, value));
    }

    /// Sixteenths of bits that the places take with a scale.
    fn price(&self, number: usize, top: u16) -> f64 {
        let scale = Scale::new(number);
        let cost = |&(look, value): &(Look, u16)| u64::from(band::cost(scale, look, value, top));
        let share = self.count as f64 / (self.places.len() as f64).max(1.0);
        self.places.iter().map(cost).sum::<u64>() as f64 * share
    }
}

impl Visit for Errors<'_> {
    #[inline]
    fn value(&mut self, row: usize, column: usize, look: Look) -> Option<u16> {
        let value = *self.values.get(row * self.walk.columns + column)?;
        self.levels[level(look.energy)].meet(look, value);
        Some(value)
    }

    fn mirror(&self, row: usize, line: &mut [i32]) {
        band::mirror(self.values, self.walk.columns, row, line);
    }

    fn row(&mut self, _: usize, _: &[i32]) {}
}

impl<'a> Errors<'a> {
    /// Those of a sample of a matrix.
    pub(super) fn of(walk: &'a Walk<'a>, values: &'a [u16], rows: usize) -> Self {
        let mut errors = Self { walk, values, levels: vec![Level::default(); LEVELS] };
        for strip in strips(rows, walk.columns) {
            let _ = walk.rows(strip, &mut errors);
        }
        errors
    }

    /// Sixteenths of bits that the places of a level take with a scale.
    pub(super) fn price(&self, level: usize, number: usize) -> f64 {
        self.levels[level].price(number, self.walk.top)
    }

    /// The scale for a level and the bits its places take in the whole matrix.
    fn best(&self, level: usize, usual: u8, share: f64) -> (u8, f64) {
        /// Bits to tell of another scale, for each step from the usual one.
        const STEP: f64 = 2.0;
        let Level { count, errors, .. } = self.levels[level];
        if count == 0 {
            return (usual, 0.0);
        }
        let told = |number: u8| STEP * f64::from(number.abs_diff(usual));
        let price = |number: u8| self.price(level, number.into()) * share / 16.0 + told(number);
        let guess = guess(errors, count);
        let around = guess.saturating_sub(1)..=(guess + 1).min(NUMBERS as u8 - 1);
        let others = around.filter(|&number| number != usual).map(|number| (number, price(number)));
        others.fold((usual, price(usual)), |best, next| if next.1 < best.1 { next } else { best })
    }
}

/// The scale number whose mean error is about this one (of a logistic: 1.39 scales), in eighths.
fn guess(sum: u64, count: u64) -> u8 {
    // The scale of a number is 2^(number / 2 - 4) units: halves of octaves of the mean from 2^-4 * 8 * 1.39 eighths.
    let mut mean = sum as f64 / count as f64 / (0.5 * 1.39);
    let mut number = 0;
    while mean > 1.19 && usize::from(number) < NUMBERS - 1 {
        (mean, number) = (mean / std::f64::consts::SQRT_2, number + 1);
    }
    number
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strips_lie_within_the_matrix() {
        assert!(strips(5, 100).iter().eq(std::iter::once(&(0..5))));
        for (rows, columns) in [(2000, 2000), (100_000, 3), (300, 1_000_000), (11, 20_000)] {
            let strips = strips(rows, columns);
            assert!(strips.iter().all(|strip| strip.end <= rows && strip.len() <= SAMPLE.max(STRIP)), "{rows}");
            assert!(strips.windows(2).all(|pair| pair[0].start <= pair[1].start));
        }
    }

    #[test]
    fn least_squares_finds_the_weights_that_made_the_values() {
        let mut normal = Normal::<ALONE>::default();
        for seed in 0..500_u64 {
            let mut terms: [f64; ALONE] =
                std::array::from_fn(|term| ((seed * 7919 + term as u64 * 104_729) % (97 + term as u64)) as f64);
            terms[TERMS - 1] = 1.0;
            terms[TERMS] = 0.75 * terms[0] + 0.5 * terms[2] - 0.25 * terms[3];
            normal.add(&terms, 10);
        }
        normal.complete();
        let weights = normal.solve(&[0; ALL_TERMS]);
        let found: Vec<f64> = weights.iter().map(|&weight| f64::from(weight) / f64::from(ONE)).collect();
        assert!((found[0] - 0.75).abs() < 0.01 && (found[2] - 0.5).abs() < 0.01 && (found[3] + 0.25).abs() < 0.01);
        assert!(normal.excess_bits(&[0; ALL_TERMS], &weights) > 1.0);
    }
}
