//! Structure files: PDB, mmCIF and BinaryCIF text or bytes, to columns and back.
//!
//! ```text
//! bytes -decompress-> plain bytes -sniff-> Format -read-> Structure -to_pdb / to_mmcif-> text
//! ```
//!
//! Invariants:
//! - a format is told by content, never by suffix;
//! - no input makes a reader panic, hang, or allocate more than a constant times its size;
//! - a structure that a reader returns passes [`Structure::check`], has its residues classified, and keeps every number
//!   on the decimals it was printed with;
//! - atoms stand in file order, except that a residue the file comes back to within one chain is brought together at
//!   its first place (as gemmi and Biopython show it), so a residue is one run of atoms.

mod bcif;
mod builder;
mod cif;
pub(crate) mod decimal;
mod decompress;
mod element;
mod intern;
mod json;
mod pdb;
mod print;
mod sniff;

pub use cif::write::to_mmcif;
pub use decompress::decompress;
pub use json::{read_document, read_json, write_document, write_plain};
pub use pdb::write::to_pdb;
pub use sniff::{Format, sniff};

use crate::error::Result;
use crate::record::Structure;

/// Reads a structure from plain bytes; `format` is found by content where it is not given.
///
/// # Errors
/// `Validation` that names the line, the field, what was wrong and what is allowed; the caller puts the file in front.
pub fn read(bytes: &[u8], format: Option<Format>) -> Result<Structure> {
    let format = match format.or_else(|| sniff(bytes)) {
        Some(format) => format,
        None => return Err(sniff::unrecognised(bytes)),
    };
    let structure = match format {
        Format::Pdb => pdb::read::read(bytes)?,
        Format::Mmcif => cif::read::read(bytes)?,
        Format::BinaryCif => bcif::read::read(bytes)?,
    };
    structure.check()?;
    Ok(structure)
}

/// Shows untrusted bytes in a message: printable, quoted, at most 40 characters.
fn shown(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let mut short: String = text.chars().take(40).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    format!("{short:?}")
}

#[cfg(test)]
mod tests;
