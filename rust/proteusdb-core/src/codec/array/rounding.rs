//! Errors rounded to a step that their reader chose.
//!
//! ```text
//! step 0.5:   0.25 -> 0.5   3.2 -> 3.0   31.6 -> 31.5   31.75 -> 31.75, the greatest: rounding never goes above it
//! ```
//!
//! Each further decimal of an error is 3.3 bits of noise an entry, which no codec can take away. Half a step rounds up, on
//! the exact decimal where the values are printed ones: 0.15 is half of 0.3 though its float32 is above. No value moves
//! by more than half a step.

use half::f16;

use super::grid;
use crate::record::{Array, Dtype};

/// How far apart rounded errors are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErrorStep {
    tenths: u32,
}

impl ErrorStep {
    /// A step of 0.1, 0.5 or 1.0 Å.
    #[must_use]
    pub fn new(step: f64) -> Option<Self> {
        [(0.1, 1), (0.5, 5), (1.0, 10)].into_iter().find(|&(known, _)| known == step).map(|(_, tenths)| Self { tenths })
    }

    /// The array with its finite values rounded; whole numbers stay, and so does what its dtype cannot hold rounded.
    #[must_use]
    pub fn round(self, array: Array) -> Array {
        // Tenths have no float16; halves do.
        let fits = match array.dtype {
            Dtype::Float(2) => self.tenths > 1,
            Dtype::Float(_) => true,
            _ => false,
        };
        if !fits {
            return array;
        }
        let values = floats(&array);
        let rounded = match grid::decimal(array.dtype, &array.data) {
            Some((decimals, numbers)) => self.round_decimals(decimals, &numbers),
            None => self.round_reals(&values),
        };
        Array { data: bytes(array.dtype, &rounded), ..array }
    }

    /// Rounds whole numbers of a grid of decimals.
    fn round_decimals(self, decimals: u8, numbers: &[i32]) -> Vec<f64> {
        let power = 10_i64.pow(decimals.into());
        let step = (i64::from(self.tenths) * power / 10).max(1);
        let top = numbers.iter().copied().max().map_or(0, i64::from);
        let round = |&number: &i32| (2 * i64::from(number) + step).div_euclid(2 * step) * step;
        numbers.iter().map(|number| round(number).min(top) as f64 / power as f64).collect()
    }

    fn round_reals(self, values: &[f64]) -> Vec<f64> {
        /// From here on doubles are too far apart for tenths.
        const LARGEST: f64 = 1e14;
        let tenths = f64::from(self.tenths);
        let top = values.iter().copied().filter(|value| value.is_finite()).fold(f64::MIN, f64::max);
        let round = |&value: &f64| {
            if value.abs() < LARGEST { ((value * 10.0 / tenths + 0.5).floor() * tenths / 10.0).min(top) } else { value }
        };
        values.iter().map(round).collect()
    }
}

fn floats(array: &Array) -> Vec<f64> {
    let data = &array.data;
    match array.dtype {
        Dtype::Float(2) => data.as_chunks().0.iter().map(|&bytes| f16::from_le_bytes(bytes).to_f64()).collect(),
        Dtype::Float(4) => data.as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes).into()).collect(),
        _ => data.as_chunks().0.iter().map(|&bytes| f64::from_le_bytes(bytes)).collect(),
    }
}

fn bytes(dtype: Dtype, values: &[f64]) -> Vec<u8> {
    match dtype {
        Dtype::Float(2) => values.iter().flat_map(|&value| f16::from_f64(value).to_le_bytes()).collect(),
        Dtype::Float(4) => values.iter().flat_map(|&value| (value as f32).to_le_bytes()).collect(),
        _ => values.iter().flat_map(|value| value.to_le_bytes()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rounded(step: f64, values: &[f32]) -> Vec<f32> {
        let data = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        let array = Array { dtype: Dtype::Float(4), shape: vec![values.len() as u64], data };
        let rounded = ErrorStep::new(step).unwrap().round(array);
        rounded.data.as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect()
    }

    proptest! {
        #[test]
        fn no_value_moves_by_more_than_half_a_step(values in prop::collection::vec(0.0..40.0_f32, 1..50), printed: bool,
                                                   step in prop::sample::select(vec![0.1, 0.5, 1.0])) {
            let values: Vec<f32> = values.into_iter().map(|v| if printed { (v * 100.0).round() / 100.0 } else { v }).collect();
            let rounded = rounded(step, &values);
            for (value, rounded) in values.iter().zip(&rounded) {
                prop_assert!(f64::from((value - rounded).abs()) <= step / 2.0 + 4e-6, "{} {}", value, rounded);
            }
            let top = values.iter().copied().fold(0.0, f32::max);
            prop_assert!(rounded.iter().all(|&value| value <= top));
        }
    }

    #[test]
    fn halves_go_up_on_the_printed_decimal_and_the_ceiling_stays() {
        assert_eq!(rounded(0.5, &[0.25, 3.2, 31.6, 31.75, 0.24]), [0.5, 3.0, 31.5, 31.75, 0.0]);
        assert_eq!(rounded(0.1, &[0.15, 0.25, 0.35, 9.99]), [0.2, 0.3, 0.4, 9.99]);
        assert_eq!(rounded(1.0, &[0.5, 1.5, 2.49, 30.0]), [1.0, 2.0, 2.0, 30.0]);
        assert_eq!(rounded(0.1, &[std::f32::consts::PI, 4.0]), [3.1, 4.0]);
    }

    #[test]
    fn what_is_no_real_number_stays() {
        let kept = rounded(1.0, &[f32::NAN, f32::INFINITY, 2.6, 7.0]);
        assert!(kept[0].is_nan());
        assert_eq!(kept[1..], [f32::INFINITY, 3.0, 7.0]);
        let whole = Array { dtype: Dtype::Int(4), shape: vec![1], data: vec![7, 0, 0, 0] };
        assert_eq!(ErrorStep::new(1.0).unwrap().round(whole.clone()), whole);
        assert_eq!(ErrorStep::new(0.3), None);
    }
}
