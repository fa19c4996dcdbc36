//! Elements of any kind as bytes, by whichever coder makes the fewest of them.
//!
//! ```text
//! 0 stored    the elements
//! 1 zstd      one frame of the elements: repeats
//! 2 planes    one frame of the byte planes: floats and integers that vary little
//! 3 numbers   pcodec: numbers without repeats
//! 4 same      one element, which all are
//! 5 ramp      first, difference: residue numbers, indices           (unsigned elements of at most 4 bytes)
//! ```
//!
//! No coder wins everywhere, so all are tried: on everything, or on a sample where there is much.

use super::{numbers, planes};
use crate::codec::Compression;
use crate::codec::section;
use crate::codec::wire::{Reader, broken, put_varint};
use crate::error::Result;
use crate::record::Dtype;

const STEP: &str = "elements of an array blob";
/// Bytes above which coders are tried on a sample.
const LARGE: usize = 1 << 20;
/// Slices of a sample, and the bytes of each.
const SLICES: usize = 4;
const SLICE: usize = 1 << 16;
/// The most bytes that a few may stand for; more of the same go the way of all elements.
const MAX_SHORT: usize = 1 << 26;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Coder {
    Stored = 0,
    Zstd = 1,
    Planes = 2,
    Numbers = 3,
    Same = 4,
    Ramp = 5,
}

/// Appends elements: the coder's number and its bytes.
pub(super) fn put(out: &mut Vec<u8>, dtype: Dtype, data: &[u8], compression: Compression) {
    let (coder, bytes) = match compression {
        Compression::None => (Coder::Stored, data.to_vec()),
        _ => short(dtype, data).unwrap_or_else(|| smallest(dtype, data, compression)),
    };
    out.push(coder as u8);
    out.extend(bytes);
}

/// About how many bytes a quick look suggests.
pub(super) fn probe(data: &[u8]) -> usize {
    let start = (data.len() - SLICE.min(data.len())) / 2;
    let Some(slice) = data.get(start..).map(|rest| rest.get(..SLICE).unwrap_or(rest)) else { return data.len() };
    let packed = zstd::bulk::compress(slice, 1).map_or(slice.len(), |packed| packed.len());
    packed * (data.len() / slice.len().max(1)).max(1)
}

/// The elements that fill the rest of the blob.
pub(super) fn get(reader: &mut Reader<'_>, dtype: Dtype, count: usize) -> Result<Vec<u8>> {
    let size = count.checked_mul(dtype.size()).filter(|&size| size <= section::MAX_RAW);
    let size = size.ok_or_else(|| broken(STEP))?;
    let coder = reader.u8()?;
    let short = |reader: &Reader<'_>| if size <= MAX_SHORT { Ok(()) } else { Err(reader.broken()) };
    match coder {
        0 => Ok(reader.take(size)?.to_vec()),
        1 => section::unpack(reader.rest(), size).ok_or_else(|| broken(STEP)),
        2 => {
            let planes = section::unpack(reader.rest(), size).ok_or_else(|| broken(STEP))?;
            Ok(planes::transpose(&planes, count, dtype.size()))
        }
        3 => numbers::unpack(dtype, reader.rest(), count),
        4 => short(reader).and_then(|()| reader.take(dtype.size())).map(|element| element.repeat(count)),
        5 => short(reader).and_then(|()| ramp(reader, dtype, count)),
        _ => Err(reader.broken()),
    }
}

/// Elements that follow from one or two numbers.
fn short(dtype: Dtype, data: &[u8]) -> Option<(Coder, Vec<u8>)> {
    let size = dtype.size();
    if size == 0 || data.is_empty() || data.len() > MAX_SHORT {
        return None;
    }
    let first = data.get(..size)?;
    if data.chunks_exact(size).all(|element| element == first) {
        return Some((Coder::Same, first.to_vec()));
    }
    let value = |at: usize| data.chunks_exact(size).nth(at).and_then(|element| unsigned(dtype, element));
    let (first, step) = (value(0)?, value(1)? - value(0)?);
    let mut expected = first;
    let is_ramp = data.chunks_exact(size).all(|element| {
        let met = unsigned(dtype, element) == Some(expected);
        expected += step;
        met
    });
    is_ramp.then(|| {
        let mut out = Vec::new();
        put_varint(&mut out, first as u64);
        put_varint(&mut out, zigzag_wide(step));
        (Coder::Ramp, out)
    })
}

