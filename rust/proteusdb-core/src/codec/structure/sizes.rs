//! Where the bytes of a structure's blob go.

use super::{MODELLED, PLAIN, container, plain};
use crate::codec::envelope::{self, Codec};
use crate::error::Result;

/// Bytes of a blob by part.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PartSizes {
    /// Envelope, texts of the entry, lengths of the parts.
    pub head: u64,
    /// Sequence, numbering, chains, atoms.
    pub topology: u64,
    /// B-factors, which are pLDDT in predictions.
    pub b_factor: u64,
    /// Occupancies.
    pub occupancy: u64,
    /// Coordinates of all models.
    pub coordinates: u64,
}

impl PartSizes {
    /// The whole blob.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.head + self.topology + self.b_factor + self.occupancy + self.coordinates
    }
}

impl std::ops::AddAssign for PartSizes {
    fn add_assign(&mut self, other: Self) {
        self.head += other.head;
        self.topology += other.topology;
        self.b_factor += other.b_factor;
        self.occupancy += other.occupancy;
        self.coordinates += other.coordinates;
    }
}

/// The sizes of a structure's blob by part; nothing is decoded but the head.
///
/// # Errors
/// `Corruption` where the blob is damaged.
pub fn structure_sizes(blob: &[u8]) -> Result<PartSizes> {
    let (version, body) = envelope::open(Codec::Structure, blob)?;
    let mut sizes = match version {
        PLAIN => plain::sizes(body)?,
        MODELLED => container::sizes(body)?,
        _ => return Err(envelope::unknown_version(Codec::Structure, version)),
    };
    sizes.head += (blob.len() - body.len()) as u64;
    Ok(sizes)
}
