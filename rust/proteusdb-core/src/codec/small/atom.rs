//! One atom of each lane: its torsion, its three axes each given those before, and how far it was off.
//!
//! ```text
//! c b a -> frame -> bin of the torsion -> mean, r p t -> covariance -> axis 1 | axis 2 given 1 | axis 3 given both
//! ```
//!
//! The last axis is that along which the bond lies most: its length is known best. How much more than usual atoms scatter
//! along r, p and t follows the record, for each class of atoms.

#![allow(clippy::needless_range_loop, reason = "a loop over lanes or axes indexes several arrays of one length")]

use super::coder::Coder;
use super::geometry::{Expected, FEATURES, Frame, Vector, dot, minus, plus, turn};
use super::integer;
use super::model::{GROUPS, NONE};
use super::plan::{FAR as ANYWHERE, Step};
use super::real::{Real, each, three};
use super::walk::{Lane, Take};
use crate::codec::fast::grid;

/// Exact positions, of half floats or not.
pub(super) struct Exact<const HALF: bool>;

/// What is left of the activity after an atom, and what the atom adds: so much of it what is off along all three.
const KEPT: f64 = 0.9;
const SHARED: f64 = 0.5;

/// Variance by rounding, in integers: of an atom itself, and of what it is predicted from where the grid is coarse.
const ROUNDING: f64 = 0.09;
const COARSE: f64 = 0.3;
/// The same for half floats.
const HALVES: f64 = 0.125;

/// How far an atom without a prediction lies from the one before, and a chain from the one before, in thousandths.
const NEAR: f64 = 900.0;
const FAR: f64 = 15_000.0;

/// The most that is made of an atom that is off, in variances.
const MOST: f64 = 30.0;

