//! What a column's integers are: how many decimals, and on which coarser grid they lie.
//!
//! ```text
//! 12345 at 3 decimals           12.345 Å        step 1
//! 12312 12369 at 3 decimals     multiples of 57 step 57: a column that was rounded to within 0.05 Å
//! ```
//!
//! A column with a step is coded divided by it.

/// The grid of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::codec) struct Scale {
    pub decimals: u8,
    pub step: i32,
}

impl Scale {
    pub(in crate::codec) fn new(decimals: u8) -> Self {
        Self { decimals, step: 1 }
    }

    /// The grid of these values: the largest step that all are multiples of.
    pub(in crate::codec) fn of(decimals: u8, values: &[i32]) -> Self {
        let mut step = 0_u32;
        for &value in values {
            step = greatest_divisor(step, value.unsigned_abs());
            if step == 1 {
                break;
            }
        }
        Self { decimals, step: i32::try_from(step).unwrap_or(1).max(1) }
    }

    /// One coded integer in thousandths of an Å.
    pub(in crate::codec) fn thousandths(self) -> f32 {
        const POWERS: [f32; 10] = [1e3, 1e2, 1e1, 1.0, 1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6];
        POWERS.get(usize::from(self.decimals)).copied().unwrap_or(1.0) * self.step as f32
    }

    /// Bits between a thousandth of an Å and a coded integer.
    pub(in crate::codec) fn bits(self) -> i32 {
        const BITS: [i32; 10] = [-10, -7, -3, 0, 3, 7, 10, 13, 17, 20];
        BITS.get(usize::from(self.decimals)).copied().unwrap_or(0) - self.step.max(1).ilog2().cast_signed()
    }
}

fn greatest_divisor(mut a: u32, mut b: u32) -> u32 {
    while b > 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_divides_all() {
        assert_eq!(Scale::of(3, &[57, -114, 0, 5700]).step, 57);
        assert_eq!(Scale::of(3, &[57, -114, 1]).step, 1);
        assert_eq!(Scale::of(3, &[0, 0]).step, 1);
        assert_eq!(Scale::of(3, &[i32::MIN, i32::MIN]).step, 1, "no step for what has no absolute value");
        assert_eq!((Scale { decimals: 3, step: 57 }.bits(), Scale::new(2).bits()), (-5, -3));
    }
}
