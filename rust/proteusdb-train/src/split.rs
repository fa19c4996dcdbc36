//! Which examples are kept aside: no chain of one side shares a run of twelve residues with a chain of the other.

use std::collections::HashMap;

use proteusdb_core::codec::small::training::Example;

/// Residues in a row that make two chains relatives.
const RUN: usize = 12;

/// One of so many groups of relatives is kept aside.
const ASIDE: u64 = 4;

/// For each example, whether it is kept aside: decided by the smallest run of its group, so that it is the same in any order.
pub fn aside(examples: &[Example]) -> Vec<bool> {
    let runs: Vec<Vec<u64>> = examples.iter().map(runs).collect();
    let mut group: Vec<usize> = (0..examples.len()).collect();
    let mut first_with: HashMap<u64, usize> = HashMap::new();
    for (example, runs) in runs.iter().enumerate() {
        for run in runs {
            let other = *first_with.entry(*run).or_insert(example);
            let (a, b) = (root(&group, example), root(&group, other));
            group[a.max(b)] = a.min(b);
        }
    }
    let mut smallest: HashMap<usize, u64> = HashMap::new();
    for (example, runs) in runs.iter().enumerate() {
        let least = runs.iter().copied().min().unwrap_or(0);
        smallest.entry(root(&group, example)).and_modify(|value| *value = least.min(*value)).or_insert(least);
    }
    (0..examples.len())
        .map(|example| smallest.get(&root(&group, example)).is_some_and(|&run| (run >> 7) % ASIDE == 0))
        .collect()
}

fn root(group: &[usize], mut member: usize) -> usize {
    while group[member] != member {
        member = group[member];
    }
    member
}

/// A number for each run of residues in a chain.
fn runs(example: &Example) -> Vec<u64> {
    let residues = &example.structure().topology().residues;
    let names: Vec<u64> = residues.name.values().map(number).collect();
    let codes: Vec<u64> =
        residues.name.codes().iter().map(|&code| names.get(code as usize).copied().unwrap_or(0)).collect();
    let of = |row: &[u64]| {
        row.iter().fold(0xcbf2_9ce4_8422_2325, |hash: u64, name| {
            (hash ^ name).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(23)
        })
    };
    if codes.len() < RUN { vec![of(&codes)] } else { codes.windows(RUN).map(of).collect() }
}

/// The FNV-1a hash of a name.
fn number(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
