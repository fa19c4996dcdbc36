//! A zip archive, such as NumPy's `.npz`: its members' plain bytes between literal headers.
//!
//! ```text
//! pairs, to the end, of
//!   literal   length and bytes of the archive up to the data of the next member
//!   member    level (255: not compressed), then length and bytes of: method, what does not follow of the plain bytes
//!             missing after the last literal
//! ```
//!
//! Where the members are is read in the central directory (APPNOTE 4.3.12); everything but their data is literal.

use super::beside::Beside;
use super::{Coder, deflate, rebuild};
use crate::codec::wire::{Reader, put_bytes};
use crate::error::Result;

const PLAIN: u8 = 0xff;
const DEFLATED: u16 = 8;

/// The data of a member within the archive.
#[derive(Debug)]
struct Member {
    start: usize,
    end: usize,
    method: u16,
}

/// What does not follow of the archive; `None` where no member does.
pub(super) fn encode(bytes: &[u8], coder: &mut Coder<'_>) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let mut from = 0;
    for member in members(bytes)? {
        let data = bytes.get(member.start..member.end).filter(|_| member.start >= from)?;
        let Some((level, plain)) = open(data, member.method) else { continue };
        put_bytes(&mut out, bytes.get(from..member.start)?);
        out.push(level);
        put_bytes(&mut out, &coder.inner(&plain));
        from = member.end;
    }
    put_bytes(&mut out, bytes.get(from..)?);
    (from > 0).then_some(out)
}

/// The inverse of [`encode`].
pub(super) fn decode(raw: &[u8], beside: &dyn Beside) -> Result<Vec<u8>> {
    let mut reader = Reader::new(raw, "original file");
    let mut out = reader.bytes()?.to_vec();
    while reader.remaining() > 0 {
        let level = reader.u8()?;
        let mut inner = Reader::new(reader.bytes()?, "original file");
        let method = inner.u8()?;
        let plain = rebuild(method, inner.rest(), beside)?;
        out.extend(if level == PLAIN { plain } else { deflate::deflate(&plain, level) });
        out.extend_from_slice(reader.bytes()?);
    }
    Ok(out)
}

fn open(data: &[u8], method: u16) -> Option<(u8, Vec<u8>)> {
    match method {
        0 => Some((PLAIN, data.to_vec())),
        DEFLATED => {
            let (plain, length) = deflate::inflate(data)?;
            let level = deflate::level_of(&plain, data).filter(|_| length == data.len())?;
            Some((level, plain))
        }
        _ => None,
    }
}

/// The members in the order of their data.
fn members(bytes: &[u8]) -> Option<Vec<Member>> {
    const END: &[u8] = b"PK\x05\x06";
    let tail = bytes.len().saturating_sub(22 + 0xffff);
    let end = tail + memchr::memmem::rfind(bytes.get(tail..)?, END)?;
    let (count, mut at) = (number::<2>(bytes, end + 10)?, number::<4>(bytes, end + 16)?);
    let mut members = Vec::new();
    for _ in 0..count {
        let entry = bytes.get(at..)?.strip_prefix(b"PK\x01\x02")?;
        let [name, extra, comment] = [24, 26, 28].map(|offset| number::<2>(entry, offset));
        let local = number::<4>(entry, 38)?;
        let start = local + 30 + number::<2>(bytes, local + 26)? + number::<2>(bytes, local + 28)?;
        let end = start.checked_add(number::<4>(entry, 16)?).filter(|&end| end <= bytes.len())?;
        members.push(Member { start, end, method: u16::try_from(number::<2>(entry, 6)?).ok()? });
        at += 46 + name? + extra? + comment?;
    }
    members.sort_by_key(|member| member.start);
    Some(members)
}

/// A little-endian number of `N` bytes.
fn number<const N: usize>(bytes: &[u8], at: usize) -> Option<usize> {
    let bytes = bytes.get(at..at.checked_add(N)?)?;
    Some(bytes.iter().rev().fold(0, |number, &byte| (number << 8) | usize::from(byte)))
}
