//! Finds the usual weights and scales in matrices of known origin, as the constants of `weights` and `levels`.

use std::fmt::Write;

use super::Matrix;
use super::fit::{ALONE, Errors, Sums};
use super::levels::LEVELS;
use super::shape::NUMBERS;
use super::walk::{ALL_TERMS, ONE, TERMS, Weights};
use super::weights::Pair;

/// The constants for these kinds of matrices, as Rust.
pub(in crate::codec::array) fn train(kinds: &[Vec<Matrix>]) -> String {
    let pairs: Vec<Pair> = kinds.iter().map(|matrices| weights(matrices)).collect();
    let mut out = String::new();
    for (far, near) in &pairs {
        let _ = writeln!(out, "    ({far:?}, {near:?}),");
    }
    let _ = writeln!(out, "{:?}", scales(kinds, &pairs));
    out
}

/// Least squares over all matrices of a kind, each as much as the other.
fn weights(matrices: &[Matrix]) -> Pair {
    let mut begin: Weights = [0; ALL_TERMS];
    begin[0] = ONE;
    let mut pair = (begin, begin);
    for _ in 0..4 {
        let mut joined = Sums::<ALONE>::default();
        for matrix in matrices {
            let mut walk = super::walk(matrix.rows, matrix.columns, matrix.top, false);
            (walk.far, walk.near) = pair;
            let sums = Sums::of(&walk, &matrix.values, matrix.rows, 1);
            joined.far.join(&sums.far);
            joined.near.join(&sums.near);
        }
        pair = (joined.far.solve(&pair.0), joined.near.solve(&pair.1));
        // What it is depends on the unit of the values.
        (pair.0[TERMS - 1], pair.1[TERMS - 1]) = (0, 0);
    }
    pair
}

/// The scale number of each level that costs least over all matrices.
fn scales(kinds: &[Vec<Matrix>], pairs: &[Pair]) -> Vec<usize> {
    let mut prices = vec![[0.0; NUMBERS]; LEVELS];
    for (matrix, pair) in kinds.iter().zip(pairs).flat_map(|(matrices, pair)| matrices.iter().map(move |m| (m, pair))) {
        let mut walk = super::walk(matrix.rows, matrix.columns, matrix.top, false);
        (walk.far, walk.near) = *pair;
        let errors = Errors::of(&walk, &matrix.values, matrix.rows);
        for (level, prices) in prices.iter_mut().enumerate() {
            prices.iter_mut().enumerate().for_each(|(number, price)| *price += errors.price(level, number));
        }
    }
    let best = |prices: &[f64; NUMBERS]| (0..NUMBERS).min_by(|&a, &b| prices[a].total_cmp(&prices[b])).unwrap_or(0);
    prices.iter().map(best).collect()
}
