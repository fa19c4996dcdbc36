//! What a query needs of a back end: candidate rows along an access path, and the columns of one row.

use std::borrow::Cow;
use std::ops::ControlFlow;

use super::ordered::Span;
use super::{Deadline, Field, Pattern};
use crate::error::Result;
use crate::record::{Map, PartKind, PredictionModel, ResidueKind};

/// A way to the rows that may match. Every row that meets the named condition is visited exactly once, and no other but
/// along [`Access::SequencePrefix`]: the conditions that a path answers are not asked again.
#[derive(Debug, Clone, PartialEq)]
pub enum Access {
    /// Every current prediction, in id order.
    All,
    /// Every prediction as it was at a commit time (µs), in no stated order.
    AsOf(i64),
    /// One of these models (by id), created within the bounds (µs, inclusive).
    Models {
        /// Model ids.
        ids: Vec<String>,
        /// Earliest `created_at`.
        from: Option<i64>,
        /// Latest `created_at`.
        to: Option<i64>,
    },
    /// Created within the bounds (µs, inclusive).
    Created {
        /// Earliest `created_at`.
        from: Option<i64>,
        /// Latest `created_at`.
        to: Option<i64>,
    },
    /// Confidence at least this.
    Confidence(f64),
    /// One of these models (by id), with at least this confidence.
    ModelConfidence {
        /// Model ids.
        ids: Vec<String>,
        /// The least confidence.
        least: f64,
    },
    /// Length within the bounds, inclusive.
    Length {
        /// Fewest residues.
        min: u32,
        /// Most residues.
        max: u32,
    },
    /// Some chain begins with these upper-case residues, or nearly so.
    SequencePrefix(String),
    /// A sequence that matches. Asked of a source that [finds residues](Abilities::residues).
    Matching(Pattern),
    /// Part of this job.
    Job(String),
    /// These ids, in order.
    Ids(Vec<String>),
    /// A value of a field that [`Source::declared`] names lies in one of the spans.
    Values {
        /// The field.
        field: Field,
        /// Of the [keys](super::ordered) of values, in order and apart.
        spans: Vec<Span>,
    },
    /// On every one of these paths. Asked of a source that [intersects](Abilities::intersects).
    Every(Vec<Access>),
}

/// What a source can do beyond following one path.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Abilities {
    /// It follows [`Access::Every`].
    pub intersects: bool,
    /// It follows [`Access::Matching`].
    pub residues: bool,
    /// It has [`Access::ModelConfidence`], and [visits in order](Source::scan_ordered).
    pub orders: bool,
}

/// One row as a predicate sees it. Cheap columns are plain; sequence and metadata cost a look-up or a decode.
pub trait Row {
    /// The back end's number of the row.
    fn number(&self) -> u64;
    /// The version that is visible.
    fn version(&self) -> u32;
    /// The prediction's id.
    fn id(&self) -> &str;
    /// The model, if any.
    fn model(&self) -> Option<&PredictionModel>;
    /// The job, if any.
    fn job(&self) -> Option<&str>;
    /// The seed, if any.
    fn seed(&self) -> Option<i64>;
    /// The sample, if any.
    fn sample(&self) -> Option<i64>;
    /// The rank, if any.
    fn rank(&self) -> Option<i64>;
    /// The ranking score, if any.
    fn ranking_score(&self) -> Option<f64>;
    /// The confidence, 0-1, if any.
    fn confidence(&self) -> Option<f64>;
    /// Time of the prediction, µs.
    fn created_at(&self) -> i64;
    /// Commit time of the visible version, µs.
    fn updated_at(&self) -> i64;
    /// Residues in the sequence.
    fn length(&self) -> u32;
    /// What each chain is.
    ///
    /// # Errors
    /// `Corruption` where it cannot be read.
    fn chain_types(&self) -> Result<Vec<ResidueKind>>;
    /// Kind and name of the parts.
    ///
    /// # Errors
    /// `Corruption` where they cannot be read.
    fn parts(&self) -> Result<Vec<(PartKind, String)>>;
    /// Chains joined by `:`.
    ///
    /// # Errors
    /// `Corruption` where the stored sequence cannot be read.
    fn sequence(&self) -> Result<Cow<'_, str>>;
    /// The metadata, decoded.
    ///
    /// # Errors
    /// `Corruption` where the stored metadata cannot be read.
    fn metadata(&self) -> Result<Map>;
}

/// What is done with each row; `Break` ends the scan.
pub type Visit<'a> = dyn FnMut(&dyn Row) -> Result<ControlFlow<()>> + 'a;

/// A consistent state of a back end.
pub trait Source {
    /// Visits the rows of an access path.
    ///
    /// # Errors
    /// Whatever the back end or `visit` fails with.
    fn scan(&self, access: &Access, visit: &mut Visit<'_>) -> Result<()>;

    /// At most how many rows the access path leads to, counted no further than `cap`. Of a path that answers its
    /// conditions it is their number, where `cap` is `u64::MAX`.
    ///
    /// # Errors
    /// Whatever the back end fails with.
    fn estimate(&self, access: &Access, cap: u64) -> Result<u64>;

    /// The ids of the models with this name and, if given, version.
    ///
    /// # Errors
    /// Whatever the back end fails with.
    fn models(&self, name: Option<&str>, version: Option<&str>) -> Result<Vec<String>>;

    /// What it can do beyond that; nothing, unless a back end says otherwise.
    fn abilities(&self) -> Abilities {
        Abilities::default()
    }

    /// Heeds a deadline from now on within its own loops, where it has long ones.
    fn heed(&self, _deadline: &Deadline) {}

    /// How many current predictions there are, where that is known without counting.
    ///
    /// # Errors
    /// Whatever the back end fails with.
    fn total(&self) -> Result<Option<u64>> {
        Ok(None)
    }

    /// Visits the rows of a path in the order of what its index is over (with one model, its confidence or its
    /// `created_at`), or backwards. Asked of a source that [orders](Abilities::orders).
    ///
    /// # Errors
    /// Whatever the back end or `visit` fails with.
    fn scan_ordered(&self, access: &Access, _descending: bool, visit: &mut Visit<'_>) -> Result<()> {
        self.scan(access, visit)
    }

    /// The fields that have an index of [`Access::Values`]; none, unless a back end says otherwise.
    ///
    /// # Errors
    /// Whatever the back end fails with.
    fn declared(&self) -> Result<Vec<Field>> {
        Ok(Vec::new())
    }
}
