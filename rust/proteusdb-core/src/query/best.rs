//! The best row of each job or sequence.
//!
//! ```text
//! best(by="ranking_score", per="job")         five samples of a job  ->  the one with the highest score
//! ```
//!
//! A row without the score, or without a job when asked per job, is no candidate. Equal scores: the smallest id. Order,
//! limit and offset apply to the winners.

use std::cmp::Ordering;
use std::collections::HashMap;

use xxhash_rust::xxh3::xxh3_128;

use super::run::{Answer, answer};
use super::source::Source;
use super::suggest::did_you_mean;
use super::top::{Entry, Hit, Top};
use super::view::{Datum, View};
use super::{Criteria, Deadline, Field, Order};
use crate::error::{Error, Result};
use crate::record::Value;

/// What is best, and of what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contest {
    by: Field,
    per: Field,
}

const SCORES: [&str; 2] = ["ranking_score", "confidence"];

impl Contest {
    /// Reads `by` (`ranking_score`, `confidence`, or a path into the metadata with or without `metadata.`) and `per`
    /// (`job` or `sequence`).
    ///
    /// # Errors
    /// `Query` for anything else.
    pub fn parse(by: &str, per: &str) -> Result<Self> {
        let per = match per {
            "job" => Field::Job,
            "sequence" => Field::Sequence,
            other => {
                let hint = did_you_mean(other, ["job", "sequence"]);
                return Err(Error::query(format!("per={other:?}: unknown{hint}; allowed are job, sequence")));
            }
        };
        let by = match by {
            "ranking_score" => Field::RankingScore,
            "confidence" => Field::Confidence,
            near if !near.contains('.') && !did_you_mean(near, SCORES).is_empty() => {
                let hint = did_you_mean(near, SCORES);
                return Err(Error::query(format!(
                    "by={near:?}: unknown{hint}; allowed are ranking_score, confidence or a path into the metadata, such \
                     as metadata.{near}"
                )));
            }
            path => Field::metadata(path.strip_prefix("metadata.").unwrap_or(path)).map_err(|_| {
                Error::query(format!("by={path:?}: allowed are ranking_score, confidence or a path into the metadata"))
            })?,
        };
        Ok(Self { by, per })
    }

    /// The fields it looks at.
    #[must_use]
    pub fn fields(&self) -> [&Field; 2] {
        [&self.by, &self.per]
    }

    /// The score of a row, where it has one.
    fn score(&self, view: &View<'_>) -> Result<Option<Value>> {
        Ok(match view.get(&self.by)? {
            Datum::Value(value) if matches!(*value, Value::Int(_) | Value::Float(_)) => Some(value.into_owned()),
            _ => None,
        })
    }

    /// What tells its group from others: 128 bits of hash, since a sequence may be long and groups many.
    fn group(&self, view: &View<'_>) -> Result<Option<u128>> {
        Ok(match view.get(&self.per)? {
            Datum::Text(text) => Some(xxh3_128(text.as_bytes())),
            _ => None,
        })
    }
}

/// The best row of each group so far.
#[derive(Default)]
pub(super) struct Winners(HashMap<u128, (Value, Entry)>);

impl Winners {
    /// Looks at one more row.
    pub(super) fn offer(&mut self, contest: &Contest, order: &Order, view: &View<'_>) -> Result<()> {
        let (Some(score), Some(group)) = (contest.score(view)?, contest.group(view)?) else { return Ok(()) };
        let beaten = self.0.get(&group).is_some_and(|(best, entry)| {
            let order = score.compare(best).unwrap_or(Ordering::Equal);
            order.then_with(|| entry.hit.id.as_str().cmp(view.row().id())).is_le()
        });
        if !beaten {
            self.0.insert(group, (score, Entry::of(view, order)?));
        }
        Ok(())
    }

    /// The winners in the order of the criteria, as many as these want.
    pub(super) fn finish(self, criteria: &Criteria) -> Vec<Hit> {
        let mut top = Top::of(criteria);
        self.0.into_values().for_each(|(_, entry)| top.push(entry));
        top.finish(criteria.skipped())
    }
}

/// Finds the best row of each group among the rows that meet the criteria.
///
/// # Errors
/// As [`run`](super::run()).
pub fn best(source: &dyn Source, criteria: &Criteria, contest: &Contest, deadline: Deadline) -> Result<Answer> {
    answer(source, criteria, deadline, |scan, _, access, _| {
        let mut winners = Winners::default();
        scan.all(access, &mut |view| winners.offer(contest, &criteria.order, view))?;
        Ok(winners.finish(criteria))
    })
}
