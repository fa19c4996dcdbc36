//! A number of one lane, or of several at once: the same arithmetic in all, bit for bit.
//!
//! ```text
//! f64      one lane      f64x2    two lanes      f64x4    four lanes
//! ```
//!
//! Only + - * / and sqrt, each rounded by itself as IEEE 754 says; nothing is fused and nothing is summed across lanes.

use std::ops::{Add, Div, Mul, Sub};

use wide::{CmpGe, f64x2, f64x4};

/// `N` numbers that go through the same steps.
pub(crate) trait Real<const N: usize>:
    Copy + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Div<Output = Self>
{
    /// The same number in every lane.
    fn splat(value: f64) -> Self;

    /// One number for each lane.
    fn of(values: [f64; N]) -> Self;

    /// The number of each lane.
    fn all(self) -> [f64; N];

    /// Square roots.
    fn root(self) -> Self;

    /// Where `a >= b`, `yes`, else `no`.
    fn at_least(a: Self, b: Self, yes: Self, no: Self) -> Self;
}

/// One for each axis. Where an array's own `map` would be a call, this is none.
#[inline(always)]
pub(crate) fn three<T>(of: impl Fn(usize) -> T) -> [T; 3] {
    [of(0), of(1), of(2)]
}

/// A number made of one for each lane.
#[inline(always)]
pub(crate) fn each<R: Real<N>, const N: usize>(mut of: impl FnMut(usize) -> f64) -> R {
    let mut values = [0.0; N];
    for (lane, value) in values.iter_mut().enumerate() {
        *value = of(lane);
    }
    R::of(values)
}

impl Real<1> for f64 {
    #[inline(always)]
    fn splat(value: f64) -> Self {
        value
    }

    #[inline(always)]
    fn of([value]: [f64; 1]) -> Self {
        value
    }

    #[inline(always)]
    fn all(self) -> [f64; 1] {
        [self]
    }

    #[inline(always)]
    fn root(self) -> Self {
        self.sqrt()
    }

    #[inline(always)]
    fn at_least(a: Self, b: Self, yes: Self, no: Self) -> Self {
        if a >= b { yes } else { no }
    }
}

macro_rules! lanes {
    ($wide:ident, $count:literal) => {
        impl Real<$count> for $wide {
            #[inline(always)]
            fn splat(value: f64) -> Self {
                $wide::splat(value)
            }

            #[inline(always)]
            fn of(values: [f64; $count]) -> Self {
                $wide::new(values)
            }

            #[inline(always)]
            fn all(self) -> [f64; $count] {
                self.to_array()
            }

            #[inline(always)]
            fn root(self) -> Self {
                self.sqrt()
            }

            #[inline(always)]
            fn at_least(a: Self, b: Self, yes: Self, no: Self) -> Self {
                a.cmp_ge(b).blend(yes, no)
            }
        }
    };
}

lanes!(f64x2, 2);
lanes!(f64x4, 4);

#[cfg(test)]
mod tests {
    use super::*;

    fn mixed<R: Real<N>, const N: usize>(values: [f64; N]) -> [u64; N] {
        let x = R::of(values);
        let y = (x * x + R::splat(0.1)).root() / (x - R::splat(3.0));
        R::at_least(x, y, x - y, y * x).all().map(f64::to_bits)
    }

    #[test]
    fn every_width_gives_the_same_bits() {
        let values = [1.5, -2.25e5, 1e-9, 3.0, f64::NAN, 7.7, -0.0, 1e300];
        let one: Vec<u64> = values.iter().flat_map(|&value| mixed::<f64, 1>([value])).collect();
        let two: Vec<u64> = values.as_chunks().0.iter().flat_map(|&pair| mixed::<f64x2, 2>(pair)).collect();
        let four: Vec<u64> = values.as_chunks().0.iter().flat_map(|&part| mixed::<f64x4, 4>(part)).collect();
        for (index, &value) in values.iter().enumerate().filter(|(_, value)| !value.is_nan()) {
            assert!(one[index] == two[index] && one[index] == four[index], "{value}");
        }
    }
}
