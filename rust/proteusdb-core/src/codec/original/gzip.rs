//! A gzip file (RFC 1952) of one member whose stream zlib can make again.
//!
//! ```text
//! header, level, method of the plain bytes, what does not follow of them
//! ```
//!
//! CRC and length at the end are computed.

use flate2::Crc;

use super::beside::Beside;
use super::{Coder, deflate, rebuild};
use crate::codec::wire::{Reader, put_bytes};
use crate::error::Result;

/// What does not follow of the file.
pub(super) fn encode(bytes: &[u8], coder: &mut Coder<'_>) -> Option<Vec<u8>> {
    let header = header_length(bytes)?;
    let (plain, length) = deflate::inflate(bytes.get(header..)?)?;
    let (stream, trailer) = bytes.get(header..)?.split_at_checked(length)?;
    if trailer != self::trailer(&plain) {
        return None;
    }
    let level = deflate::level_of(&plain, stream)?;
    let mut out = Vec::new();
    put_bytes(&mut out, bytes.get(..header)?);
    out.push(level);
    out.extend(coder.inner(&plain));
    Some(out)
}

/// The inverse of [`encode`].
pub(super) fn decode(raw: &[u8], beside: &dyn Beside) -> Result<Vec<u8>> {
    let mut reader = Reader::new(raw, "original file");
    let mut out = reader.bytes()?.to_vec();
    let (level, method) = (reader.u8()?, reader.u8()?);
    let plain = rebuild(method, reader.rest(), beside)?;
    out.extend(deflate::deflate(&plain, level));
    out.extend(trailer(&plain));
    Ok(out)
}

fn trailer(plain: &[u8]) -> [u8; 8] {
    let mut crc = Crc::new();
    crc.update(plain);
    let (sum, length) = (crc.sum().to_le_bytes(), (plain.len() as u32).to_le_bytes());
    [sum[0], sum[1], sum[2], sum[3], length[0], length[1], length[2], length[3]]
}

/// The length of the header with its optional fields.
fn header_length(bytes: &[u8]) -> Option<usize> {
    const HEADER_CRC: u8 = 2;
    const EXTRA: u8 = 4;
    const NAME: u8 = 8;
    const COMMENT: u8 = 16;
    let [0x1f, 0x8b, 8, flags, ..] = bytes else { return None };
    let mut at = 10;
    if flags & EXTRA != 0 {
        let length = bytes.get(at..at + 2)?;
        at += 2 + usize::from(u16::from_le_bytes(length.try_into().ok()?));
    }
    for text in [NAME, COMMENT] {
        if flags & text != 0 {
            at += memchr::memchr(0, bytes.get(at..)?)? + 1;
        }
    }
    at += if flags & HEADER_CRC != 0 { 2 } else { 0 };
    (at <= bytes.len()).then_some(at)
}