fn unsigned(dtype: Dtype, element: &[u8]) -> Option<i64> {
    let mut bytes = [0; 8];
    bytes.get_mut(..element.len())?.copy_from_slice(element);
    matches!(dtype, Dtype::Uint(1 | 2 | 4)).then(|| i64::from_le_bytes(bytes))
}

fn ramp(reader: &mut Reader<'_>, dtype: Dtype, count: usize) -> Result<Vec<u8>> {
    let first = i64::try_from(reader.varint()?).map_err(|_| reader.broken())?;
    let step = unzigzag_wide(reader.varint()?);
    let mut out = Vec::with_capacity(count * dtype.size());
    for at in 0..count as i64 {
        let value = step.checked_mul(at).and_then(|way| way.checked_add(first)).ok_or_else(|| broken(STEP))?;
        let bytes = value.to_le_bytes();
        let (element, above) = bytes.split_at_checked(dtype.size()).ok_or_else(|| broken(STEP))?;
        if above.iter().any(|&byte| byte != 0) || !matches!(dtype, Dtype::Uint(1 | 2 | 4)) {
            return Err(broken(STEP));
        }
        out.extend_from_slice(element);
    }
    Ok(out)
}

fn smallest(dtype: Dtype, data: &[u8], compression: Compression) -> (Coder, Vec<u8>) {
    let mut coders = candidates(dtype);
    if data.len() > LARGE {
        let sample = sample(data, dtype.size());
        let best = coders
            .iter()
            .copied()
            .min_by_key(|&coder| coded(coder, dtype, &sample, compression).map_or(usize::MAX, |bytes| bytes.len()));
        coders = best.into_iter().collect();
    }
    let coded =
        coders.into_iter().filter_map(|coder| coded(coder, dtype, data, compression).map(|bytes| (coder, bytes)));
    let best = coded.min_by_key(|(_, bytes)| bytes.len()).filter(|(_, bytes)| bytes.len() < data.len());
    best.unwrap_or_else(|| (Coder::Stored, data.to_vec()))
}

fn candidates(dtype: Dtype) -> Vec<Coder> {
    let mut coders = vec![Coder::Zstd];
    if dtype.size() > 1 {
        coders.extend([Coder::Planes, Coder::Numbers]);
    }
    coders
}

fn coded(coder: Coder, dtype: Dtype, data: &[u8], compression: Compression) -> Option<Vec<u8>> {
    /// pcodec's own default; higher levels gain little.
    const LEVEL: usize = 8;
    // Below a level of 9, zstd misses most of what it could find in numbers.
    let level = if compression == Compression::Small || data.len() <= SLICE { 19 } else { 9 };
    match coder {
        Coder::Zstd => zstd::bulk::compress(data, level).ok(),
        Coder::Planes => {
            let count = data.len() / dtype.size();
            zstd::bulk::compress(&planes::transpose(data, dtype.size(), count), level).ok()
        }
        Coder::Numbers => numbers::pack(dtype, data, LEVEL),
        Coder::Stored | Coder::Same | Coder::Ramp => None,
    }
}

/// Slices spread over the elements.
fn sample(data: &[u8], size: usize) -> Vec<u8> {
    let length = SLICE / size.max(1) * size;
    let room = data.len() - length.min(data.len());
    let starts = (0..SLICES).map(|slice| room / (SLICES - 1) * slice / size * size);
    starts.filter_map(|start| data.get(start..start + length)).flatten().copied().collect()
}

fn zigzag_wide(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

fn unzigzag_wide(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}
