//! The order in which a matrix is coded, and what is known before each element: its prediction and how far that may err.
//!
//! ```text
//!            NNW  NN  NNE
//!       NWW  NW   N   NE   NEE      prediction = weights . neighbours + constant
//!        WW  W    ?                 energy = errors at the neighbours + differences between them
//! ```
//!
//! Within four places of the diagonal of a square matrix other weights hold than elsewhere. The first row of a band
//! knows only W and WW, so a band decodes alone. Of a symmetric matrix only the part from the diagonal to the right is
//! coded; what is left of the diagonal is the mirror of rows above.
//!
//! A matrix like another that is stored, as of the next sample of a job, is walked beside that: R at the same place, RW
//! and RN in that matrix are three terms more, and what the two have in common counts as no difference.
//!
//! Encoder and decoder run this one walk. All of it is wrapping integer arithmetic: weights no encoder would write make
//! bad predictions and nothing worse.

use std::ops::Range;

use super::shape::PARTS;

/// Neighbours and the constant.
pub(super) const TERMS: usize = 11;
/// Those and the terms of a matrix beside.
pub(super) const ALL_TERMS: usize = TERMS + 3;
/// The weight that means 1.
pub(super) const ONE: i32 = 1 << 12;
/// Places from the diagonal that count as near it.
pub(super) const NEAR: usize = 3;
/// Places beyond either end of a row.
const PAD: usize = 2;
const PART_BITS: u32 = PARTS.trailing_zeros();

/// Weights of W, WW, N, NW, NE, NWW, NEE, NN, NNW, NNE, of the constant 1, and of R, RW and RN; these are 0 for a matrix
/// that is walked alone.
pub(super) type Weights = [i32; ALL_TERMS];

/// Rows of the matrix beside, in the units of the one that is walked.
#[derive(Debug, Clone, Copy)]
pub(in crate::codec::array) struct Aside<'a> {
    pub(in crate::codec::array) values: &'a [u16],
    /// The row that the values begin with.
    pub(in crate::codec::array) first: usize,
    /// What is added to each to have it in the other's units.
    pub(in crate::codec::array) shift: i32,
}

impl Aside<'_> {
    /// Copies a row that is there.
    fn read(&self, row: usize, line: &mut [i32]) {
        let start = row.saturating_sub(self.first).saturating_mul(line.len());
        let values = self.values.get(start..).unwrap_or_default();
        line.iter_mut().zip(values).for_each(|(place, &value)| *place = i32::from(value) + self.shift);
    }

    /// The value at a place of the whole matrix.
    pub(super) fn at(&self, place: usize, columns: usize) -> Option<i32> {
        let place = place.checked_sub(self.first * columns)?;
        self.values.get(place).map(|&value| i32::from(value) + self.shift)
    }
}

/// How a matrix is walked.
#[derive(Debug, Clone)]
pub(super) struct Walk<'a> {
    pub(super) columns: usize,
    /// The largest value there is.
    pub(super) top: u16,
    /// Whether there is a diagonal to be near to.
    pub(super) square: bool,
    /// Whether only the part right of the diagonal is coded.
    pub(super) symmetric: bool,
    pub(super) far: Weights,
    pub(super) near: Weights,
    pub(super) aside: Option<Aside<'a>>,
}

/// What is known of an element before its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Look {
    /// The predicted value, in eighths of a unit, 0 to 8 `top`.
    pub(super) prediction: i32,
    /// How much the neighbourhood varies, in eighths of a unit.
    pub(super) energy: u32,
}

/// Where values come from (a matrix that is encoded, a stream that is decoded) and go to.
pub(super) trait Visit {
    /// The value at a place; `None` ends the walk.
    fn value(&mut self, row: usize, column: usize, look: Look) -> Option<u16>;
    /// Fills in what is left of the diagonal in a row of a symmetric matrix: `line[c]` is the value at (c, row).
    fn mirror(&self, row: usize, line: &mut [i32]);
    /// A row is complete.
    fn row(&mut self, row: usize, line: &[i32]);
}

/// The values and errors of the row that is walked and of those above it, with `PAD` places at either end.
struct Lines {
    values: [Vec<i32>; 3],
    errors: [Vec<i32>; 3],
    /// The row of the matrix beside and the one above it; empty where there is none.
    aside: [Vec<i32>; 2],
    told: Vec<Told>,
}

