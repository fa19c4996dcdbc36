//! Columns to bytes and back, exactly.
//!
//! ```text
//! structure -> topology + numbers -> columns -> sections (zstd) -> envelope (codec, version, checksum)
//! array     -> grid, symmetry -> predicted matrix, or bytes     -> envelope
//! original  -> what its structure does not predict -> zstd       -> envelope
//! ```
//!
//! Every step has an inverse and is tested alone. Encoding ends by decoding what it made and comparing, so a blob that
//! reaches the store is known to give back what went in. Decoding trusts nothing: a length is checked before it is
//! believed, and whatever is wrong is a [`Kind::Corruption`](crate::Kind::Corruption) that names the step.

mod array;
mod bits;
mod envelope;
mod fast;
mod integers;
pub mod msgpack;
mod original;
mod residues;
mod samples;
mod section;
pub mod small;
#[cfg(test)]
mod strategies;
mod structure;
mod topology;
pub(crate) mod wire;

pub use array::{
    ErrorStep, Reference, array_layout, decode_array, decode_array_beside, decode_array_rows, encode_array,
    encode_array_beside, needs_reference, train_matrices,
};
pub(crate) use envelope::is_array;
pub use original::{Beside, Blobs, Exemplars, Given, check_original, decode_original, encode_original};
pub use samples::{Job, Samples};
pub use structure::{
    Outline, PartSizes, decode_outline, decode_structure, encode_structure, encode_structure_within, is_encoded_as,
    structure_sizes, within,
};

/// How a writer encodes records.
#[derive(Debug, Clone, Copy)]
pub struct Encoding<'a> {
    /// How hard to compress.
    pub compression: Compression,
    /// The largest error in Å that structures were rounded [`within`], if they were.
    pub precision: Option<f64>,
    /// What was left of the files it wrote lately.
    pub exemplars: &'a Exemplars,
    /// The job a record is of, and what was written of its samples.
    pub job: Option<Job<'a>>,
}

/// How hard to compress; every choice is exact.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Compression {
    /// Columns as they are: the quickest to read.
    None,
    /// The default at write.
    #[default]
    Fast,
    /// For data that is kept more than read.
    Small,
}

impl Compression {
    /// The zstd level, or `None` for no compression.
    fn level(self) -> Option<i32> {
        match self {
            Self::None => None,
            Self::Fast => Some(3),
            Self::Small => Some(19),
        }
    }
}
