//! Columns that were float16 before they were printed: the integers between neighbouring half floats do not occur.
//!
//! ```text
//! 12.345 Å -> half float 12.34375 -> printed 12.344     index: 0 to 999 count mA below 1 Å, then 1024 an octave
//! index 0 1 ... 999 | 1000 = 1.000 ... 2023 | 2024 = 2.000, 2.002, ... | 5096 = 16.0, 16.016, ...
//! ```
//!
//! ColabFold computes in bfloat16 or float16 and prints three decimals. Such a column is coded by index.

use wide::{CmpLt, f32x4};

use super::predict::{Ints, Points, WIDTH, bits, each, lanes, round, rounded};
use super::streams::Parameters3;

/// Index of 1 Å, and of 4096 Å, where rounding ends.
const ONE: i32 = 1000;
const END: i32 = ONE + 12 * 1024;
const EXPONENT: i32 = 127 << 10;

/// The index of the half float nearest to a value in mA.
#[inline]
pub(in crate::codec) fn index(value: i32) -> i32 {
    let size = value.unsigned_abs();
    let index = if size < ONE as u32 {
        size as i32
    } else {
        let bits = (size as f32 / 1000.0).to_bits();
        (((bits + 0x1000) >> 13) as i32 - EXPONENT + ONE).min(END - 1)
    };
    if value < 0 { -index } else { index }
}

/// The printed value of a half float.
#[inline]
pub(in crate::codec) fn value(index: i32) -> i32 {
    let size = index.saturating_abs().min(END - 1);
    let value = if size < ONE {
        size
    } else {
        // Eleven bits times a thousand: exact.
        round(f32::from_bits(((size - ONE + EXPONENT) as u32) << 13) * 1000.0)
    };
    if index < 0 { -value } else { value }
}

/// The octave of a value in mA: by how many bits indices are fewer than integers there.
#[inline]
pub(in crate::codec) fn octave(value: i32) -> u8 {
    (22 - (value.unsigned_abs() | 1023).leading_zeros().min(22)) as u8
}

/// [`index`] of each lane.
#[inline]
pub(super) fn indices(values: Ints) -> Ints {
    let size = values.abs();
    let whole: Ints = bits(f32x4::from_i32x4(size) / f32x4::splat(1000.0));
    let far: Ints = ((whole + Ints::splat(0x1000)) >> 13) + Ints::splat(ONE - EXPONENT);
    let index = size.cmp_lt(Ints::splat(ONE)).blend(size, far.min(Ints::splat(END - 1)));
    signed(index, values)
}

/// [`value`] of each lane.
#[inline]
pub(super) fn values(indices: Ints) -> Ints {
    let size = indices.abs().min(Ints::splat(END - 1));
    let bits: Ints = (size + Ints::splat(EXPONENT - ONE)) << 13;
    // Eleven bits times a thousand: exact.
    let far = bytemuck::cast::<_, f32x4>(bits) * f32x4::splat(1000.0);
    signed(size.cmp_lt(Ints::splat(ONE)).blend(size, rounded(far)), indices)
}

#[inline]
fn signed(size: Ints, sign: Ints) -> Ints {
    let sign = sign >> 31;
    (size ^ sign) - sign
}

/// [`octave`] of each lane, by the exponent of the float.
#[inline]
pub(super) fn octaves(values: Ints) -> Ints {
    let size = (values.abs() & Ints::splat(i32::MAX)) | Ints::splat(1023);
    (bits(f32x4::from_i32x4(size)) >> 23) - Ints::splat(127 + 9)
}

/// Rice parameters less the octaves of values on their axes.
#[inline]
pub(super) fn coarser(k: Parameters3, near: Points) -> [Parameters3; WIDTH] {
    let octaves = each(near, |axis| octaves(axis).to_array());
    lanes([0, 1, 2, 3], |lane| less(k, each(octaves, |axis: [i32; WIDTH]| axis[lane])))
}

/// Rice parameters less octaves.
#[inline]
pub(super) fn less(k: Parameters3, octaves: [i32; 3]) -> Parameters3 {
    each([0, 1, 2], |axis| k[axis].saturating_sub(octaves[axis].cast_unsigned()))
}

/// Whether every value is a half float's.
pub(in crate::codec) fn fits(values: &[i32]) -> bool {
    values.iter().all(|&each| value(index(each)) == each)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_half_float_has_its_index() {
        for number in -END + 1..END {
            assert_eq!(value(index(value(number))), value(number), "{number}");
        }
        assert_eq!((index(999), index(1000), index(2000), index(12344)), (999, 1000, 2024, 1000 + 3 * 1024 + 556));
        assert_eq!(value(index(12344)), 12344);
        assert!(!fits(&[12345]), "between 12.336 and 12.344");
        assert!(fits(&[0, -1, 999, -12344]));
    }

    #[test]
    fn octaves_halve_the_density() {
        assert_eq!([0, 999, 1024, 2048, -4096, i32::MIN].map(octave), [0, 0, 1, 2, 3, 22]);
    }

    #[test]
    fn four_at_once_are_the_same_as_one() {
        for number in (-5_000_000..5_000_000).step_by(37).chain(-END..END) {
            let all = Ints::splat(number);
            assert_eq!(indices(all).to_array(), [index(number); 4], "{number}");
            assert_eq!(values(all).to_array(), [value(number); 4], "{number}");
            assert_eq!(octaves(all).to_array(), [i32::from(octave(number)); 4], "{number}");
        }
    }

    #[test]
    fn wild_numbers_do_not_overflow() {
        for wild in [i32::MIN, i32::MAX, END, -END] {
            assert!(value(wild).checked_abs().is_some() && index(wild).checked_abs().is_some(), "{wild}");
            let lanes = [values(Ints::splat(wild)), indices(Ints::splat(wild)), octaves(Ints::splat(wild))];
            assert!(lanes.iter().all(|lane| lane.to_array().iter().all(|each| *each == lane.to_array()[0])), "{wild}");
        }
    }
}