/// What rows above, and a matrix beside, tell of a place.
#[derive(Debug, Clone, Copy, Default)]
struct Told {
    /// A part of the prediction.
    prediction: i32,
    /// A part of the energy.
    energy: i32,
    /// What W would be if nothing changed from the row above.
    level: i32,
}

impl Lines {
    fn new(columns: usize, aside: bool) -> Self {
        let line = || vec![0; columns + 2 * PAD];
        let beside = if aside { [line(), line()] } else { Default::default() };
        let told = vec![Told::default(); columns];
        Self { values: [line(), line(), line()], errors: [line(), line(), line()], aside: beside, told }
    }

    /// Makes room for the next row: rows move up by one.
    fn advance(&mut self, row: usize, columns: usize, aside: Option<&Aside<'_>>) {
        self.values.rotate_right(1);
        self.errors.rotate_right(1);
        if let Some(aside) = aside {
            self.aside.rotate_right(1);
            let [line, above] = &mut self.aside;
            let edge = above.get(PAD).copied().unwrap_or(0);
            line.iter_mut().take(PAD).for_each(|pad| *pad = edge);
            if let Some(line) = line.get_mut(PAD..PAD + columns) {
                aside.read(row, line);
            }
        }
    }

    /// What rows above tell of places in `span`.
    fn tell(&mut self, span: Range<usize>, weights: &Weights) {
        let [_, above, above2] = &self.values;
        let [_, errors, errors2] = &self.errors;
        let [_, _, n, nw, ne, nww, nee, nn, nnw, nne, one, ..] = *weights;
        let reach = span.start..span.end + 2 * PAD;
        let (Some(above), Some(above2)) = (above.get(reach.clone()), above2.get(reach.clone())) else { return };
        let (Some(errors), Some(errors2)) = (errors.get(reach.clone()), errors2.get(reach)) else { return };
        let lines = above.windows(5).zip(above2.windows(5)).zip(errors.windows(5).zip(errors2.windows(5)));
        let Some(told) = self.told.get_mut(span) else { return };
        for (told, ((a, b), (e, f))) in told.iter_mut().zip(lines) {
            let &[a0, a1, a2, a3, a4] = a else { continue };
            let &[_, b1, b2, b3, _] = b else { continue };
            let &[_, e1, e2, e3, e4] = e else { continue };
            let prediction = one
                .wrapping_add(nww.wrapping_mul(a0))
                .wrapping_add(nw.wrapping_mul(a1))
                .wrapping_add(n.wrapping_mul(a2))
                .wrapping_add(ne.wrapping_mul(a3))
                .wrapping_add(nee.wrapping_mul(a4))
                .wrapping_add(nnw.wrapping_mul(b1))
                .wrapping_add(nn.wrapping_mul(b2))
                .wrapping_add(nne.wrapping_mul(b3));
            let energy = e2 + (e2 >> 1) + e1 + e3 + e4 + f[2] + ((a2 - a1).abs() << PART_BITS);
            *told = Told { prediction, energy, level: a1 };
        }
    }

    /// What the matrix beside tells of places in `span`, once rows above have told.
    fn tell_aside(&mut self, span: Range<usize>, weights: &Weights) {
        let [line, above] = &self.aside;
        let [.., r, rw, rn] = *weights;
        let reach = span.start + PAD - 1..span.end + PAD;
        let (Some(line), Some(above)) = (line.get(reach.clone()), above.get(reach.clone())) else { return };
        let (Some(values), Some(told)) = (self.values[1].get(reach), self.told.get_mut(span)) else { return };
        let pairs = line.windows(2).zip(above.windows(2)).zip(values.windows(2));
        for (told, ((line, above), values)) in told.iter_mut().zip(pairs) {
            let (&[left, here], &[corner, over], &[nw, n]) = (line, above, values) else { continue };
            told.prediction = told
                .prediction
                .wrapping_add(r.wrapping_mul(here))
                .wrapping_add(rw.wrapping_mul(left))
                .wrapping_add(rn.wrapping_mul(over));
            told.energy += ((n - nw - (over - corner)).abs() - (n - nw).abs()) << PART_BITS;
            told.level += left - corner;
        }
    }
}

/// The stretches of a row that one set of weights holds for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stretch {
    First,
    Far,
    Near,
}

