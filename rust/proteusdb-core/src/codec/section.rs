//! A stretch of bytes that decodes alone: stored as it is, or as one zstd frame, whichever is shorter.
//!
//! ```text
//! method (0 stored, 1 zstd) | raw length | stored length | bytes
//! ```

use std::borrow::Cow;
use std::cell::RefCell;
use std::io::Read;

use zstd::bulk::{Compressor, Decompressor};

use super::Compression;
use super::wire::{Reader, broken, put_bytes, put_varint};
use crate::error::Result;

const STORED: u8 = 0;
const ZSTD: u8 = 1;

/// The most bytes a section may unpack to: far above any structure or matrix, far below a machine's memory.
pub(super) const MAX_RAW: usize = 1 << 32;

/// Appends `raw` as a section.
pub(super) fn put(out: &mut Vec<u8>, raw: &[u8], compression: Compression) {
    let packed = compression.level().and_then(|level| compress(raw, level));
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

thread_local! {
    /// A compressor for each level and a decompressor: making one takes longer than most sections do.
    static COMPRESSORS: RefCell<Vec<(i32, Compressor<'static>)>> = const { RefCell::new(Vec::new()) };
    static DECOMPRESSOR: RefCell<Option<Decompressor<'static>>> = const { RefCell::new(None) };
}

/// One zstd frame.
pub(super) fn compress(raw: &[u8], level: i32) -> Option<Vec<u8>> {
    COMPRESSORS.with_borrow_mut(|compressors| {
        let known = compressors.iter().position(|(known, _)| *known == level);
        let index = match known {
            Some(index) => index,
            None => {
                compressors.push((level, Compressor::new(level).ok()?));
                compressors.len() - 1
            }
        };
        compressors.get_mut(index)?.1.compress(raw).ok()
    })
}

fn decompress(frame: &[u8], raw: usize) -> Option<Vec<u8>> {
    DECOMPRESSOR.with_borrow_mut(|slot| {
        if slot.is_none() {
            *slot = Decompressor::new().ok();
        }
        slot.as_mut()?.decompress(frame, raw).ok()
    })
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
    /// Whether the bytes are compressed.
    pub(super) fn is_packed(self) -> bool {
        self.method != STORED
    }

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
pub(super) fn unpack(frame: &[u8], raw: usize) -> Option<Vec<u8>> {
    const TRUSTED: usize = 1 << 20;
    if raw <= TRUSTED {
        return decompress(frame, raw).filter(|bytes| bytes.len() == raw);
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
