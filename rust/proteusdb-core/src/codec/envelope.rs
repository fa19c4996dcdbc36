//! What stands around every blob: which codec made it, in which version, and a checksum.
//!
//! ```text
//! offset  bytes  what
//! 0       1      codec: 1 structure, 2 array, 3 original
//! 1       1      version of that codec
//! 2       8      xxh3-64 of codec, version and body, little-endian
//! 10      ...    body
//! ```

use xxhash_rust::xxh3::Xxh3;

use super::wire::Reader;
use crate::error::{Error, Result};

/// Which codec made a blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Codec {
    Structure = 1,
    Array = 2,
    Original = 3,
}

impl Codec {
    fn name(self) -> &'static str {
        match self {
            Self::Structure => "structure blob",
            Self::Array => "array blob",
            Self::Original => "original file blob",
        }
    }
}

/// Puts the envelope round a body.
pub(super) fn seal(codec: Codec, version: u8, body: &[u8]) -> Vec<u8> {
    let mut blob = Vec::with_capacity(10 + body.len());
    blob.extend([codec as u8, version]);
    blob.extend(checksum(codec as u8, version, body).to_le_bytes());
    blob.extend_from_slice(body);
    blob
}

/// The version and the body of a blob made by `codec`.
///
/// # Errors
/// `Corruption` where the checksum does not fit or another codec made the blob.
pub(super) fn open(codec: Codec, blob: &[u8]) -> Result<(u8, &[u8])> {
    let mut reader = Reader::new(blob, codec.name());
    let (found, version, stored) = (reader.u8()?, reader.u8()?, reader.u64()?);
    let body = reader.rest();
    if stored != checksum(found, version, body) {
        return Err(Error::corruption(format!("{}: its checksum does not fit its bytes", codec.name())));
    }
    if found != codec as u8 {
        return Err(Error::corruption(format!("{}: these bytes were made by codec {found}", codec.name())));
    }
    Ok((version, body))
}

/// Whether a blob is an array, going by its first byte.
pub(crate) fn is_array(blob: &[u8]) -> bool {
    blob.first() == Some(&(Codec::Array as u8))
}

/// The error for a version this program does not know.
pub(super) fn unknown_version(codec: Codec, version: u8) -> Error {
    Error::corruption(format!("{}: version {version} was written by a newer proteusdb", codec.name()))
}

fn checksum(codec: u8, version: u8, body: &[u8]) -> u64 {
    let mut hasher = Xxh3::new();
    hasher.update(&[codec, version]);
    hasher.update(body);
    hasher.digest()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    #[test]
    fn every_flipped_bit_is_found() {
        let blob = seal(Codec::Array, 1, b"some bytes");
        assert_eq!(open(Codec::Array, &blob).unwrap(), (1, b"some bytes".as_slice()));
        for bit in 0..blob.len() * 8 {
            let mut flipped = blob.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(open(Codec::Array, &flipped).unwrap_err().kind(), Kind::Corruption, "bit {bit}");
        }
    }

    #[test]
    fn a_blob_of_another_codec_is_refused() {
        let blob = seal(Codec::Array, 1, b"some bytes");
        assert!(open(Codec::Structure, &blob).unwrap_err().message().contains("made by codec 2"));
    }
}
