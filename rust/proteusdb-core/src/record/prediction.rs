//! One version of a prediction, a model and an analysis, as every back end keeps them.
//!
//! ```text
//! Prediction ─ scalars     id version created_at sequence model job seed ... metadata
//!            └ parts       structure "" | array "pae" | original "rank_1.pdb"     each one codec blob
//! ```
//!
//! A version is immutable. A metadata update makes a version whose parts are the same blobs; a delete makes a version
//! with `deleted` set and nothing else of interest.

use std::sync::Arc;

use super::{Map, ResidueKind, Value};

/// A `created_at` that was not given: the transaction fills it in.
pub const UNSET_TIME: i64 = i64::MIN;

/// One version of a prediction.
#[derive(Debug, Clone, PartialEq)]
pub struct Prediction {
    /// The caller's id or a UUIDv7.
    pub id: String,
    /// Counts up from 1 for each id; 0 in a prediction that was not written yet.
    pub version: u32,
    /// Commit time of this version, µs; `updated_at` in Python.
    pub updated_at: i64,
    /// Time of the prediction, µs: the time of its first storing unless given.
    pub created_at: i64,
    /// Whether this version says that the prediction was deleted.
    pub deleted: bool,
    /// Polymer chains in file order joined by `:`, upper case.
    pub sequence: String,
    /// One kind a chain, never `NonPolymer`.
    pub chain_types: Vec<ResidueKind>,
    /// The model, by its id.
    pub model_id: Option<String>,
    /// What the prediction was a part of.
    pub job: Option<String>,
    /// The random seed.
    pub seed: Option<i64>,
    /// The sample of that seed.
    pub sample: Option<i64>,
    /// The predictor's own rank.
    pub rank: Option<i64>,
    /// Mean pLDDT over polymer residues, 0-100, where the structure has pLDDT.
    pub mean_plddt: Option<f64>,
    /// Free-form metadata.
    pub metadata: Map,
    /// Structure, arrays and original files.
    pub parts: Vec<Part>,
}

impl Prediction {
    /// `metadata["confidence"]` if given, else mean pLDDT / 100; 0-1.
    #[must_use]
    pub fn confidence(&self) -> Option<f64> {
        self.number("confidence").or_else(|| self.mean_plddt.map(|mean| mean / 100.0))
    }

    /// `metadata["ranking_score"]`, on the predictor's own scale.
    #[must_use]
    pub fn ranking_score(&self) -> Option<f64> {
        self.number("ranking_score")
    }

    /// Residues in the sequence, chain breaks not counted.
    #[must_use]
    pub fn length(&self) -> usize {
        self.sequence.bytes().filter(|&byte| byte != b':').count()
    }

    fn number(&self, key: &str) -> Option<f64> {
        match self.metadata.get(key) {
            Some(Value::Float(number)) => Some(*number),
            Some(Value::Int(number)) => Some(*number as f64),
            _ => None,
        }
    }
}

/// What a part holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum PartKind {
    /// The structure; a prediction has at most one, with an empty name.
    Structure = 0,
    /// A numpy array, by name.
    Array = 1,
    /// A file the prediction was loaded from, by file name, byte for byte.
    Original = 2,
    /// An array that a file is predicted from, by the file's name and its place: `scores.json#0`.
    Source = 3,
    /// The array of another sample that an array or a source is coded beside, by that one's kind and name: `array pae`.
    Reference = 4,
}

impl PartKind {
    /// Every kind, in the order of their numbers.
    pub const ALL: [Self; 5] = [Self::Structure, Self::Array, Self::Original, Self::Source, Self::Reference];

    /// What the kind is called.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Structure => "structure",
            Self::Array => "array",
            Self::Original => "original",
            Self::Source => "source",
            Self::Reference => "reference",
        }
    }

    /// The name of a [`PartKind::Source`] part.
    #[must_use]
    pub fn source_name(file: &str, place: usize) -> String {
        format!("{file}#{place}")
    }
}

/// One blob of a prediction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// What it holds.
    pub kind: PartKind,
    /// Array or file name.
    pub name: String,
    /// Encoded bytes, the envelope included.
    pub size: u64,
    /// Where the bytes are.
    pub body: PartBody,
}

impl Part {
    /// Which of the arrays that `file` is predicted from this is, if it is one.
    #[must_use]
    pub fn place_in(&self, file: &Self) -> Option<usize> {
        let of_file = self.kind == PartKind::Source && file.kind == PartKind::Original;
        let place = of_file.then(|| self.name.strip_prefix(file.name.as_str())?.strip_prefix('#')).flatten()?;
        // As `source_name` prints it, and no longer: "+1" and "01" are other names.
        place.parse().ok().filter(|&number: &usize| number.to_string() == place)
    }
}

impl Part {
    /// The name of the [`PartKind::Reference`] part of this array, if it has one.
    #[must_use]
    pub fn reference_name(&self) -> String {
        format!("{} {}", self.kind.name(), self.name)
    }

    /// Whether this is what `array` is coded beside.
    #[must_use]
    pub fn is_reference_of(&self, array: &Self) -> bool {
        self.kind == PartKind::Reference && self.name == array.reference_name()
    }
}

/// Where the bytes of a part are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PartBody {
    /// In the store, under this blob id.
    Stored(u64),
    /// In a back end outside this crate, under this key.
    Kept(Arc<str>),
    /// In memory, not written yet.
    Fresh(Arc<[u8]>),
}

/// A predictor as registered.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    /// UUIDv5 of name, version and configuration; a UUIDv7 if that is taken by a model that was renamed since.
    pub id: String,
    /// `esm2_t33_650M_UR50D`.
    pub name: String,
    /// The predictor's version.
    pub version: Option<String>,
    /// Free-form settings.
    pub configuration: Map,
    /// Time of registration, µs.
    pub created_at: i64,
}

/// A result computed from a prediction.
#[derive(Debug, Clone, PartialEq)]
pub struct Analysis {
    /// A UUIDv7.
    pub id: String,
    /// The prediction it is about.
    pub prediction_id: String,
    /// Free-form results; may hold arrays.
    pub results: Map,
    /// Free-form parameters.
    pub parameters: Map,
    /// Time of storing, µs.
    pub created_at: i64,
}
