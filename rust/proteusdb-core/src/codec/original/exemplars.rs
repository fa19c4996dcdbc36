//! Files of one dialect say the same things: a header, a licence, the names of columns. What is left of one that was
//! written lately, its *exemplar*, is the dictionary by which the next one is packed.
//!
//! ```text
//! residual of rank_1.cif   4,812 bytes   alone 1,690   an exemplar from now on
//! residual of rank_2.cif   4,809 bytes   by that exemplar 61
//! ```
//!
//! An exemplar is stored as an array beside each file that is told by it, where equal arrays are one. So whatever
//! becomes of the file it came from, it lives as long as somebody needs it. Which exemplars a writer knows is a matter of
//! what it wrote lately, or found in the store when it began: any file can be read without this list.

use std::sync::{Arc, Mutex, PoisonError};

use super::told_method;
use crate::codec::decode_array;
use crate::record::{Array, Dtype};

/// As many dialects as one load has at a time.
const KEPT: usize = 8;
/// Shorter residuals, packed alone, are short enough.
const WORTHWHILE: usize = 56;
/// An exemplar must halve the residual, or this one is of another dialect.
const GAIN: usize = 2;
/// Larger residuals are the numbers of one file rather than the words of a dialect.
const MAX_RAW: usize = 1 << 16;
/// For comparing exemplars.
const QUICK: i32 = 3;
const BEST: i32 = 19;

/// The exemplars a writer knows, the latest first.
#[derive(Debug)]
pub struct Exemplars {
    list: Mutex<Vec<(u8, Arc<[u8]>)>>,
    kept: usize,
}

impl Default for Exemplars {
    fn default() -> Self {
        Self { list: Mutex::default(), kept: KEPT }
    }
}

/// A residual, packed by an exemplar.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) exemplar: Array,
    pub(super) packed: Vec<u8>,
}

impl Told {
    /// The residual, of `length` bytes.
    pub(super) fn unpack(&self, length: usize) -> Option<Vec<u8>> {
        unpack(&self.packed, &self.exemplar, length)
    }
}

impl Exemplars {
    /// For a writer whose files are each told alone.
    #[must_use]
    pub fn none() -> Self {
        Self { kept: 0, ..Self::default() }
    }

    /// The residual by the exemplar that suits it; it becomes one itself where none does. `None` where it is as well
    /// packed alone.
    pub(super) fn tell(&self, method: u8, raw: &[u8]) -> Option<Told> {
        if self.kept == 0 || !(WORTHWHILE..=MAX_RAW).contains(&raw.len()) {
            return None;
        }
        let alone = zstd::bulk::compress(raw, QUICK).ok()?.len();
        if alone < WORTHWHILE {
            return None;
        }
        let known: Vec<Arc<[u8]>> = self.lock(|list| {
            list.iter().filter(|(of, _)| *of == method).map(|(_, exemplar)| Arc::clone(exemplar)).collect()
        });
        let measured = known.into_iter().filter_map(|exemplar| Some((pack(raw, &exemplar, QUICK)?.len(), exemplar)));
        let best =
            measured.min_by_key(|(length, _)| *length).filter(|(length, _)| (length + FRAME.len()) * GAIN < alone);
        let exemplar = best.map_or_else(|| Arc::from(raw), |(_, exemplar)| exemplar);
        self.use_again(method, &exemplar);
        let packed = pack(raw, &exemplar, BEST)?;
        let shape = vec![exemplar.len() as u64];
        Some(Told { exemplar: Array { dtype: Dtype::Uint(1), shape, data: exemplar.to_vec() }, packed })
    }

    /// Takes the exemplar that a stored file was told by, if it was: `last` is the blob of the last array beside it.
    pub fn know(&self, original: &[u8], last: &[u8]) {
        let exemplar = decode_array(last).ok().filter(|array| array.dtype == Dtype::Uint(1));
        if let (Some(method), Some(exemplar)) = (told_method(original), exemplar) {
            self.use_again(method, &Arc::from(exemplar.data));
        }
    }

