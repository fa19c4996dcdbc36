//! A structure as columns: what the readers produce, the codec carries and Python shows.
//!
//! ```text
//! Structure ─ entry                       what identifies the file: id, title, software
//!           ├ plddt_scale                 whether b_factor is a pLDDT, and on which scale
//!           └ models ─ number             model number as printed
//!                    ├ topology (shared)  residues: name chain number icode segment label_* kind ter atom_start
//!                    │                    atoms:    name element altloc hetero charge
//!                    ├ coords             3 * n_atoms, x y z of each atom, Å
//!                    ├ b_factor           n_atoms
//!                    └ occupancy          n_atoms
//! ```
//!
//! Invariants (checked by [`Structure::check`], which `validate` calls on everything that enters):
//! - at least one model, and at least one atom in every model;
//! - a residue is a maximal run of atoms, never empty, so flattening the residues gives back the file's atom order;
//! - every number is finite.
//!
//! Models with the same atoms share one [`Topology`] by `Arc`.

use std::sync::Arc;

use super::{Coded, Element, Numbers, PlddtScale};
use crate::error::{Error, Result};

/// What a residue is part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum ResidueKind {
    /// Ligand, ion, water, sugar: not in the sequence.
    NonPolymer = 0,
    /// Amino acid in a polypeptide, standard or modified.
    Protein = 1,
    /// Ribonucleotide in a chain.
    Rna = 2,
    /// Deoxyribonucleotide in a chain.
    Dna = 3,
}

impl ResidueKind {
    /// The kind with this stored number.
    #[must_use]
    pub fn from_u8(number: u8) -> Option<Self> {
        [Self::NonPolymer, Self::Protein, Self::Rna, Self::Dna].into_iter().find(|kind| *kind as u8 == number)
    }

    /// `protein`, `rna`, `dna`, as `chain_types` says it; `non-polymer` otherwise.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::NonPolymer => "non-polymer",
            Self::Protein => "protein",
            Self::Rna => "rna",
            Self::Dna => "dna",
        }
    }
}

/// A `label_seq_id` that the file does not give.
pub const NO_LABEL_SEQ: i32 = i32::MIN;

/// Residue columns, each `n_residues` long except `atom_start`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Residues {
    /// `auth_comp_id`: `ALA`, `MSE`, `HOH`.
    pub name: Coded,
    /// Author chain name (`auth_asym_id`), any length, may be empty.
    pub chain_id: Coded,
    /// Author residue number (`auth_seq_id`).
    pub number: Vec<i32>,
    /// Insertion code, 0 where there is none.
    pub insertion_code: Vec<u8>,
    /// PDB segment identifier (columns 73-76), mostly empty.
    pub segment_id: Coded,
    /// `label_asym_id`, empty where the format has none.
    pub label_asym_id: Coded,
    /// `label_entity_id`, empty where the format has none.
    pub label_entity_id: Coded,
    /// `label_seq_id`, [`NO_LABEL_SEQ`] where there is none.
    pub label_seq_id: Vec<i32>,
    /// What the residue is part of.
    pub kind: Vec<ResidueKind>,
    /// Whether a polymer ends after this residue (a TER record, or a change of `label_asym_id`).
    pub ter: Vec<bool>,
    /// First atom of each residue, and the atom count at the end: `n_residues + 1` long, strictly ascending from 0.
    pub atom_start: Vec<u32>,
}

impl Residues {
    /// The number of residues.
    #[must_use]
    pub fn len(&self) -> usize {
        self.number.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.number.is_empty()
    }

    /// The atoms of residue `index`.
    #[must_use]
    pub fn atoms(&self, index: usize) -> std::ops::Range<usize> {
        let at = |i: usize| self.atom_start.get(i).map_or(0, |&start| start as usize);
        at(index)..at(index + 1)
    }
}

/// Atom columns, each `n_atoms` long.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Atoms {
    /// Atom name without padding: `CA`, `O5'`, `1HB`.
    pub name: Coded,
    /// Chemical element.
    pub element: Vec<Element>,
    /// Alternate location, 0 where there is none.
    pub altloc: Vec<u8>,
    /// Whether the atom stood in a HETATM record.
    pub hetero: Vec<bool>,
    /// Formal charge in elementary charges.
    pub charge: Vec<i8>,
}

impl Atoms {
    /// The number of atoms.
    #[must_use]
    pub fn len(&self) -> usize {
        self.element.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.element.is_empty()
    }
}

