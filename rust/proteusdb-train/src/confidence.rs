//! Confidences: weights of every kind of atom, tables, and which column belongs to which profile.
//!
//! ```text
//! kind      weighted least squares: a value far off counts as its distance, not as the square of it
//! profiles  of atoms: a guess by how steady values are within a residue, then by the fewest bits, again and again
//!           of residues: the same, by how steady they are along the chain
//! ```

use proteusdb_core::codec::small::confidence::training::{
    Example, FEATURES, Learned, Seen, TABLES, Trained, artefact, kinds,
};
use proteusdb_core::codec::small::training::{INTEGER_TABLES, SYMBOLS, Trained as Atoms};

use crate::tables::{self, Counts};

/// Profiles of one value an atom, and of one value a residue.
const BY_ATOM: usize = 4;
const BY_RESIDUE: usize = 3;
const ROUNDS: usize = 3;
const PASSES: usize = 4;

/// Values that the prior of a kind counts for.
const PRIOR: f64 = 40.0;

/// The artefact fitted to these columns.
pub fn train(examples: &[&Example], atoms: &Atoms) -> Result<Vec<u8>, String> {
    let seen: Vec<Vec<Seen>> = examples.iter().map(|example| example.seen(atoms)).collect();
    let mut of = guesses(examples, &seen);
    let mut bytes = Vec::new();
    for round in 0..=ROUNDS {
        bytes = fitted(examples, &seen, &of, atoms)?;
        if round < ROUNDS {
            let trained = Trained::read(&bytes).map_err(|error| error.to_string())?;
            for (example, of) in examples.iter().zip(&mut of) {
                let costs: Vec<(f64, usize)> = profiles(example.by_atom())
                    .map(|profile| (example.items(atoms, &trained, profile).1, profile))
                    .collect();
                *of = costs.iter().min_by(|a, b| a.0.total_cmp(&b.0)).map_or(*of, |cost| cost.1);
            }
        }
    }
    Ok(bytes)
}

/// The profiles of a way.
fn profiles(by_atom: bool) -> std::ops::Range<usize> {
    if by_atom { 0..BY_ATOM } else { BY_ATOM..BY_ATOM + BY_RESIDUE }
}

/// Parts of equal size by the middle difference of neighbouring values.
fn guesses(examples: &[&Example], seen: &[Vec<Seen>]) -> Vec<usize> {
    let typical = |seen: &[Seen]| {
        let mut sizes: Vec<f64> = seen.iter().map(|value| value.value.abs()).collect();
        sizes.sort_unstable_by(f64::total_cmp);
        sizes.get(sizes.len() / 2).copied().unwrap_or(0.0)
    };
    let mut of = vec![0; examples.len()];
    for by_atom in [true, false] {
        let mut order: Vec<(f64, usize)> = examples
            .iter()
            .zip(seen)
            .enumerate()
            .filter(|(_, (example, _))| example.by_atom() == by_atom)
            .map(|(index, (_, seen))| (typical(seen), index))
            .collect();
        order.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let (own, count) = (profiles(by_atom), order.len());
        for (rank, (_, index)) in order.into_iter().enumerate() {
            of[index] = own.start + rank * own.len() / count;
        }
    }
    of
}

/// The artefact of columns that belong to these profiles.
fn fitted(examples: &[&Example], seen: &[Vec<Seen>], of: &[usize], atoms: &Atoms) -> Result<Vec<u8>, String> {
    let even = vec![[512_u16; SYMBOLS]; TABLES];
    let mut learned = Vec::new();
    for by_atom in [true, false] {
        let mine = |wanted: &dyn Fn(usize) -> bool| -> Vec<&Seen> {
            let chosen = examples.iter().zip(seen).zip(of);
            let chosen = chosen.filter(|((example, _), of)| example.by_atom() == by_atom && wanted(**of));
            chosen.flat_map(|((_, seen), _)| seen).collect()
        };
        let prior = learn(&mine(&|_| true), kinds(atoms, by_atom), None);
        for profile in profiles(by_atom) {
            learned.push((
                by_atom,
                learn(&mine(&|of| of == profile), kinds(atoms, by_atom), Some(&prior)),
                even.clone(),
            ));
        }
    }
    let bare = Trained::read(&artefact(&learned)).map_err(|error| error.to_string())?;
    let none: Counts = vec![[0.0; SYMBOLS]; TABLES];
    let mut counts = vec![none.clone(); learned.len()];
    for (example, &profile) in examples.iter().zip(of) {
        for (table, symbol) in example.items(atoms, &bare, profile).0 {
            counts[profile][table as usize][usize::from(symbol)] += 1.0;
        }
    }
    for by_atom in [true, false] {
        let mut all = none.clone();
        for counts in &counts[profiles(by_atom)] {
            for (all, own) in all.as_flattened_mut().iter_mut().zip(counts.as_flattened()) {
                *all += own;
            }
        }
        for profile in profiles(by_atom) {
            learned[profile].2 = tables::widths(&counts[profile], &all);
        }
    }
    Ok(artefact(&learned))
}

