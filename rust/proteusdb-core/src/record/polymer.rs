//! Which residues are part of a polymer, of which kind, and the sequence they spell.
//!
//! ```text
//! A: MET GLY MSE SER | TER | ATP HOH      ->  "MGMS"    P P P P . .
//! B: DA DC DG DT                          ->  "ACGT"    D D D D
//!                                             "MGMS:ACGT", [Protein, Dna]
//! ```
//!
//! A name in ATOM records that every file means as an amino acid or nucleotide is a polymer's. Any other residue needs
//! both a monomer's name or backbone and a place in a polymer: the file says so (entity, `label_seq_id`), it stands
//! before its chain's TER, or it continues the numbering of a neighbour. Caps (ACE, NH2) carry no letter and stay out.
//!
//! A chain of the sequence is a run of polymer residues of one `chain_id`, whatever ligands stand between, ended by
//! `ter` or a change of `label_asym_id`.

mod table;

use std::ops::Range;

pub use table::{Monomer, monomer};

use super::{NO_LABEL_SEQ, ResidueKind, Topology};

/// Sets `residues.kind` by names, backbone atoms, `ter` and `label_seq_id`.
pub fn classify(topology: &mut Topology) {
    classify_with(topology, |_| None);
}

/// As [`classify`]; `entity` says of a `label_entity_id` whether the file declares it a polymer.
pub fn classify_with(topology: &mut Topology, entity: impl Fn(&str) -> Option<bool>) {
    let kinds = Evidence::new(topology).kinds(entity);
    topology.residues.kind = kinds;
}

/// Polymer chains in file order joined by `:`, one upper-case letter a residue, and the kind of each chain.
///
/// A chain of mixed residues takes the kind of most of them.
#[must_use]
pub fn sequence(topology: &Topology) -> (String, Vec<ResidueKind>) {
    let residues = &topology.residues;
    let mut sequence = String::with_capacity(residues.len());
    let mut kinds = Vec::new();
    for chain in chains(topology) {
        if !sequence.is_empty() {
            sequence.push(':');
        }
        let mut counts = [0; 4];
        for residue in chain {
            sequence.push(letter(residues.name.get(residue)));
            residues.kind.get(residue).into_iter().for_each(|&kind| counts[kind as usize] += 1);
        }
        kinds.push(majority(&counts));
    }
    (sequence, kinds)
}

/// The residues that carry the letters of [`sequence`], chain by chain.
///
/// Residues that share number and insertion code at one place (microheterogeneity) count once, the first of them.
#[must_use]
pub fn chains(topology: &Topology) -> Vec<Vec<usize>> {
    let residues = &topology.residues;
    let mut chains: Vec<Vec<usize>> = Vec::new();
    // The residue that carries the last letter of the chain being read.
    let mut open: Option<usize> = None;
    for (index, &kind) in residues.kind.iter().enumerate() {
        if kind != ResidueKind::NonPolymer {
            let last = open.filter(|&last| same_chain(topology, last, index));
            match (last, chains.last_mut()) {
                (Some(last), _) if same_place(topology, last, index) => {}
                (Some(_), Some(chain)) => {
                    chain.push(index);
                    open = Some(index);
                }
                _ => {
                    chains.push(vec![index]);
                    open = Some(index);
                }
            }
        }
        if residues.ter.get(index) == Some(&true) {
            open = None;
        }
    }
    chains
}

fn same_chain(topology: &Topology, a: usize, b: usize) -> bool {
    let residues = &topology.residues;
    residues.chain_id.get(a) == residues.chain_id.get(b)
        && residues.label_asym_id.get(a) == residues.label_asym_id.get(b)
}

fn same_place(topology: &Topology, a: usize, b: usize) -> bool {
    let residues = &topology.residues;
    let (seq_a, seq_b) = (residues.label_seq_id.get(a), residues.label_seq_id.get(b));
    let given = seq_a != Some(&NO_LABEL_SEQ) && seq_b != Some(&NO_LABEL_SEQ);
    residues.number.get(a) == residues.number.get(b)
        && residues.insertion_code.get(a) == residues.insertion_code.get(b)
        && (!given || seq_a == seq_b)
}

