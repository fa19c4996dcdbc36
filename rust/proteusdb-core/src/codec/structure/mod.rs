//! A structure as a blob.
//!
//! ```text
//! compression  version of the blob
//! False        1 plain      columns anybody can read with FORMAT.md in hand
//! fast, small  2 modelled   what follows from chemistry and habit is not written; see `container`
//! ```
//!
//! Encoding ends by decoding what it made and comparing. What the modelled version does not give back as it was, is
//! stored as plain columns; nothing is refused for being odd.

mod bounded;
mod container;
mod outline;
mod plain;
mod sizes;
mod values;

use super::Compression;
use super::envelope::{self, Codec};
use super::topology::MAX_ATOMS;
use crate::error::{Error, Result};
use crate::record::Structure;

pub use bounded::within;
pub use outline::{Outline, decode_outline};
pub(super) use plain::{pack_numbers, unpack_numbers};
pub use sizes::{PartSizes, structure_sizes};
pub(super) use values::by_residue;

const PLAIN: u8 = 1;
const MODELLED: u8 = 2;

/// Encodes a structure and proves that the bytes decode to it.
///
/// # Errors
/// `Validation` where the structure breaks its invariants or is too large.
pub fn encode_structure(structure: &Structure, compression: Compression) -> Result<Vec<u8>> {
    encode_structure_within(structure, compression, None)
}

/// The same of a structure that came from [`within`] with this precision, if there is one: all the shorter.
///
/// # Errors
/// As [`encode_structure`].
pub fn encode_structure_within(
    structure: &Structure,
    compression: Compression,
    precision: Option<f64>,
) -> Result<Vec<u8>> {
    structure.check()?;
    check_size(structure)?;
    if compression != Compression::None {
        let blob = envelope::seal(Codec::Structure, MODELLED, &container::encode(structure, compression, precision));
        if decode_structure(&blob).is_ok_and(|found| found == *structure) {
            return Ok(blob);
        }
    }
    let blob = envelope::seal(Codec::Structure, PLAIN, &plain::encode(structure, compression));
    if decode_structure(&blob)? == *structure {
        Ok(blob)
    } else {
        Err(Error::corruption(
            "structure codec: what was encoded does not decode to what was given; nothing was stored",
        ))
    }
}

/// Decodes a structure.
///
/// # Errors
/// `Corruption` naming the step.
pub fn decode_structure(blob: &[u8]) -> Result<Structure> {
    let (version, body) = envelope::open(Codec::Structure, blob)?;
    let structure = match version {
        PLAIN => plain::decode(body)?,
        MODELLED => container::decode(body)?,
        _ => return Err(envelope::unknown_version(Codec::Structure, version)),
    };
    structure.check().map_err(|error| Error::corruption(format!("structure blob: {}", error.message())))?;
    Ok(structure)
}

/// Whether a blob was written with `compression`, so that encoding its structure again would change nothing.
///
/// # Errors
/// `Corruption` where the blob is damaged.
pub fn is_encoded_as(blob: &[u8], compression: Compression) -> Result<bool> {
    let (version, body) = envelope::open(Codec::Structure, blob)?;
    Ok(match version {
        MODELLED => container::profile(body) == compression,
        // What only plain columns can carry is plain in every profile, but then its sections may be packed.
        _ => compression == Compression::None && !plain::is_packed(body)?,
    })
}

fn check_size(structure: &Structure) -> Result<()> {
    let atoms = structure.models.iter().map(|model| model.topology.atoms.len()).max().unwrap_or(0);
    if atoms > MAX_ATOMS || structure.models.len() > plain::MAX_MODELS {
        return Err(Error::validation(format!(
            "structure has {} models of up to {atoms} atoms; at most {} models of {MAX_ATOMS} atoms can be stored",
            structure.models.len(),
            plain::MAX_MODELS
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
