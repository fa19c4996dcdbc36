//! Where atoms are likely to be, from three that are known: exact float32 arithmetic, the same on every machine.
//!
//! ```text
//! u = c - b   v = a - c   x = u × v          d = w0 u + w1 v + w2 x      from c, for the atom's torsion
//! two axes    where |d| is not largest       the residual is against d
//! third axis  the largest of |d|             ± sqrt(R² - d1² - d2²): the bond's length is known better than its angle
//! ```
//!
//! Four atoms at once, one in each lane of a vector, x, y and z in vectors of their own. The third axis of each atom is
//! brought to the end by two masked swaps, so that no branch depends on where an atom lies.
//!
//! Only + - * / and sqrt of float32, whose results IEEE 754 fixes to the bit. Rounding is by adding 3·2^22, which drops the
//! fraction to even; what lies outside ±2^22 rounds to something else, but to the same on both sides.

use wide::{CmpGe, CmpGt, CmpLt, f32x4, i32x4};

/// How many atoms go together.
pub(super) const WIDTH: usize = 4;

/// Integers of the column, one an atom.
pub(super) type Ints = i32x4;

/// x, y and z of four atoms.
pub(super) type Points = [Ints; 3];

/// What is predicted with: weights of u, v and u × v, and the squared distance from c.
pub(super) type Weights = [f32x4; 4];

const ROUND: f32 = 12_582_912.0;

/// The nearest integer, to even, within ±2^22.
#[inline(always)]
pub(super) fn round(value: f32) -> i32 {
    (value + ROUND).to_bits().wrapping_sub(ROUND.to_bits()).cast_signed()
}

/// The bits of floats.
#[inline(always)]
pub(super) fn bits(values: f32x4) -> Ints {
    bytemuck::cast(values)
}

/// Each of three, changed. In loops that are hot, `map` of arrays is not always made part of its caller.
#[inline(always)]
pub(super) fn each<T, U>([x, y, z]: [T; 3], change: impl Fn(T) -> U) -> [U; 3] {
    [change(x), change(y), change(z)]
}

/// Each of four, changed.
#[inline(always)]
pub(super) fn lanes<T, U>([a, b, c, d]: [T; WIDTH], change: impl Fn(T) -> U) -> [U; WIDTH] {
    [change(a), change(b), change(c), change(d)]
}

/// [`round`] in each lane.
#[inline(always)]
pub(super) fn rounded(values: f32x4) -> Ints {
    bits(values + f32x4::splat(ROUND)) - i32x4::splat(ROUND.to_bits().cast_signed())
}

#[inline(always)]
fn floats(points: Points) -> [f32x4; 3] {
    each(points, f32x4::from_i32x4)
}

#[inline(always)]
fn dot(a: [f32x4; 3], b: [f32x4; 3]) -> f32x4 {
    (a[0] * b[0] + a[1] * b[1]) + a[2] * b[2]
}

#[inline(always)]
pub(super) fn minus(a: Points, b: Points) -> Points {
    [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}

/// The directions that predictions are made of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    u: [f32x4; 3],
    v: [f32x4; 3],
    x: [f32x4; 3],
}

impl Frame {
    #[inline(always)]
    pub(super) fn new(c: Points, b: Points, a: Points) -> Self {
        let (u, v) = (floats(minus(c, b)), floats(minus(a, c)));
        let x = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
        Self { u, v, x }
    }

    /// What is expected with these weights.
    #[inline(always)]
    pub(super) fn expect(&self, weights: &Weights) -> Expected {
        let [w0, w1, w2, squared] = *weights;
        let along = |axis: usize| (self.u[axis] * w0 + self.v[axis] * w1) + self.x[axis] * w2;
        let d = [along(0), along(1), along(2)];
        let [x, y, z] = each(d, f32x4::abs);
        let first = bits(x.cmp_gt(y)) & bits(x.cmp_ge(z));
        let second = !first & bits(y.cmp_ge(z));
        let order = Order { first, second };
        Expected { d: order.of(each(d, bits)), order, squared }
    }

    /// The torsions of atoms at `d` from c, in 32 steps of 11.25° from -180°. Only an encoder asks.
    #[inline(always)]
    pub(super) fn torsions(&self, d: Points) -> Ints {
        const TANGENTS: [f32; 3] = [0.198_912_37, 0.414_213_57, 0.668_178_6];
        let (Self { u, v, x }, d) = (*self, floats(d));
        let uu = dot(u, u);
        let across = dot(d, x);
        // Both sides times |u|².
        let along = (dot(d, v) * uu - dot(u, v) * dot(u, d)) / uu.sqrt().max(f32x4::splat(1.0));
        let (size, other) = (along.abs(), across.abs());
        let swapped = bits(other.cmp_gt(size));
        let (low, high) = (size.min(other), size.max(other));
        let steps = each(TANGENTS, |tangent| bits(low.cmp_gt(high * f32x4::splat(tangent))));
        // A mask is -1.
        let steps = Ints::splat(0) - (steps[0] + steps[1] + steps[2]);
        let quarter = swapped.blend(Ints::splat(7) - steps, steps);
        let half = bits(along.cmp_lt(f32x4::splat(0.0))).blend(Ints::splat(15) - quarter, quarter);
        bits(across.cmp_lt(f32x4::splat(0.0))).blend(Ints::splat(15) - half, half + Ints::splat(16))
    }
}

