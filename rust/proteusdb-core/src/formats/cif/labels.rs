//! The `label_*` values that are written: those the structure has, else some made up.
//!
//! ```text
//! chain A: MET GLY | TER | ATP HOH HOH        label_asym_id  A A   B C C       label_seq_id  1 2  . . .
//! ```
//!
//! Made up, each polymer, each ligand and all water of a chain get their own `label_asym_id` and entity, as in the PDB,
//! so that viewers which go by `label_*` alone show chains apart.

use std::borrow::Cow;

use indexmap::IndexMap;

use crate::record::{NO_LABEL_SEQ, ResidueKind, Structure, Topology};

const WATER: [&str; 6] = ["HOH", "DOD", "WAT", "H2O", "TIP", "SOL"];

/// How the labels of a structure are found.
pub(super) struct Labels<'a> {
    structure: &'a Structure,
    /// Whether the structure has none, so that they are made up.
    pub synthetic: bool,
}

impl<'a> Labels<'a> {
    pub(super) fn new(structure: &'a Structure) -> Self {
        let blank = |topology: &Topology| {
            let residues = &topology.residues;
            residues.label_asym_id.values().chain(residues.label_entity_id.values()).all(str::is_empty)
                && residues.label_seq_id.iter().all(|&number| number == NO_LABEL_SEQ)
        };
        Self { structure, synthetic: structure.models.iter().all(|model| blank(&model.topology)) }
    }

    /// The labels of one model's residues.
    pub(super) fn of<'t>(&self, topology: &'t Topology) -> Rows<'t> {
        if self.synthetic { made_up(topology) } else { Rows::Given(topology) }
    }

    /// Each entity's id and type; `?` where its residues are of both sorts, so that a reader judges each by itself.
    pub(super) fn entities(&self) -> IndexMap<String, &'static str> {
        let mut entities: IndexMap<String, &'static str> = IndexMap::new();
        for model in &self.structure.models {
            let topology = model.topology.as_ref();
            let rows = self.of(topology);
            for (index, kind) in topology.residues.kind.iter().enumerate() {
                let entity = rows.entity(index);
                if entity.is_empty() {
                    continue;
                }
                let sort = match kind {
                    ResidueKind::NonPolymer if is_water(topology, index) => "water",
                    ResidueKind::NonPolymer => "non-polymer",
                    _ => "polymer",
                };
                match entities.get_mut(entity.as_ref()) {
                    None => drop(entities.insert(entity.into_owned(), sort)),
                    Some(known) if *known == sort => {}
                    Some(known) if *known != "polymer" && sort != "polymer" && *known != "?" => *known = "non-polymer",
                    Some(known) => *known = "?",
                }
            }
        }
        entities
    }
}

/// The labels of one topology's residues.
pub(super) enum Rows<'t> {
    /// As the structure has them.
    Given(&'t Topology),
    /// Made up: the number of the asym unit, and the place in its polymer.
    MadeUp { asym: Vec<u32>, seq: Vec<i32> },
}

impl<'t> Rows<'t> {
    pub(super) fn asym(&self, index: usize) -> Cow<'t, str> {
        match self {
            Self::Given(topology) => Cow::Borrowed(topology.residues.label_asym_id.get(index)),
            Self::MadeUp { asym, .. } => Cow::Owned(letters(asym.get(index).copied().unwrap_or(0))),
        }
    }

    pub(super) fn entity(&self, index: usize) -> Cow<'t, str> {
        match self {
            Self::Given(topology) => Cow::Borrowed(topology.residues.label_entity_id.get(index)),
            Self::MadeUp { asym, .. } => Cow::Owned((asym.get(index).copied().unwrap_or(0) + 1).to_string()),
        }
    }

    pub(super) fn seq(&self, index: usize) -> i32 {
        match self {
            Self::Given(topology) => topology.residues.label_seq_id.get(index).copied(),
            Self::MadeUp { seq, .. } => seq.get(index).copied(),
        }
        .unwrap_or(NO_LABEL_SEQ)
    }
}

fn is_water(topology: &Topology, index: usize) -> bool {
    WATER.contains(&topology.residues.name.get(index))
}

fn made_up(topology: &Topology) -> Rows<'static> {
    let residues = &topology.residues;
    let (mut asym, mut seq) = (Vec::with_capacity(residues.len()), Vec::with_capacity(residues.len()));
    let (mut unit, mut place) = (0_u32, 0_i32);
    for (index, &kind) in residues.kind.iter().enumerate() {
        let polymer = kind != ResidueKind::NonPolymer;
        if let Some(before) = index.checked_sub(1) {
            let was_polymer = residues.kind.get(before) != Some(&ResidueKind::NonPolymer);
            let both_water = is_water(topology, before) && is_water(topology, index);
            let same = residues.chain_id.get(before) == residues.chain_id.get(index)
                && residues.ter.get(before) != Some(&true)
                && polymer == was_polymer
                && (polymer || both_water);
            unit += u32::from(!same);
            place = if same { place } else { 0 };
        }
        place += 1;
        asym.push(unit);
        seq.push(if polymer { place } else { NO_LABEL_SEQ });
    }
    Rows::MadeUp { asym, seq }
}

/// 0 -> A, 25 -> Z, 26 -> AA.
fn letters(mut number: u32) -> String {
    let mut reversed = Vec::new();
    loop {
        reversed.push(b'A' + (number % 26) as u8);
        number /= 26;
        if number == 0 {
            break;
        }
        number -= 1;
    }
    reversed.into_iter().rev().map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asym_names_count_like_spreadsheet_columns() {
        let names: Vec<String> = [0, 25, 26, 51, 52, 701, 702].into_iter().map(letters).collect();
        assert_eq!(names, ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]);
    }
}
