//! From what the caller gave to what may be stored.

use std::sync::Arc;

use super::{fields, metadata, sequence};
use crate::codec::{self, Encoding, ErrorStep};
use crate::error::Result;
use crate::operation::{OnConflict, Operation};
use crate::record::{
    Array, Map, Part, PartBody, PartKind, PlddtScale, Prediction, ResidueKind, Structure, UNSET_TIME, id, polymer,
};

/// A file that is kept byte for byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Original {
    /// File name without folders.
    pub name: String,
    /// Its bytes as found.
    pub bytes: Arc<[u8]>,
}

/// A prediction as the caller gave it; nothing in it was checked.
#[derive(Debug, Clone, Default)]
pub struct Draft {
    /// Chosen id; a UUIDv7 is made where there is none.
    pub prediction_id: Option<String>,
    /// Sequence; that of the structure where there is none.
    pub sequence: Option<String>,
    /// Structure, if there is one yet.
    pub structure: Option<Arc<Structure>>,
    /// Files to keep byte for byte.
    pub originals: Vec<Original>,
    /// Free-form metadata.
    pub metadata: Map,
    /// Model id or name; else `metadata["model"]`.
    pub model: Option<String>,
    /// What the prediction was a part of.
    pub job: Option<String>,
    /// Random seed.
    pub seed: Option<i64>,
    /// Sample of that seed.
    pub sample: Option<i64>,
    /// The predictor's own rank.
    pub rank: Option<i64>,
    /// Arrays by name.
    pub arrays: Vec<(String, Array)>,
    /// Mean pLDDT (0-100), where a file tells it better than the B-factor column.
    pub mean_plddt: Option<f64>,
    /// Time of the prediction, µs.
    pub created_at: Option<i64>,
    /// What to do when the id is taken.
    pub on_conflict: OnConflict,
    /// Store the sequence even if it contradicts the structure.
    pub unchecked_sequence: bool,
    /// Matrices that were rounded, as they were: no file is kept that says them.
    pub rounded: Vec<Array>,
}

impl Draft {
    /// Rounds the matrices of errors; files that say them exactly are then kept only if `keep_original`.
    #[must_use]
    pub fn with_error_step(mut self, step: Option<ErrorStep>, keep_original: bool) -> Self {
        for (name, array) in &mut self.arrays {
            self.rounded.extend(round_errors(name, array, step).filter(|_| !keep_original));
        }
        self
    }
}

/// Rounds an array whose name says that it holds errors in Å; what it was, where that makes it another one.
pub(super) fn round_errors(name: &str, array: &mut Array, step: Option<ErrorStep>) -> Option<Array> {
    let step = step.filter(|_| matches!(name, "pae" | "pde"))?;
    let rounded = step.round(array.clone());
    let exact = std::mem::replace(array, rounded);
    (*array != exact).then_some(exact)
}

/// A prediction that passed every rule. Its fields are private: there is no other way to one than [`Record::new`].
#[derive(Debug, Clone)]
pub struct Record {
    draft: Draft,
    sequence: String,
    chain_types: Vec<ResidueKind>,
    model: Option<String>,
}

impl Record {
    /// Checks a draft.
    ///
    /// # Errors
    /// `Validation` naming the field, what is wrong with it and what is allowed.
    pub fn new(mut draft: Draft) -> Result<Self> {
        if let Some(chosen) = &draft.prediction_id {
            id::check("prediction_id", chosen)?;
        }
        metadata::check_metadata("metadata", &draft.metadata)?;
        fields::check_scores(&draft.metadata)?;
        let model = match &draft.model {
            Some(model) => Some(model.clone()),
            None => fields::model_name(&draft.metadata)?.map(str::to_owned),
        };
        model.as_deref().map_or(Ok(()), |name| fields::check_name("model", name))?;
        draft.job.as_deref().map_or(Ok(()), |job| fields::check_name("job", job))?;
        draft.created_at.map_or(Ok(()), |time| fields::check_time("created_at", time))?;
        draft.arrays.iter().try_for_each(|(name, _)| fields::check_name("arrays: name", name))?;
        draft.originals.iter().try_for_each(|file| fields::check_name("originals: file name", &file.name))?;
        fields::check_mean_plddt(draft.mean_plddt)?;
        if let Some(structure) = &mut draft.structure {
            structure.check()?;
            settle_plddt(structure, model.as_deref());
        }
        let (sequence, chain_types) = agree(&draft)?;
        Ok(Self { draft, sequence, chain_types, model })
    }

