//! A text column as a dictionary and one code per row.
//!
//! ```text
//! ["N", "CA", "C", "N", "CA"]  ->  values ["N", "CA", "C"]  codes [0, 1, 2, 0, 1]
//! ```
//!
//! Invariant: `values` are distinct and stand in the order of their first use, so two columns with the same rows are
//! equal as Rust values and encode to the same bytes.

use compact_str::CompactString;
use indexmap::IndexSet;

/// Distinct texts; the hash is quick, as columns are made by the million and have few values.
type Values = IndexSet<CompactString, foldhash::fast::RandomState>;

/// A dictionary-coded text column.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coded {
    values: Values,
    codes: Vec<u32>,
}

impl Coded {
    /// An empty column with room for `rows` rows.
    #[must_use]
    pub fn with_capacity(rows: usize) -> Self {
        Self { values: Values::default(), codes: Vec::with_capacity(rows) }
    }

    /// A column of `rows` empty strings.
    #[must_use]
    pub fn blank(rows: usize) -> Self {
        let mut column = Self::with_capacity(rows);
        (0..rows).for_each(|_| column.push(""));
        column
    }

    /// Appends a row.
    pub fn push(&mut self, text: &str) {
        let code = match self.codes.last() {
            // Neighbouring rows are mostly equal in residue columns: skip the hash.
            Some(&last) if self.value(last) == text => last,
            _ => match self.values.get_index_of(text) {
                Some(index) => index as u32,
                None => self.values.insert_full(CompactString::new(text)).0 as u32,
            },
        };
        self.codes.push(code);
    }

    /// Appends `rows` rows of the same text.
    pub fn push_many(&mut self, text: &str, rows: usize) {
        if rows > 0 {
            self.push(text);
            let code = self.codes.last().copied().unwrap_or(0);
            self.codes.resize(self.codes.len() + rows - 1, code);
        }
    }

    /// Rebuilds a column from stored parts; `None` where a code has no value or the dictionary is not canonical.
    #[must_use]
    pub fn from_parts(values: Vec<CompactString>, codes: Vec<u32>) -> Option<Self> {
        let count = values.len();
        let values: Values = values.into_iter().collect();
        let mut used = 0;
        for &code in &codes {
            if code as usize > used {
                return None;
            }
            used += usize::from(code as usize == used);
        }
        (values.len() == count && used == count).then_some(Self { values, codes })
    }

    /// A column of values that are distinct and in the order of first use.
    pub(crate) fn from_canonical(values: Vec<CompactString>, codes: Vec<u32>) -> Self {
        let column = Self { values: values.into_iter().collect(), codes };
        debug_assert!(Self::from_parts(column.values.iter().cloned().collect(), column.codes.clone()).is_some());
        column
    }

    /// The text of row `row`; rows past the end read as empty.
    #[must_use]
    pub fn get(&self, row: usize) -> &str {
        self.codes.get(row).map_or("", |&code| self.value(code))
    }

    /// The number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.codes.len()
    }

    /// Whether the column has no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.codes.is_empty()
    }

    /// The rows in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> + '_ {
        self.codes.iter().map(|&code| self.value(code))
    }

    /// The distinct values in the order of their first use.
    pub fn values(&self) -> impl ExactSizeIterator<Item = &str> + '_ {
        self.values.iter().map(CompactString::as_str)
    }

    /// One index into `values` per row.
    #[must_use]
    pub fn codes(&self) -> &[u32] {
        &self.codes
    }

    fn value(&self, code: u32) -> &str {
        self.values.get_index(code as usize).map_or("", CompactString::as_str)
    }
}

impl<S: AsRef<str>> FromIterator<S> for Coded {
    fn from_iter<I: IntoIterator<Item = S>>(rows: I) -> Self {
        let rows = rows.into_iter();
        let mut column = Self::with_capacity(rows.size_hint().0);
        rows.for_each(|row| column.push(row.as_ref()));
        column
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_rows_make_equal_columns() {
        let built: Coded = ["N", "CA", "C", "N", "N"].into_iter().collect();
        assert_eq!(built.codes(), [0, 1, 2, 0, 0]);
        assert_eq!(built.iter().collect::<Vec<_>>(), ["N", "CA", "C", "N", "N"]);
        let values = built.values().map(CompactString::new).collect();
        assert_eq!(Coded::from_parts(values, built.codes().to_vec()), Some(built));
    }

    #[test]
    fn parts_that_are_not_canonical_are_refused() {
        let text = |s: &str| CompactString::new(s);
        assert_eq!(Coded::from_parts(vec![text("A")], vec![1]), None, "code without a value");
        assert_eq!(Coded::from_parts(vec![text("A"), text("B")], vec![1, 0]), None, "not in order of first use");
        assert_eq!(Coded::from_parts(vec![text("A"), text("A")], vec![0, 1]), None, "a value twice");
        assert_eq!(Coded::from_parts(vec![text("A")], vec![]), None, "a value unused");
    }
}
