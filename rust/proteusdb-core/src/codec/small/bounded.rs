//! Positions within a largest error: what an atom is off from where it is expected, in whole cells.
//!
//! ```text
//! c b a as decoded -> expected, r p t      off = i D r + j D p + k D t, rounded to the column's grid
//! ```
//!
//! The loop is closed: atoms are seen from decoded ones, so errors do not add up. The corner of a cell is as far off as is allowed,
//! less what rounding to the grid may add; the encoder checks every atom, and one that would be further off (degenerate frames, wild
//! numbers) is coded exactly. Of several cells within the bound it takes the likeliest, but first of all one that gives the truth: so
//! a column that was bounded before comes out as it is.
//!
//! ```text
//! u8 profile | varint, D in 64ths of an integer | bytes
//! ```

#![allow(clippy::needless_range_loop, reason = "a loop over lanes or axes indexes several arrays of one length")]

use super::atom::{followed, metres, place};
use super::coder::Coder;
use super::geometry::{BINS, Expected, Frame, Known, Vector, dot, minus, plus, times, turn};
use super::integer::{self, ESCAPE, MIDDLE, exchange, far, floor};
use super::model::{GROUPS, NONE};
use super::plan::{FAR as ANYWHERE, Step};
use super::real::{Real, three};
use super::walk::{Lane, Take};

/// Classes of variances in squares of cells, two an octave: from 2^-9 on.
pub const CLASSES: i32 = 40;
const LEAST: f64 = 1.0 / 512.0;

/// The tables of cells.
pub const CELLS: u32 = 3 * GROUPS * CLASSES as u32;

/// Cells of one column.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cells {
    /// An edge, in integers of the column.
    edge: f64,
    /// The largest squared error, in integers; only an encoder has one.
    bound: f64,
}

/// 64ths of an integer that an edge is counted in.
const PARTS: f64 = 64.0;

impl Cells {
    /// Cells for errors of at most so many integers, and the number that says their edge; `None` where the grid is too coarse.
    pub(super) fn within(error: f64) -> Option<(Self, u32)> {
        let error = error * (1.0 - 1e-9);
        let root = 3_f64.sqrt();
        // Half a cell's diagonal, and half that of the grid.
        let parts = ((2.0 * error / root - 1.0) * PARTS) as u32;
        let cells = Self { bound: error * error, ..Self::of(parts) };
        (cells.edge >= 2.0).then_some((cells, parts))
    }

    /// The same for a column that came out of such cells: every atom as it is.
    pub(super) fn again(self) -> Self {
        Self { bound: 0.0, ..self }
    }

    /// Those of a number.
    pub(super) fn of(parts: u32) -> Self {
        Self { edge: f64::from(parts) / PARTS, bound: 0.0 }
    }

    /// Whether a position may stand for another.
    fn holds(&self, truth: [i32; 3], found: [i32; 3]) -> bool {
        let squared = |(truth, found): (&i32, &i32)| (f64::from(*truth) - f64::from(*found)).powi(2);
        truth.iter().zip(&found).map(squared).sum::<f64>() <= self.bound
    }
}

/// The class of a variance in squares of cells.
#[inline(always)]
fn class(variance: f64) -> u32 {
    let bounded = if variance > LEAST { variance } else { LEAST };
    (((bounded.to_bits() >> 51) as i32 - ((1023 - 9) << 1)).min(CLASSES - 1)) as u32
}

/// How far an atom without a prediction lies from the one before, and a chain from the one before, in thousandths.
const NEAR: f64 = 900.0;
const FAR: f64 = 15_000.0;

/// The variance of what lies anywhere in a cell.
const INSIDE: f64 = 1.0 / 12.0;