/// Which axis of each atom is the third.
#[derive(Debug, Clone, Copy)]
pub(super) struct Order {
    /// All bits where it is x, and where it is y.
    first: Ints,
    second: Ints,
}

impl Order {
    /// x, y, z to first, second, third axis, or back.
    #[inline(always)]
    pub(super) fn of(&self, [x, y, z]: Points) -> Points {
        let swap = (x ^ z) & self.first;
        let (x, z) = (x ^ swap, z ^ swap);
        let swap = (y ^ z) & self.second;
        [x, y ^ swap, z ^ swap]
    }
}

/// What is expected of four atoms, as differences to c.
#[derive(Debug, Clone, Copy)]
pub(super) struct Expected {
    /// Bits of the differences in coding order.
    d: Points,
    pub order: Order,
    squared: f32x4,
}

impl Expected {
    /// The difference on axis `axis` by itself, in coding order.
    #[inline(always)]
    pub(super) fn alone(&self, axis: usize) -> Ints {
        rounded(unbits(self.d[axis]))
    }

    /// That on the third axis, given the true differences on the others.
    #[inline(always)]
    pub(super) fn third(&self, first: Ints, second: Ints) -> Ints {
        let (first, second) = (f32x4::from_i32x4(first), f32x4::from_i32x4(second));
        let rest = (self.squared - first * first) - second * second;
        let known = bits(rest.cmp_gt(f32x4::splat(0.0)));
        // The root of what is below zero is not looked at.
        let root = bits(rest.sqrt()) | (self.d[2] & Ints::splat(i32::MIN));
        rounded(unbits(known.blend(root, self.d[2])))
    }
}

#[inline(always)]
fn unbits(values: Ints) -> f32x4 {
    bytemuck::cast(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(x: i32, y: i32, z: i32) -> Points {
        [x, y, z].map(Ints::splat)
    }

    fn frame() -> Frame {
        Frame::new(point(1000, 0, 0), point(0, 0, 0), point(1000, 1000, 0))
    }

    #[test]
    fn rounding_is_to_the_nearest_and_to_even() {
        for (value, nearest) in [(0.4, 0), (0.5, 0), (1.5, 2), (2.5, 2), (-1.5, -2), (-0.6, -1), (4e6, 4_000_000)] {
            assert_eq!(round(value), nearest, "{value}");
            assert_eq!(rounded(f32x4::splat(value)).to_array(), [nearest; 4], "{value}");
        }
    }

    #[test]
    fn torsions_are_counted_from_minus_180_degrees() {
        for step in 0..32_i32 {
            let angle = (f64::from(step) + 0.5) / 32.0 * std::f64::consts::TAU - std::f64::consts::PI;
            let d = point(500, (angle.cos() * 900.0) as i32, (angle.sin() * 900.0) as i32);
            assert_eq!(frame().torsions(d).to_array(), [step; 4]);
        }
    }

    #[test]
    fn the_bond_length_gives_the_axis_with_the_largest_difference() {
        let expected = |squared: f32| frame().expect(&[0.9, -1.1, 0.0, squared].map(f32x4::splat));
        let apart = expected(1500.0 * 1500.0);
        assert_eq!(apart.order.of(point(1, 2, 3)), point(1, 3, 2), "y is the third");
        assert_eq!(apart.order.of(point(1, 3, 2)), point(1, 2, 3));
        assert_eq!([0, 1, 2].map(|axis| apart.alone(axis)), point(900, 0, -1100));
        let third = |expected: Expected| expected.third(Ints::splat(900), Ints::splat(0)).to_array();
        assert_eq!(third(apart), [-1200; 4]);
        assert_eq!(third(expected(-1.0)), [-1100; 4], "no length is known");
    }

    #[test]
    fn every_axis_comes_to_the_end() {
        for d in [[9, 1, 2], [1, 9, 2], [1, 2, 9], [5, 5, 5], [5, 5, 1], [0, 0, 0]] {
            let frame = Frame::new(point(0, 0, 0), point(-d[0], -d[1], -d[2]), point(0, 0, 0));
            let expected = frame.expect(&[1.0, 0.0, 0.0, 0.0].map(f32x4::splat));
            let [.., third] = [0, 1, 2].map(|axis| expected.alone(axis).to_array()[0]);
            assert_eq!(third, *d.iter().max().unwrap());
            assert_eq!(expected.order.of(expected.order.of(point(1, 2, 3))), point(1, 2, 3));
        }
    }
}
