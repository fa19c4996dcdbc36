//! Whether a structure's B-factor column is a pLDDT, and on which scale.
//!
//! Predictors disagree: AlphaFold prints 0-100, ESMFold 0-1 or 0-100, RoseTTAFold an error in Å, experiments a
//! temperature. So the scale is decided per structure and kept with it, and a column nobody vouches for is no pLDDT.
//!
//! ```text
//! Auto --resolve: the file declares a pLDDT metric, or a known predictor made it--> One (max <= 1) | Hundred (max <= 100)
//!      --otherwise--> Absent
//! ```

use super::{Numbers, ResidueKind, Structure};

/// What the B-factor column says about confidence.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum PlddtScale {
    /// To be decided by [`Structure::resolve_plddt`].
    #[default]
    Auto = 0,
    /// It is no pLDDT.
    Absent = 1,
    /// pLDDT on 0-1.
    One = 2,
    /// pLDDT on 0-100.
    Hundred = 3,
}

impl PlddtScale {
    /// The scale with this stored number.
    #[must_use]
    pub fn from_u8(number: u8) -> Option<Self> {
        [Self::Auto, Self::Absent, Self::One, Self::Hundred].into_iter().find(|scale| *scale as u8 == number)
    }

    fn factor(self) -> Option<f64> {
        match self {
            Self::One => Some(100.0),
            Self::Hundred => Some(1.0),
            Self::Auto | Self::Absent => None,
        }
    }
}

/// Predictors whose B-factor column is a pLDDT, as parts of lower-case program or model names.
const PLDDT_PREDICTORS: [&str; 14] = [
    "alphafold",
    "colabfold",
    "esmfold",
    "esm2",
    "esm-2",
    "openfold",
    "omegafold",
    "boltz",
    "chai",
    "protenix",
    "rgn2",
    "alphalink",
    "helixfold",
    "unifold",
];

/// Whether a program or model of this name writes pLDDT into the B-factor column.
#[must_use]
pub fn writes_plddt(name: &str) -> bool {
    let name = name.to_lowercase();
    let boltzgen = name.contains("boltzgen");
    !boltzgen && PLDDT_PREDICTORS.iter().any(|known| name.contains(known))
}

impl Structure {
    /// The scale of the B-factor column, deciding `Auto` by what the file and the model's name say.
    #[must_use]
    pub fn resolve_plddt(&self, model_name: Option<&str>) -> PlddtScale {
        if self.plddt_scale != PlddtScale::Auto {
            return self.plddt_scale;
        }
        let vouched = self.entry.declares_plddt
            || model_name.is_some_and(writes_plddt)
            || self.entry.software.iter().any(|(name, _)| writes_plddt(name));
        if vouched { scale_of(&self.first().b_factor) } else { PlddtScale::Absent }
    }

    /// pLDDT of each atom on 0-100, or `None` where the column is no pLDDT.
    #[must_use]
    pub fn plddt_atom(&self) -> Option<Vec<f32>> {
        let factor = self.resolve_plddt(None).factor()?;
        let column = &self.first().b_factor;
        Some((0..column.len()).map(|atom| (column.get(atom) * factor) as f32).collect())
    }

    /// pLDDT of each residue on 0-100: the value of CA, of C1' in nucleotides, else the mean over the residue's atoms.
    #[must_use]
    pub fn plddt(&self) -> Option<Vec<f32>> {
        let factor = self.resolve_plddt(None).factor()?;
        Some((0..self.topology().residues.len()).map(|residue| (self.residue_b(residue) * factor) as f32).collect())
    }

    /// Mean pLDDT over polymer residues, 0-100.
    #[must_use]
    pub fn mean_plddt(&self) -> Option<f64> {
        let factor = self.resolve_plddt(None).factor()?;
        let kinds = &self.topology().residues.kind;
        let polymer = kinds.iter().enumerate().filter(|(_, kind)| **kind != ResidueKind::NonPolymer);
        let (sum, count) = polymer.fold((0.0, 0_u32), |(sum, count), (residue, _)| {
            // Through float32, so that the mean is that of the values `plddt` shows.
            (sum + f64::from((self.residue_b(residue) * factor) as f32), count + 1)
        });
        (count > 0).then(|| sum / f64::from(count))
    }

    fn residue_b(&self, residue: usize) -> f64 {
        let model = self.first();
        let topology = &model.topology;
        let atoms = topology.residues.atoms(residue);
        let representative = match topology.residues.kind.get(residue) {
            Some(ResidueKind::Protein) => "CA",
            Some(ResidueKind::Rna | ResidueKind::Dna) => "C1'",
            _ => "",
        };
        match atoms.clone().find(|&atom| !representative.is_empty() && topology.atoms.name.get(atom) == representative)
        {
            Some(atom) => model.b_factor.get(atom),
            None => atoms.clone().map(|atom| model.b_factor.get(atom)).sum::<f64>() / atoms.len() as f64,
        }
    }
}

/// 0-1 where no value is above 1, 0-100 where none is above 100; a column outside both is no pLDDT, nor is one of 0, 1
/// and 100 alone: BoltzGen flags what it designed, and others fill the column with a constant.
fn scale_of(column: &Numbers) -> PlddtScale {
    let values = || (0..column.len()).map(|atom| column.get(atom));
    let largest = values().fold(f64::MIN, f64::max);
    let smallest = values().fold(f64::MAX, f64::min);
    let flags = || values().all(|value| value == 0.0 || value == 1.0 || value == 100.0);
    if smallest < 0.0 || largest > 100.0 || flags() {
        PlddtScale::Absent
    } else if largest <= 1.0 {
        PlddtScale::One
    } else {
        PlddtScale::Hundred
    }
}
