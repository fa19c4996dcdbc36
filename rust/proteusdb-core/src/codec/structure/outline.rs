//! A structure without its coordinates: what sequence, numbering and pLDDT need, for a part of the time.

use std::sync::Arc;

use super::{MODELLED, container, decode_structure};
use crate::codec::envelope::{self, Codec};
use crate::error::Result;
use crate::record::{Entry, Numbers, PlddtScale, Structure, Topology};

/// Everything in a blob but the coordinates, which were not decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outline(Structure);

impl Outline {
    /// What identifies the file.
    #[must_use]
    pub fn entry(&self) -> &Entry {
        &self.0.entry
    }

    /// What the B-factor column says about confidence.
    #[must_use]
    pub fn plddt_scale(&self) -> PlddtScale {
        self.0.plddt_scale
    }

    /// The number of models.
    #[must_use]
    pub fn models(&self) -> usize {
        self.0.models.len()
    }

    /// The first model's topology.
    #[must_use]
    pub fn topology(&self) -> &Arc<Topology> {
        &self.0.first().topology
    }

    /// The first model's B-factors.
    #[must_use]
    pub fn b_factor(&self) -> &Numbers {
        &self.0.first().b_factor
    }

    /// The first model's occupancies.
    #[must_use]
    pub fn occupancy(&self) -> &Numbers {
        &self.0.first().occupancy
    }

    /// pLDDT of each residue, as [`Structure::plddt`].
    #[must_use]
    pub fn plddt(&self) -> Option<Vec<f32>> {
        self.0.plddt()
    }

    /// pLDDT of each atom, as [`Structure::plddt_atom`].
    #[must_use]
    pub fn plddt_atom(&self) -> Option<Vec<f32>> {
        self.0.plddt_atom()
    }
}

/// Decodes a structure's blob except for the coordinates.
///
/// # Errors
/// `Corruption` naming the step. Damage in the coordinates is found too: the checksum is that of the whole blob.
pub fn decode_outline(blob: &[u8]) -> Result<Outline> {
    match envelope::open(Codec::Structure, blob)? {
        (MODELLED, body) => container::decode_outline(body).map(Outline),
        _ => {
            let mut structure = decode_structure(blob)?;
            structure.models.iter_mut().for_each(|model| model.coords = Numbers::default());
            Ok(Outline(structure))
        }
    }
}
