//! Means and scatters of kinds of atoms: least squares, with outliers left out and curvature taken off.
//!
//! ```text
//! pass   weights from targets less what the last pass says is curvature; covariance of what is left along r, p, t;
//!        atoms further off than six sigma (cis bonds, broken geometry) count in no later pass
//! ```
//!
//! Every fit leans on a prior, the fit of all profiles together, by the weight of a few atoms.

use proteusdb_core::codec::small::training::{FEATURES, Learned, Seen};

const PASSES: usize = 5;
/// Squared distance, in sigmas, beyond which an atom is an outlier.
const OUTLIER: f64 = 40.0;
/// How strongly weights lean on the prior's.
const RIDGE: f64 = 2e-3;
/// Atoms that the prior's covariance counts for.
const PRIOR_ATOMS: f64 = 1.0;
/// Atoms that tell themselves how large their distances are.
const ENOUGH: f64 = 60.0;
/// Variance by rounding, which the coder adds itself.
const ROUNDING: f64 = 0.08;

type Weights = [[f64; FEATURES]; 3];
type Square<const N: usize> = [[f64; N]; N];

/// The fit of a kind's atoms; the prior where there are none.
pub fn kind(atoms: &[&Seen], prior: &Learned) -> Learned {
    let mut learned = *prior;
    let mut covariance = square(&prior.1);
    let mut inside: Vec<bool> = vec![true; atoms.len()];
    for pass in 0..PASSES {
        let used = || atoms.iter().zip(&inside).filter(|(_, inside)| **inside).map(|(atom, _)| *atom);
        if pass == 0 && used().next().is_none() {
            return learned;
        }
        learned.0 = weights(used(), (pass > 0).then_some(&learned.0), &prior.0);
        let offs: Vec<[f64; 3]> = atoms.iter().map(|atom| atom.off(&learned.0).along).collect();
        let robust = median_scale(&offs);
        covariance = if pass == 0 { robust } else { scatter(&offs, &inside, &square(&prior.1)) };
        let inverse = inverted(&covariance);
        inside = offs.iter().map(|off| distance(off, &inverse) < OUTLIER).collect();
    }
    for (axis, row) in covariance.iter_mut().enumerate() {
        row[axis] = (row[axis] - ROUNDING).max(0.01);
    }
    learned.1 = triangle(&covariance);
    learned
}

/// Least squares of the three coordinates.
fn weights<'a>(atoms: impl Iterator<Item = &'a Seen>, last: Option<&Weights>, prior: &Weights) -> Weights {
    let mut left = [[0.0; FEATURES]; FEATURES];
    let mut right = [[0.0; FEATURES]; 3];
    for atom in atoms {
        let bent = last.map_or([0.0; 3], |last| atom.off(last).bent);
        let f = &atom.features;
        for (row, &a) in left.iter_mut().zip(f) {
            row.iter_mut().zip(f).for_each(|(cell, &b)| *cell += a * b);
        }
        for (row, (&at, bent)) in right.iter_mut().zip(atom.at.iter().zip(bent)) {
            row.iter_mut().zip(f).for_each(|(cell, &a)| *cell += a * (at - bent));
        }
    }
    for (axis, row) in left.iter_mut().enumerate() {
        row[axis] += RIDGE;
    }
    for (row, prior) in right.iter_mut().zip(prior) {
        row.iter_mut().zip(prior).for_each(|(cell, &prior)| *cell += RIDGE * prior);
    }
    right.map(|right| solved(left, right))
}

/// Gaussian elimination of a positive definite system.
fn solved<const N: usize>(mut left: Square<N>, mut right: [f64; N]) -> [f64; N] {
    for pivot in 0..N {
        let row = left[pivot];
        for below in pivot + 1..N {
            let factor = left[below][pivot] / row[pivot];
            left[below].iter_mut().zip(row).for_each(|(cell, above)| *cell -= factor * above);
            right[below] -= factor * right[pivot];
        }
    }
    for pivot in (0..N).rev() {
        let known: f64 = (pivot + 1..N).map(|other| left[pivot][other] * right[other]).sum();
        right[pivot] = (right[pivot] - known) / left[pivot][pivot];
    }
    right
}

