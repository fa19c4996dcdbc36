//! Whose turn it is to write, among the threads of this process; and how threads share a turn.
//!
//! ```text
//! line   [A one record] [B one record] [C a batch] [D one record]
//!         └─ has the turn, writes A, B and D in one transaction       then C has it
//! ```
//!
//! Each thread waits parked, outside the fork gate and without a lock, so that a fork waits for transactions and never
//! for those who wait. Whether a record is written by its own thread or by another's, its thread returns after the
//! commit, with the outcome of that record alone.
//!
//! Invariants:
//! - the turn goes to the front of the line, so nobody waits for ever behind others who come again and again;
//! - whoever is taken out of the line gets an outcome, even where the one who took it panics;
//! - in the child of a fork the line is empty: those who stood in it live in the parent.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::{self, Thread};

use super::fork::{self, Entered};
use super::lock::Patience;
use crate::error::{Error, Kind, Result};
use crate::interrupt;
use crate::operation::{Operation, Outcome};

/// Records that share a transaction, at most, and the bytes they bring.
const SHARED_RECORDS: usize = 1024;
const SHARED_BYTES: u64 = 64 << 20;

/// The line of one store.
#[derive(Default)]
pub(super) struct Turns(Mutex<Line>);

#[derive(Default)]
struct Line {
    process: u32,
    busy: bool,
    places: VecDeque<Arc<Place>>,
}

/// A thread's place in the line.
pub(super) struct Place {
    thread: Thread,
    /// What another thread may write for this one; `None` for a batch, which needs a turn of its own.
    record: Option<Arc<Operation>>,
    outcome: OnceLock<Result<Outcome>>,
}

impl Place {
    /// What became of the record, once it was written or refused.
    pub(super) fn outcome(&self) -> Option<Result<Outcome>> {
        self.outcome.get().cloned()
    }

    fn serve(&self, outcome: Result<Outcome>) {
        let _ = self.outcome.set(outcome);
        self.thread.unpark();
    }
}

/// Held by the thread that writes.
pub(super) struct Turn<'l> {
    turns: &'l Turns,
    own: Arc<Place>,
    taken: Vec<Arc<Place>>,
}

impl Turns {
    /// Stands at the end of the line.
    pub(super) fn join(&self, record: Option<Arc<Operation>>) -> Arc<Place> {
        let place = Arc::new(Place { thread: thread::current(), record, outcome: OnceLock::new() });
        self.line().1.places.push_back(Arc::clone(&place));
        place
    }

    /// Waits for the turn; `None` where another thread has written the record.
    ///
    /// # Errors
    /// `Timeout` or `Interrupted` where patience ended. The place is given up then, unless its record is being written:
    /// that is waited for, and an interruption is told all the same, since nobody else will.
    pub(super) fn wait(&self, place: &Arc<Place>, path: &Path, patience: &mut Patience) -> Result<Option<Turn<'_>>> {
        let mut stopped: Option<Error> = None;
        loop {
            {
                let (_call, mut line) = self.line();
                let served = place.outcome.get().is_some();
                match stopped.take_if(|error| error.kind() == Kind::Interrupted && served || line.remove(place)) {
                    Some(error) => return Err(error),
                    None if served => return Ok(None),
                    None => {}
                }
                if let Some(turn) = self.begin(&mut line, place) {
                    return Ok(Some(turn));
                }
            }
            thread::park_timeout(patience.pause(interrupt::EVERY));
            stopped =
                stopped.or(patience.check(path, || "another thread of this process is still writing".to_owned()).err());
        }
    }

    fn begin(&self, line: &mut Line, place: &Arc<Place>) -> Option<Turn<'_>> {
        if line.busy || !line.places.front().is_some_and(|front| Arc::ptr_eq(front, place)) {
            return None;
        }
        line.places.pop_front();
        line.busy = true;
        Some(Turn { turns: self, own: Arc::clone(place), taken: Vec::new() })
    }

    /// Whether a thread has the turn, and how many wait for it.
    #[cfg(test)]
    pub(super) fn standing(&self) -> (bool, usize) {
        let (_call, line) = self.line();
        (line.busy, line.places.len())
    }

    /// The line, inside the fork gate: nobody holds it at the moment of a fork.
    fn line(&self) -> (Entered, MutexGuard<'_, Line>) {
        let call = fork::enter();
        let mut line = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let process = std::process::id();
        if line.process != process {
            *line = Line { process, ..Line::default() };
        }
        (call, line)
    }
}

impl Line {
    /// Leaves the line; whether the place was still in it.
    fn remove(&mut self, place: &Arc<Place>) -> bool {
        let before = self.places.len();
        self.places.retain(|other| !Arc::ptr_eq(other, place));
        self.call_next();
        self.places.len() < before
    }

    fn call_next(&self) {
        if let Some(front) = self.places.front().filter(|_| !self.busy) {
            front.thread.unpark();
        }
    }
}

impl Turn<'_> {
    /// Takes records out of the line to be written with one's own, as many as one transaction should hold.
    pub(super) fn gather(&mut self) -> Vec<Arc<Operation>> {
        let mut records: Vec<_> = self.own.record.iter().cloned().collect();
        let mut bytes: u64 = records.iter().map(|record| record.fresh_bytes()).sum();
        let (_call, mut line) = self.turns.line();
        line.places.retain(|place| {
            let Some(record) = &place.record else { return true };
            bytes = bytes.saturating_add(record.fresh_bytes());
            if records.len() >= SHARED_RECORDS || bytes > SHARED_BYTES {
                return true;
            }
            records.push(Arc::clone(record));
            self.taken.push(Arc::clone(place));
            false
        });
        records
    }

    /// Hands out the outcomes of what [`Turn::gather`] gave, in its order.
    pub(super) fn serve(&mut self, outcomes: Vec<Result<Outcome>>) {
        let places = std::iter::once(Arc::clone(&self.own)).chain(self.taken.drain(..));
        places.zip(outcomes).for_each(|(place, outcome)| place.serve(outcome));
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        for place in self.taken.drain(..) {
            place.serve(Err(Error::storage("the thread that wrote for several failed; nothing of this was kept")));
        }
        let (_call, mut line) = self.turns.line();
        line.busy = false;
        line.call_next();
    }
}
