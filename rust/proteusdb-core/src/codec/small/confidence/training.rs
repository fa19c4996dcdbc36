//! What a training of confidences needs: columns, what it sees of a value, what it would write, its artefact.

use super::model::{self, Profile, Row};
pub use super::model::{FEATURES, TABLES};
use super::{Column, decode_with, encode_with, halves, take_all, walk};
use crate::codec::residues::Layout;
use crate::codec::small::coder::Keeping;
use crate::codec::small::training::Trained as Atoms;
use crate::codec::{Compression, structure};
use crate::record::{Numbers, Structure};

/// Weights of a kind, and its scatter.
pub type Learned = ([f64; FEATURES], f64);

/// The rows of a profile: one for each kind of atom and one for atoms of none.
#[must_use]
pub fn kinds(atoms: &Atoms, by_atom: bool) -> usize {
    if by_atom { atoms.kinds().len() + 1 } else { 1 }
}

/// A value and what is known before it.
#[derive(Debug, Clone, Copy)]
pub struct Seen {
    /// The row it belongs to.
    pub kind: usize,
    /// What it is predicted from.
    pub features: [f64; FEATURES],
    /// The value less the one before.
    pub value: f64,
}

/// The B-factors of a structure's first model, ready for training.
pub struct Example {
    structure: Structure,
    layout: Layout,
    by_atom: bool,
    values: Vec<i32>,
    hundredths: bool,
}

impl std::fmt::Debug for Example {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Example").field("by_atom", &self.by_atom).finish_non_exhaustive()
    }
}

impl Example {
    /// `None` where the values lie on no decimal grid or are all the same.
    #[must_use]
    pub fn new(structure: &Structure) -> Option<Self> {
        let structure = structure.clone();
        let model = structure.first();
        let Numbers::Fixed { decimals, values } = &model.b_factor else { return None };
        if values.iter().all(|value| Some(value) == values.first()) {
            return None;
        }
        let (hundredths, shared) = (*decimals == 2, structure::by_residue(&model.topology, values));
        let (by_atom, values) = (shared.is_none(), shared.unwrap_or_else(|| values.clone()));
        let layout = Layout::of(&model.topology);
        Some(Self { structure, layout, by_atom, values, hundredths })
    }

    /// Whether each atom has a value of its own.
    #[must_use]
    pub fn by_atom(&self) -> bool {
        self.by_atom
    }

    /// The number of residues.
    #[must_use]
    pub fn residues(&self) -> usize {
        self.structure.topology().residues.len()
    }

    /// Bytes of the values in the fast profile.
    ///
    /// # Errors
    /// `Validation` where the structure breaks its invariants.
    pub fn fast_size(&self) -> crate::Result<usize> {
        let mut first = self.structure.clone();
        first.models.truncate(1);
        let blob = crate::codec::encode_structure(&first, Compression::Fast)?;
        Ok(crate::codec::structure_sizes(&blob)?.b_factor as usize)
    }

    fn column(&self) -> Column<'_> {
        Column { topology: self.structure.topology(), layout: &self.layout, by_atom: self.by_atom }
    }

    /// The values as they are coded, and the highest.
    fn coded(&self) -> (Vec<i32>, i32) {
        let half = self.hundredths && halves::fits(&self.values);
        let values: Vec<i32> =
            self.values.iter().map(|&value| if half { halves::index(value) } else { value }).collect();
        let top = values.iter().copied().max().unwrap_or(0);
        (values, top)
    }

    /// Every value.
    #[must_use]
    pub fn seen(&self, atoms: &Atoms) -> Vec<Seen> {
        let (mut values, top) = self.coded();
        let mut seen = Vec::with_capacity(values.len());
        let whole =
            walk(&atoms.0, self.column(), top, 0..self.residues(), &mut values, |track, kind, features, truth| {
                seen.push(Seen { kind, features, value: f64::from(truth) - track.last() });
                truth
            });
        if whole.is_none() { Vec::new() } else { seen }
    }

    /// Table and symbol of everything that would be written with a profile, and about the bits.
    #[must_use]
    pub fn items(&self, atoms: &Atoms, model: &Trained, number: usize) -> (Vec<(u32, u8)>, f64) {
        let (mut values, top) = self.coded();
        let mut keeping = Keeping::default();
        let Some(profile) = model.0.get(number) else { return (Vec::new(), f64::INFINITY) };
        let all = 0..self.residues();
        if take_all(&atoms.0, self.column(), profile, top, all, &mut keeping, &mut values).is_none() {
            return (Vec::new(), f64::INFINITY);
        }
        let bits = keeping.0.iter().map(|item| item.cost(profile.tables())).sum::<u64>() as f64 / 256.0;
        (keeping.0.iter().filter_map(|item| item.table()).collect(), bits)
    }

    /// Bytes of the values and the profile chosen, once they are proved to decode.
    #[must_use]
    pub fn size(&self, atoms: &Atoms, model: &Trained) -> Option<(usize, usize)> {
        let (bytes, chosen) = encode_with(&atoms.0, &model.0, self.column(), &self.values, self.hundredths)?;
        let back = decode_with(&atoms.0, &model.0, self.column(), &bytes)?;
        (back == self.values).then_some((bytes.len(), chosen))
    }
}

/// Trained profiles.
#[derive(Debug, Default)]
pub struct Trained(Vec<Profile>);

impl Trained {
    /// From an artefact.
    ///
    /// # Errors
    /// `Corruption` where it is none of this version.
    pub fn read(artefact: &[u8]) -> crate::Result<Self> {
        Ok(Self(model::read(artefact)?))
    }
}

/// The artefact of these profiles: whether of atoms, what was learned of each kind, and the widths of each table's symbols.
#[must_use]
pub fn artefact(profiles: &[model::Parts<Learned>]) -> Vec<u8> {
    let rows = |learned: &[Learned]| learned.iter().map(|&(weights, scatter)| Row { weights, scatter }).collect();
    let profiles: Vec<_> =
        profiles.iter().map(|(by_atom, learned, tables)| (*by_atom, rows(learned), tables.clone())).collect();
    model::write(&profiles)
}
