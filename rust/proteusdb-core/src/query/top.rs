//! The first rows of an answer, in its order, out of rows that come in any.
//!
//! With a limit a heap holds the best so far, the worst of them on top; a row that is worse than that is dropped
//! before anything of it is copied. Memory is that of the answer and the skipped rows before it, never of all matches.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::ops::ControlFlow;

use super::Criteria;
use super::order::{Order, SortKey};
use super::view::View;
use crate::error::Result;

/// A row of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// The prediction.
    pub id: String,
    /// Its version.
    pub version: u32,
    /// The back end's number of the row.
    pub number: u64,
}

impl Hit {
    /// The row that is being looked at.
    pub(super) fn of(view: &View<'_>) -> Self {
        let row = view.row();
        Self { id: row.id().to_owned(), version: row.version(), number: row.number() }
    }
}

/// A row with what decides where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) keys: Vec<SortKey>,
    pub(super) hit: Hit,
}

impl Entry {
    /// The row that is being looked at.
    pub(super) fn of(view: &View<'_>, order: &Order) -> Result<Self> {
        Ok(Self { keys: order.keys(view)?, hit: Hit::of(view) })
    }

    fn place(&self, keys: &[SortKey], id: &str) -> Ordering {
        self.keys.as_slice().cmp(keys).then_with(|| self.hit.id.as_bytes().cmp(id.as_bytes()))
    }
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> Ordering {
        self.place(&other.keys, &other.hit.id)
    }
}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The first rows so far.
pub(super) struct Top {
    order: Order,
    /// How many are kept, the skipped ones included.
    room: usize,
    heap: BinaryHeap<Entry>,
}

impl Top {
    /// Room for the rows that the criteria skip and return.
    pub(super) fn of(criteria: &Criteria) -> Self {
        let rows = criteria.limit.map_or(u64::MAX, |limit| limit.saturating_add(criteria.offset));
        let room = usize::try_from(rows).unwrap_or(usize::MAX);
        Self { order: criteria.order.clone(), room, heap: BinaryHeap::new() }
    }

    /// Looks at one more row.
    pub(super) fn offer(&mut self, view: &View<'_>) -> Result<()> {
        let keys = self.order.keys(view)?;
        let full = self.heap.len() >= self.room;
        if full && self.heap.peek().is_none_or(|worst| worst.place(&keys, view.row().id()).is_le()) {
            return Ok(());
        }
        self.push(Entry { keys, hit: Hit::of(view) });
        Ok(())
    }

    /// Looks at a row that stands no earlier by its sort keys than those before; `Break` where no such row can be kept
    /// any more.
    pub(super) fn next(&mut self, view: &View<'_>) -> Result<ControlFlow<()>> {
        if self.heap.len() >= self.room {
            let keys = self.order.keys(view)?;
            if self.heap.peek().is_none_or(|worst| worst.keys < keys) {
                return Ok(ControlFlow::Break(()));
            }
        }
        self.offer(view).map(ControlFlow::Continue)
    }

    /// Whether as many rows are kept as are wanted.
    pub(super) fn is_full(&self) -> bool {
        self.heap.len() >= self.room
    }

    /// Adds a row that was looked at before.
    pub(super) fn push(&mut self, entry: Entry) {
        self.heap.push(entry);
        if self.heap.len() > self.room {
            self.heap.pop();
        }
    }

    /// The rows in order, the first `offset` left out.
    pub(super) fn finish(self, offset: usize) -> Vec<Hit> {
        let mut entries = self.heap.into_vec();
        entries.sort_unstable();
        entries.into_iter().skip(offset).map(|entry| entry.hit).collect()
    }
}
