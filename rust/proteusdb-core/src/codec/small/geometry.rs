//! Where an atom lies as seen from three that are known, and how surely: exact float64 arithmetic, the same everywhere.
//!
//! ```text
//! b -- c -- ?      e1 along c - b, e2 towards a in the plane, e3 = e1 × e2; the torsion turns e2 and e3
//!      mean m      weights times (1, |bc|, a's coordinates)
//!      scatter     r along m, t across it in the direction of the torsion, p across both: L Lᵀ in these three
//! ```
//!
//! Only + - * / and sqrt of float64, whose results IEEE 754 fixes to the bit; no fused operation, no libm. Cosines come from a
//! table. What is degenerate gives some finite numbers, the same on both sides, and costs bits.

use super::real::{Real, three};

/// A vector in thousandths of an Å.
pub(crate) type Vector<R = f64> = [R; 3];

/// Bins of a torsion.
pub const BINS: usize = 64;

/// Numbers of a mean: five weights for each of three coordinates.
pub const FEATURES: usize = 5;

/// cos((k + 1/2) π / 32) of the first quarter.
const QUARTER: [f64; 16] = [
    0.9987954562051724,
    0.989176509964781,
    0.970031253194544,
    0.9415440651830208,
    0.9039892931234433,
    0.8577286100002721,
    0.8032075314806449,
    0.7409511253549591,
    0.6715589548470183,
    0.5956993044924335,
    0.5141027441932217,
    0.4275550934302822,
    0.33688985339222005,
    0.24298017990326398,
    0.14673047445536175,
    0.049067674327418126,
];

/// Cosine and sine of the centre of a bin.
#[inline]
pub(crate) fn turn(bin: usize) -> [f64; 2] {
    let (low, high) = (QUARTER[bin % 16], QUARTER[15 - bin % 16]);
    match bin / 16 % 4 {
        0 => [low, high],
        1 => [-high, low],
        2 => [-low, -high],
        _ => [high, -low],
    }
}

#[inline(always)]
pub(crate) fn dot<R: Real<N>, const N: usize>(a: Vector<R>, b: Vector<R>) -> R {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

#[inline(always)]
pub(crate) fn minus<R: Real<N>, const N: usize>(a: Vector<R>, b: Vector<R>) -> Vector<R> {
    [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}

#[inline(always)]
pub(crate) fn plus<R: Real<N>, const N: usize>(a: Vector<R>, b: Vector<R>) -> Vector<R> {
    [a[0] + b[0], a[1] + b[1], a[2] + b[2]]
}

#[inline(always)]
pub(crate) fn times<R: Real<N>, const N: usize>(a: Vector<R>, by: R) -> Vector<R> {
    [a[0] * by, a[1] * by, a[2] * by]
}

/// a x + b y.
#[inline(always)]
fn blend<R: Real<N>, const N: usize>(a: R, x: Vector<R>, b: R, y: Vector<R>) -> Vector<R> {
    [a * x[0] + b * y[0], a * x[1] + b * y[1], a * x[2] + b * y[2]]
}

#[inline(always)]
fn cross<R: Real<N>, const N: usize>(a: Vector<R>, b: Vector<R>) -> Vector<R> {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

/// The length, never zero.
#[inline(always)]
fn length<R: Real<N>, const N: usize>(a: Vector<R>) -> R {
    (dot(a, a) + R::splat(1e-6)).root()
}

/// The frame of c, b and a.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame<R = f64> {
    axes: [Vector<R>; 3],
    /// |bc| and a's two coordinates, Å.
    seen: [R; 3],
}

impl<R> Frame<R> {
    #[inline(always)]
    pub(crate) fn new<const N: usize>(c: Vector<R>, b: Vector<R>, a: Vector<R>) -> Self
    where
        R: Real<N>,
    {
        let (u, v) = (minus(c, b), minus(a, c));
        let (one, angstroms) = (R::splat(1.0), R::splat(0.001));
        let bond = length(u);
        let first = times(u, one / bond);
        let along = dot(v, first);
        let w = minus(v, times(first, along));
        let aside = length(w);
        let second = times(w, one / aside);
        let seen = [bond * angstroms, along * angstroms, aside * angstroms];
        Self { axes: [first, second, cross(first, second)], seen }
    }

    /// The frame turned about its first axis.
    #[inline(always)]
    pub(crate) fn turned<const N: usize>(&self, [cos, sin]: [R; 2]) -> Turned<R>
    where
        R: Real<N>,
    {
        let [first, second, third] = self.axes;
        let [bond, along, aside] = self.seen;
        let back = R::splat(0.0) - sin;
        Turned {
            axes: [first, blend(cos, second, sin, third), blend(cos, third, back, second)],
            features: [R::splat(1.0), bond, along, aside * cos, aside * back],
        }
    }

    /// The part of one lane.
    #[inline(always)]
    pub(crate) fn lane<const N: usize>(&self, lane: usize) -> Frame
    where
        R: Real<N>,
    {
        let of = |number: R| number.all()[lane % N];
        Frame { axes: three(|axis| three(|part| of(self.axes[axis][part]))), seen: three(|part| of(self.seen[part])) }
    }
}

impl Frame {
    /// Coordinates of a difference to c.
    pub(crate) fn local(&self, d: Vector) -> Vector {
        three(|axis| dot(self.axes[axis], d))
    }

    /// The torsion's bin of a difference to c. Only the encoder asks: another answer would cost bits and nothing else.
    pub(crate) fn bin(&self, d: Vector) -> usize {
        let [_, y, z] = self.local(d);
        let turns = z.atan2(y) / std::f64::consts::TAU;
        ((turns + 1.0) * BINS as f64) as usize % BINS
    }
}

/// A frame and what means are made of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Turned<R = f64> {
    pub axes: [Vector<R>; 3],
    pub features: [R; FEATURES],
}

/// What is known of an atom of one kind.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Known {
    /// Weights of the three coordinates of the mean.
    pub mean: [[f64; FEATURES]; 3],
    /// L, row by row, of the covariance along r, p, t.
    pub scatter: [f64; 6],
}

