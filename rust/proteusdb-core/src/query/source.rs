//! What a query needs of a back end: candidate rows along an access path, and the columns of one row.

use std::borrow::Cow;
use std::ops::ControlFlow;

use crate::error::Result;
use crate::record::{Map, PredictionModel};

/// A way to the rows that may match. Every row that matches the named condition is visited exactly once; a path may
/// visit more (the predicate decides), never fewer.
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
    /// Length within the bounds, inclusive.
    Length {
        /// Fewest residues.
        min: u32,
        /// Most residues.
        max: u32,
    },
    /// Some chain begins with these upper-case residues.
    SequencePrefix(String),
    /// Part of this job.
    Job(String),
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

    /// At most how many rows the access path leads to, counted no further than `cap`.
    ///
    /// # Errors
    /// Whatever the back end fails with.
    fn estimate(&self, access: &Access, cap: u64) -> Result<u64>;

    /// The ids of the models with this name and, if given, version.
    ///
    /// # Errors
    /// Whatever the back end fails with.
    fn models(&self, name: Option<&str>, version: Option<&str>) -> Result<Vec<String>>;
}
