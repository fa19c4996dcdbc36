//! The bytes of a file, exactly, as a blob.
//!
//! A structure file says little that its columns do not: its atom lines follow from them. So those lines are predicted
//! from the structure that is stored beside the file, and only what the prediction misses is kept.
//!
//! ```text
//! method 0   section of the whole file
//! method 1   PDB: layout of the atom lines (`pdb_layout`), then runs of predicted lines between literal text (`rows`)
//! method 2   mmCIF: layout of the atom_site rows (`cif_layout`), then the same
//! ```
//!
//! The encoder decodes what it made and falls back to method 0 where that is not the file, or is no longer than it.

mod cif_layout;
mod pdb_layout;
mod print;
mod rows;
mod votes;

use cif_layout::CifLayout;
use pdb_layout::PdbLayout;

use super::Compression;
use super::envelope::{self, Codec};
use super::section::{self, MAX_RAW};
use super::wire::Reader;
use crate::error::{Error, Result};
use crate::record::Structure;

const VERSION: u8 = 1;
const WHOLE: u8 = 0;
const PDB: u8 = 1;
const CIF: u8 = 2;

/// Encodes a file's bytes; `structure` is what the file was read as, if it is a structure file.
///
/// # Errors
/// `Validation` for a file over 4 GiB.
pub fn encode_original(bytes: &[u8], structure: Option<&Structure>, compression: Compression) -> Result<Vec<u8>> {
    if bytes.len() > MAX_RAW {
        return Err(Error::validation(format!("original file of {} bytes: at most 4 GiB can be kept", bytes.len())));
    }
    let predicted = structure.filter(|_| compression != Compression::None).and_then(|structure| {
        let (method, raw) = predict(bytes, structure)?;
        (rebuild(method, &raw, structure).ok()? == bytes).then_some((method, raw))
    });
    let (method, raw) = predicted.as_ref().map_or((WHOLE, bytes), |(method, raw)| (*method, raw));
    let mut body = vec![method];
    section::put(&mut body, raw, compression);
    Ok(envelope::seal(Codec::Original, VERSION, &body))
}

/// Decodes a file's bytes; `structure` is asked for where the file was predicted from it.
///
/// # Errors
/// `Corruption` naming the step, or whatever `structure` fails with.
pub fn decode_original(blob: &[u8], structure: impl FnOnce() -> Result<Structure>) -> Result<Vec<u8>> {
    let (version, body) = envelope::open(Codec::Original, blob)?;
    if version != VERSION {
        return Err(envelope::unknown_version(Codec::Original, version));
    }
    let mut reader = Reader::new(body, "original file blob");
    let method = reader.u8()?;
    let raw = section::next(&mut reader, "original file")?.unpack()?;
    match method {
        WHOLE => Ok(raw.into_owned()),
        _ => rebuild(method, &raw, &structure()?),
    }
}

/// Checks that a blob is whole, without the structure it may need to be decoded.
///
/// # Errors
/// `Corruption` naming the step.
pub fn check_original(blob: &[u8]) -> Result<()> {
    envelope::open(Codec::Original, blob).map(drop)
}

/// What the structure does not predict of the file, by the method that suits it; `None` where it predicts no row.
fn predict(bytes: &[u8], structure: &Structure) -> Option<(u8, Vec<u8>)> {
    let sample: Vec<_> = rows::sample(bytes, structure).collect();
    let mut raw = Vec::new();
    // PDB has its columns at fixed places; what stands in column 55 of an mmCIF row is seldom an occupancy.
    let pdb = structure.models.iter().all(PdbLayout::suits) && {
        let layout = PdbLayout::learn(sample.iter().copied());
        layout.put(&mut raw);
        rows::encode(&mut raw, bytes, structure, &layout) > 0
    };
    if pdb {
        return Some((PDB, raw));
    }
    raw.clear();
    let layout = CifLayout::learn(&sample)?;
    layout.put(&mut raw);
    (rows::encode(&mut raw, bytes, structure, &layout) > 0).then_some((CIF, raw))
}

/// The inverse of [`predict`].
fn rebuild(method: u8, raw: &[u8], structure: &Structure) -> Result<Vec<u8>> {
    let mut reader = Reader::new(raw, "original file");
    match method {
        PDB => {
            let layout = PdbLayout::get(&mut reader)?;
            rows::decode(reader, structure, &layout)
        }
        CIF => {
            let layout = CifLayout::get(&mut reader)?;
            rows::decode(reader, structure, &layout)
        }
        _ => Err(reader.broken()),
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
