//! Nested lists of numbers, gathered into one array while they are read.
//!
//! ```text
//! [[0.25, 1.3], [1.2, null]]  ->  shape [2, 2], values 0.25 1.3 1.2 NaN   float32 carries them all
//! ```
//!
//! The array's type is the narrowest that gives back what is printed: int64 where all are whole, float32 where each
//! number is the one its float32 prints, else float64.

use super::scan::Number;
use crate::record::{Array, Dtype, Value};

/// Whole numbers up to here are exact in a float64.
const MAX_WHOLE: u64 = 1 << 53;

/// A rectangular list of numbers; `shape` is that of one item, so it is empty for a plain list.
#[derive(Debug)]
pub(super) struct Numbers {
    shape: Vec<u64>,
    items: u64,
    values: Vec<f64>,
    nulls: usize,
    whole: bool,
    narrow: bool,
}

impl Numbers {
    /// A list without items yet, which will be of `shape` each.
    fn of(shape: Vec<u64>) -> Self {
        Self { shape, items: 0, values: Vec::new(), nulls: 0, whole: true, narrow: true }
    }

    /// An empty list of plain numbers.
    pub(super) fn plain() -> Self {
        Self::of(Vec::new())
    }

    /// An empty list of such lists as `first`.
    pub(super) fn of_lists(first: &Self) -> Self {
        Self::of(first.full_shape())
    }

    /// Whether plain numbers are its items.
    pub(super) fn is_plain(&self) -> bool {
        self.shape.is_empty()
    }

    /// Whether it has no items.
    pub(super) fn is_empty(&self) -> bool {
        self.items == 0
    }

    /// Appends a number; `false`, with nothing changed, for one that a float64 cannot hold.
    #[inline]
    pub(super) fn push(&mut self, number: Number) -> bool {
        match number {
            Number::Whole(value) if value.unsigned_abs() <= MAX_WHOLE => {
                self.narrow = self.narrow && (value as f64 as f32) as i64 == value;
                self.values.push(value as f64);
            }
            Number::Whole(_) => return false,
            Number::Real(value) => {
                self.whole = false;
                self.narrow = self.narrow && value.fits_f32();
                self.values.push(value.to_f64());
            }
        }
        self.items += 1;
        true
    }

    /// Appends what is no number, such as `null`.
    pub(super) fn push_odd(&mut self, value: f64) {
        self.nulls += usize::from(value.is_nan());
        self.whole = false;
        self.values.push(value);
        self.items += 1;
    }

    /// Appends a list; `false`, with nothing changed, where it is of another shape.
    pub(super) fn extend(&mut self, list: &Self) -> bool {
        let fits = list.full_shape() == self.shape;
        if fits {
            self.values.extend_from_slice(&list.values);
            self.items += 1;
            self.nulls += list.nulls;
            self.whole &= list.whole;
            self.narrow &= list.narrow;
        }
        fits
    }

    fn full_shape(&self) -> Vec<u64> {
        std::iter::once(self.items).chain(self.shape.iter().copied()).collect()
    }

    /// The array, or a list where there is no number in it.
    pub(super) fn into_value(self) -> Value {
        if self.nulls == self.values.len() {
            return Value::List(self.into_items());
        }
        let shape = self.full_shape();
        let (dtype, data) = if self.whole {
            (Dtype::Int(8), self.values.iter().flat_map(|&value| (value as i64).to_le_bytes()).collect())
        } else if self.narrow {
            (Dtype::Float(4), self.values.iter().flat_map(|&value| (value as f32).to_le_bytes()).collect())
        } else {
            (Dtype::Float(8), self.values.iter().flat_map(|value| value.to_le_bytes()).collect())
        };
        Value::Array(Array { dtype, shape, data })
    }

    /// The items one by one, for a list that turned out to hold something else too.
    pub(super) fn into_items(self) -> Vec<Value> {
        let Some((&items, inner)) = self.shape.split_first() else {
            let scalar = |value: f64| match value {
                _ if value.is_nan() => Value::Null,
                _ if self.whole => Value::Int(value as i64),
                _ => Value::Float(value),
            };
            return self.values.into_iter().map(scalar).collect();
        };
        let each = self.shape.iter().product::<u64>().max(1) as usize;
        let chunks = self.values.chunks(each).map(|chunk| Self {
            shape: inner.to_vec(),
            items,
            values: chunk.to_vec(),
            nulls: chunk.iter().filter(|value| value.is_nan()).count(),
            ..self
        });
        chunks.map(Self::into_value).collect()
    }
}
