//! The fields a query can name, one catalogue for criteria, `where`, `order_by` and `best`.
//!
//! ```text
//! id  sequence  length  chains  chain_types  confidence  ranking_score  model  model_version  job  seed  sample  rank
//! created_at  updated_at  version  structure  arrays  metadata.<path>
//! ```
//!
//! `prediction_id` is `id` and `model_name` is `model`, as the calls of the library name them.

use std::fmt;

use super::literal::quote;
use super::suggest::did_you_mean;
use crate::error::{Error, Result};

/// A field of a row.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Field {
    /// The prediction's id.
    Id,
    /// Chains joined by `:`.
    Sequence,
    /// Residues in the sequence.
    Length,
    /// Chains in the sequence.
    Chains,
    /// What each chain is: protein, rna, dna.
    ChainTypes,
    /// 0-1.
    Confidence,
    /// On the predictor's own scale.
    RankingScore,
    /// The model's name.
    Model,
    /// The model's version.
    ModelVersion,
    /// What the prediction was a part of.
    Job,
    /// The random seed.
    Seed,
    /// The sample of that seed.
    Sample,
    /// The predictor's own rank.
    Rank,
    /// Time of the prediction.
    CreatedAt,
    /// Commit time of the visible version.
    UpdatedAt,
    /// The visible version.
    Version,
    /// Whether there is one: nothing of it can be asked.
    Structure,
    /// The names of the arrays.
    Arrays,
    /// A dotted path into the metadata.
    Metadata(String),
}

/// What values a field has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldType {
    /// Text.
    Text,
    /// Whole or broken numbers, compared by value.
    Number,
    /// Moments.
    Time,
    /// A list of texts.
    List,
    /// There or not.
    Presence,
    /// Whatever the metadata hold.
    Any,
}

const METADATA: &str = "metadata.";
/// The longest path of a declared index in bytes.
const MAX_DECLARED: usize = 1_000;

/// Every name with its field; the first name of a field is the one shown.
const CATALOGUE: [(&str, Field); 20] = [
    ("id", Field::Id),
    ("sequence", Field::Sequence),
    ("length", Field::Length),
    ("chains", Field::Chains),
    ("chain_types", Field::ChainTypes),
    ("confidence", Field::Confidence),
    ("ranking_score", Field::RankingScore),
    ("model", Field::Model),
    ("model_version", Field::ModelVersion),
    ("job", Field::Job),
    ("seed", Field::Seed),
    ("sample", Field::Sample),
    ("rank", Field::Rank),
    ("created_at", Field::CreatedAt),
    ("updated_at", Field::UpdatedAt),
    ("version", Field::Version),
    ("structure", Field::Structure),
    ("arrays", Field::Arrays),
    ("prediction_id", Field::Id),
    ("model_name", Field::Model),
];

impl Field {
    /// The field with this name.
    ///
    /// # Errors
    /// `Query` for an unknown name, with the closest known one and the list.
    pub fn parse(name: &str) -> Result<Self> {
        Self::find(name).map_err(|problem| Error::query(format!("{problem}; allowed are {}", Self::allowed())))
    }

    /// The field with this name, or what is wrong with the name.
    pub(super) fn find(name: &str) -> Result<Self, String> {
        if let Some((_, field)) = CATALOGUE.iter().find(|(known, _)| *known == name) {
            return Ok(field.clone());
        }
        if let Some(path) = name.strip_prefix(METADATA) {
            return Self::metadata(path).map_err(|error| error.message().to_owned());
        }
        let hint = did_you_mean(name, CATALOGUE.iter().map(|(known, _)| *known));
        let shown: String = name.chars().take(60).collect();
        let hint = match hint.is_empty() && !name.starts_with("metadata") {
            true => format!("; a key of the metadata is metadata.{shown}"),
            false => hint,
        };
        Err(format!("unknown field {shown:?}{hint}"))
    }

    /// The metadata at a dotted path.
    ///
    /// # Errors
    /// `Query` for a path with an empty step.
    pub fn metadata(path: &str) -> Result<Self> {
        if path.split('.').any(str::is_empty) {
            let problem = format!("metadata path {path:?} has an empty step");
            return Err(Error::query(format!("{problem}; a path is keys joined by dots, as in metadata.scores.ptm")));
        }
        Ok(Self::Metadata(path.to_owned()))
    }

