//! The bytes of a file, exactly, as a blob.
//!
//! A file says little that is not stored beside it: the atom lines of a structure file follow from the structure, the
//! numbers of a score file from its matrices. So a file is predicted from them, and only what the prediction misses is
//! kept.
//!
//! ```text
//! method 0   section of the whole file
//! method 1   PDB: layout of the atom lines (`pdb_layout`), then runs of predicted lines between literal text (`rows`)
//! method 2   mmCIF: layout of the atom_site rows (`cif_layout`), then the same
//! method 3   numbers: runs of numbers between literal text (`figures`), as in JSON
//! method 4   gzip: its plain bytes by a method of their own (`gzip`)
//! method 5   zip: its members likewise (`zip`), as NumPy's .npz
//! method 6   NumPy's .npy (`npy`)
//! ```
//!
//! What is left may be packed by that of another file (`exemplars`); then 128 is added to the method.
//!
//! Encoding a file may give arrays: they are stored beside it, where equal ones are one. The encoder decodes what it
//! made and falls back to method 0 where that is not the file, or is no longer than it.

mod beside;
mod cif_layout;
mod deflate;
mod exemplars;
mod figures;
mod gzip;
mod npy;
mod pdb_layout;
mod print;
mod rows;
mod tables;
mod votes;
mod zip;

pub use beside::{Beside, Blobs, Given};
use cif_layout::CifLayout;
pub use exemplars::Exemplars;
use pdb_layout::PdbLayout;

use super::envelope::{self, Codec};
use super::section::{self, MAX_RAW};
use super::wire::{Reader, put_varint};
use super::{Compression, Encoding};
use crate::error::{Error, Result};
use crate::record::{Array, Structure};

const VERSION: u8 = 1;
const WHOLE: u8 = 0;
const PDB: u8 = 1;
const CIF: u8 = 2;
const FIGURES: u8 = 3;
const GZIP: u8 = 4;
const ZIP: u8 = 5;
const NPY: u8 = 6;

/// In the method byte: packed by an exemplar.
const TOLD: u8 = 0x80;

/// Encodes a file's bytes; `structure` is that of its record. Also gives the arrays that must be stored beside it.
///
/// # Errors
/// `Validation` for a file over 4 GiB.
pub fn encode_original(
    bytes: &[u8],
    structure: Option<&Structure>,
    Encoding { compression, exemplars, .. }: Encoding<'_>,
) -> Result<(Vec<u8>, Vec<Array>)> {
    if bytes.len() > MAX_RAW {
        return Err(Error::validation(format!("original file of {} bytes: at most 4 GiB can be kept", bytes.len())));
    }
    let mut coder = Coder { structure, arrays: Vec::new() };
    // Plain storage is for those who read it without this program.
    let predicted = (compression != Compression::None).then(|| coder.predict(bytes)).flatten();
    let beside = Given { structure, arrays: &coder.arrays };
    let predicted = predicted.filter(|(method, raw)| rebuild(*method, raw, &beside).is_ok_and(|back| back == bytes));
    let (method, raw) = predicted.as_ref().map_or((WHOLE, bytes), |(method, raw)| (*method, raw));
    let mut arrays = if method == WHOLE { Vec::new() } else { coder.arrays };
    let told = (compression != Compression::None).then(|| exemplars.tell(method, raw)).flatten();
    let mut body = Vec::new();
    match told.filter(|told| told.unpack(raw.len()).as_deref() == Some(raw)) {
        Some(told) => {
            body.push(method | TOLD);
            put_varint(&mut body, raw.len() as u64);
            put_varint(&mut body, arrays.len() as u64);
            body.extend(told.packed);
            arrays.push(told.exemplar);
        }
        None => {
            body.push(method);
            section::put(&mut body, raw, effort(raw, compression));
        }
    }
    Ok((envelope::seal(Codec::Original, VERSION, &body), arrays))
}

/// What is left of a predicted file is short, so that the best packing costs little time.
fn effort(raw: &[u8], compression: Compression) -> Compression {
    const SHORT: usize = 1 << 15;
    if compression == Compression::Fast && raw.len() <= SHORT { Compression::Small } else { compression }
}