impl Take for Cells {
    /// Lane by lane: the arithmetic is short, and the encoder tries.
    #[inline(always)]
    fn take<R: Real<N>, const N: usize, C: Coder>(
        &self,
        lanes: &mut [Lane<'_>; N],
        steps: [&Step; N],
        coder: &mut C,
        coords: &mut [i32],
    ) -> Option<()> {
        let mut truth = [[0; 3]; N];
        if C::TELLS {
            for (truth, (lane, step)) in truth.iter_mut().zip(lanes.iter().zip(steps)) {
                *truth = *place(coords, lane.atom(step))?;
            }
        }
        for number in 0..N {
            let (lane, step) = (&mut lanes[number], steps[number]);
            let position = match step.kind {
                NONE => self.apart(number, lane, step, coder, truth[number]),
                _ => self.atom(number, lane, step, coder, truth[number])?,
            };
            *place(coords, lane.atom(step))? = position;
            lane.hold(step, metres(position, lane.ground.unit));
        }
        Some(())
    }
}

impl Cells {
    /// An atom that is near the one before, or anywhere: each axis by itself.
    fn apart<C: Coder>(&self, number: usize, lane: &Lane<'_>, step: &Step, coder: &mut C, truth: [i32; 3]) -> [i32; 3] {
        let unit = lane.ground.unit;
        let sigma = if step.class == ANYWHERE { FAR } else { NEAR } / (unit * self.edge);
        let mean = lane.slot(step.from[0]).map(|part| part / unit);
        let mut position = truth;
        for (which, (place, mean)) in (0..).zip(position.iter_mut().zip(mean)) {
            let told = floor((f64::from(*place) - mean) / self.edge + 0.5);
            let tables = (which * GROUPS + GROUPS - 1) * integer::TABLES;
            let cell = exchange(coder, number, tables, 0.0, sigma * sigma, told);
            *place = floor(mean + f64::from(cell) * self.edge + 0.5);
        }
        let told = u32::from(!self.holds(truth, position));
        if coder.raw(number, told, 1) == 1 { exactly(coder, number, position, truth) } else { position }
    }

    /// An atom of some kind.
    #[inline(always)]
    fn atom<C: Coder>(
        &self,
        number: usize,
        lane: &mut Lane<'_>,
        step: &Step,
        coder: &mut C,
        truth: [i32; 3],
    ) -> Option<[i32; 3]> {
        let (model, unit) = (lane.ground.model, lane.ground.unit);
        let known = lane.profile.known.get(usize::from(step.kind))?;
        let [c, b, a] = three(|place| lane.slot(step.from[place]));
        let seen = Seen { cells: self, unit, c, frame: Frame::new(c, b, a), known };
        let free = step.torsion != NONE;
        let mut told = if C::TELLS { seen.choose(free, truth) } else { (0, Some([0; 3])) };
        if free {
            let table = u32::from(step.torsion) + lane.torsions.context(step);
            told.0 = usize::from(coder.symbol(number, table, told.0 as u8));
            lane.torsions.push(step, told.0 as u8);
        }
        let site = seen.site(free.then_some(told.0));
        let class_of = usize::from(step.class) % 8;
        let (blur, activity) = (model.blur.get(usize::from(step.kind))?, lane.activity[class_of]);
        let [rr, pr, pp, tr, tp, tt] = known.scatter;
        let own = [rr * rr, pr * pr + pp * pp, tr * tr + tp * tp + tt * tt];
        let per = 1.0 / (self.edge * unit);
        let variance = three(|axis| (own[axis] * per * per + blur[axis]) * activity[axis] * activity[axis]);
        let group = u32::from(step.class).min(GROUPS - 1);
        let mut cell = [0; 3];
        for axis in 0..3 {
            let symbol = told.1.map_or(ESCAPE, |told| (told[axis] + MIDDLE) as u8);
            let table = model.cells + (axis as u32 * GROUPS + group) * CLASSES as u32 + class(variance[axis]);
            let symbol = coder.symbol(number, table, symbol);
            if symbol == ESCAPE {
                return Some(exactly(coder, number, site.position([0; 3]), truth));
            }
            cell[axis] = i32::from(symbol) - MIDDLE;
        }
        let off = three(|axis| (f64::from(cell[axis] * cell[axis]) + INSIDE) / (variance[axis] + INSIDE));
        lane.activity[class_of] = followed::<f64, 1>(activity, off);
        Some(site.position(cell))
    }
}

/// A position that is coded as the difference to another.
#[cold]
fn exactly<C: Coder>(coder: &mut C, number: usize, from: [i32; 3], truth: [i32; 3]) -> [i32; 3] {
    std::array::from_fn(|axis| from[axis].wrapping_add(far(coder, number, truth[axis].wrapping_sub(from[axis]))))
}

/// An atom's surroundings.
struct Seen<'a> {
    cells: &'a Cells,
    unit: f64,
    c: Vector,
    frame: Frame,
    known: &'a Known,
}