    /// The field with this name, if it is one that an index may be declared on.
    ///
    /// # Errors
    /// `Query` for an unknown name, and for a field that always has an index or never one.
    pub fn declarable(name: &str) -> Result<Self> {
        let field = Self::parse(name)?;
        let problem = match &field {
            Self::Metadata(path) if path.len() > MAX_DECLARED => format!("a path of more than {MAX_DECLARED} bytes"),
            Self::Metadata(_) | Self::RankingScore | Self::Seed | Self::Sample | Self::Rank => return Ok(field),
            Self::ModelVersion | Self::UpdatedAt | Self::Version => format!("{field} has no index"),
            Self::Chains | Self::ChainTypes | Self::Structure | Self::Arrays => format!("{field} has no index"),
            indexed => format!("{indexed} always has an index"),
        };
        Err(Error::query(format!(
            "{problem}; an index can be declared on metadata.<path>, ranking_score, seed, sample or rank"
        )))
    }

    /// The name that [`Field::parse`] reads.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Metadata(path) => format!("{METADATA}{path}"),
            known => known.to_string(),
        }
    }

    /// The names a message offers.
    #[must_use]
    pub fn allowed() -> String {
        let names: Vec<&str> = CATALOGUE.iter().map(|(name, _)| *name).collect();
        format!("{}, metadata.<path>", names.join(", "))
    }

    /// What values it has.
    #[must_use]
    pub fn value_type(&self) -> FieldType {
        match self {
            Self::Id | Self::Sequence | Self::Model | Self::ModelVersion | Self::Job => FieldType::Text,
            Self::Length | Self::Chains | Self::Confidence | Self::RankingScore | Self::Version => FieldType::Number,
            Self::Seed | Self::Sample | Self::Rank => FieldType::Number,
            Self::CreatedAt | Self::UpdatedAt => FieldType::Time,
            Self::ChainTypes | Self::Arrays => FieldType::List,
            Self::Structure => FieldType::Presence,
            Self::Metadata(_) => FieldType::Any,
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Metadata(path) => {
                let word = |step: &str| step.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
                let bare = |step: &str| word(step) && !step.starts_with(|c: char| c.is_ascii_digit());
                f.write_str("metadata")?;
                path.split('.').try_for_each(|step| match bare(step) {
                    true => write!(f, ".{step}"),
                    false => write!(f, ".{}", quote(step)),
                })
            }
            known => {
                let name = CATALOGUE.iter().find(|(_, field)| field == known).map_or("", |(name, _)| name);
                f.write_str(name)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_parses_and_is_shown_by_its_first_name() {
        for (name, field) in &CATALOGUE {
            assert_eq!(Field::parse(name).unwrap(), *field);
        }
        assert_eq!(Field::parse("prediction_id").unwrap().to_string(), "id");
        assert_eq!(Field::parse("metadata.scores.ptm").unwrap().to_string(), "metadata.scores.ptm");
        assert_eq!(Field::parse("metadata.my key.n").unwrap().to_string(), "metadata.'my key'.n");
    }

    #[test]
    fn some_fields_may_be_declared() {
        for name in ["metadata.my key.n", "ranking_score", "seed", "sample", "rank"] {
            assert_eq!(Field::declarable(name).unwrap().name(), name);
        }
        assert!(Field::declarable("job").unwrap_err().message().contains("job always has an index; an index can"));
        assert!(Field::declarable("version").unwrap_err().message().contains("version has no index"));
        assert!(Field::declarable("organism").unwrap_err().message().contains("metadata.organism"));
        assert!(Field::declarable(&format!("metadata.{}", "x".repeat(1_001))).is_err());
    }

    #[test]
    fn an_unknown_name_gets_the_closest_one_and_the_list() {
        let error = Field::parse("lenght").unwrap_err();
        assert!(error.message().contains("did you mean \"length\""), "{error}");
        assert!(error.message().contains("metadata.<path>"), "{error}");
        assert!(Field::parse("metadata.a..b").unwrap_err().message().contains("empty step"));
        assert!(Field::parse("metadata.").is_err());
    }
}