/// Variances that outliers cannot move, for the first pass.
fn median_scale(offs: &[[f64; 3]]) -> Square<3> {
    let mut covariance = [[0.0; 3]; 3];
    for axis in 0..3 {
        let mut sizes: Vec<f64> = offs.iter().map(|off| off[axis].abs()).collect();
        sizes.sort_unstable_by(f64::total_cmp);
        let sigma = sizes.get(sizes.len() / 2).map_or(1.0, |median| median * 1.5).max(0.3);
        covariance[axis][axis] = sigma * sigma;
    }
    covariance
}

/// The prior tells the shape alone: it is as large as the atoms' own usual distances, which may be a thousandth of it.
fn scatter(offs: &[[f64; 3]], inside: &[bool], prior: &Square<3>) -> Square<3> {
    let own = median_scale(offs);
    let few = (ENOUGH / offs.len().max(1) as f64 - 1.0).max(0.0);
    let size: [f64; 3] = std::array::from_fn(|axis| {
        ((own[axis][axis] + few * prior[axis][axis]) / ((1.0 + few) * prior[axis][axis])).sqrt()
    });
    let scaled = |row: usize, column: usize| prior[row][column] * size[row] * size[column] * PRIOR_ATOMS;
    let mut sum: Square<3> = std::array::from_fn(|row| std::array::from_fn(|column| scaled(row, column)));
    let mut count = PRIOR_ATOMS;
    for (off, _) in offs.iter().zip(inside).filter(|(_, inside)| **inside) {
        for (row, a) in sum.iter_mut().zip(off) {
            row.iter_mut().zip(off).for_each(|(cell, b)| *cell += a * b);
        }
        count += 1.0;
    }
    let mut covariance = sum.map(|row| row.map(|cell| cell / count));
    (0..3).for_each(|axis| covariance[axis][axis] += 0.01);
    covariance
}

fn inverted(covariance: &Square<3>) -> Square<3> {
    let column = |axis: usize| {
        let mut unit = [0.0; 3];
        unit[axis] = 1.0;
        solved(*covariance, unit)
    };
    [column(0), column(1), column(2)]
}

fn distance(off: &[f64; 3], inverse: &Square<3>) -> f64 {
    inverse.iter().zip(off).map(|(row, a)| a * row.iter().zip(off).map(|(cell, b)| cell * b).sum::<f64>()).sum()
}

/// L of L Lᵀ, row by row.
fn triangle(covariance: &Square<3>) -> [f64; 6] {
    let [[rr, ..], [pr, pp, _], [tr, tp, tt]] = *covariance;
    let one = rr.max(1e-3).sqrt();
    let (two, three) = (pr / one, tr / one);
    let four = (pp - two * two).max(1e-3).sqrt();
    let five = (tp - two * three) / four;
    [one, two, four, three, five, (tt - three * three - five * five).max(1e-3).sqrt()]
}

/// The inverse of [`triangle`].
fn square(l: &[f64; 6]) -> Square<3> {
    let rows = [[l[0], 0.0, 0.0], [l[1], l[2], 0.0], [l[3], l[4], l[5]]];
    rows.map(|a| rows.map(|b| a.iter().zip(b).map(|(a, b)| a * b).sum()))
}

/// What is assumed of a kind before anything is seen.
pub const NOTHING: Learned = ([[0.0; FEATURES]; 3], [300.0, 0.0, 300.0, 0.0, 0.0, 300.0]);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_triangle_squares_to_its_covariance() {
        let covariance = [[4.0, 1.0, 0.5], [1.0, 9.0, -2.0], [0.5, -2.0, 16.0]];
        let back = square(&triangle(&covariance));
        for (row, expected) in back.iter().zip(covariance) {
            row.iter().zip(expected).for_each(|(cell, expected)| assert!((cell - expected).abs() < 1e-12));
        }
        let product: f64 = inverted(&covariance)[1].iter().zip(covariance[1]).map(|(a, b)| a * b).sum();
        assert!((product - 1.0).abs() < 1e-12);
    }

    #[test]
    fn atoms_at_one_place_are_expected_there() {
        let at = |x: f64| Seen { atom: 0, kind: 0, bin: 0, features: [1.0, 1.5, -0.5, 1.4, 0.0], at: [x, 1400.0, 0.0] };
        let atoms: Vec<Seen> = (0..200).map(|i| at(500.0 + f64::from(i % 5))).collect();
        let learned = kind(&atoms.iter().collect::<Vec<_>>(), &NOTHING);
        let off = at(502.0).off(&learned.0).along;
        assert!(off.iter().all(|off| off.abs() < 1.0), "{off:?}");
    }
}