fn majority(counts: &[usize; 4]) -> ResidueKind {
    let kinds = [ResidueKind::Dna, ResidueKind::Rna, ResidueKind::Protein];
    kinds.into_iter().max_by_key(|&kind| counts[kind as usize]).unwrap_or(ResidueKind::Protein)
}

fn letter(name: &str) -> char {
    monomer(name).map_or('X', |found| char::from(found.letter))
}

/// How a residue looks on its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    /// Like no monomer.
    Other,
    /// Part of a polymer wherever it stands.
    Sure(ResidueKind),
    /// Part of a polymer if its place is one.
    Probable(ResidueKind),
    /// A cap or nothing else a sequence names.
    Never,
}

impl Look {
    fn kind(self) -> Option<ResidueKind> {
        match self {
            Self::Sure(kind) | Self::Probable(kind) => Some(kind),
            Self::Other | Self::Never => None,
        }
    }
}

/// Everything the decision rests on.
struct Evidence<'a> {
    topology: &'a Topology,
    looks: Vec<Look>,
    /// Whether some residue has a `label_seq_id`, so that one without is no polymer's.
    numbered: bool,
}

impl<'a> Evidence<'a> {
    fn new(topology: &'a Topology) -> Self {
        let residues = &topology.residues;
        let known: Vec<(Option<Monomer>, bool)> =
            residues.name.values().map(|name| (monomer(name), table::is_cap(name))).collect();
        let looks = residues.name.codes().iter().enumerate().map(|(index, &code)| match known.get(code as usize) {
            Some((_, true)) => Look::Never,
            Some((monomer, false)) => look(topology, index, *monomer),
            None => Look::Other,
        });
        let looks = looks.collect();
        let numbered = residues.label_seq_id.iter().any(|&number| number != NO_LABEL_SEQ);
        Self { topology, looks, numbered }
    }

    fn kinds(&self, entity: impl Fn(&str) -> Option<bool>) -> Vec<ResidueKind> {
        let residues = &self.topology.residues;
        let entities: Vec<Option<bool>> = residues.label_entity_id.values().map(entity).collect();
        let mut kinds = Vec::with_capacity(residues.len());
        for stretch in self.stretches() {
            let last_ter = stretch.clone().rev().find(|&index| residues.ter.get(index) == Some(&true));
            let in_runs = self.in_runs(&stretch);
            // The nearest residue before that looks like a monomer, else the first one after.
            let mut near = stretch.clone().find_map(|index| self.look(index).kind());
            for index in stretch.clone() {
                near = self.look(index).kind().or(near);
                let code = residues.label_entity_id.codes().get(index);
                let declared = code.and_then(|&code| entities.get(code as usize).copied().flatten());
                kinds.push(match declared {
                    Some(true) => self.forced(index, near),
                    Some(false) => ResidueKind::NonPolymer,
                    None => self.judged(index, last_ter, in_runs.get(index - stretch.start) == Some(&true)),
                });
            }
        }
        kinds
    }

    /// Runs of residues of one chain name.
    fn stretches(&self) -> Vec<Range<usize>> {
        let mut start = 0;
        let chains = self.topology.residues.chain_id.codes();
        chains
            .chunk_by(|a, b| a == b)
            .map(|run| {
                let range = start..start + run.len();
                start = range.end;
                range
            })
            .collect()
    }

    fn look(&self, index: usize) -> Look {
        self.looks.get(index).copied().unwrap_or(Look::Other)
    }

    /// In an entity declared a polymer: by its looks, else as its neighbour.
    fn forced(&self, index: usize, near: Option<ResidueKind>) -> ResidueKind {
        match self.look(index) {
            Look::Sure(kind) | Look::Probable(kind) => kind,
            Look::Never => ResidueKind::NonPolymer,
            Look::Other => near.unwrap_or(ResidueKind::Protein),
        }
    }

