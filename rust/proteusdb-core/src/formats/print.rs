//! Columns of numbers as text that reads back as the same column.
//!
//! ```text
//! Fixed { decimals: 3, -125 }  ->  "-0.125"        Float 0.1  ->  "0.1"        Float 1e-9  ->  "1e-9"
//! ```

use std::fmt::Write;

use crate::record::Numbers;

/// Appends number `index` of a column: at its printed decimals, or as the shortest text that is the same float32.
pub(super) fn push(out: &mut String, column: &Numbers, index: usize) {
    match column {
        Numbers::Fixed { decimals, values } => {
            push_fixed(out, i64::from(values.get(index).copied().unwrap_or(0)), *decimals);
        }
        Numbers::Float(values) => push_float(out, values.get(index).copied().unwrap_or(0.0)),
    }
}

/// Appends `value / 10^decimals` with exactly `decimals` decimals.
pub(super) fn push_fixed(out: &mut String, value: i64, decimals: u8) {
    if value < 0 {
        out.push('-');
    }
    let unit = 10_u64.pow(u32::from(decimals.min(18)));
    let magnitude = value.unsigned_abs();
    // Writing into a String cannot fail.
    let _ = write!(out, "{}", magnitude / unit);
    if decimals > 0 {
        let width = usize::from(decimals);
        let _ = write!(out, ".{:0width$}", magnitude % unit);
    }
}

fn push_float(out: &mut String, value: f32) {
    let plain = value == 0.0 || (1e-5..1e16).contains(&value.abs());
    let _ = if plain { write!(out, "{value}") } else { write!(out, "{value:e}") };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grids_print_all_their_decimals() {
        let column = Numbers::Fixed { decimals: 3, values: vec![-125, 0, 12_340, i32::MIN] };
        let mut out = String::new();
        for index in 0..column.len() {
            push(&mut out, &column, index);
            out.push(' ');
        }
        assert_eq!(out, "-0.125 0.000 12.340 -2147483.648 ");
    }

    #[test]
    fn floats_print_what_reads_back() {
        for value in [0.1_f32, -0.0, 1.0 / 3.0, 1e-9, f32::MAX, f32::MIN_POSITIVE, 123_456.79] {
            let mut out = String::new();
            push(&mut out, &Numbers::Float(vec![value]), 0);
            assert_eq!(out.parse::<f32>().unwrap().to_bits(), value.to_bits(), "{out}");
        }
    }
}
