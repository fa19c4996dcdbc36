//! What is stored: the nouns every other module shares.
//!
//! [`Structure`] and [`Value`] are what a user hands in, [`Draft`](crate::validate::Draft) holds them as given,
//! [`Prediction`] is one version of a prediction as every back end keeps it.

pub mod array;
mod coded;
pub mod dense;
mod element;
pub mod id;
mod model_id;
mod numbers;
pub mod plddt;
pub mod polymer;
mod prediction;
mod structure;
pub mod time;
mod value;

pub use array::{Array, Dtype};
pub use coded::Coded;
pub use element::Element;
pub use model_id::model_id;
pub use numbers::{MAX_DECIMALS, Numbers};
pub use plddt::PlddtScale;
pub use prediction::{Analysis, Model as PredictionModel, Part, PartBody, PartKind, Prediction, UNSET_TIME};
pub use structure::{Atoms, Entry, Model, NO_LABEL_SEQ, ResidueKind, Residues, Structure, Topology};
pub use value::{Map, Value};