    fn use_again(&self, method: u8, exemplar: &Arc<[u8]>) {
        self.lock(|list| {
            list.retain(|(of, known)| *of != method || known != exemplar);
            list.insert(0, (method, Arc::clone(exemplar)));
            list.truncate(self.kept);
        });
    }

    fn lock<R>(&self, work: impl FnOnce(&mut Vec<(u8, Arc<[u8]>)>) -> R) -> R {
        work(&mut self.list.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// How each frame begins: magic number, nothing told but the window, and a window that is as good as any other, since
/// nothing is read from a stream.
const FRAME: [u8; 6] = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x88];

/// One zstd frame that needs the exemplar as its dictionary, without what can be known.
fn pack(raw: &[u8], exemplar: &[u8], level: i32) -> Option<Vec<u8>> {
    let mut compressor = zstd::bulk::Compressor::with_dictionary(level, exemplar).ok()?;
    compressor.include_checksum(false).ok()?;
    compressor.include_contentsize(false).ok()?;
    compressor.include_dictid(false).ok()?;
    let frame = compressor.compress(raw).ok()?;
    let (head, blocks) = frame.split_at_checked(FRAME.len())?;
    (head.get(..5) == FRAME.get(..5)).then(|| blocks.to_vec())
}

/// The inverse of packing: exactly `length` bytes; `None` where the frame, or the exemplar, is another.
pub(super) fn unpack(packed: &[u8], exemplar: &Array, length: usize) -> Option<Vec<u8>> {
    if length > MAX_RAW || exemplar.dtype != Dtype::Uint(1) {
        return None;
    }
    let mut decompressor = zstd::bulk::Decompressor::with_dictionary(&exemplar.data).ok()?;
    decompressor.decompress(&[&FRAME, packed].concat(), length).ok().filter(|raw| raw.len() == length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(number: usize) -> Vec<u8> {
        let items: String = (0..60).map(|item| format!("_category_{}.item_{}\n", item % 7, item * item)).collect();
        format!("data_{number}\n{items}# made on day {number}\n").into_bytes()
    }

    #[test]
    fn the_second_of_a_dialect_costs_little_and_comes_back() {
        let known = Exemplars::default();
        let mut lengths = Vec::new();
        for number in [17, 4711] {
            let raw = header(number);
            let told = known.tell(2, &raw).unwrap();
            assert_eq!(unpack(&told.packed, &told.exemplar, raw.len()).unwrap(), raw);
            assert_eq!(told.exemplar.data, header(17), "the first is the exemplar of both");
            lengths.push(told.packed.len());
        }
        assert!(lengths.iter().all(|&length| length < 60), "{lengths:?}");
    }

    #[test]
    fn what_no_exemplar_suits_becomes_one_and_the_oldest_is_forgotten() {
        let known = Exemplars::default();
        let noise = |at: u64| {
            let mixed = at.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            ((mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 56) as u8
        };
        let other = |seed: u64| (seed * 2000..(seed + 1) * 2000).map(noise).collect::<Vec<_>>();
        for seed in 0..20 {
            let raw = other(seed);
            assert_eq!(known.tell(2, &raw).unwrap().exemplar.data, raw);
        }
        assert_eq!(known.lock(|list| list.len()), KEPT);
        assert_eq!(known.tell(1, &other(19)).unwrap().exemplar.data, other(19), "another method has others");
    }

    #[test]
    fn short_and_plain_residuals_need_none() {
        assert!(Exemplars::none().tell(2, &header(1)).is_none());
        let known = Exemplars::default();
        assert!(known.tell(1, b"TER\nEND\n").is_none());
        assert!(known.tell(1, &[b' '; 5000]).is_none());
    }

    #[test]
    fn a_wrong_exemplar_is_damage() {
        let told = Exemplars::default().tell(2, &header(1)).unwrap();
        let length = header(1).len();
        assert!(unpack(&told.packed, &told.exemplar, length + 1).is_none());
        let other = Array { data: vec![7; 3], ..told.exemplar.clone() };
        assert_ne!(unpack(&told.packed, &other, length), Some(header(1)));
        assert!(unpack(&told.packed, &Array { dtype: Dtype::Int(1), ..told.exemplar }, length).is_none());
    }
}
