//! The bytes of a file, exactly, as a blob: one section.

use super::Compression;
use super::envelope::{self, Codec};
use super::section::{self, MAX_RAW};
use super::wire::Reader;
use crate::error::{Error, Result};

const VERSION: u8 = 1;

/// Encodes a file's bytes.
///
/// # Errors
/// `Validation` for a file over 4 GiB.
pub fn encode_original(bytes: &[u8], compression: Compression) -> Result<Vec<u8>> {
    if bytes.len() > MAX_RAW {
        return Err(Error::validation(format!("original file of {} bytes: at most 4 GiB can be kept", bytes.len())));
    }
    let mut body = Vec::new();
    section::put(&mut body, bytes, compression);
    Ok(envelope::seal(Codec::Original, VERSION, &body))
}

/// Decodes a file's bytes.
///
/// # Errors
/// `Corruption` naming the step.
pub fn decode_original(blob: &[u8]) -> Result<Vec<u8>> {
    let (version, body) = envelope::open(Codec::Original, blob)?;
    if version != VERSION {
        return Err(envelope::unknown_version(Codec::Original, version));
    }
    let mut reader = Reader::new(body, "original file blob");
    let bytes = section::next(&mut reader, "original file")?.unpack()?.into_owned();
    reader.finish()?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_of_any_kind_come_back() {
        for bytes in [b"".as_slice(), b"\r\n\0\xff", &[b'A'; 100_000]] {
            for compression in [Compression::None, Compression::Fast, Compression::Small] {
                assert_eq!(decode_original(&encode_original(bytes, compression).unwrap()).unwrap(), bytes);
            }
        }
    }
}