/// Where an atom is expected.
struct Site {
    unit: f64,
    base: Vector,
    /// Edges of a cell along r, p and t.
    directions: [Vector; 3],
}

impl Seen<'_> {
    /// With a torsion, where that is free.
    #[inline(always)]
    fn site(&self, bin: Option<usize>) -> Site {
        let turned = self.frame.turned(bin.map_or([1.0, 0.0], turn));
        let expected = Expected::new(&turned, &self.known.mean);
        let edge = self.cells.edge * self.unit;
        Site {
            unit: self.unit,
            base: plus(self.c, expected.mean),
            directions: three(|axis| times(expected.directions[axis], edge)),
        }
    }

    /// A torsion, and the cell that is coded; no cell where none is within the bound.
    fn choose(&self, free: bool, truth: [i32; 3]) -> (usize, Option<[i32; 3]>) {
        if !free {
            return (0, self.site(None).choose(self.cells, truth));
        }
        let own = self.frame.bin(minus(metres(truth, self.unit), self.c));
        // What was bounded before may have left its bin.
        for bin in [own, (own + 1) % BINS, (own + BINS - 1) % BINS] {
            let site = self.site(Some(bin));
            if let Some(cell) = site.nearest(truth).filter(|&cell| site.position(cell) == truth) {
                return (bin, Some(cell));
            }
        }
        (own, self.site(Some(own)).choose(self.cells, truth))
    }
}

impl Site {
    /// The position of a cell.
    #[inline(always)]
    fn position(&self, cell: [i32; 3]) -> [i32; 3] {
        let [r, p, t] = self.directions;
        let [i, j, k] = three(|axis| f64::from(cell[axis]));
        let at = plus(self.base, plus(plus(times(r, i), times(p, j)), times(t, k)));
        three(|axis| floor(at[axis] / self.unit + 0.5))
    }

    /// The truth in cells.
    fn along(&self, truth: [i32; 3]) -> [f64; 3] {
        let off = minus(metres(truth, self.unit), self.base);
        three(|axis| dot(self.directions[axis], off) / dot(self.directions[axis], self.directions[axis]))
    }

    /// The cell nearest to the truth, where it has a symbol.
    fn nearest(&self, truth: [i32; 3]) -> Option<[i32; 3]> {
        let nearest = self.along(truth).map(|along| floor(along + 0.5));
        nearest.iter().all(|cell| cell.saturating_abs() <= MIDDLE).then_some(nearest)
    }

    /// The nearest cell, or one less far off that is allowed too.
    fn choose(&self, cells: &Cells, truth: [i32; 3]) -> Option<[i32; 3]> {
        let mut best = self.nearest(truth)?;
        let allowed = |cell: &[i32; 3]| cells.holds(truth, self.position(*cell));
        if self.position(best) != truth {
            let along = self.along(truth);
            let mut axes = [0, 1, 2];
            // First the axis that loses least by it.
            axes.sort_by(|&a, &b| loss(along[a]).total_cmp(&loss(along[b])));
            for axis in axes {
                let mut nearer = best;
                nearer[axis] -= best[axis].signum();
                if nearer != best && allowed(&nearer) {
                    best = nearer;
                }
            }
        }
        Some(best).filter(allowed)
    }
}

/// How much further off the next cell inwards is than the nearest, squared.
fn loss(along: f64) -> f64 {
    let off = along.abs() - f64::from(floor(along.abs() + 0.5));
    (1.0 + off).powi(2) - off * off
}
