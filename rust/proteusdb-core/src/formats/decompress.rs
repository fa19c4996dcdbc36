//! Compressed files to plain bytes, told by their magic number.
//!
//! ```text
//! 1F 8B          gzip, also several members one after another
//! "BZh"          bzip2
//! 28 B5 2F FD    Zstandard
//! FD "7zXZ" 00   xz
//! ```
//!
//! Invariants: the output is bounded by the input's size times [`MAX_RATIO`] and by [`MAX_BYTES`]; a stream that ends
//! early is an error, never a shorter file; at most two layers are undone.

use std::borrow::Cow;
use std::io::Read;

use crate::error::{Error, Result};

/// No structure file is larger.
const MAX_BYTES: u64 = 4 << 30;

/// Text of equal lines reaches about 1000; more is an attack.
const MAX_RATIO: u64 = 2000;

/// Small files may grow to this much whatever their ratio.
const ALWAYS_ALLOWED: u64 = 16 << 20;

/// xz and Zstandard headers ask for a window; no honest file asks for more.
const MAX_WINDOW: u64 = 256 << 20;

#[derive(Clone, Copy)]
enum Compression {
    Gzip,
    Bzip2,
    Zstd,
    Xz,
}

impl Compression {
    fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0x1F, 0x8B, ..] => Some(Self::Gzip),
            [b'B', b'Z', b'h', b'1'..=b'9', 0x31 | 0x17, ..] => Some(Self::Bzip2),
            [0x28, 0xB5, 0x2F, 0xFD, ..] => Some(Self::Zstd),
            [0xFD, b'7', b'z', b'X', b'Z', 0, ..] => Some(Self::Xz),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Bzip2 => "bzip2",
            Self::Zstd => "Zstandard",
            Self::Xz => "xz",
        }
    }

    fn reader<'a>(self, bytes: &'a [u8]) -> std::io::Result<Box<dyn Read + 'a>> {
        Ok(match self {
            Self::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(bytes)),
            Self::Bzip2 => Box::new(bzip2::bufread::MultiBzDecoder::new(bytes)),
            Self::Zstd => {
                let mut decoder = zstd::stream::read::Decoder::with_buffer(bytes)?;
                decoder.window_log_max(MAX_WINDOW.ilog2())?;
                Box::new(decoder)
            }
            Self::Xz => {
                let stream = liblzma::stream::Stream::new_stream_decoder(MAX_WINDOW, liblzma::stream::CONCATENATED)?;
                Box::new(liblzma::bufread::XzDecoder::new_stream(bytes, stream))
            }
        })
    }

    fn decompress(self, bytes: &[u8]) -> Result<Vec<u8>> {
        let limit = (bytes.len() as u64).saturating_mul(MAX_RATIO).clamp(ALWAYS_ALLOWED, MAX_BYTES);
        let mut plain = Vec::new();
        let read = self.reader(bytes).and_then(|reader| reader.take(limit + 1).read_to_end(&mut plain));
        if let Err(error) = read {
            let name = self.name();
            return Err(Error::validation(format!(
                "{name} stream is damaged or ends early after {} decompressed bytes ({error}); a whole {name} file is \
                 needed",
                plain.len()
            )));
        }
        if plain.len() as u64 > limit {
            return Err(Error::validation(format!(
                "{} stream of {} bytes expands to more than {limit} bytes; allowed are {MAX_BYTES} bytes and \
                 {MAX_RATIO} times its size",
                self.name(),
                bytes.len()
            )));
        }
        Ok(plain)
    }
}

/// Plain bytes of a file that may be compressed; borrowed where it is not.
///
/// # Errors
/// `Validation` for a damaged or truncated stream, one that expands beyond the limits, or more than two layers.
pub fn decompress(bytes: &[u8]) -> Result<Cow<'_, [u8]>> {
    let Some(outer) = Compression::of(bytes) else { return Ok(Cow::Borrowed(bytes)) };
    let plain = outer.decompress(bytes)?;
    let Some(inner) = Compression::of(&plain) else { return Ok(Cow::Owned(plain)) };
    let plain = inner.decompress(&plain)?;
    match Compression::of(&plain) {
        None => Ok(Cow::Owned(plain)),
        Some(third) => Err(Error::validation(format!(
            "compressed three times over ({}, {}, {}); at most two layers are allowed",
            outer.name(),
            inner.name(),
            third.name()
        ))),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn all(bytes: &[u8]) -> [Vec<u8>; 4] {
        let mut bzip2 = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
        bzip2.write_all(bytes).unwrap();
        let mut xz = liblzma::write::XzEncoder::new(Vec::new(), 1);
        xz.write_all(bytes).unwrap();
        let zstd = zstd::encode_all(bytes, 1).unwrap();
        [gzip(bytes), bzip2.finish().unwrap(), zstd, xz.finish().unwrap()]
    }

    #[test]
    fn every_compression_gives_back_the_bytes() {
        let text = b"ATOM   some text\n".repeat(1000);
        assert!(matches!(decompress(&text).unwrap(), Cow::Borrowed(_)));
        for packed in all(&text) {
            assert_eq!(decompress(&packed).unwrap(), text);
            assert_eq!(decompress(&gzip(&packed)).unwrap(), text, "two layers");
            let message = decompress(&gzip(&gzip(&packed))).unwrap_err().message().to_owned();
            assert!(message.contains("two layers"), "{message}");
        }
    }

    #[test]
    fn members_one_after_another_are_one_file() {
        for (a, b) in all(b"first ").into_iter().zip(all(b"second")) {
            assert_eq!(decompress(&[a, b].concat()).unwrap(), b"first second".as_slice());
        }
    }

    #[test]
    fn a_truncated_stream_is_an_error() {
        let text: Vec<u8> = (0..20_000_u32).flat_map(|n| format!("{n} ").into_bytes()).collect();
        for packed in all(&text) {
            for kept in [packed.len() / 2, packed.len() - 1] {
                let message = decompress(&packed[..kept]).unwrap_err().message().to_owned();
                assert!(message.contains("ends early"), "{message}");
            }
        }
    }

    #[test]
    fn a_bomb_is_refused() {
        let bomb = zstd::encode_all(vec![0_u8; 64 << 20].as_slice(), 1).unwrap();
        let message = decompress(&bomb).unwrap_err().message().to_owned();
        assert!(message.contains("expands to more than"), "{message}");
    }
}
