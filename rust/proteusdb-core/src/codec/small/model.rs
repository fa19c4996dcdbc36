//! What the small profile has learned: the kinds of atoms, their torsions, and for each profile of predictor geometry and tables.
//!
//! ```text
//! kind      an atom and three that it is seen from: LEU CG <- CB CA N; the last is of any hydrogen
//! torsions  for each kind with a free one: a table of bins, or one for each context
//! cells     what a bounded column needs: axis × group × class, and how far quantised atoms blur each kind
//! profile   half floats, ideal geometry, relaxed, ... : mean and scatter of each kind; tables axis × group × class (integer)
//! ```
//!
//! The artefact `priors/small.bin`, made by `make train`, is a zstd frame of: u16 version, u16 profiles, u16 kinds; for each kind
//! u8 symbol of its residue, atom, c, b, a, class, 1 for a free torsion, and 3 f32 of blur; the tables of torsions, then of cells;
//! for each profile, for each kind 15 f32 of the mean and 6 f32 of the scatter, then its tables. A table is 64 u16.

use std::sync::LazyLock;

use super::bounded::CELLS;
use super::geometry::{BINS, FEATURES, Known};
use super::integer;
use super::plan::{self, Both, Role};
use super::rans::{SYMBOLS, Table, Tables};
use crate::codec::residues::name_number;
use crate::codec::section;
use crate::codec::wire::Reader;
use crate::error::Result;

static ARTEFACT: &[u8] = include_bytes!("../priors/small.bin");

const VERSION: u16 = 2;
const STEP: &str = "priors of the small profile";

/// Groups of atoms with tables of their own: N CA, C O, side chain, hydrogen, unknown.
pub const GROUPS: u32 = 5;

/// The tables of integers.
pub const INTEGERS: u32 = 3 * GROUPS * integer::TABLES;

/// Numbers of atom names from here on stand for N, CA, C, O of the residue before.
pub(super) const BEFORE: u8 = 250;

/// The symbol of the kind of any hydrogen.
pub(super) const GENERAL: u8 = 254;

/// In place of a kind or a table: none.
pub(super) const NONE: u16 = u16::MAX;

/// Contexts of a torsion: the one it follows most in sixteenths or unknown, and another in quarters.
pub const CONTEXTS: usize = 17 * 4;

/// An atom of a residue and what it is seen from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// Symbol of the residue.
    pub symbol: u8,
    /// Number of the atom's name.
    pub atom: u8,
    /// Numbers of c, b and a.
    pub hangs_on: [u8; 3],
    /// The class whose scatter it shares.
    pub class: u8,
    /// Whether its torsion is coded.
    pub free: bool,
}

impl Kind {
    pub(super) fn role(&self) -> Role {
        match self.class {
            1 if Some(self.atom) == name_number("C") => Role::Phi,
            1 if Some(self.atom) == name_number("O") => Role::Psi,
            2 => Role::Side,
            _ => Role::Other,
        }
    }

    /// The number of tables of its torsion.
    #[must_use]
    pub fn tables(&self) -> usize {
        match self.role() {
            _ if !self.free => 0,
            Role::Other => 1,
            _ => CONTEXTS,
        }
    }
}

/// One profile.
#[derive(Debug, Clone, Default)]
pub(super) struct Profile {
    /// By kind.
    pub known: Vec<Known>,
    /// Tables of integers.
    pub tables: Vec<Table>,
}

/// Everything.
#[derive(Debug, Default)]
pub(super) struct Model {
    pub kinds: Vec<Kind>,
    /// By kind: variances along r, p and t that cells of atoms it is seen from cause, in squares of cells.
    pub blur: Vec<[f64; 3]>,
    /// By kind: the first table of its torsion.
    pub torsions: Vec<u16>,
    /// Tables of torsions, then of cells; numbered after those of integers.
    pub shared: Vec<Table>,
    pub profiles: Vec<Profile>,
    pub families: Vec<Vec<Both>>,
    /// The number of the first table of cells.
    pub cells: u32,
}

/// The built-in model; without profiles where the artefact is damaged.
pub(super) static MODEL: LazyLock<Model> = LazyLock::new(|| read(ARTEFACT).unwrap_or_default());

impl Model {
    /// A model of these kinds with no tables and no profiles.
    pub(super) fn new(kinds: Vec<Kind>, blur: Vec<[f64; 3]>) -> Self {
        let mut next = INTEGERS as usize;
        let mut place = |kind: &Kind| {
            next += kind.tables();
            if kind.free { (next - kind.tables()) as u16 } else { NONE }
        };
        let torsions = kinds.iter().map(&mut place).collect();
        let mut model = Self { kinds, blur, torsions, ..Self::default() };
        model.cells = INTEGERS + model.bins() as u32;
        model.families = plan::families(&model);
        model
    }

