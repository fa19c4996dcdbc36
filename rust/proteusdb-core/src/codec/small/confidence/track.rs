//! What is known of a value before it is seen, and how far off that was lately.
//!
//! ```text
//! features   last  but one | c b a | CA of the residue before | first two of this residue     for an atom
//!            last  but one, but two, but three, ...                                           for a residue
//! expected   last + weights times (feature - last), at most the highest value
//! scatter    running mean of what was off, times what is usual for the kind
//! ```
//!
//! Only + - * / of float64: the same everywhere. Tables are chosen by the scatter, and by whether the highest value is near.

use super::model::{FEATURES, Row};
use crate::codec::small::coder::Coder;
use crate::codec::small::integer;

/// How much of the running mean a value renews.
const RENEWED: f64 = 0.12;

/// The mean of what is off, and its bounds.
const AT_FIRST: f64 = 200.0;
const LEAST: f64 = 0.05;
const MOST: f64 = 1e7;

/// Values before this one that are kept.
const KEPT: usize = FEATURES + 1;

/// The state of a walk through a column.
#[derive(Debug)]
pub(super) struct Track {
    top: f64,
    /// The last value first.
    last: [f64; KEPT],
    /// Where the residue starts, and its first two values.
    residue: Option<usize>,
    first: [Option<f64>; 2],
    off: f64,
}

impl Track {
    pub(super) fn new(top: i32) -> Self {
        let top = f64::from(top);
        Self { top, last: [top; KEPT], residue: None, first: [None; 2], off: AT_FIRST }
    }

    /// Tells in which residue the next value is.
    #[inline]
    pub(super) fn enter(&mut self, residue: usize) {
        if self.residue != Some(residue) {
            self.residue = Some(residue);
            self.first = [None; 2];
        }
    }

    /// Differences to the last value, of those before it.
    #[inline]
    pub(super) fn before(&self) -> [f64; FEATURES] {
        std::array::from_fn(|back| self.last[back + 1] - self.last[0])
    }

    /// Differences to the last value, of those around an atom.
    #[inline]
    pub(super) fn around(&self, [c, b, a]: [f64; 3], before: Option<f64>) -> [f64; FEATURES] {
        let last = self.last[0];
        let or = |value: Option<f64>| value.map_or(0.0, |value| value - last);
        [self.last[1] - last, c - last, b - last, a - last, or(before), or(self.first[0]), or(self.first[1])]
    }

    /// The value before this one.
    pub(super) fn last(&self) -> f64 {
        self.last[0]
    }

    /// Codes a value, or reads it.
    #[inline]
    pub(super) fn take(&mut self, coder: &mut impl Coder, row: &Row, features: [f64; FEATURES], truth: i32) -> i32 {
        let off = row.weights.iter().zip(features).fold(0.0, |sum, (weight, feature)| sum + weight * feature);
        let mean = self.last[0] + off;
        let mean = if mean < self.top { mean } else { self.top };
        let scatter = self.off * row.scatter;
        let near = mean + 2.0 * scatter > self.top;
        let tables = if near { integer::TABLES } else { 0 };
        let value = integer::exchange(coder, 0, tables, mean, 1.5 * scatter * scatter, truth);
        let missed = (f64::from(value) - mean).abs() / row.scatter;
        self.off = (self.off + RENEWED * (missed.min(20.0 * self.off + 1.0) - self.off)).clamp(LEAST, MOST);
        value
    }

    /// Remembers a value.
    #[inline]
    pub(super) fn push(&mut self, value: f64) {
        self.last.copy_within(0..KEPT - 1, 1);
        self.last[0] = value;
        if let Some(first) = self.first.iter_mut().find(|first| first.is_none()) {
            *first = Some(value);
        }
    }
}
