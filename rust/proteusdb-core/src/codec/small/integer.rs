//! An integer with a mean and a variance as a symbol of a table, and raw bits where it scatters widely.
//!
//! ```text
//! sigma below 2.8   table by class and by the eighth in which the mean lies between two integers; symbol v - floor(mean)
//! above             table by class; symbol (v - round(mean)) >> shift, so that sigma is 3 to 6 symbols; low bits raw
//! symbol 63         too far off: a length and the bits of the difference
//! ```
//!
//! Classes are four an octave of sigma.

use super::coder::Coder;
use crate::codec::wire::{unzigzag, zigzag};

/// Classes whose mean matters to a fraction.
const FINE: i32 = 14;
const PARTS: i32 = 8;
/// The largest class with tables of its own: sigma about 500.
const COARSE: i32 = 46;

/// Tables of one axis and group.
pub const TABLES: u32 = (FINE * PARTS + COARSE - FINE + 1) as u32;

pub(super) const ESCAPE: u8 = 63;
pub(super) const MIDDLE: i32 = 31;

/// The least variance, whose class is 0, and the most, whose low bits are the 16 that a coder takes at once.
const LEAST: f64 = 0.0625;
const MOST: f64 = 1e11;

#[inline]
fn class(variance: f64) -> i32 {
    let bounded = if variance > LEAST { variance.min(MOST) } else { LEAST };
    // Exponent and one bit of the mantissa.
    (bounded.to_bits() >> 51) as i32 - ((1023 - 4) << 1)
}

/// The largest integer not above, within i32.
#[inline]
pub(super) fn floor(value: f64) -> i32 {
    let cut = value as i32;
    cut.wrapping_sub(i32::from(f64::from(cut) > value))
}

/// Codes `truth`, or reads it; `tables` is the first of the axis and group.
#[inline(always)]
pub(crate) fn exchange(coder: &mut impl Coder, lane: usize, tables: u32, mean: f64, variance: f64, truth: i32) -> i32 {
    let class = class(variance);
    let (table, base, shift) = if class < FINE {
        let base = floor(mean);
        let part = ((mean - f64::from(base)) * f64::from(PARTS)) as i32;
        (class * PARTS + part.clamp(0, PARTS - 1), base, 0)
    } else {
        let known = class.min(COARSE);
        (FINE * PARTS + known - FINE, floor(mean + 0.5), ((class - FINE) as u32) / 4)
    };
    let difference = truth.wrapping_sub(base);
    let near = difference >> shift;
    let inside = (-MIDDLE..=MIDDLE).contains(&near);
    let symbol = coder.symbol(lane, tables + table as u32, if inside { (near + MIDDLE) as u8 } else { ESCAPE });
    if symbol == ESCAPE {
        return base.wrapping_add(far(coder, lane, difference));
    }
    let near = (i32::from(symbol) - MIDDLE) << shift;
    base.wrapping_add(near | coder.raw(lane, difference as u32 & ((1 << shift) - 1), shift) as i32)
}

/// A difference of any size: its number of bits, its bits.
#[cold]
pub(super) fn far(coder: &mut impl Coder, lane: usize, difference: i32) -> i32 {
    let code = zigzag(difference);
    let width = coder.raw(lane, 32 - code.leading_zeros(), 6).min(32);
    let low = coder.raw(lane, code & 0xffff, width.min(16));
    let high = if width > 16 { coder.raw(lane, code >> 16, width - 16) } else { 0 };
    unzigzag(low | high << 16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_four_an_octave() {
        let classes = [0.0, f64::NAN, 0.0625, 0.125, 8.0, 32.0, 1e300].map(class);
        assert_eq!(classes, [0, 0, 0, 2, 14, 18, class(MOST)]);
        assert_eq!((class(MOST) - FINE) / 4, 16, "a coder takes no more bits at once");
    }

    #[test]
    fn the_floor_is_below() {
        assert_eq!([1.5, -1.5, 2.0, -2.0, 0.0, -0.1].map(floor), [1, -2, 2, -2, 0, -1]);
        floor(f64::NAN);
        floor(-1e300);
    }
}
