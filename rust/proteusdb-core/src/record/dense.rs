//! A structure as dense rows, one a letter of its sequence, for models that are trained on many.
//!
//! ```text
//! place      0  1  2  3  4  5   ...  36
//! atom       N  CA C  CB O  CG  ...  OXT       the order of AlphaFold's `residue_constants.atom_types`
//! GLY 5      x  x  x  .  x  .   ...  .         one row of coords (37, 3) and of mask (37)
//! ```
//!
//! Of several atoms for one place the most occupied counts, of equals the first in the file. Nucleotides have a row
//! without atoms.
//!
//! Invariant: whatever stood in the rows before, they hold this structure and, past its end, nothing.

use super::polymer::{self, monomer};
use super::{ResidueKind, Structure};
use crate::error::{Error, Result};

/// Places of a row.
pub const PLACES: usize = 37;
/// What stands for no amino acid in `aatype`, and past the end.
pub const UNKNOWN: i64 = 20;

const ATOM_TYPES: [&str; PLACES] = [
    "N", "CA", "C", "CB", "O", "CG", "CG1", "CG2", "OG", "OG1", "SG", "CD", "CD1", "CD2", "ND1", "ND2", "OD1", "OD2",
    "SD", "CE", "CE1", "CE2", "CE3", "NE", "NE1", "NE2", "OE1", "OE2", "CH2", "NH1", "NH2", "OH", "CZ", "CZ2", "CZ3",
    "NZ", "OXT",
];
/// The letters by their `aatype`.
const AMINO_ACIDS: &[u8; 20] = b"ARNDCQEGHILKMFPSTWYV";
/// Where the selenium of MSE goes: it has methionine's shape.
const SULFUR: usize = 18;

/// Rows to fill, as many in each column; `None` for a column that is not wanted.
#[derive(Debug, Default)]
pub struct Rows<'a> {
    /// (rows, 37, 3), Å; 0 where there is no atom.
    pub coords: Option<&'a mut [f32]>,
    /// (rows, 37), whether there is an atom.
    pub mask: Option<&'a mut [bool]>,
    /// (rows,) on 0-100; NaN where the B-factors are no pLDDT, 0 past the end.
    pub plddt: Option<&'a mut [f32]>,
    /// (rows,) 0 to 19 in `AMINO_ACIDS`, else 20.
    pub aatype: Option<&'a mut [i64]>,
    /// (rows,) the author's residue numbers; 0 past the end.
    pub residue_index: Option<&'a mut [i64]>,
    /// (rows,) 0, 1, ... by the chains of the sequence; -1 past the end.
    pub chain_index: Option<&'a mut [i64]>,
}

impl Rows<'_> {
    /// Makes all rows say that there is nothing.
    pub fn clear(&mut self) {
        fill(&mut self.coords, 0.0);
        fill(&mut self.mask, false);
        fill(&mut self.plddt, 0.0);
        fill(&mut self.aatype, UNKNOWN);
        fill(&mut self.residue_index, 0);
        fill(&mut self.chain_index, -1);
    }

    /// How many there are; `None` where no column is wanted.
    fn count(&self) -> Option<usize> {
        let wide = self.coords.as_ref().map(|column| column.len() / (PLACES * 3));
        let mask = || self.mask.as_ref().map(|column| column.len() / PLACES);
        let plddt = || self.plddt.as_ref().map(|column| column.len());
        let whole = [&self.aatype, &self.residue_index, &self.chain_index];
        let whole = || whole.into_iter().flatten().map(|column| column.len()).next();
        wide.or_else(mask).or_else(plddt).or_else(whole)
    }
}

fn fill<T: Copy>(column: &mut Option<&mut [T]>, value: T) {
    column.iter_mut().for_each(|column| column.fill(value));
}

/// Sets one value of a column, if it is wanted.
fn set<T>(column: &mut Option<&mut [T]>, row: usize, value: T) {
    if let Some(place) = column.as_mut().and_then(|column| column.get_mut(row)) {
        *place = value;
    }
}

