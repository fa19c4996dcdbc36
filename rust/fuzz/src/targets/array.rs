//! Array blobs with a checksum that fits: an array that encodes again, or an error that names the step.

use proteusdb_core::Kind;
use std::sync::LazyLock;

use proteusdb_core::codec::{
    Compression, Reference, decode_array, decode_array_beside, encode_array, encode_array_beside,
};
use proteusdb_core::record::{Array, Dtype};

use super::blob;

pub fn seeds() -> Vec<Vec<u8>> {
    let arrays = [
        Array { dtype: Dtype::Float(4), shape: vec![3, 4], data: (0..48).collect() },
        Array { dtype: Dtype::Bool, shape: vec![], data: vec![1] },
        Array { dtype: Dtype::Text(2), shape: vec![0, 7], data: Vec::new() },
        // A matrix that neighbours predict, and one that is its own mirror.
        matrix(|row, column| row.abs_diff(column) as f32 / 10.0 + (row * 7 % 5) as f32),
        matrix(|row, column| 1.0 / (1 + row * column) as f32),
    ];
    let made = |compression| arrays.iter().map(move |array| encode_array(array, compression));
    let other = encode_array_beside(&sample(1), Compression::Fast, Reference::new(first().into()).as_ref());
    made(Compression::None)
        .chain(made(Compression::Fast))
        .chain([other])
        .map(|encoded| blob::unsealed(&encoded.expect("an array encodes")))
        .collect()
}

/// The blob that arrays may be coded beside.
pub fn first() -> &'static [u8] {
    static FIRST: LazyLock<Vec<u8>> =
        LazyLock::new(|| encode_array(&sample(0), Compression::Fast).expect("an array encodes"));
    &FIRST
}

/// A matrix of 70 rows that is like those of other numbers.
fn sample(number: u64) -> Array {
    let noise = |at: u64| at.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 60;
    let value = |at: u64| ((at / 70) * (at % 70) / 20 + noise(at) + noise(at ^ (number << 20)) / 15) as f32 / 10.0;
    let data = (0..70 * 70).flat_map(|at| value(at).to_le_bytes()).collect();
    Array { dtype: Dtype::Float(4), shape: vec![70, 70], data }
}

fn matrix(element: impl Fn(u64, u64) -> f32) -> Array {
    let data = (0..20 * 20).flat_map(|at| element(at / 20, at % 20).to_le_bytes()).collect();
    Array { dtype: Dtype::Float(4), shape: vec![20, 20], data }
}

pub fn run(data: &[u8]) {
    match decode_array(&blob::sealed(data)) {
        Ok(array) => {
            let again = encode_array(&array, Compression::Fast).expect("an array encodes");
            assert_eq!(decode_array(&again).ok().as_ref(), Some(&array));
        }
        Err(error) => assert_eq!(error.kind(), Kind::Corruption, "{error}"),
    }
    if let Err(error) = decode_array_beside(&blob::sealed(data), Some(first())) {
        assert_eq!(error.kind(), Kind::Corruption, "{error}");
    }
}