/// Decodes a file's bytes from what is stored `beside` it.
///
/// # Errors
/// `Corruption` naming the step, or whatever `beside` fails with.
pub fn decode_original(blob: &[u8], beside: &dyn Beside) -> Result<Vec<u8>> {
    let (version, body) = envelope::open(Codec::Original, blob)?;
    if version != VERSION {
        return Err(envelope::unknown_version(Codec::Original, version));
    }
    let mut reader = Reader::new(body, "original file blob");
    let method = reader.u8()?;
    if method & TOLD != 0 {
        let length = reader.count(MAX_RAW)?;
        let exemplar = beside.array(reader.count(usize::MAX)?)?;
        let raw = exemplars::unpack(reader.rest(), exemplar, length).ok_or_else(|| reader.broken())?;
        return rebuild(method & !TOLD, &raw, beside);
    }
    let raw = section::next(&mut reader, "original file")?.unpack()?;
    match method {
        WHOLE => Ok(raw.into_owned()),
        _ => rebuild(method, &raw, beside),
    }
}

/// The method of a file that was packed by an exemplar; `None` where it was not.
fn told_method(blob: &[u8]) -> Option<u8> {
    let (version, body) = envelope::open(Codec::Original, blob).ok()?;
    let method = *body.first().filter(|_| version == VERSION)?;
    (method & TOLD != 0).then_some(method & !TOLD)
}

/// Checks that a blob is whole, without what it may need to be decoded.
///
/// # Errors
/// `Corruption` naming the step.
pub fn check_original(blob: &[u8]) -> Result<()> {
    envelope::open(Codec::Original, blob).map(drop)
}

/// A file being encoded: what predicts it, and the arrays it has given so far.
#[derive(Debug)]
struct Coder<'a> {
    structure: Option<&'a Structure>,
    arrays: Vec<Array>,
}

impl Coder<'_> {
    /// What is not predicted of a file, by the method that suits it; `None` where nothing is.
    fn predict(&mut self, bytes: &[u8]) -> Option<(u8, Vec<u8>)> {
        let before = self.arrays.len();
        let found = match bytes {
            [0x1f, 0x8b, ..] => gzip::encode(bytes, self).map(|raw| (GZIP, raw)),
            [b'P', b'K', 3, 4, ..] => zip::encode(bytes, self).map(|raw| (ZIP, raw)),
            [0x93, b'N', b'U', ..] => npy::encode(bytes, self).map(|raw| (NPY, raw)),
            _ => self.atoms(bytes).or_else(|| figures::encode(bytes, self).map(|raw| (FIGURES, raw))),
        };
        if found.is_none() {
            self.arrays.truncate(before);
        }
        found
    }

    /// A file within a file: its method, and what does not follow of it.
    fn inner(&mut self, bytes: &[u8]) -> Vec<u8> {
        // One container in another is no predictor's habit, and what nests at will is a way to attack.
        let nested = matches!(bytes, [0x1f, 0x8b, ..] | [b'P', b'K', 3, 4, ..]);
        let (method, raw) = (!nested).then(|| self.predict(bytes)).flatten().unwrap_or((WHOLE, bytes.to_vec()));
        std::iter::once(method).chain(raw).collect()
    }

    /// A structure file, by the rows of its atoms.
    fn atoms(&self, bytes: &[u8]) -> Option<(u8, Vec<u8>)> {
        let structure = self.structure?;
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
        let sample: Vec<_> = rows::wrapped_sample(bytes, structure).collect();
        let layout = CifLayout::learn(&sample)?;
        layout.put(&mut raw);
        (rows::encode(&mut raw, bytes, structure, &layout) > 0).then_some((CIF, raw))
    }
}

/// The inverse of [`Coder::predict`].
fn rebuild(method: u8, raw: &[u8], beside: &dyn Beside) -> Result<Vec<u8>> {
    let mut reader = Reader::new(raw, "original file");
    match method {
        WHOLE => Ok(raw.to_vec()),
        PDB => {
            let layout = PdbLayout::get(&mut reader)?;
            rows::decode(reader, beside.structure()?, &layout)
        }
        CIF => {
            let layout = CifLayout::get(&mut reader)?;
            rows::decode(reader, beside.structure()?, &layout)
        }
        FIGURES => figures::decode(raw, beside),
        GZIP => gzip::decode(raw, beside),
        ZIP => zip::decode(raw, beside),
        NPY => npy::decode(raw, beside),
        _ => Err(reader.broken()),
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