/// Everything about a model but its numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Topology {
    /// The residues in file order.
    pub residues: Residues,
    /// The atoms in file order.
    pub atoms: Atoms,
}

/// One model of a structure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Model {
    /// The model's number as printed; 1 where the file has no MODEL records.
    pub number: i32,
    /// Residues and atoms, shared between models that have the same.
    pub topology: Arc<Topology>,
    /// x, y, z of each atom in Å.
    pub coords: Numbers,
    /// B-factor column, whatever the file keeps in it.
    pub b_factor: Numbers,
    /// Occupancy.
    pub occupancy: Numbers,
}

/// What identifies the file a structure came from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entry {
    /// HEADER's id code or `_entry.id`.
    pub id: String,
    /// TITLE or `_struct.title`.
    pub title: String,
    /// Names and versions of the programs the file says made it.
    pub software: Vec<(String, String)>,
    /// Whether the file declares a local metric of type pLDDT (`_ma_qa_metric`).
    pub declares_plddt: bool,
}

/// A structure: one or more models.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Structure {
    /// What identifies the file.
    pub entry: Entry,
    /// The models in file order; never empty.
    pub models: Vec<Model>,
    /// What the B-factor column says about confidence.
    pub plddt_scale: PlddtScale,
}

impl Structure {
    /// The first model, the one per-atom columns are shown of.
    ///
    /// # Panics
    /// Never on a structure that passed [`Structure::check`], which every reader and decoder calls.
    #[must_use]
    pub fn first(&self) -> &Model {
        &self.models[0]
    }

    /// The first model's topology.
    #[must_use]
    pub fn topology(&self) -> &Topology {
        &self.first().topology
    }

    /// Proves the invariants at the head of this file.
    ///
    /// # Errors
    /// `Validation` with the model and the column that break one.
    pub fn check(&self) -> Result<()> {
        if self.models.is_empty() {
            return Err(Error::validation("structure has no atoms: at least one ATOM or HETATM is needed"));
        }
        self.models.iter().try_for_each(Model::check)
    }
}

impl Model {
    fn check(&self) -> Result<()> {
        let bad = |what: String| Error::validation(format!("model {}: {what}", self.number));
        self.topology.check().map_err(bad)?;
        let atoms = self.topology.atoms.len();
        for (column, values, expected) in [
            ("coords", &self.coords, 3 * atoms),
            ("b_factor", &self.b_factor, atoms),
            ("occupancy", &self.occupancy, atoms),
        ] {
            if values.len() != expected {
                return Err(bad(format!("{column} has {} values, {expected} are needed", values.len())));
            }
            if !values.all_finite() {
                return Err(bad(format!("{column} holds NaN or infinity; every value must be finite")));
            }
        }
        Ok(())
    }
}

impl Topology {
    fn check(&self) -> Result<(), String> {
        let (residues, atoms) = (&self.residues, &self.atoms);
        if atoms.is_empty() {
            return Err("no atoms: at least one ATOM or HETATM is needed".into());
        }
        let per_residue = [
            ("residue_name", residues.name.len()),
            ("chain_id", residues.chain_id.len()),
            ("insertion_code", residues.insertion_code.len()),
            ("segment_id", residues.segment_id.len()),
            ("label_asym_id", residues.label_asym_id.len()),
            ("label_entity_id", residues.label_entity_id.len()),
            ("label_seq_id", residues.label_seq_id.len()),
            ("kind", residues.kind.len()),
            ("ter", residues.ter.len()),
            ("atom_start", residues.atom_start.len().wrapping_sub(1)),
        ];
        let per_atom = [
            ("atom_name", atoms.name.len()),
            ("altloc", atoms.altloc.len()),
            ("hetero", atoms.hetero.len()),
            ("charge", atoms.charge.len()),
        ];
        length(&per_residue, residues.len())?;
        length(&per_atom, atoms.len())?;
        let ascending = residues.atom_start.windows(2).all(|pair| pair[0] < pair[1]);
        let spans = residues.atom_start.first() == Some(&0)
            && residues.atom_start.last().map(|&end| end as usize) == Some(atoms.len());
        if ascending && spans { Ok(()) } else { Err("residues do not cover the atoms in order".into()) }
    }
}

fn length(columns: &[(&str, usize)], expected: usize) -> Result<(), String> {
    match columns.iter().find(|(_, rows)| *rows != expected) {
        Some((name, rows)) => Err(format!("{name} has {rows} rows, {expected} are needed")),
        None => Ok(()),
    }
}
