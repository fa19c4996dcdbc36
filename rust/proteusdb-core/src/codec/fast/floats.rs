//! Float32 columns that lie on no decimal grid, as a model's own output: a column of thousandths, and what is left.
//!
//! ```text
//! 12.345678   nearest thousandth 12345 (12.346 is coded like any column)   the float32 that 12.346 is + 338 steps
//! ```
//!
//! A step is one float32 further. How many there are to half a thousandth follows from the octave: nine bits at 16 Å.

use super::grid;
use crate::codec::bits::{BitReader, BitWriter, padded};
use crate::codec::wire::{unzigzag, zigzag};

/// The thousandths nearest to each value; `None` where one has none.
pub(super) fn thousandths(values: &[f32]) -> Option<Vec<i32>> {
    let near = |&value: &f32| {
        let near = (f64::from(value) * 1000.0).round_ties_even();
        (near.abs() < 1e9).then_some(near as i32)
    };
    values.iter().map(near).collect()
}

/// Steps from what thousandths say to the values.
pub(super) fn encode(values: &[f32], near: &[i32]) -> Vec<u8> {
    let mut writer = BitWriter::with_capacity(2 * values.len());
    for (value, &near) in values.iter().zip(near) {
        let steps = value.to_bits().cast_signed().wrapping_sub(start(near));
        writer.rice(zigzag(steps), parameter(near));
    }
    writer.finish()
}

/// The values; `None` where the bits are not those of as many.
pub(super) fn decode(bytes: &[u8], near: &[i32]) -> Option<Vec<f32>> {
    let bytes = padded(bytes);
    let mut bits = BitReader::new(&bytes);
    let value =
        |&near: &i32| f32::from_bits(start(near).wrapping_add(unzigzag(bits.rice(parameter(near)))).cast_unsigned());
    let values = near.iter().map(value).collect();
    bits.finish().then_some(values)
}

fn start(near: i32) -> i32 {
    ((f64::from(near) / 1000.0) as f32).to_bits().cast_signed()
}

/// 23 bits of fraction make 2^(23 - e) steps to an Å at 2^e Å: half a thousandth is 2^(12 - e), twice that with its sign.
fn parameter(near: i32) -> u8 {
    13 - grid::octave(near).min(13)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_floats_in_range_round_trip(values in prop::collection::vec(-1e5_f32..1e5, 0..50)) {
            let near = thousandths(&values).unwrap();
            let found = decode(&encode(&values, &near), &near).unwrap();
            prop_assert!(found.iter().map(|v| v.to_bits()).eq(values.iter().map(|v| v.to_bits())));
        }
    }

    #[test]
    fn odd_floats_round_trip_or_have_no_thousandth() {
        let values = [0.0, -0.0, f32::MIN_POSITIVE, 1e-30, -1e-7, 16.0, 1.0 / 3.0];
        let near = thousandths(&values).unwrap();
        let found = decode(&encode(&values, &near), &near).unwrap();
        assert!(found.iter().map(|v| v.to_bits()).eq(values.iter().map(|v| v.to_bits())));
        assert_eq!(thousandths(&[1e9]), None);
    }

    #[test]
    fn what_is_left_costs_what_it_must() {
        let values: Vec<f32> = (0..1000).map(|index| 16.0 + index as f32 / 70.0).collect();
        let bytes = encode(&values, &thousandths(&values).unwrap());
        assert!(bytes.len() < 1000 * 10 / 8 + 10, "{} bytes for nine and a half bits each", bytes.len());
    }
}