impl Structure {
    /// Fills rows with the first model; how many it took.
    ///
    /// # Errors
    /// `Validation` where it has more residues than there are rows.
    pub fn fill_rows(&self, rows: &mut Rows<'_>) -> Result<usize> {
        rows.clear();
        let chains = polymer::chains(self.topology());
        let length = chains.iter().map(Vec::len).sum();
        if let Some(there) = rows.count().filter(|&there| there < length) {
            return Err(Error::validation(format!("it has {length} residues, and there is room for {there}")));
        }
        let residues = chains.iter().enumerate().flat_map(|(chain, some)| some.iter().map(move |&one| (chain, one)));
        self.fill_residues(rows, residues.clone());
        if rows.coords.is_some() || rows.mask.is_some() {
            self.fill_atoms(rows, residues.map(|(_, residue)| residue));
        }
        Ok(length)
    }

    fn fill_residues(&self, rows: &mut Rows<'_>, residues: impl Iterator<Item = (usize, usize)>) {
        let columns = &self.topology().residues;
        let plddt = rows.plddt.is_some().then(|| self.plddt()).flatten();
        for (row, (chain, residue)) in residues.enumerate() {
            let value = plddt.as_ref().map_or(Some(&f32::NAN), |values| values.get(residue));
            set(&mut rows.plddt, row, value.copied().unwrap_or(f32::NAN));
            set(&mut rows.chain_index, row, chain as i64);
            set(&mut rows.residue_index, row, columns.number.get(residue).map_or(0, |&number| i64::from(number)));
            if rows.aatype.is_some() && columns.kind.get(residue) == Some(&ResidueKind::Protein) {
                let letter = monomer(columns.name.get(residue)).map(|found| found.letter);
                let place = AMINO_ACIDS.iter().position(|known| Some(*known) == letter);
                set(&mut rows.aatype, row, place.map_or(UNKNOWN, |place| place as i64));
            }
        }
    }

    fn fill_atoms(&self, rows: &mut Rows<'_>, residues: impl Iterator<Item = usize>) {
        let (model, topology) = (self.first(), self.topology());
        let coords = if rows.coords.is_some() { model.coords.to_f32() } else { Vec::new() };
        let names = &topology.atoms.name;
        let places: Vec<usize> = names.values().map(place_of).collect();
        for (row, residue) in residues.enumerate() {
            if topology.residues.kind.get(residue) != Some(&ResidueKind::Protein) {
                continue;
            }
            let selenium = topology.residues.name.get(residue) == "MSE";
            let mut winners = [usize::MAX; PLACES];
            for atom in topology.residues.atoms(residue) {
                let known = names.codes().get(atom).and_then(|&code| places.get(code as usize)).copied();
                let known = known.filter(|&place| place < PLACES);
                let place = known.or_else(|| (selenium && names.get(atom) == "SE").then_some(SULFUR));
                let Some(winner) = place.and_then(|place| winners.get_mut(place)) else { continue };
                if *winner == usize::MAX || model.occupancy.get(atom) > model.occupancy.get(*winner) {
                    *winner = atom;
                }
            }
            for (place, &atom) in winners.iter().enumerate().filter(|(_, atom)| **atom != usize::MAX) {
                let at = row * PLACES + place;
                set(&mut rows.mask, at, true);
                let room = rows.coords.as_mut().and_then(|column| column.get_mut(3 * at..3 * at + 3));
                if let Some((room, found)) = room.zip(coords.get(3 * atom..3 * atom + 3)) {
                    room.copy_from_slice(found);
                }
            }
        }
    }
}

/// The place of atoms of this name; past the last where they have none.
fn place_of(name: &str) -> usize {
    ATOM_TYPES.iter().position(|known| *known == name).unwrap_or(PLACES)
}