/// What is learned of each kind; without a prior, of all kinds first.
fn learn(seen: &[&Seen], count: usize, prior: Option<&[Learned]>) -> Vec<Learned> {
    let mut of_kind: Vec<Vec<&Seen>> = vec![Vec::new(); count];
    seen.iter().for_each(|value| of_kind[value.kind.min(count - 1)].push(value));
    let common = match prior {
        Some(_) => [0.0; FEATURES],
        None => weights(seen, &[0.0; FEATURES]),
    };
    let each: Vec<[f64; FEATURES]> = of_kind
        .iter()
        .enumerate()
        .map(|(kind, values)| {
            weights(values, prior.and_then(|prior| prior.get(kind)).map_or(&common, |prior| &prior.0))
        })
        .collect();
    let off = |values: &[&Seen], weights: &[f64; FEATURES]| -> f64 {
        values.iter().map(|value| missed(value, weights).abs()).sum()
    };
    let sums: Vec<f64> = of_kind.iter().zip(&each).map(|(values, weights)| off(values, weights)).collect();
    let usual = (sums.iter().sum::<f64>() + 1e-3) / (seen.len().max(1) as f64);
    let scatter = |kind: usize| {
        let before = prior.and_then(|prior| prior.get(kind)).map_or(1.0, |prior| prior.1);
        let count = of_kind[kind].len() as f64;
        ((sums[kind] / usual + PRIOR * before) / (count + PRIOR)).clamp(0.05, 20.0)
    };
    each.iter().enumerate().map(|(kind, &weights)| (weights, scatter(kind))).collect()
}

fn missed(seen: &Seen, weights: &[f64; FEATURES]) -> f64 {
    seen.value - weights.iter().zip(seen.features).map(|(weight, feature)| weight * feature).sum::<f64>()
}

/// Weights that lean on a prior.
fn weights(seen: &[&Seen], prior: &[f64; FEATURES]) -> [f64; FEATURES] {
    let mut weights = *prior;
    for _ in 0..PASSES {
        let mut left = [[0.0; FEATURES]; FEATURES];
        let mut right = [0.0; FEATURES];
        let typical = seen.iter().map(|value| missed(value, &weights).abs()).sum::<f64>() / seen.len().max(1) as f64;
        let mut spread = [0.0; FEATURES];
        for value in seen {
            let counts = 1.0 / (missed(value, &weights).abs() + 0.3 * typical + 0.3);
            for (row, a) in value.features.iter().enumerate() {
                left[row].iter_mut().zip(value.features).for_each(|(cell, b)| *cell += counts * a * b);
                right[row] += counts * a * value.value;
                spread[row] += counts * a * a;
            }
        }
        for row in 0..FEATURES {
            let lean = PRIOR * spread[row] / (seen.len().max(1) as f64) + 1e-3;
            left[row][row] += lean;
            right[row] += lean * prior[row];
        }
        weights = solved(left, right);
    }
    weights
}

/// Gauss with the largest pivot; the matrix is positive.
fn solved(mut left: [[f64; FEATURES]; FEATURES], mut right: [f64; FEATURES]) -> [f64; FEATURES] {
    for column in 0..FEATURES {
        let pivot = (column..FEATURES)
            .max_by(|&a, &b| left[a][column].abs().total_cmp(&left[b][column].abs()))
            .unwrap_or(column);
        left.swap(column, pivot);
        right.swap(column, pivot);
        for row in column + 1..FEATURES {
            let factor = left[row][column] / left[column][column];
            let above = left[column];
            left[row].iter_mut().zip(above).for_each(|(cell, above)| *cell -= factor * above);
            right[row] -= factor * right[column];
        }
    }
    for column in (0..FEATURES).rev() {
        let known: f64 = (column + 1..FEATURES).map(|other| left[column][other] * right[other]).sum();
        right[column] = (right[column] - known) / left[column][column];
    }
    right
}

/// The tables of one half are those of all classes of an integer.
const _: () = assert!(TABLES == 2 * INTEGER_TABLES as usize, "the layout of tables");
