//! From what `update_prediction` was given to a [`Change`].
//!
//! A change is checked as far as it can be without the stored version; that metadata stay within their limits after
//! merging is checked again where they are merged, and a new sequence is held against the stored structure by the
//! caller, who has both.

use std::sync::Arc;

use super::record::{Original, encode_parts, round_errors, settle_plddt};
use super::{check_metadata, fields, sequence};
use crate::codec::{Encoding, ErrorStep};
use crate::error::Result;
use crate::operation::Change;
use crate::record::{Array, Map, ResidueKind, Structure, polymer};

/// What `update_prediction` was given; `None` leaves a field, `Some(None)` clears it.
#[derive(Debug, Clone, Default)]
pub struct ChangeDraft {
    /// New sequence.
    pub sequence: Option<String>,
    /// New structure and the files it came from.
    pub structure: Option<Option<(Arc<Structure>, Vec<Original>)>>,
    /// Keys to merge; `Null` removes one.
    pub metadata: Map,
    /// Model id or name.
    pub model: Option<Option<String>>,
    /// Job.
    pub job: Option<Option<String>>,
    /// Seed.
    pub seed: Option<Option<i64>>,
    /// Sample.
    pub sample: Option<Option<i64>>,
    /// Rank.
    pub rank: Option<Option<i64>>,
    /// Arrays to add, replace or (with `None`) remove.
    pub arrays: Vec<(String, Option<Array>)>,
    /// Files to keep beside those of the structure, each in the place of one with its name.
    pub originals: Vec<Original>,
    /// Mean pLDDT (0-100), where a file tells it better than the B-factor column.
    pub mean_plddt: Option<f64>,
    /// Time of the prediction, µs.
    pub created_at: Option<i64>,
    /// The structure and sequence that the change will meet, for the parts it does not bring itself.
    pub current: Current,
    /// Store the sequence even if it contradicts the structure.
    pub unchecked_sequence: bool,
    /// Matrices that were rounded, as they were: no file is kept that says them.
    pub rounded: Vec<Array>,
}

/// What is stored now, as far as the rules need it.
#[derive(Debug, Clone, Default)]
pub struct Current {
    /// The stored sequence, given where the change brings a structure without a sequence.
    pub sequence: Option<String>,
    /// The stored structure, given where the change brings a sequence without a structure.
    pub structure: Option<Arc<Structure>>,
}

impl ChangeDraft {
    /// Rounds the matrices of errors; files that say them exactly are then kept only if `keep_original`.
    #[must_use]
    pub fn with_error_step(mut self, step: Option<ErrorStep>, keep_original: bool) -> Self {
        for (name, array) in &mut self.arrays {
            let exact = array.as_mut().and_then(|array| round_errors(name, array, step));
            self.rounded.extend(exact.filter(|_| !keep_original));
        }
        self
    }
}

/// Checks and encodes a change.
///
/// # Errors
/// `Validation` naming the field, what is wrong with it and what is allowed.
pub fn encode_change(mut draft: ChangeDraft, encoding: Encoding<'_>) -> Result<Change> {
    check_metadata("metadata", &draft.metadata)?;
    fields::check_scores(&draft.metadata)?;
    if draft.model.is_none()
        && let Some(name) = fields::model_name(&draft.metadata)?
    {
        draft.model = Some(Some(name.to_owned()));
    }
    if let Some(Some(model)) = &draft.model {
        fields::check_name("model", model)?;
    }
    if let Some(Some(job)) = &draft.job {
        fields::check_name("job", job)?;
    }
    draft.created_at.map_or(Ok(()), |time| fields::check_time("created_at", time))?;
    draft.arrays.iter().try_for_each(|(name, _)| fields::check_name("arrays: name", name))?;
    draft.originals.iter().try_for_each(|file| fields::check_name("originals: file name", &file.name))?;
    fields::check_mean_plddt(draft.mean_plddt)?;
    let sequence = agree(&mut draft)?;
    Ok(Change {
        sequence,
        structure: encode_structure(draft.structure, encoding)?,
        metadata: draft.metadata,
        model: draft.model,
        job: draft.job,
        seed: draft.seed,
        sample: draft.sample,
        rank: draft.rank,
        arrays: encode_arrays(draft.arrays, encoding)?,
        originals: encode_parts(None, &[], (&draft.originals[..], &draft.rounded[..]), encoding)?,
        mean_plddt: draft.mean_plddt,
        created_at: draft.created_at,
    })
}

/// The sequence of the new version, where it changes, held against the structure of the new version.
fn agree(draft: &mut ChangeDraft) -> Result<Option<(String, Vec<ResidueKind>)>> {
    let model = draft.model.clone().flatten();
    if let Some(Some((structure, _))) = &mut draft.structure {
        structure.check()?;
        settle_plddt(structure, model.as_deref());
    }
    let given = draft.sequence.as_deref().map(sequence::normalise).transpose()?;
    let structure = match &draft.structure {
        Some(new) => new.as_ref().map(|(structure, _)| structure),
        None => draft.current.structure.as_ref(),
    };
    let Some(structure) = structure else {
        return Ok(given.map(|given| {
            let types = sequence::chain_types(&given, &[]);
            (given, types)
        }));
    };
    let (observed, kinds) = polymer::sequence(structure.topology());
    let Some(wanted) = given.or_else(|| draft.current.sequence.clone()) else { return Ok(None) };
    if !observed.is_empty() && !draft.unchecked_sequence {
        sequence::check_agreement(&wanted, &observed)?;
    }
    let types = sequence::chain_types(&wanted, &kinds);
    Ok(Some((wanted, types)))
}

type Encoded = (Vec<crate::record::Part>, Option<f64>);

fn encode_structure(
    structure: Option<Option<(Arc<Structure>, Vec<Original>)>>,
    encoding: Encoding<'_>,
) -> Result<Option<Encoded>> {
    match structure {
        None => Ok(None),
        Some(None) => Ok(Some((Vec::new(), None))),
        Some(Some((structure, originals))) => {
            originals.iter().try_for_each(|file| fields::check_name("originals: file name", &file.name))?;
            let parts = encode_parts(Some(&structure), &[], (&originals[..], &[]), encoding)?;
            Ok(Some((parts, structure.mean_plddt())))
        }
    }
}

fn encode_arrays(
    arrays: Vec<(String, Option<Array>)>,
    encoding: Encoding<'_>,
) -> Result<Vec<(String, Option<crate::record::Part>)>> {
    let mut encoded = Vec::with_capacity(arrays.len());
    for (name, array) in arrays {
        let part = match array {
            None => None,
            Some(array) => encode_parts(None, &[(name.clone(), array)], (&[], &[]), encoding)?.pop(),
        };
        encoded.push((name, part));
    }
    Ok(encoded)
}
