//! Columns to bytes and back, exactly.
//!
//! ```text
//! structure -> topology + numbers -> columns -> sections (zstd) -> envelope (codec, version, checksum)
//! array     -> byte planes -> zstd                              -> envelope
//! original  -> what its structure does not predict -> zstd       -> envelope
//! ```
//!
//! Every step has an inverse and is tested alone. Encoding ends by decoding what it made and comparing, so a blob that
//! reaches the store is known to give back what went in. Decoding trusts nothing: a length is checked before it is
//! believed, and whatever is wrong is a [`Kind::Corruption`](crate::Kind::Corruption) that names the step.

mod array;
mod envelope;
mod integers;
pub mod msgpack;
mod original;
mod section;
mod structure;
mod topology;
pub(crate) mod wire;

pub use array::{decode_array, encode_array};
pub use original::{check_original, decode_original, encode_original};
pub use structure::{decode_structure, encode_structure};

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
