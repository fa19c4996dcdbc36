//! What was learned of confidences: for each profile the weights of every kind of atom, and tables.
//!
//! ```text
//! profile   of one value an atom: a row for each kind of atom, then one for atoms of no kind
//!           of one value a residue: one row
//! tables    highest value far, near × class (integer)
//! ```
//!
//! The artefact `priors/confidence.bin`, made by `make train`, is a zstd frame of: u16 version, u16 profiles; for each: u8 1 for
//! values of atoms, u16 rows; for each row 7 f32 of weights and one of the scatter; for each table 64 u16.

use std::sync::LazyLock;

use crate::codec::section;
use crate::codec::small::integer;
use crate::codec::small::model::tables;
use crate::codec::small::rans::{SYMBOLS, Table, Tables};
use crate::codec::wire::{Reader, broken};
use crate::error::Result;

static ARTEFACT: &[u8] = include_bytes!("../../priors/confidence.bin");

const VERSION: u16 = 1;
const STEP: &str = "priors of confidences";

/// What an expected value is made of.
pub const FEATURES: usize = 7;

/// Tables of a profile.
pub const TABLES: usize = 2 * integer::TABLES as usize;

/// What is known of a kind.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Row {
    pub weights: [f64; FEATURES],
    /// How far off it is, beside all kinds.
    pub scatter: f64,
}

/// One profile.
#[derive(Debug, Clone)]
pub(crate) struct Profile {
    pub by_atom: bool,
    pub rows: Vec<Row>,
    pub tables: Vec<Table>,
}

impl Profile {
    /// Its tables.
    pub(super) fn tables(&self) -> Tables<'_> {
        Tables { own: &self.tables, shared: &[] }
    }
}

/// All profiles; none where the artefact is damaged.
pub(crate) static MODEL: LazyLock<Vec<Profile>> = LazyLock::new(|| read(ARTEFACT).unwrap_or_default());

/// Profiles of an artefact.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<Profile>> {
    const MOST: usize = 1 << 22;
    let size = zstd::zstd_safe::get_frame_content_size(bytes).ok().flatten().unwrap_or(0);
    let raw = section::unpack(bytes, usize::try_from(size).unwrap_or(0).min(MOST)).ok_or_else(|| broken(STEP))?;
    let mut reader = Reader::new(&raw, STEP);
    let (version, profiles) = (u16::from_le_bytes(reader.array()?), u16::from_le_bytes(reader.array()?));
    if version != VERSION {
        return Err(reader.broken());
    }
    let profiles = (0..profiles).map(|_| profile(&mut reader)).collect::<Result<_>>()?;
    reader.finish()?;
    Ok(profiles)
}

fn profile(reader: &mut Reader<'_>) -> Result<Profile> {
    let by_atom = reader.u8()? == 1;
    let count = usize::from(u16::from_le_bytes(reader.array()?));
    let mut profile = Profile { by_atom, rows: Vec::with_capacity(count), tables: Vec::new() };
    for _ in 0..count {
        let mut row = Row { weights: [0.0; FEATURES], scatter: 1.0 };
        for number in row.weights.iter_mut().chain([&mut row.scatter]) {
            *number = f64::from(f32::from_le_bytes(reader.array()?));
        }
        profile.rows.push(row);
    }
    profile.tables = tables(reader, TABLES)?;
    Ok(profile)
}

/// A profile as it is trained: whether it is of atoms, what holds of each kind, and the widths of each table's symbols.
pub(crate) type Parts<R> = (bool, Vec<R>, Vec<[u16; SYMBOLS]>);

/// The inverse of [`read`].
pub(crate) fn write(profiles: &[Parts<Row>]) -> Vec<u8> {
    let mut raw = Vec::new();
    raw.extend(VERSION.to_le_bytes());
    raw.extend((profiles.len() as u16).to_le_bytes());
    for (by_atom, rows, tables) in profiles {
        raw.push(u8::from(*by_atom));
        raw.extend((rows.len() as u16).to_le_bytes());
        let numbers = rows.iter().flat_map(|row| row.weights.iter().chain([&row.scatter]));
        numbers.for_each(|&number| raw.extend((number as f32).to_le_bytes()));
        tables.iter().flatten().for_each(|part| raw.extend(part.to_le_bytes()));
    }
    zstd::bulk::compress(&raw, 19).unwrap_or_default()
}
