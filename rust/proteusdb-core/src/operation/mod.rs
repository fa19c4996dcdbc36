//! What one write transaction is asked to do.
//!
//! Everything in an [`Operation`] was validated and encoded before; what is left for the transaction are the questions
//! only the store can answer: is the id free, is this the current version, does the model exist.

mod merge;

use std::sync::Arc;

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
    /// Fails with `Conflict` unless a prediction is at this version; writes nothing. What was decided on a state that was
    /// read before is applied to that state or not at all.
    Expect {
        /// The prediction.
        id: String,
        /// Its current version; `None` where it is absent or deleted.
        version: Option<u32>,
    },
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
    /// A store, update or delete, after which at most so many versions of the prediction stay, and those that tags name.
    Bounded {
        /// The operation.
        operation: Arc<Operation>,
        /// How many, the current one among them; at least 1.
        keep_versions: u32,
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
                let arrays = change.arrays.iter().filter_map(|(_, part)| part.as_ref());
                total(&mut structure.chain(arrays).chain(&change.originals))
            }
            Self::Bounded { operation, .. } => operation.fresh_bytes(),
            _ => 0,
        }
    }

    /// Whether it may make a store larger; what only takes away is never refused for want of room.
    #[must_use]
    pub fn adds(&self) -> bool {
        match self {
            Self::Bounded { operation, .. } => operation.adds(),
            Self::Expect { .. } | Self::Delete { .. } | Self::DeleteModel { .. } | Self::DeleteAnalysis { .. } => false,
            Self::Store { .. }
            | Self::Update { .. }
            | Self::StoreModel { .. }
            | Self::UpdateModel { .. }
            | Self::StoreAnalysis(_) => true,
        }
    }

    /// The prediction that a store, update or delete is about.
    #[must_use]
    pub fn prediction_id(&self) -> Option<&str> {
        match self {
            Self::Store { prediction, .. } => Some(&prediction.id),
            Self::Update { id, .. } | Self::Delete { id, .. } => Some(id),
            Self::Bounded { operation, .. } => operation.prediction_id(),
            _ => None,
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
    /// Files to add or replace by name, and the arrays they are predicted from.
    pub originals: Vec<Part>,
    /// Mean pLDDT (0-100) from now on.
    pub mean_plddt: Option<f64>,
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
    /// A prediction is as expected.
    AsExpected,
}
