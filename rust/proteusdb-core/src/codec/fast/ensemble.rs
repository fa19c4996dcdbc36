//! A further model of the same atoms, against the first.
//!
//! ```text
//! model 1   p1 p2 p3        model 2   q1 q2 q3
//! coded     q - p of an atom less q - p of the atom before, in Rice codes whose parameter follows the mean
//! ```
//!
//! Samples of one prediction differ by slow drifts: neighbours move together.

use crate::codec::bits::{Adaptive, BitReader, BitWriter, padded};
use crate::codec::wire::{unzigzag, zigzag};

/// The bits.
pub(super) fn encode(reference: &[i32], coords: &[i32]) -> Vec<u8> {
    let mut writer = BitWriter::with_capacity(2 * coords.len());
    let (mut shift, mut adaptive) = ([0_i32; 3], Adaptive::new());
    for (from, to) in reference.chunks_exact(3).zip(coords.chunks_exact(3)) {
        for ((shift, &from), &to) in shift.iter_mut().zip(from).zip(to) {
            let now = to.wrapping_sub(from);
            let code = zigzag(now.wrapping_sub(*shift));
            writer.rice(code, adaptive.parameter());
            adaptive.see(code);
            *shift = now;
        }
    }
    writer.finish()
}

/// The coordinates; `None` where the bits are not those of as many.
pub(super) fn decode(reference: &[i32], bytes: &[u8]) -> Option<Vec<i32>> {
    if reference.len() > 8 * bytes.len() {
        return None;
    }
    let bytes = padded(bytes);
    let mut bits = BitReader::new(&bytes);
    let (mut shift, mut adaptive) = ([0_i32; 3], Adaptive::new());
    let mut coords = Vec::with_capacity(reference.len());
    for from in reference.chunks_exact(3) {
        for (shift, &from) in shift.iter_mut().zip(from) {
            let code = bits.rice(adaptive.parameter());
            adaptive.see(code);
            *shift = shift.wrapping_add(unzigzag(code));
            coords.push(from.wrapping_add(*shift));
        }
    }
    bits.finish().then_some(coords)
}