    /// Encodes the record into the operation that stores it.
    ///
    /// # Errors
    /// `Validation` where a part is too large for the codec.
    pub fn encode(self, encoding: Encoding<'_>) -> Result<Operation> {
        let Self { draft, sequence, chain_types, model } = self;
        let structure = draft.structure.as_deref();
        let prediction = Prediction {
            id: draft.prediction_id.unwrap_or_else(id::fresh),
            version: 0,
            updated_at: 0,
            created_at: draft.created_at.unwrap_or(UNSET_TIME),
            deleted: false,
            sequence,
            chain_types,
            model_id: None,
            job: draft.job,
            seed: draft.seed,
            sample: draft.sample,
            rank: draft.rank,
            mean_plddt: draft.mean_plddt.or_else(|| structure.and_then(Structure::mean_plddt)),
            metadata: draft.metadata,
            parts: encode_parts(structure, &draft.arrays, (&draft.originals[..], &draft.rounded[..]), encoding)?,
        };
        Ok(Operation::Store { prediction: Box::new(prediction), model, on_conflict: draft.on_conflict })
    }
}

/// Decides whether B-factors are pLDDT now that the model is known, so that the answer is stored with the structure.
pub(super) fn settle_plddt(structure: &mut Arc<Structure>, model: Option<&str>) {
    if structure.plddt_scale == PlddtScale::Auto {
        let scale = structure.resolve_plddt(model);
        Arc::make_mut(structure).plddt_scale = scale;
    }
}

/// The sequence to store and the types of its chains.
fn agree(draft: &Draft) -> Result<(String, Vec<ResidueKind>)> {
    let observed = draft.structure.as_ref().map(|structure| polymer::sequence(structure.topology()));
    let (observed, kinds) = observed.unwrap_or_default();
    let sequence = match &draft.sequence {
        Some(given) => {
            let given = sequence::normalise(given)?;
            if !observed.is_empty() && !draft.unchecked_sequence {
                sequence::check_agreement(&given, &observed)?;
            }
            given
        }
        None if observed.is_empty() => {
            return Err(crate::Error::validation(
                "sequence is missing: none was given and the structure has no polymer residues to read it from",
            ));
        }
        None => observed,
    };
    let types = sequence::chain_types(&sequence, &kinds);
    Ok((sequence, types))
}

/// Encodes the parts in the order they are listed everywhere: structure, arrays by name, originals by name, and what
/// these are predicted from; without originals that say one of the matrices beside them.
pub(super) fn encode_parts(
    structure: Option<&Structure>,
    arrays: &[(String, Array)],
    (originals, unsaid): (&[Original], &[Array]),
    encoding: Encoding<'_>,
) -> Result<Vec<Part>> {
    let mut parts = Vec::with_capacity(1 + arrays.len() + originals.len());
    if let Some(structure) = structure {
        parts.push(part(
            PartKind::Structure,
            "",
            codec::encode_structure_within(structure, encoding.compression, encoding.precision)?.into(),
        ));
    }
    for (name, array) in arrays {
        let (blob, beside) =
            encode_named(name, array, encoding).map_err(|error| error.context(format!("array {name:?}")))?;
        put_array(&mut parts, part(PartKind::Array, name, blob), beside);
    }
    for file in originals {
        let (blob, sources) = codec::encode_original(&file.bytes, structure, encoding)?;
        if sources.iter().any(|array| unsaid.contains(array)) {
            continue;
        }
        parts.push(part(PartKind::Original, &file.name, blob.into()));
        for (place, array) in sources.iter().enumerate() {
            let name = PartKind::source_name(&file.name, place);
            // The same array is the same blob, coded beside another one or not.
            let same = arrays.iter().find(|(_, other)| other == array).map_or("", |(name, _)| name);
            let (blob, beside) = encode_named(same, array, encoding)?;
            put_array(&mut parts, part(PartKind::Source, &name, blob), beside);
        }
    }
    parts.sort_by(|a, b| (a.kind, &a.name).cmp(&(b.kind, &b.name)));
    Ok(parts)
}

type Blob = Arc<[u8]>;

/// The blob of an array, and that of the one it is coded beside.
fn encode_named(name: &str, array: &Array, encoding: Encoding<'_>) -> Result<(Blob, Option<Blob>)> {
    let Some(job) = encoding.job.filter(|_| !name.is_empty()) else {
        return Ok((codec::encode_array(array, encoding.compression)?.into(), None));
    };
    let reference = job.beside(name, array, encoding.compression);
    if let Some(same) = reference.as_ref().filter(|reference| reference.holds(array)) {
        return Ok((Arc::clone(same.blob()), None));
    }
    let blob = codec::encode_array_beside(array, encoding.compression, reference.as_deref())?;
    let beside = reference.filter(|_| codec::needs_reference(&blob).unwrap_or(false));
    if beside.is_none() {
        job.know(name, array, &blob);
    }
    Ok((blob.into(), beside.map(|reference| Arc::clone(reference.blob()))))
}

fn put_array(parts: &mut Vec<Part>, array: Part, beside: Option<Blob>) {
    if let Some(beside) = beside {
        parts.push(part(PartKind::Reference, &array.reference_name(), beside));
    }
    parts.push(array);
}

fn part(kind: PartKind, name: &str, blob: Blob) -> Part {
    Part { kind, name: name.to_owned(), size: blob.len() as u64, body: PartBody::Fresh(blob) }
}
