//! Answers that were given before, for as long as nothing was written since.
//!
//! ```text
//! store UUID, generation, last transaction  +  criteria as they were given  ->  hits, or a number
//! ```
//!
//! Any write by any process begins another transaction, so what is remembered is dropped without anybody telling. What
//! is asked relative to now (`7 days ago`) is never remembered.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use super::format;
use super::snapshot::Snapshot;
use crate::codec::msgpack;
use crate::error::Result;
use crate::query::{self, Criteria, Deadline, Hit};
use crate::record::{Map, Value};

/// Words that make a text mean another time at every moment.
const RELATIVE: [&str; 4] = ["now", "ago", "today", "yesterday"];
/// What an entry takes besides its hits and key.
const OVERHEAD: usize = 96;

/// A query, and the bytes that it is known by.
#[derive(Debug, Clone)]
pub struct Asked {
    criteria: Criteria,
    key: Option<Vec<u8>>,
}

impl Asked {
    /// Parses criteria by name.
    ///
    /// # Errors
    /// As [`Criteria::parse`].
    pub fn parse(given: &Map) -> Result<Self> {
        let criteria = Criteria::parse(given)?;
        let key = (!given.values().any(is_relative)).then(|| msgpack::encode_map(given));
        Ok(Self { criteria, key })
    }

    /// The criteria.
    #[must_use]
    pub fn criteria(&self) -> &Criteria {
        &self.criteria
    }
}

fn is_relative(value: &Value) -> bool {
    match value {
        Value::Text(text) => RELATIVE.iter().any(|word| text.contains(word)),
        Value::List(values) => values.iter().any(is_relative),
        Value::Map(map) => map.values().any(is_relative),
        _ => false,
    }
}

/// Store, generation and transaction.
type Moment = (uuid::Uuid, u64, usize);

#[derive(Debug, Clone)]
enum Answer {
    Hits(Vec<Hit>),
    Count(u64),
}

impl Answer {
    fn bytes(&self) -> usize {
        match self {
            Self::Hits(hits) => hits.iter().map(|hit| hit.id.len() + size_of::<Hit>()).sum(),
            Self::Count(_) => 0,
        }
    }
}

#[derive(Default)]
struct Known {
    moment: Option<Moment>,
    entries: HashMap<(bool, Vec<u8>), Answer>,
    bytes: usize,
}

/// Answers that are remembered.
pub(super) struct Answers {
    room: usize,
    known: Mutex<Known>,
    hits: AtomicU64,
    misses: AtomicU64,
}

impl Answers {
    /// Room for so many bytes; none with 0.
    pub(super) fn new(room: usize) -> Self {
        Self { room, known: Mutex::default(), hits: AtomicU64::new(0), misses: AtomicU64::new(0) }
    }

    /// How often an answer was remembered, and how often not.
    pub(super) fn rates(&self) -> (u64, u64) {
        (self.hits.load(Ordering::Relaxed), self.misses.load(Ordering::Relaxed))
    }

    /// The rows of a query.
    pub(super) fn query(&self, snapshot: &Snapshot<'_>, asked: &Asked, deadline: Deadline) -> Result<Vec<Hit>> {
        let run = || query::run(snapshot, &asked.criteria, deadline).map(|answer| Answer::Hits(answer.hits));
        match self.remembered(snapshot, asked, false, run)? {
            Answer::Hits(hits) => Ok(hits),
            Answer::Count(_) => Ok(Vec::new()),
        }
    }

    /// How many rows a query has.
    pub(super) fn count(&self, snapshot: &Snapshot<'_>, asked: &Asked, deadline: Deadline) -> Result<u64> {
        let run = || query::count(snapshot, &asked.criteria, deadline).map(Answer::Count);
        match self.remembered(snapshot, asked, true, run)? {
            Answer::Hits(hits) => Ok(hits.len() as u64),
            Answer::Count(count) => Ok(count),
        }
    }

    fn remembered(
        &self,
        snapshot: &Snapshot<'_>,
        asked: &Asked,
        counts: bool,
        run: impl FnOnce() -> Result<Answer>,
    ) -> Result<Answer> {
        let Some(key) = asked.key.as_ref().filter(|_| self.room > 0) else { return run() };
        let identity = format::identity(snapshot.tables, snapshot.txn)?;
        let moment = (identity.uuid, identity.generation, snapshot.txn.id());
        let key = (counts, key.clone());
        if let Some(answer) = self.find(moment, &key) {
            self.hits.fetch_add(1, Ordering::Relaxed);
            return Ok(answer);
        }
        self.misses.fetch_add(1, Ordering::Relaxed);
        let answer = run()?;
        self.keep(moment, key, &answer);
        Ok(answer)
    }

    fn find(&self, moment: Moment, key: &(bool, Vec<u8>)) -> Option<Answer> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.entries.get(key).filter(|_| known.moment == Some(moment)).cloned()
    }

    /// Keeps an answer. Where there is no room all others are dropped: the most that is lost is a query each.
    fn keep(&self, moment: Moment, key: (bool, Vec<u8>), answer: &Answer) {
        let bytes = answer.bytes() + key.1.len() + OVERHEAD;
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.moment != Some(moment) || known.bytes + bytes > self.room {
            *known = Known { moment: Some(moment), ..Known::default() };
        }
        if bytes <= self.room && known.entries.insert(key, answer.clone()).is_none() {
            known.bytes += bytes;
        }
    }
}