impl Walk<'_> {
    /// Walks rows as one band; `false` where a value was `None`.
    #[must_use]
    pub(super) fn rows(&self, rows: Range<usize>, visit: &mut impl Visit) -> bool {
        let mut lines = Lines::new(self.columns, self.aside.is_some());
        for (above, row) in rows.enumerate() {
            lines.advance(row, self.columns, self.aside.as_ref());
            if above == 1 {
                // There is no row two above yet: that above stands for it.
                let [_, first, second] = &mut lines.values;
                second.clone_from(first);
            }
            if !self.row(row, above == 0, &mut lines, visit) {
                return false;
            }
            if let Some(line) = lines.values[0].get(PAD..PAD + self.columns) {
                visit.row(row, line);
            }
        }
        true
    }

    fn row(&self, row: usize, first: bool, lines: &mut Lines, visit: &mut impl Visit) -> bool {
        let start = if self.symmetric { row.min(self.columns) } else { 0 };
        // Left of the first place is what stands above it; at the edge that is the best guess.
        let edge = lines.values[1].get(PAD).copied().unwrap_or(0);
        let error = lines.errors[1].get(PAD + start).copied().unwrap_or(0);
        let [line, ..] = &mut lines.values;
        line.iter_mut().take(PAD).for_each(|pad| *pad = edge);
        lines.errors[0].iter_mut().take(PAD + start).for_each(|pad| *pad = error);
        if let Some(left) = line.get_mut(PAD..PAD + start) {
            visit.mirror(row, left);
        }
        for (span, stretch) in self.stretches(row, start, first) {
            if !self.stretch(row, span, stretch, lines, visit) {
                return false;
            }
        }
        for line in [&mut lines.values[0], &mut lines.errors[0]] {
            let last = line.get(PAD + self.columns - 1).copied().unwrap_or(0);
            line.iter_mut().skip(PAD + self.columns).for_each(|pad| *pad = last);
        }
        true
    }

    fn stretches(&self, row: usize, start: usize, first: bool) -> [(Range<usize>, Stretch); 3] {
        let end = self.columns;
        let (from, to) = match (first, self.square) {
            (true, _) | (_, false) => (end, end),
            _ => (row.saturating_sub(NEAR).clamp(start, end), (row + NEAR + 1).min(end)),
        };
        let far = if first { Stretch::First } else { Stretch::Far };
        [(start..from, far), (from..to, Stretch::Near), (to.max(from)..end, far)]
    }

    #[inline]
    fn stretch(
        &self,
        row: usize,
        span: Range<usize>,
        stretch: Stretch,
        lines: &mut Lines,
        visit: &mut impl Visit,
    ) -> bool {
        const FIRST: Weights = [ONE, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        const FIRST_ASIDE: Weights = [ONE, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ONE, -ONE, 0];
        let (weights, loudness, slope) = match stretch {
            Stretch::First => (if self.aside.is_some() { &FIRST_ASIDE } else { &FIRST }, 4, 0),
            Stretch::Far => (&self.far, 2, 1 << PART_BITS),
            Stretch::Near => (&self.near, 2, 1 << PART_BITS),
        };
        lines.tell(span.clone(), weights);
        if self.aside.is_some() {
            lines.tell_aside(span.clone(), weights);
        }
        let limit = i32::from(self.top) << PART_BITS;
        let [values, ..] = &mut lines.values;
        let errors = &mut lines.errors[0];
        let at = span.start + PAD;
        let (Some(&[mut ww, mut w]), Some(&[mut error_ww, mut error_w])) = (
            values.get(at - 2..at).and_then(<[i32]>::first_chunk),
            errors.get(at - 2..at).and_then(<[i32]>::first_chunk),
        ) else {
            return false;
        };
        let reach = at..span.end + PAD;
        let (Some(values), Some(errors)) = (values.get_mut(reach.clone()), errors.get_mut(reach)) else { return false };
        let Some(told) = lines.told.get(span.clone()) else { return false };
        for (place, ((value, error), told)) in values.iter_mut().zip(errors).zip(told).enumerate() {
            let sum =
                told.prediction.wrapping_add(weights[0].wrapping_mul(w)).wrapping_add(weights[1].wrapping_mul(ww));
            let look = Look {
                prediction: (sum >> (ONE.trailing_zeros() - PART_BITS)).clamp(0, limit),
                energy: (told.energy + loudness * (error_w + error_ww) + slope * (w - told.level).abs()) as u32,
            };
            let Some(found) = visit.value(row, span.start + place, look) else { return false };
            *value = i32::from(found);
            *error = ((*value << PART_BITS) - look.prediction).abs();
            (ww, w) = (w, *value);
            (error_ww, error_w) = (error_w, *error);
        }
        true
    }
}
