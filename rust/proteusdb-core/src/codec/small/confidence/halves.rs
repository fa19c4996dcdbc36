//! Confidences that were float16 before they were printed with two decimals.
//!
//! ```text
//! 97.31 -> half float 97.3125 -> printed 97.31      index: 0 to 1599 count hundredths below 16, then 1024 an octave
//! ```
//!
//! Between 64 and 128 only every sixth hundredth occurs.

/// Index of 16, from where half floats are sparser than hundredths, and of 65536, where they end.
const ONE: i32 = 1600;
const END: i32 = ONE + 12 * 1024;
const EXPONENT: i32 = 131 << 10;

/// The index of the half float nearest to a value in hundredths.
pub(super) fn index(value: i32) -> i32 {
    if value < ONE {
        return value;
    }
    let bits = (value as f32 / 100.0).to_bits();
    (((bits + 0x1000) >> 13) as i32 - EXPONENT + ONE).min(END - 1)
}

/// The printed value of an index.
pub(super) fn value(index: i32) -> i32 {
    if index < ONE {
        return index;
    }
    let half = f32::from_bits(((index.min(END - 1) - ONE + EXPONENT) as u32) << 13);
    // Eleven bits times a hundred: exact. Ties go to even, as in printing.
    (half * 100.0).round_ties_even() as i32
}

/// Whether every value is a half float's, and some are sparse.
pub(super) fn fits(values: &[i32]) -> bool {
    values.iter().any(|&each| each >= ONE) && values.iter().all(|&each| value(index(each)) == each)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_half_float_has_its_index() {
        for number in -ONE..END {
            assert_eq!(value(index(value(number))), value(number), "{number}");
        }
        assert!(fits(&[9731, 100, -5]) && !fits(&[9732]) && !fits(&[12]));
        assert_eq!(index(9731) - index(9725), 1);
        for wild in [i32::MIN, i32::MAX, END] {
            value(wild);
            index(wild);
        }
    }
}