/// What is expected of an atom.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Expected<R = f64> {
    /// Difference to c.
    pub mean: Vector<R>,
    /// Directions r, p, t.
    pub directions: [Vector<R>; 3],
    /// From the torsion's axis outwards.
    outwards: Vector<R>,
    /// 1 / 2|m|, and the same from the torsion's axis.
    bend: [R; 2],
}

impl<R> Expected<R> {
    #[inline(always)]
    pub(crate) fn new<const N: usize>(frame: &Turned<R>, mean: &[[R; FEATURES]; 3]) -> Self
    where
        R: Real<N>,
    {
        let f = &frame.features;
        let at = |w: &[R; FEATURES]| w[0] * f[0] + w[1] * f[1] + w[2] * f[2] + w[3] * f[3] + w[4] * f[4];
        let [x, y, z] = [at(&mean[0]), at(&mean[1]), at(&mean[2])];
        let [first, second, third] = frame.axes;
        let aside = blend(y, second, z, third);
        let mean = plus(aside, times(first, x));
        let across = y * y + z * z + R::splat(1e-6);
        let one = R::splat(1.0);
        let (inverse, inner) = (one / (across + x * x).root(), one / across.root());
        let r = times(mean, inverse);
        let t = times(cross(first, aside), inner);
        let half = R::splat(0.5);
        Self {
            mean,
            directions: [r, cross(t, r), t],
            outwards: times(aside, inner),
            bend: [half * inverse, half * inner],
        }
    }

    /// How far a straight displacement leaves the sphere of the bond and the circle of the torsion.
    #[inline(always)]
    pub(crate) fn curved<const N: usize>(&self, displacement: Vector<R>) -> Vector<R>
    where
        R: Real<N>,
    {
        let [r, p, t] = self.directions;
        let (polar, tangential) = (dot(displacement, p), dot(displacement, t));
        let zero = R::splat(0.0);
        let (inwards, back) = (zero - polar * polar * self.bend[0], zero - tangential * tangential * self.bend[1]);
        blend(inwards, r, back, self.outwards)
    }

    /// The covariance: xx yy zz, yz xz xy; `scale` multiplies what scatters along r, p and t.
    #[inline(always)]
    pub(crate) fn covariance<const N: usize>(&self, scatter: &[R; 6], scale: [R; 3]) -> [R; 6]
    where
        R: Real<N>,
    {
        let [r, p, t] = self.directions;
        let [rr, pr, pp, tr, tp, tt] = *scatter;
        let [sr, sp, st] = scale;
        let one = plus(blend(rr * sr, r, pr * sp, p), times(t, tr * st));
        let two = blend(pp * sp, p, tp * st, t);
        let three = times(t, tt * st);
        let at = |i: usize, j: usize| one[i] * one[j] + two[i] * two[j] + three[i] * three[j];
        [at(0, 0), at(1, 1), at(2, 2), at(1, 2), at(0, 2), at(0, 1)]
    }

    /// The same with every vector's axes in another order, lane by lane.
    #[inline(always)]
    pub(crate) fn reordered<const N: usize>(&self, order: &impl Fn(Vector<R>) -> Vector<R>) -> Self
    where
        R: Real<N>,
    {
        Self {
            mean: order(self.mean),
            directions: three(|axis| order(self.directions[axis])),
            outwards: order(self.outwards),
            bend: self.bend,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_are_cosines_and_sines() {
        for bin in 0..BINS {
            let angle = (bin as f64 + 0.5) * std::f64::consts::TAU / BINS as f64;
            let [cos, sin] = turn(bin);
            assert!((cos - angle.cos()).abs() < 1e-15 && (sin - angle.sin()).abs() < 1e-15, "{bin}");
        }
    }

    #[test]
    fn a_bin_holds_its_centre() {
        let frame = Frame::new([1500.0, 0.0, 0.0], [0.0; 3], [2000.0, 1400.0, 0.0]);
        for bin in 0..BINS {
            let turned = frame.turned(turn(bin));
            let d = plus(times(turned.axes[0], 500.0), times(turned.axes[1], 900.0));
            assert_eq!(frame.bin(d), bin);
        }
    }

    #[test]
    fn what_is_degenerate_stays_finite() {
        let frame = Frame::new([0.0; 3], [0.0; 3], [0.0; 3]).turned(turn(0));
        let expected = Expected::new(&frame, &[[0.0; FEATURES]; 3]);
        let all = expected.directions.as_flattened().iter().chain(&expected.mean).chain(&expected.bend);
        assert!(all.chain(&expected.covariance(&[1.0; 6], [1.0; 3])).all(|number| number.is_finite()));
    }
}
