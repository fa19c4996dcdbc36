//! What differs between two moments: ids, with the version that was visible at each.
//!
//! ```text
//! a     at the first moment 3     at the second 5      changed
//! b                         -                   1      added
//! ```
//!
//! Ids are walked in order and in steps, so that neither memory nor the life of a snapshot grows with the store.

use std::ops::Bound;

use super::lmdb;
use super::snapshot::{Snapshot, newest, row_number};
use crate::error::{Error, Result};

/// Ids that one step looks at.
const STEP: usize = 20_000;

/// A prediction of which another version was visible at each of two moments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Its id.
    pub id: String,
    /// The version at the first moment.
    pub before: Option<u32>,
    /// The version at the second.
    pub after: Option<u32>,
}

impl Snapshot<'_> {
    /// Up to `limit` predictions after an id that differ between two commit times (µs, `None` is now), in the order of
    /// ids, and the id to go on after; `None` where all were looked at.
    ///
    /// # Errors
    /// `Corruption` naming table and key.
    pub fn changes(
        &self,
        (first, second): (Option<i64>, Option<i64>),
        after: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<Difference>, Option<String>)> {
        let mut found = Vec::new();
        let from = after.map_or(Bound::Unbounded, |id| Bound::Excluded(id.as_bytes()));
        let range: (Bound<&[u8]>, Bound<&[u8]>) = (from, Bound::Unbounded);
        let (first, second) = (first.unwrap_or(i64::MAX), second.unwrap_or(i64::MAX));
        for (looked, entry) in self.tables.ids.range(self.txn, &range).map_err(lmdb)?.enumerate() {
            let (id, value) = entry.map_err(lmdb)?;
            let row = row_number(id, value)?;
            let id = std::str::from_utf8(id).map_err(|_| Error::corruption("table ids: an id is no text"))?;
            let unchanged =
                newest(self.tables, self.txn, row)?.is_none_or(|view| view.updated_at() <= first.min(second));
            if !unchanged {
                let version = |time| Ok::<_, Error>(self.as_of(row, time)?.map(|view| view.version));
                let (before, after) = (version(first)?, version(second)?);
                if before != after {
                    found.push(Difference { id: id.to_owned(), before, after });
                }
            }
            if found.len() >= limit || looked + 1 >= STEP {
                return Ok((found, Some(id.to_owned())));
            }
        }
        Ok((found, None))
    }
}
