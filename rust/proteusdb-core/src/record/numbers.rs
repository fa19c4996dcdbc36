//! A column of reals, exact: on the decimal grid it was printed on, or as float32.
//!
//! ```text
//! "12.340" "-0.500"  ->  Fixed { decimals: 3, values: [12340, -500] }   v / 10^3
//! model output       ->  Float([12.340001, -0.49999997])
//! ```
//!
//! `v / 10^decimals` in float64 is the correctly rounded value of the printed decimal (both sides are exact below
//! 2^53), so the float32 a reader sees is the one any correct parser would give.

/// The most decimals a grid may have: 10^9 still leaves room for ±2 in an i32, and files print 2 to 6.
pub const MAX_DECIMALS: u8 = 9;

const POWERS: [f64; MAX_DECIMALS as usize + 1] = [1.0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];

/// A column of real numbers.
#[derive(Debug, Clone)]
pub enum Numbers {
    /// Integers over a power of ten.
    Fixed {
        /// Printed decimals, at most [`MAX_DECIMALS`].
        decimals: u8,
        /// Value times ten to the `decimals`.
        values: Vec<i32>,
    },
    /// Values that lie on no decimal grid, or too far out on it.
    Float(Vec<f32>),
}

impl Numbers {
    /// The number of values.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Fixed { values, .. } => values.len(),
            Self::Float(values) => values.len(),
        }
    }

    /// Whether there are no values.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Value `index` as float64; NaN past the end.
    #[must_use]
    pub fn get(&self, index: usize) -> f64 {
        match self {
            Self::Fixed { decimals, values } => {
                values.get(index).map_or(f64::NAN, |&v| f64::from(v) / POWERS[usize::from(*decimals)])
            }
            Self::Float(values) => values.get(index).map_or(f64::NAN, |&v| f64::from(v)),
        }
    }

    /// All values as float32, correctly rounded.
    #[must_use]
    pub fn to_f32(&self) -> Vec<f32> {
        match self {
            Self::Fixed { decimals, values } => fixed_to_f32(values, POWERS[usize::from(*decimals)]),
            Self::Float(values) => values.clone(),
        }
    }

    /// The coarsest grid of `usual` to `most` decimals on which every value lies bit for bit, else a coarser one (which
    /// reaches further out), else float32 as given.
    ///
    /// `usual` is what files print (3 for coordinates, 2 for B-factors), so that ones become `1.00` and not `1`.
    /// Negative zero lies on no grid, because an integer has only one zero.
    #[must_use]
    pub fn from_f32(values: &[f32], usual: u8, most: u8) -> Self {
        (usual..=most.min(MAX_DECIMALS))
            .chain((0..usual.min(MAX_DECIMALS)).rev())
            .find_map(|decimals| on_grid(values, decimals))
            .unwrap_or_else(|| Self::Float(values.to_vec()))
    }

    /// Whether every value is finite.
    #[must_use]
    pub fn all_finite(&self) -> bool {
        match self {
            Self::Fixed { .. } => true,
            Self::Float(values) => values.iter().all(|v| v.is_finite()),
        }
    }
}

/// Equality is of what was stored: the same grid and integers, or the same float32 bits.
impl PartialEq for Numbers {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Fixed { decimals: a, values: v }, Self::Fixed { decimals: b, values: w }) => a == b && v == w,
            (Self::Float(v), Self::Float(w)) => v.iter().map(|x| x.to_bits()).eq(w.iter().map(|x| x.to_bits())),
            _ => false,
        }
    }
}

impl Eq for Numbers {}

impl Default for Numbers {
    fn default() -> Self {
        Self::Fixed { decimals: 0, values: Vec::new() }
    }
}

/// Integers over a power of ten. Where both are exact in float32, its own division, which rounds once, gives what float64
/// rounded to float32 gives, in half the time.
fn fixed_to_f32(values: &[i32], power: f64) -> Vec<f32> {
    const EXACT: u32 = 1 << f32::MANTISSA_DIGITS;
    let largest = values.iter().fold(0, |largest, value| largest.max(value.unsigned_abs()));
    if largest <= EXACT && power <= f64::from(EXACT) {
        let power = power as f32;
        return values.iter().map(|&value| value as f32 / power).collect();
    }
    values.iter().map(|&value| (f64::from(value) / power) as f32).collect()
}

fn on_grid(values: &[f32], decimals: u8) -> Option<Numbers> {
    let power = POWERS[usize::from(decimals)];
    let fixed: Option<Vec<i32>> = values
        .iter()
        .map(|&value| {
            let scaled = (f64::from(value) * power).round();
            let inside = scaled.abs() <= f64::from(i32::MAX);
            let integer = if inside { scaled as i32 } else { return None };
            ((f64::from(integer) / power) as f32).to_bits().eq(&value.to_bits()).then_some(integer)
        })
        .collect();
    fixed.map(|values| Numbers::Fixed { decimals, values })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printed_decimals_find_their_grid() {
        let column = Numbers::from_f32(&[12.34, -0.5, 0.0], 2, 3);
        assert_eq!(column, Numbers::Fixed { decimals: 2, values: vec![1234, -50, 0] });
        assert_eq!(column.to_f32(), [12.34, -0.5, 0.0]);
        assert_eq!(Numbers::from_f32(&[1.0], 2, 3), Numbers::Fixed { decimals: 2, values: vec![100] });
        assert_eq!(Numbers::from_f32(&[3e8], 2, 3), Numbers::Fixed { decimals: 0, values: vec![300_000_000] });
    }

    #[test]
    fn both_divisions_give_the_same_float32() {
        for decimals in 0..=7_u8 {
            let power = POWERS[usize::from(decimals)];
            let values: Vec<i32> = (-70_000..70_000).map(|value| value * 239 + i32::from(decimals)).collect();
            let exact: Vec<f32> = values.iter().map(|&value| (f64::from(value) / power) as f32).collect();
            assert_eq!(Numbers::Fixed { decimals, values }.to_f32(), exact, "{decimals} decimals");
        }
        let far = Numbers::Fixed { decimals: 3, values: vec![(1 << 24) + 1, i32::MAX, i32::MIN] };
        assert_eq!(far.to_f32(), [16_777.217, 2_147_483.8, -2_147_483.8]);
    }

    #[test]
    fn what_lies_on_no_grid_stays_as_it_is() {
        for odd in [-0.0_f32, 1.0 / 3.0, f32::NAN, f32::INFINITY, 1e30] {
            let column = Numbers::from_f32(&[1.0, odd], 2, 3);
            let back = column.to_f32();
            assert!(matches!(column, Numbers::Float(_)), "{odd} is on no grid");
            assert_eq!(back[1].to_bits(), odd.to_bits());
        }
    }
}