    fn judged(&self, index: usize, last_ter: Option<usize>, in_run: bool) -> ResidueKind {
        let label = self.topology.residues.label_seq_id.get(index).copied().unwrap_or(NO_LABEL_SEQ);
        match self.look(index) {
            _ if self.numbered && label == NO_LABEL_SEQ => ResidueKind::NonPolymer,
            Look::Sure(kind) => kind,
            Look::Probable(kind) if self.numbered => kind,
            Look::Probable(kind) => match last_ter {
                Some(end) if index <= end => kind,
                Some(_) => ResidueKind::NonPolymer,
                None if in_run => kind,
                None => ResidueKind::NonPolymer,
            },
            Look::Other | Look::Never => ResidueKind::NonPolymer,
        }
    }

    /// For each residue of a stretch, whether it is in a run of monomers of one sort with consecutive numbers that has a
    /// sure one or three in all; two ligands that happen to have consecutive numbers are no polymer.
    fn in_runs(&self, stretch: &Range<usize>) -> Vec<bool> {
        let indices: Vec<usize> = stretch.clone().collect();
        let linked = |a: &usize, b: &usize| match (self.look(*a).kind(), self.look(*b).kind()) {
            (Some(x), Some(y)) => {
                (x == ResidueKind::Protein) == (y == ResidueKind::Protein) && self.consecutive(*a, *b)
            }
            _ => false,
        };
        let runs = indices.chunk_by(linked).flat_map(|run| {
            let sure = run.len() >= 3 || run.iter().any(|&index| matches!(self.look(index), Look::Sure(_)));
            std::iter::repeat_n(sure, run.len())
        });
        runs.collect()
    }

    fn consecutive(&self, a: usize, b: usize) -> bool {
        let numbers = &self.topology.residues.number;
        numbers.get(a).zip(numbers.get(b)).is_some_and(|(a, b)| a.abs_diff(*b) <= 1)
    }
}

fn look(topology: &Topology, index: usize, monomer: Option<Monomer>) -> Look {
    let atoms = topology.residues.atoms(index);
    let hetero = topology.atoms.hetero.get(atoms.start).copied().unwrap_or(false);
    match monomer {
        Some(found) if found.standard => {
            let kind = if found.either { sugar(topology, index).unwrap_or(found.kind) } else { found.kind };
            if hetero { Look::Probable(kind) } else { Look::Sure(kind) }
        }
        Some(found) if has_part_of_backbone(topology, index, found.kind) => Look::Probable(found.kind),
        Some(_) => Look::Other,
        None => backbone(topology, index).map_or(Look::Other, Look::Probable),
    }
}

fn has(topology: &Topology, index: usize, names: &[&str]) -> bool {
    topology.residues.atoms(index).any(|atom| names.contains(&topology.atoms.name.get(atom)))
}

/// RNA with O2', DNA with C2' alone, undecided without a sugar.
fn sugar(topology: &Topology, index: usize) -> Option<ResidueKind> {
    if has(topology, index, &["O2'", "O2*"]) {
        Some(ResidueKind::Rna)
    } else {
        has(topology, index, &["C2'", "C2*"]).then_some(ResidueKind::Dna)
    }
}

/// A known monomer may be cut down, even to its trace.
fn has_part_of_backbone(topology: &Topology, index: usize, kind: ResidueKind) -> bool {
    match kind {
        ResidueKind::Protein => has(topology, index, &["CA"]),
        _ => has(topology, index, &["P", "C1'", "C1*", "C4'", "C4*", "C3'", "C3*"]),
    }
}

/// What an unknown residue's backbone says: N-CA-C, or a sugar in a chain of phosphates.
fn backbone(topology: &Topology, index: usize) -> Option<ResidueKind> {
    let all = |names: &[&[&str]]| names.iter().all(|name| has(topology, index, name));
    if all(&[&["N"], &["CA"], &["C"]]) {
        return Some(ResidueKind::Protein);
    }
    let sugar_and_ends =
        all(&[&["C1'", "C1*"], &["C3'", "C3*"], &["C4'", "C4*"], &["C5'", "C5*"], &["O3'", "O3*"], &["P"]]);
    if sugar_and_ends { sugar(topology, index).or(Some(ResidueKind::Rna)) } else { None }
}

#[cfg(test)]
#[path = "polymer/tests.rs"]
mod tests;
