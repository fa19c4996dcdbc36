//! What bounded columns need: how far decoded atoms blur each kind, and tables of cells.

use proteusdb_core::codec::small::training::{CELLS, CLASSES, Example, Kind, SYMBOLS, Trained, Widths};

use crate::tables::{Counts, leaning, whole};

/// Errors, Å: the middle one tells how far atoms are off.
const ERRORS: [f64; 3] = [0.02, 0.05, 0.1];

/// The most squared cells that one atom counts for, and atoms that the prior counts for.
const MOST: f64 = 9.0;
const PRIOR: f64 = 30.0;

/// Kinds, and the variance of each along r, p and t in squares of cells.
pub fn blurs(examples: &[&Example], of: &[usize], model: &Trained) -> Vec<(Kind, [f64; 3])> {
    let mut sums = vec![([0.0; 3], 0.0); model.kinds().len() + 1];
    for (example, &profile) in examples.iter().zip(of) {
        for (kind, off) in example.blurs(model, profile, ERRORS[1]) {
            let all = sums.len() - 1;
            for place in [kind.min(all), all] {
                let (sum, count) = &mut sums[place];
                sum.iter_mut().zip(off).for_each(|(sum, off)| *sum += (off * off).min(MOST));
                *count += 1.0;
            }
        }
    }
    let (all, count) = sums[sums.len() - 1];
    let usual = all.map(|sum| (sum + 1.0) / (count + 1.0));
    let mean = |(sum, count): &([f64; 3], f64)| {
        std::array::from_fn(|axis| ((sum[axis] + PRIOR * usual[axis]) / (count + PRIOR)).max(2e-3))
    };
    model.kinds().iter().zip(&sums).map(|(&kind, sum)| (kind, mean(sum))).collect()
}

/// The tables: axis by group by class.
pub fn widths(examples: &[&Example], of: &[usize], model: &Trained) -> Vec<Widths> {
    let [first, _] = model.shared();
    let first = first as u32 + proteusdb_core::codec::small::training::INTEGERS;
    let mut counts: Counts = vec![[0.0; SYMBOLS]; CELLS as usize];
    for error in ERRORS {
        for (example, &profile) in examples.iter().zip(of) {
            for (table, symbol) in example.cells(model, profile, error).0 {
                if let Some(counts) = table.checked_sub(first).and_then(|table| counts.get_mut(table as usize)) {
                    counts[usize::from(symbol)] += 1.0;
                }
            }
        }
    }
    let classes = CLASSES as usize;
    let pooled = |class: usize| -> [f64; SYMBOLS] {
        std::array::from_fn(|symbol| counts.iter().skip(class).step_by(classes).map(|counts| counts[symbol]).sum())
    };
    let priors: Vec<[f64; SYMBOLS]> =
        (0..classes).map(|class| leaning(&pooled(class), &crate::tables::spread(variance(class), 0.0, 1.0))).collect();
    counts.iter().enumerate().map(|(table, own)| whole(&leaning(own, &priors[table % classes]))).collect()
}

/// The middle variance of a class in squares of cells.
fn variance(class: usize) -> f64 {
    2_f64.powf((class as f64 + 0.5) / 2.0 - 9.0)
}
