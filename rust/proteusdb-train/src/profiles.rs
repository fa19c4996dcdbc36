//! Which example belongs to which profile: a guess, then to the profile that codes it in the fewest bits, again and again.

use proteusdb_core::codec::small::training::{
    CELLS, Example, INTEGERS, Kind, Learned, SYMBOLS, Seen, Trained, Widths, artefact,
};

use crate::kinds;
use crate::tables::{self, Counts};
use crate::{cells, fit, torsions};

/// Guesses are of six sorts, and each is halved.
const SORTS: usize = 6;
const PROFILES: usize = 2 * SORTS;
const ROUNDS: usize = 3;

/// The level of zstd for artefacts that are read once.
const QUICK: i32 = 1;

/// The artefact fitted to these examples.
pub fn train(examples: &[&Example]) -> Result<Vec<u8>, String> {
    let kinds = kinds::choose(examples);
    let model = Trained::of(kinds.clone());
    let seen: Vec<Vec<Seen>> = examples.iter().map(|example| example.seen(&model)).collect();
    let prior = learn(&seen.iter().collect::<Vec<_>>(), &vec![fit::NOTHING; kinds.len()]);
    let mut of = guesses(examples, &seen, &prior);
    let mut bytes = Vec::new();
    for round in 0..=ROUNDS {
        let learned: Vec<Vec<Learned>> = (0..PROFILES)
            .map(|profile| {
                let own = seen.iter().zip(&of).filter(|(_, of)| **of == profile).map(|(seen, _)| seen);
                learn(&own.collect::<Vec<_>>(), &prior)
            })
            .collect();
        bytes = tabled(examples, &of, &kinds, &learned, round == ROUNDS)?;
        let sizes: Vec<usize> = (0..PROFILES).map(|profile| of.iter().filter(|of| **of == profile).count()).collect();
        eprintln!("round {round}: examples by profile {sizes:?}, artefact {} bytes", bytes.len());
        if round < ROUNDS {
            let trained = Trained::read(&bytes).map_err(|error| error.to_string())?;
            of = examples.iter().map(|example| cheapest(example, &trained)).collect();
        }
    }
    Ok(bytes)
}

fn cheapest(example: &Example, trained: &Trained) -> usize {
    let costs: Vec<f64> = (0..PROFILES).map(|profile| example.items(trained, profile).1).collect();
    (0..PROFILES).min_by(|&a, &b| costs[a].total_cmp(&costs[b])).unwrap_or(0)
}

/// What is learned of each kind.
fn learn(seen: &[&Vec<Seen>], prior: &[Learned]) -> Vec<Learned> {
    let mut by_kind: Vec<Vec<&Seen>> = vec![Vec::new(); prior.len()];
    seen.iter().flat_map(|seen| seen.iter()).for_each(|atom| by_kind[atom.kind].push(atom));
    by_kind.iter().zip(prior).map(|(atoms, prior)| fit::kind(atoms, prior)).collect()
}

/// Half floats; else by how much bond lengths scatter and whether confidence is by atom. Each sort is halved by the former.
fn guesses(examples: &[&Example], seen: &[Vec<Seen>], prior: &[Learned]) -> Vec<usize> {
    let sorts: Vec<(usize, f64)> =
        examples.iter().zip(seen).map(|(example, seen)| guess(example, seen, prior)).collect();
    let mut of = vec![0; examples.len()];
    for sort in 0..SORTS {
        let mut order: Vec<(f64, usize)> =
            (0..).zip(&sorts).filter(|(_, own)| own.0 == sort).map(|(index, own)| (own.1, index)).collect();
        order.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let half = order.len() / 2;
        for (rank, (_, index)) in order.into_iter().enumerate() {
            of[index] = 2 * sort + usize::from(rank >= half);
        }
    }
    of
}

