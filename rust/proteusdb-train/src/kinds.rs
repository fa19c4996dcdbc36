//! Which kinds of atoms have a free torsion: those whose torsion is not nearly the same everywhere.
//!
//! ```text
//! R   length of the mean of all torsions as unit vectors: 1 where all are the same, 0.98 at a deviation of 11 degrees
//! ```
//!
//! What an atom is seen from is as in the fast profile.

use proteusdb_core::codec::small::training::{self, BINS, Example, Kind, Trained};

/// The least `R` of a torsion that is not coded.
const FIXED: f64 = 0.98;

/// Atoms that are enough to tell.
const ENOUGH: f64 = 20.0;

/// The kinds that these examples ask for.
pub fn choose(examples: &[&Example]) -> Vec<Kind> {
    let mut kinds = training::kinds();
    let model = Trained::of(kinds.clone());
    let mut sums = vec![[0.0; 3]; kinds.len()];
    for seen in examples.iter().flat_map(|example| example.seen(&model)) {
        let turned =
            if kinds[seen.kind].free { (seen.bin as f64 + 0.5) / BINS as f64 * std::f64::consts::TAU } else { 0.0 };
        let angle = seen.at[2].atan2(seen.at[1]) + turned;
        let [cos, sin, count] = &mut sums[seen.kind];
        *cos += angle.cos();
        *sin += angle.sin();
        *count += 1.0;
    }
    let general = kinds.len() - 1;
    for (kind, [cos, sin, count]) in kinds.iter_mut().zip(sums).take(general) {
        if count >= ENOUGH {
            kind.free = cos.hypot(sin) / count < FIXED;
        }
    }
    kinds
}