    /// The kind of any hydrogen.
    pub(super) fn general(&self) -> u16 {
        self.kinds.iter().position(|kind| kind.symbol == GENERAL).map_or(NONE, |found| found as u16)
    }

    /// The number of tables of torsions.
    pub(super) fn bins(&self) -> usize {
        self.kinds.iter().map(Kind::tables).sum()
    }

    /// The tables of a profile.
    pub(super) fn tables<'a>(&'a self, profile: &'a Profile) -> Tables<'a> {
        Tables { own: &profile.tables, shared: &self.shared }
    }
}

/// The model of an artefact.
pub(super) fn read(bytes: &[u8]) -> Result<Model> {
    const MOST: usize = 1 << 25;
    let size = zstd::zstd_safe::get_frame_content_size(bytes).ok().flatten().unwrap_or(0);
    let raw = section::unpack(bytes, usize::try_from(size).unwrap_or(0).min(MOST));
    let raw = raw.ok_or_else(|| crate::codec::wire::broken(STEP))?;
    let mut reader = Reader::new(&raw, STEP);
    let mut head = || -> Result<u16> { Ok(u16::from_le_bytes(reader.array()?)) };
    let (version, profiles, kinds) = (head()?, head()?, head()?);
    if version != VERSION {
        return Err(reader.broken());
    }
    let (kinds, blur) = (0..kinds).map(|_| kind(&mut reader)).collect::<Result<Vec<_>>>()?.into_iter().unzip();
    let mut model = Model::new(kinds, blur);
    model.shared = tables(&mut reader, model.bins() + CELLS as usize)?;
    model.profiles = (0..profiles).map(|_| profile(&mut reader, model.kinds.len())).collect::<Result<_>>()?;
    reader.finish()?;
    Ok(model)
}

fn floats<const N: usize>(reader: &mut Reader<'_>) -> Result<[f64; N]> {
    let mut numbers = [0.0; N];
    for number in &mut numbers {
        *number = f64::from(f32::from_le_bytes(reader.array()?));
    }
    Ok(numbers)
}

fn kind(reader: &mut Reader<'_>) -> Result<(Kind, [f64; 3])> {
    let [symbol, atom, c, b, a, class, free] = reader.array()?;
    Ok((Kind { symbol, atom, hangs_on: [c, b, a], class, free: free == 1 }, floats(reader)?))
}

pub(super) fn tables(reader: &mut Reader<'_>, count: usize) -> Result<Vec<Table>> {
    let table = |_| {
        let mut parts = [0_u16; SYMBOLS];
        for part in &mut parts {
            *part = u16::from_le_bytes(reader.array()?);
        }
        Table::new(&parts).ok_or_else(|| crate::codec::wire::broken(STEP))
    };
    (0..count).map(table).collect()
}

fn profile(reader: &mut Reader<'_>, kinds: usize) -> Result<Profile> {
    let known = |_| {
        let (mean, scatter) = (floats::<{ 3 * FEATURES }>(reader)?, floats(reader)?);
        let mut known = Known { scatter, ..Known::default() };
        known.mean.as_flattened_mut().copy_from_slice(&mean);
        Ok(known)
    };
    Ok(Profile { known: (0..kinds).map(known).collect::<Result<_>>()?, tables: tables(reader, INTEGERS as usize)? })
}

/// A table as it is trained: the widths of its symbols.
pub type Widths = [u16; SYMBOLS];

/// The inverse of [`read`].
pub(super) fn write(
    kinds: &[(Kind, [f64; 3])],
    shared: &[Widths],
    profiles: &[(Vec<Known>, Vec<Widths>)],
    level: i32,
) -> Vec<u8> {
    let mut raw = Vec::new();
    for number in [VERSION, profiles.len() as u16, kinds.len() as u16] {
        raw.extend(number.to_le_bytes());
    }
    for (kind, blur) in kinds {
        let [c, b, a] = kind.hangs_on;
        raw.extend([kind.symbol, kind.atom, c, b, a, kind.class, u8::from(kind.free)]);
        blur.iter().for_each(|&number| raw.extend((number as f32).to_le_bytes()));
    }
    shared.iter().flatten().for_each(|part| raw.extend(part.to_le_bytes()));
    for (known, tables) in profiles {
        for known in known {
            let numbers = known.mean.as_flattened().iter().chain(&known.scatter);
            numbers.for_each(|&number| raw.extend((number as f32).to_le_bytes()));
        }
        tables.iter().flatten().for_each(|part| raw.extend(part.to_le_bytes()));
    }
    zstd::bulk::compress(&raw, level).unwrap_or_default()
}

const _: () = assert!(BINS == SYMBOLS && FEATURES == 5, "the artefact's layout");