/// A sort, and how far off a bond's length usually is.
fn guess(example: &Example, seen: &[Seen], prior: &[Learned]) -> (usize, f64) {
    let mut off: Vec<f64> = seen.iter().map(|atom| atom.off(&prior[atom.kind].0).along[0].abs()).collect();
    off.sort_unstable_by(f64::total_cmp);
    let typical = off.get(off.len() / 2).copied().unwrap_or(0.0);
    let model = example.structure().first();
    let by_atom = model.topology.residues.atoms(0).any(|atom| model.b_factor.get(atom) != model.b_factor.get(0));
    let sort = match (example.half(), typical < 3.0, by_atom) {
        (true, ..) => 0,
        (_, true, false) => 1,
        (_, true, true) => 2,
        (_, false, false) => 3,
        (_, false, true) if typical < 9.0 => 4,
        _ => 5,
    };
    (sort, typical)
}

/// The artefact with tables counted under what was learned; those of cells where they are wanted.
fn tabled(
    examples: &[&Example],
    of: &[usize],
    kinds: &[Kind],
    learned: &[Vec<Learned>],
    bounded: bool,
) -> Result<Vec<u8>, String> {
    let mut own = vec![vec![[512_u16; SYMBOLS]; INTEGERS as usize]; learned.len()];
    let model = Trained::of(kinds.to_vec());
    let mut shared = vec![[512_u16; SYMBOLS]; model.shared()[1]];
    let mut blurred: Vec<(Kind, [f64; 3])> = kinds.iter().map(|&kind| (kind, [0.1; 3])).collect();
    let read = |blurred: &[(Kind, [f64; 3])], shared: &[Widths], own: &[Vec<Widths>], level: i32| {
        let profiles: Vec<_> = learned.iter().cloned().zip(own.iter().cloned()).collect();
        let bytes = artefact(blurred, shared, &profiles, level);
        Trained::read(&bytes).map(|trained| (trained, bytes)).map_err(|error| error.to_string())
    };
    let (bare, _) = read(&blurred, &shared, &own, QUICK)?;
    let mut counts: Vec<Counts> = vec![vec![[0.0; SYMBOLS]; INTEGERS as usize]; learned.len()];
    let mut bins: Counts = vec![[0.0; SYMBOLS]; model.shared()[0]];
    for (example, &profile) in examples.iter().zip(of) {
        for (table, symbol) in example.items(&bare, profile).0 {
            let counts = match table.checked_sub(INTEGERS) {
                None => &mut counts[profile][table as usize],
                Some(table) => &mut bins[table as usize],
            };
            counts[usize::from(symbol)] += 1.0;
        }
    }
    let all = tables::sum(&counts);
    own = counts.iter().map(|counts| tables::widths(counts, &all)).collect();
    shared[..bins.len()].copy_from_slice(&torsions::widths(&model, &bins));
    if bounded {
        blurred = cells::blurs(examples, of, &bare);
        let (trained, _) = read(&blurred, &shared, &own, QUICK)?;
        let widths = cells::widths(examples, of, &trained);
        shared[bins.len()..bins.len() + CELLS as usize].copy_from_slice(&widths);
    }
    read(&blurred, &shared, &own, if bounded { 19 } else { QUICK }).map(|(_, bytes)| bytes)
}

#[cfg(test)]
mod tests {
    use proteusdb_core::formats;

    use super::*;

    /// A crooked chain from nothing.
    fn example(seed: u32) -> Example {
        let (mut text, mut at, mut seed) = (String::new(), [1000_i32, -2000, 3000], seed);
        for residue in 0..30 {
            for (atom, name) in ["N", "CA", "C", "O", "CB"].iter().enumerate() {
                for place in &mut at {
                    seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    *place += (seed >> 16) as i32 % 1800 - 850;
                }
                let [x, y, z] = at.map(|value| f64::from(value) / 1000.0);
                let (serial, number) = (5 * residue + atom + 1, residue + 1);
                text += &format!(
                    "ATOM  {serial:5}  {name:3} ALA A{number:4}    {x:8.3}{y:8.3}{z:8.3}  1.00 {:2}.00\n",
                    60 + residue
                );
            }
        }
        Example::new(formats::read(text.as_bytes(), None).unwrap()).unwrap()
    }

    #[test]
    fn the_same_files_give_the_same_bytes() {
        let train = || {
            let examples: Vec<Example> = (1..6).map(example).collect();
            train(&examples.iter().collect::<Vec<_>>()).unwrap()
        };
        let once = train();
        assert!(Trained::read(&once).is_ok_and(|trained| trained.len() == PROFILES));
        assert_eq!(once, train());
    }
}
