//! What one write transaction is asked to do.
//!
//! Everything in an [`Operation`] was validated and encoded before; what is left for the transaction are the questions
//! only the store can answer: is the id free, is this the current version, does the model exist.

mod merge;

use crate::record::{Analysis, Map, Part, PartBody, Prediction, ResidueKind};

pub(crate) use merge::merge;

/// What to do when the id is taken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OnConflict {
    /// Fail with [`Kind::Conflict`](crate::error::Kind::Conflict).
    #[default]
    Error,
    /// Leave what is stored.
    Skip,
    /// Write a new version.
    Replace,
}

/// One step of a transaction.
#[derive(Debug, Clone)]
pub enum Operation {
    /// Stores a prediction. `prediction.model_id` is unset; `model` is a model's id or name, registered if unknown.
    Store {
        /// The encoded prediction; `version` and `updated_at` are filled in by the transaction.
        prediction: Box<Prediction>,
        /// Model id or name.
        model: Option<String>,
        /// What to do when the id is taken.
        on_conflict: OnConflict,
    },
    /// Makes a new version of a stored prediction.
    Update {
        /// The prediction.
        id: String,
        /// What changes.
        change: Box<Change>,
        /// Fail with `Conflict` unless this is the current version.
        expected_version: Option<u32>,
    },
    /// Deletes a prediction: a version that says so, or with `purge` everything of it at once.
    Delete {
        /// The prediction.
        id: String,
        /// Delete its analyses too, rather than refuse.
        cascade: bool,
        /// Remove every version now.
        purge: bool,
    },
    /// Registers a model, or finds the one with the same name, version and configuration.
    StoreModel {
        /// Its name.
        name: String,
        /// Its version.
        version: Option<String>,
        /// Its settings.
        configuration: Map,
    },
    /// Changes a model; predictions refer to it by id and follow.
    UpdateModel {
        /// The model.
        id: String,
        /// New name.
        name: Option<String>,
        /// New version; `Some(None)` removes it.
        version: Option<Option<String>>,
        /// Keys to merge, `Null` removes.
        configuration: Map,
    },
    /// Deletes a model that no current prediction uses.
    DeleteModel {
        /// The model.
        id: String,
    },
    /// Stores an analysis of a prediction that exists.
    StoreAnalysis(Box<Analysis>),
    /// Deletes an analysis.
    DeleteAnalysis {
        /// The analysis.
        id: String,
    },
}

impl Operation {
    /// Bytes of the parts it brings, which are still in memory.
    #[must_use]
    pub fn fresh_bytes(&self) -> u64 {
        let total = |parts: &mut dyn Iterator<Item = &Part>| -> u64 {
            parts.filter(|part| matches!(part.body, PartBody::Fresh(_))).map(|part| part.size).sum()
        };
        match self {
            Self::Store { prediction, .. } => total(&mut prediction.parts.iter()),
            Self::Update { change, .. } => {
                let structure = change.structure.iter().flat_map(|(parts, _)| parts);
                total(&mut structure.chain(change.arrays.iter().filter_map(|(_, part)| part.as_ref())))
            }
            _ => 0,
        }
    }
}

/// What `update_prediction` asks for; `None` leaves a field as it is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Change {
    /// Sequence and chain types.
    pub sequence: Option<(String, Vec<ResidueKind>)>,
    /// Structure and original parts that replace the present ones, with the mean pLDDT they give.
    pub structure: Option<(Vec<Part>, Option<f64>)>,
    /// Keys to merge into the metadata; `Null` removes a key.
    pub metadata: Map,
    /// Model id or name; `Some(None)` unsets.
    pub model: Option<Option<String>>,
    /// Job; `Some(None)` unsets.
    pub job: Option<Option<String>>,
    /// Seed; `Some(None)` unsets.
    pub seed: Option<Option<i64>>,
    /// Sample; `Some(None)` unsets.
    pub sample: Option<Option<i64>>,
    /// Rank; `Some(None)` unsets.
    pub rank: Option<Option<i64>>,
    /// Arrays to add or replace by name; `None` removes one.
    pub arrays: Vec<(String, Option<Part>)>,
    /// Time of the prediction, µs.
    pub created_at: Option<i64>,
}

/// What an operation did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// A version of a prediction was written.
    Written {
        /// The prediction.
        id: String,
        /// The version it has now.
        version: u32,
    },
    /// The id was taken and the stored prediction left as it was.
    Skipped {
        /// The prediction.
        id: String,
        /// The version it has.
        version: u32,
    },
    /// The prediction, model or analysis is gone.
    Deleted,
    /// The id of a model or analysis that was stored, found or changed.
    Id(String),
}
