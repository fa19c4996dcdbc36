//! A deflate stream as its plain bytes and the level that makes it again.
//!
//! zlib's output is a function of input and level, whatever the sizes of the pieces it was given in, so a stream that
//! zlib made (Python's gzip and zipfile, NumPy, most servers) need not be kept. GNU gzip and others deflate otherwise:
//! their streams are. The zlib is the stock one that is built in, and a test holds its output to what it was.

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

/// Deflate expands to no more than this.
const MAX_RATIO: usize = 1032;
/// Levels by how often they are met.
const LEVELS: [u8; 9] = [6, 9, 1, 2, 3, 4, 5, 7, 8];
/// So much of the input tells one level from another, unless it is very plain.
const SAMPLE: usize = 1 << 18;

/// The plain bytes of the stream that `bytes` begin with, and how long it is; `None` where it is none, or is cut short.
pub(super) fn inflate(bytes: &[u8]) -> Option<(Vec<u8>, usize)> {
    let limit = bytes.len().saturating_mul(MAX_RATIO).saturating_add(64);
    let mut stream = Decompress::new(false);
    let mut plain = Vec::with_capacity(bytes.len().saturating_mul(3).min(limit));
    loop {
        let (before_in, before_out) = (stream.total_in(), stream.total_out());
        let rest = bytes.get(usize::try_from(before_in).ok()?..)?;
        match stream.decompress_vec(rest, &mut plain, FlushDecompress::None).ok()? {
            Status::StreamEnd => return Some((plain, usize::try_from(stream.total_in()).ok()?)),
            _ if plain.len() > limit => return None,
            _ if plain.len() == plain.capacity() => plain.reserve(plain.len().max(1 << 12)),
            _ if (stream.total_in(), stream.total_out()) == (before_in, before_out) => return None,
            _ => {}
        }
    }
}

/// The stream that zlib makes at `level`.
pub(super) fn deflate(plain: &[u8], level: u8) -> Vec<u8> {
    compress(plain, level, FlushCompress::Finish)
}

/// The level at which zlib makes `stream` of `plain`, if there is one.
pub(super) fn level_of(plain: &[u8], stream: &[u8]) -> Option<u8> {
    let sample = plain.get(..SAMPLE).filter(|sample| sample.len() < plain.len());
    LEVELS.into_iter().find(|&level| {
        let alike = sample.is_none_or(|sample| stream.starts_with(&compress(sample, level, FlushCompress::None)));
        alike && deflate(plain, level) == stream
    })
}

fn compress(plain: &[u8], level: u8, flush: FlushCompress) -> Vec<u8> {
    let mut stream = Compress::new(Compression::new(u32::from(level.min(9))), false);
    let mut out = Vec::with_capacity(plain.len() / 3 + 64);
    loop {
        let (taken, made) = (stream.total_in(), out.len());
        let rest = usize::try_from(taken).ok().and_then(|taken| plain.get(taken..)).unwrap_or_default();
        let status = stream.compress_vec(rest, &mut out, flush);
        let idle = stream.total_in() == taken && out.len() == made && out.len() < out.capacity();
        match status {
            Ok(Status::Ok | Status::BufError) if !idle => out.reserve(1 << 14),
            _ => return out,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use xxhash_rust::xxh3::xxh3_64;

    fn text() -> Vec<u8> {
        (0..60_000_u32)
            .flat_map(|k| format!("{:.2} ", f64::from(k.wrapping_mul(2_654_435_761) >> 20)).into_bytes())
            .collect()
    }

    #[test]
    fn the_level_of_a_stream_is_found() {
        let plain = text();
        for level in 1..=9 {
            let stream = deflate(&plain, level);
            let found = level_of(&plain, &stream).unwrap();
            assert_eq!(deflate(&plain, found), stream);
            let (back, length) = inflate(&[stream.as_slice(), b"tail"].concat()).unwrap();
            assert_eq!((back == plain, length), (true, stream.len()));
            assert!(inflate(&stream[..stream.len() - 3]).is_none(), "cut short");
        }
        let mut other = deflate(&plain, 6);
        other[100] ^= 1;
        assert_eq!(level_of(&plain, &other), None);
    }

    #[test]
    fn the_streams_are_those_that_were_stored() {
        // Stored files are made again from these: a zlib that deflates otherwise must not be built in.
        let hashes: Vec<u64> = [1, 6, 9].map(|level| xxh3_64(&deflate(&text(), level))).into();
        assert_eq!(hashes, GOLDEN);
    }

    const GOLDEN: [u64; 3] = [2_231_573_820_866_094_092, 9_737_834_315_995_502_464, 8_994_197_279_555_582_069];

    proptest! {
        #[test]
        fn any_bytes_come_back(plain: Vec<u8>, level in 1..=9_u8) {
            let stream = deflate(&plain, level);
            prop_assert_eq!(inflate(&stream), Some((plain.clone(), stream.len())));
            prop_assert!(level_of(&plain, &stream).is_some());
        }

        #[test]
        fn any_stream_is_read_or_refused(bytes: Vec<u8>) {
            if let Some((plain, length)) = inflate(&bytes) {
                prop_assert!(length <= bytes.len() && plain.len() <= 1032 * bytes.len() + 64);
            }
        }
    }
}
