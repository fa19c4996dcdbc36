//! Coordinates within a largest error that the user named.
//!
//! ```text
//! precision 0.05 Å, 3 decimals    57 thousandths apart: at most 28 off on an axis, 0.0485 Å in space
//! ```
//!
//! A bounded structure is an ordinary one whose coordinates are multiples of a step; the codec sees the step and codes
//! the multiples. For the small profile they are what that profile says shortly, off by as much, on the grid they were on:
//! it is told the precision again when it encodes them. Everything but the coordinates stays exact.

use crate::codec::residues::Layout;
use crate::codec::{Compression, fast};
use crate::error::{Error, Result};
use crate::record::{Model, Numbers, Structure};

/// Columns that lie on no decimal grid are rounded on one of thousandths.
const DECIMALS: u8 = 3;

/// The structure with coordinates at most `precision` Å, in space, from what they were.
///
/// A model that no step would make shorter, or that holds coordinates too large for one, stays exact.
///
/// # Errors
/// `Validation` where the precision is not above 0.
pub fn within(structure: &Structure, precision: f64, compression: Compression) -> Result<Structure> {
    if !precision.is_finite() || precision <= 0.0 {
        return Err(Error::validation(format!(
            "precision {precision}: allowed are \"exact\" and a largest error in Å above 0, as 0.05"
        )));
    }
    let models = structure.models.iter().map(|model| bounded(model, precision, compression)).collect();
    Ok(Structure { models, entry: structure.entry.clone(), plddt_scale: structure.plddt_scale })
}

fn bounded(model: &Model, precision: f64, compression: Compression) -> Model {
    let decimals = match &model.coords {
        Numbers::Fixed { decimals, .. } => *decimals,
        Numbers::Float(_) => DECIMALS,
    };
    let small = (compression == Compression::Small).then(|| closed(model, precision)).flatten();
    let grid = || {
        // Half a step on each of three axes.
        let half = (precision / 3_f64.sqrt() * 10_f64.powi(i32::from(decimals))).floor().min(1e6) as i64;
        (half > 0).then(|| rounded(&model.coords, decimals, 2 * half + 1)).flatten()
    };
    let fits = |found: &Numbers| largest_error(&model.coords, found) <= precision;
    let coords = small.filter(fits).or_else(|| grid().filter(fits));
    Model { coords: coords.unwrap_or_else(|| model.coords.clone()), ..model.clone() }
}

/// What the small profile makes of a model; it has no cells for columns that lie on no decimal grid.
fn closed(model: &Model, precision: f64) -> Option<Numbers> {
    fast::within(model, &Layout::of(&model.topology), precision)
}

/// The nearest multiples of `step`; `None` where one does not fit.
fn rounded(coords: &Numbers, decimals: u8, step: i64) -> Option<Numbers> {
    let power = 10_f64.powi(i32::from(decimals));
    let nearest = |index: usize| {
        let multiple = (coords.get(index) * power / step as f64).round_ties_even();
        let value = (multiple.abs() < 1e9).then_some(multiple as i64)?.checked_mul(step)?;
        i32::try_from(value).ok()
    };
    let values = (0..coords.len()).map(nearest).collect::<Option<Vec<i32>>>()?;
    Some(Numbers::Fixed { decimals, values })
}

/// The largest distance of an atom from where it was, Å.
fn largest_error(before: &Numbers, after: &Numbers) -> f64 {
    let squared =
        |atom: usize| (0..3).map(|axis| (before.get(3 * atom + axis) - after.get(3 * atom + axis)).powi(2)).sum();
    (0..before.len() / 3).map(squared).fold(0.0, f64::max).sqrt()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::codec::strategies::structure;
    use crate::codec::{decode_structure, encode_structure_within};

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn no_atom_is_further_off_than_allowed(structure in structure(), precision in 0.001..2.0_f64) {
            for compression in [Compression::Fast, Compression::Small] {
            let bounded = within(&structure, precision, compression).unwrap();
            for (before, after) in structure.models.iter().zip(&bounded.models) {
                prop_assert!(largest_error(&before.coords, &after.coords) <= precision);
                prop_assert_eq!((&before.topology, &before.b_factor), (&after.topology, &after.b_factor));
            }
            let blob = encode_structure_within(&bounded, compression, Some(precision)).unwrap();
            prop_assert_eq!(decode_structure(&blob).unwrap(), bounded);
            }
        }
    }

    #[test]
    fn a_precision_that_is_none_is_refused() {
        let structure =
            crate::formats::read(b"ATOM      1  CA  ALA A   1      11.000  12.000  13.000\n", None).unwrap();
        for wrong in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(within(&structure, wrong, Compression::Fast).unwrap_err().message().contains("above 0"));
        }
        assert_eq!(within(&structure, 1e-9, Compression::Small).unwrap(), structure, "no step is as small as that");
    }
}
