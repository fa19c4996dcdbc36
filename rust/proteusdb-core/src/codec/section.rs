//! A stretch of bytes that decodes alone: stored as it is, or as one zstd frame, whichever is shorter.
//!
//! ```text
//! method (0 stored, 1 zstd) | raw length | stored length | bytes
//! ```

use std::borrow::Cow;
use std::io::Read;

use super::Compression;
use super::wire::{Reader, broken, put_bytes, put_varint};
use crate::error::Result;

const STORED: u8 = 0;
const ZSTD: u8 = 1;

/// The most bytes a section may unpack to: far above any structure or matrix, far below a machine's memory.
pub(super) const MAX_RAW: usize = 1 << 32;

/// Appends `raw` as a section.
pub(super) fn put(out: &mut Vec<u8>, raw: &[u8], compression: Compression) {
    let packed = compression.level().and_then(|level| zstd::bulk::compress(raw, level).ok());
    match packed {
        Some(packed) if packed.len() < raw.len() => {
            out.push(ZSTD);
            put_varint(out, raw.len() as u64);
            put_bytes(out, &packed);
        }
        _ => {
            out.push(STORED);
            put_varint(out, raw.len() as u64);
            put_bytes(out, raw);
        }
    }
}

/// A section that was found but not unpacked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Section<'a> {
    method: u8,
    raw: usize,
    stored: &'a [u8],
    step: &'static str,
}

/// Reads past a section without unpacking it; `step` names it in errors.
pub(super) fn next<'a>(reader: &mut Reader<'a>, step: &'static str) -> Result<Section<'a>> {
    let method = reader.u8()?;
    let raw = reader.count(MAX_RAW)?;
    Ok(Section { method, raw, stored: reader.bytes()?, step })
}

impl<'a> Section<'a> {
    /// The raw bytes.
    pub(super) fn unpack(self) -> Result<Cow<'a, [u8]>> {
        match self.method {
            STORED if self.stored.len() == self.raw => Ok(Cow::Borrowed(self.stored)),
            ZSTD => unpack(self.stored, self.raw).map(Cow::Owned).ok_or_else(|| broken(self.step)),
            _ => Err(broken(self.step)),
        }
    }
}

/// Unpacks a frame to exactly `raw` bytes. Memory is taken as bytes come out, never on the word of the length alone.
fn unpack(frame: &[u8], raw: usize) -> Option<Vec<u8>> {
    const TRUSTED: usize = 1 << 20;
    if raw <= TRUSTED {
        return zstd::bulk::decompress(frame, raw).ok().filter(|bytes| bytes.len() == raw);
    }
    let mut bytes = Vec::with_capacity(TRUSTED);
    let decoder = zstd::stream::read::Decoder::with_buffer(frame).ok()?;
    decoder.take(raw as u64 + 1).read_to_end(&mut bytes).ok()?;
    (bytes.len() == raw).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round_trip(raw: &[u8], compression: Compression) -> Vec<u8> {
        let mut out = Vec::new();
        put(&mut out, raw, compression);
        let mut reader = Reader::new(&out, "test");
        assert_eq!(next(&mut reader, "test").unwrap().unpack().unwrap(), raw);
        reader.finish().unwrap();
        out
    }

    #[test]
    fn the_shorter_way_is_taken() {
        let repeats = vec![7_u8; 3 << 20];
        assert!(round_trip(&repeats, Compression::Fast).len() < 1000);
        assert!(round_trip(&repeats, Compression::None).len() > repeats.len());
        assert_eq!(round_trip(b"abc", Compression::Small)[0], STORED, "a frame would be longer");
        round_trip(b"", Compression::Fast);
    }

    #[test]
    fn a_wrong_length_is_damage() {
        let mut out = Vec::new();
        put(&mut out, &[7; 1000], Compression::Fast);
        out[1] ^= 1;
        assert!(next(&mut Reader::new(&out, "test"), "test").unwrap().unpack().is_err());
    }
}