impl<const HALF: bool> Take for Exact<HALF> {
    #[inline(always)]
    fn take<R: Real<N>, const N: usize, C: Coder>(
        &self,
        lanes: &mut [Lane<'_>; N],
        steps: [&Step; N],
        coder: &mut C,
        coords: &mut [i32],
    ) -> Option<()> {
        if let (Some(lane), Some(step)) = (lanes.first_mut(), steps.first())
            && step.kind == NONE
        {
            return apart::<HALF>(lane, step, coder, coords);
        }
        let unit = lanes[0].ground.unit;
        let mut truth = [[0; 3]; N];
        if C::TELLS {
            for lane in 0..N {
                truth[lane] = *place(coords, lanes[lane].atom(steps[lane]))?;
            }
        }
        let c = gather::<R, N>(|lane| lanes[lane].slot(steps[lane].from[0]));
        let expected = expect::<R, N, C>(lanes, steps, c, coder, &truth)?;
        let scatter = scatter::<R, N>(lanes, steps)?;
        let activity = gather::<R, N>(|lane| lanes[lane].activity[usize::from(steps[lane].class) % 8]);
        let site = Site { unit, c, expected, covariance: expected.covariance(&scatter, activity), scatter, activity };
        let mut group = [0; N];
        for lane in 0..N {
            group[lane] = u32::from(steps[lane].class).min(GROUPS - 1) * integer::TABLES;
        }
        let (found, activity) = site.take::<HALF, N, C>(coder, group, truth);
        let activity = [activity[0].all(), activity[1].all(), activity[2].all()];
        for lane in 0..N {
            let (step, position) = (steps[lane], found[lane]);
            lanes[lane].activity[usize::from(step.class) % 8] = three(|axis| activity[axis][lane]);
            if !C::TELLS {
                *place(coords, lanes[lane].atom(step))? = position;
            }
            lanes[lane].hold(step, metres(position, unit));
        }
        Some(())
    }
}

/// The three numbers of an atom.
#[inline(always)]
pub(super) fn place(coords: &mut [i32], atom: usize) -> Option<&mut [i32; 3]> {
    coords.get_mut(3 * atom..)?.first_chunk_mut()
}

/// One vector of each lane.
#[inline(always)]
fn gather<R: Real<N>, const N: usize>(of: impl Fn(usize) -> Vector) -> Vector<R> {
    let mut parts = [[0.0; N]; 3];
    for lane in 0..N {
        let point = of(lane);
        for axis in 0..3 {
            parts[axis][lane] = point[axis];
        }
    }
    three(|axis| R::of(parts[axis]))
}

/// Codes the torsions, and says where the atoms are expected.
#[inline(always)]
fn expect<R: Real<N>, const N: usize, C: Coder>(
    lanes: &mut [Lane<'_>; N],
    steps: [&Step; N],
    c: Vector<R>,
    coder: &mut C,
    truth: &[[i32; 3]; N],
) -> Option<Expected<R>> {
    let b = gather::<R, N>(|lane| lanes[lane].slot(steps[lane].from[1]));
    let a = gather::<R, N>(|lane| lanes[lane].slot(steps[lane].from[2]));
    let frame = Frame::new(c, b, a);
    let mut turns = [[1.0; N], [0.0; N]];
    for lane in 0..N {
        let step = steps[lane];
        if step.torsion == NONE {
            continue;
        }
        let table = u32::from(step.torsion) + lanes[lane].torsions.context(step);
        let told = if C::TELLS {
            let from = lanes[lane].slot(step.from[0]);
            frame.lane(lane).bin(minus(metres(truth[lane], lanes[lane].ground.unit), from)) as u8
        } else {
            0
        };
        let bin = coder.symbol(lane, table, told);
        lanes[lane].torsions.push(step, bin);
        [turns[0][lane], turns[1][lane]] = turn(usize::from(bin));
    }
    let turned = frame.turned([R::of(turns[0]), R::of(turns[1])]);
    let mut known = [[[0.0; N]; FEATURES]; 3];
    for lane in 0..N {
        let own = &lanes[lane].profile.known.get(usize::from(steps[lane].kind))?.mean;
        for axis in 0..3 {
            for feature in 0..FEATURES {
                known[axis][feature][lane] = own[axis][feature];
            }
        }
    }
    let mut mean = [[R::splat(0.0); FEATURES]; 3];
    for axis in 0..3 {
        for feature in 0..FEATURES {
            mean[axis][feature] = R::of(known[axis][feature]);
        }
    }
    Some(Expected::new(&turned, &mean))
}

#[inline(always)]
fn scatter<R: Real<N>, const N: usize>(lanes: &[Lane<'_>; N], steps: [&Step; N]) -> Option<[R; 6]> {
    let mut known = [[0.0; N]; 6];
    for lane in 0..N {
        let own = &lanes[lane].profile.known.get(usize::from(steps[lane].kind))?.scatter;
        for number in 0..6 {
            known[number][lane] = own[number];
        }
    }
    let [a, b, c, d, e, f] = known;
    Some([R::of(a), R::of(b), R::of(c), R::of(d), R::of(e), R::of(f)])
}

/// Integers in thousandths of an Å.
#[inline(always)]
pub(super) fn metres(position: [i32; 3], unit: f64) -> Vector {
    three(|axis| f64::from(position[axis]) * unit)
}

/// The spacing of half floats at a value of at least 1000, and the value's octave.
#[inline(always)]
fn spacing(size: f64) -> (f64, i32) {
    let octave = ((size.min(4e6) * 0.001).to_bits() >> 52) as i32 - 1023;
    (f64::from(1_u32 << (octave & 31)) * (1000.0 / 1024.0), octave)
}

/// The variance by rounding near a mean, all in integers.
#[inline(always)]
fn noise<const HALF: bool>(unit: f64, mean: f64) -> f64 {
    let rounding = ROUNDING + if unit > 1.5 { COARSE } else { 0.0 };
    if !HALF {
        return rounding;
    }
    let size = mean.abs();
    let step = if size < 1000.0 { 1.0 } else { spacing(size).0 };
    rounding + HALVES * (step * step)
}

/// One axis, all in integers of the column: its value, and its variance.
#[inline(always)]
fn axis<const HALF: bool>(
    coder: &mut impl Coder,
    lane: usize,
    tables: u32,
    mean: f64,
    variance: f64,
    truth: i32,
) -> i32 {
    if !HALF {
        return integer::exchange(coder, lane, tables, mean, variance, truth);
    }
    let size = mean.abs();
    let (index, variance) = if size < 1000.0 {
        (size, variance)
    } else {
        let (step, octave) = spacing(size);
        let index = f64::from(1000 + 1024 * octave) + size / step - 1024.0;
        (index, variance / (step * step))
    };
    let index = if mean < 0.0 { -index } else { index };
    grid::value(integer::exchange(coder, lane, tables, index, variance, grid::index(truth)))
}

/// An atom that is near the one before, or anywhere.
fn apart<const HALF: bool>(lane: &mut Lane<'_>, step: &Step, coder: &mut impl Coder, coords: &mut [i32]) -> Option<()> {
    let (unit, class) = (lane.ground.unit, usize::from(step.class) % 8);
    let [activity, ..] = lane.activity[class];
    let sigma = activity * if step.class == ANYWHERE { FAR } else { NEAR } / unit;
    let variance = sigma * sigma + 1.0;
    let c = lane.slot(step.from[0]);
    let position = place(coords, lane.atom(step))?;
    let mut surprise = 0.0;
    for (which, (place, mean)) in (0..).zip(position.iter_mut().zip(c)) {
        let mean = mean / unit;
        *place = axis::<HALF>(coder, 0, (which * GROUPS + GROUPS - 1) * integer::TABLES, mean, variance, *place);
        let off = f64::from(*place) - mean;
        surprise += off * off / variance;
    }
    let now = metres(*position, unit);
    lane.hold(step, now);
    lane.activity[class] = followed::<f64, 1>([activity; 3], [surprise / 3.0; 3]);
    Some(())
}

/// Activities after an atom that was off by so many variances.
#[inline(always)]
pub(super) fn followed<R: Real<N>, const N: usize>(activity: [R; 3], off: [R; 3]) -> [R; 3] {
    // What is no number is the bound.
    let least = |a: R, b: R| R::at_least(b, a, a, b);
    let off = three(|axis| least(off[axis], R::splat(MOST)));
    let shared = (off[0] + off[1] + off[2]) * R::splat((1.0 - KEPT) * SHARED / 3.0);
    three(|axis| {
        let factor = R::splat(KEPT) + shared + off[axis] * R::splat((1.0 - KEPT) * (1.0 - SHARED));
        let now = least(activity[axis] * factor.root(), R::splat(300.0));
        R::at_least(now, R::splat(0.1), now, R::splat(0.1))
    })
}

/// Where an atom is expected, and how surely.
struct Site<R> {
    unit: f64,
    c: Vector<R>,
    expected: Expected<R>,
    covariance: [R; 6],
    scatter: [R; 6],
    activity: [R; 3],
}

impl<R> Site<R> {
    /// Codes the positions; those and the activities after them.
    #[inline(always)]
    fn take<const HALF: bool, const N: usize, C: Coder>(
        &self,
        coder: &mut C,
        group: [u32; N],
        truth: [[i32; 3]; N],
    ) -> ([[i32; 3]; N], Vector<R>)
    where
        R: Real<N>,
    {
        let (unit, per) = (R::splat(self.unit), R::splat(1.0 / self.unit));
        let order = last_axis::<R, N>(self.expected.directions[0]);
        let rotate = |v: Vector<R>| {
            let all = [v[0].all(), v[1].all(), v[2].all()];
            three(|axis| each(|lane| all[(axis + order[lane]) % 3][lane]))
        };
        let expected = self.expected.reordered(&rotate);
        let mean = plus(rotate(self.c), expected.mean);
        let [xx, yy, zz, yz, xz, xy] = self.covariance;
        let [sii, sjj, skk] = rotate([xx, yy, zz]);
        let [sjk, sik, sij] = rotate([yz, xz, xy]);
        let noise = three(|axis| {
            let mean = (mean[axis] * per).all();
            each::<R, N>(|lane| noise::<HALF>(self.unit, mean[lane])) * unit * unit
        });
        let tables = |axis: u32, lane: usize| axis * GROUPS * integer::TABLES + group[lane];
        let mut position = [[0; 3]; N];
        let mut code = |which: usize, mean: R, variance: R| {
            let (means, variances) = ((mean * per).all(), (variance * per * per).all());
            each::<R, N>(|lane| {
                let own = (which + order[lane]) % 3;
                let (table, truth) = (tables(which as u32, lane), truth[lane][own]);
                let value = axis::<HALF>(coder, lane, table, means[lane], variances[lane], truth);
                position[lane][own] = value;
                f64::from(value)
            }) * unit
        };

        // The first.
        let sii = sii + noise[0];
        let di = code(0, mean[0], sii) - mean[0];
        // The second, given it.
        let inverse = R::splat(1.0) / sii;
        let (gj, gk) = (sij * inverse, sik * inverse);
        let bent = expected.curved([di, gj * di, gk * di]);
        let wi = di - bent[0];
        let sjj = sjj + noise[1] - sij * gj;
        let mj = mean[1] + gj * wi + bent[1];
        let vj = code(1, mj, sjj);
        let rj = vj - mj;
        // The third, given both.
        let sjk = sjk - sij * gk;
        let hk = sjk / sjj;
        let dj = vj - mean[1];
        let bent = expected.curved([di, dj, gk * wi + hk * rj]);
        let (wi, wj) = (di - bent[0], dj - bent[1]);
        let skk = skk + noise[2] - sik * gk - sjk * hk;
        let mk = mean[2] + gk * wi + hk * (wj - gj * wi) + bent[2];
        let dk = code(2, mk, skk) - mean[2];

        let straight = minus([di, dj, dk], expected.curved([di, dj, dk]));
        let even = (noise[0] + noise[1] + noise[2]) * R::splat(1.0 / 3.0);
        let [rr, pr, pp, tr, tp, tt] = self.scatter;
        let usual = [rr * rr, pr * pr + pp * pp, tr * tr + tp * tp + tt * tt];
        let off = three(|axis| {
            let along = dot(straight, expected.directions[axis]);
            along * along / (usual[axis] * self.activity[axis] * self.activity[axis] + even)
        });
        (position, followed::<R, N>(self.activity, off))
    }
}

/// By how much axes are rotated so that the one along which a direction lies most is the last.
#[inline(always)]
fn last_axis<R: Real<N>, const N: usize>(along: Vector<R>) -> [usize; N] {
    let [x, y, z] = [along[0].all(), along[1].all(), along[2].all()];
    let mut order = [0; N];
    for lane in 0..N {
        let (x, y, z) = (x[lane].abs(), y[lane].abs(), z[lane].abs());
        let (first, second) = (x >= y && x >= z, y >= z);
        order[lane] = if first { 1 } else { 2 * usize::from(second) };
    }
    order
}
