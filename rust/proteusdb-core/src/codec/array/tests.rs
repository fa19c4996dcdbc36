use super::*;
use crate::codec::Compression::{Fast, None as Plain, Small};
use proptest::prelude::*;

fn round_trip(array: &Array, compression: Compression) -> Vec<u8> {
    let blob = encode_array(array, compression).unwrap();
    assert_eq!(&decode_array(&blob).unwrap(), array);
    blob
}

fn singles(shape: &[u64], values: impl Iterator<Item = f32>) -> Array {
    Array { dtype: Dtype::Float(4), shape: shape.to_vec(), data: values.flat_map(f32::to_le_bytes).collect() }
}

/// View and coder of a blob.
fn steps(blob: &[u8]) -> (u8, u8) {
    let mut rest = Coded::open(blob).unwrap().rest;
    let view = rest.u8().unwrap();
    if view & GRID != 0 {
        Grid::get(&mut rest).unwrap();
    }
    (view, rest.u8().unwrap())
}

const CODES: [&str; 18] =
    ["b1", "i1", "u1", "i2", "u2", "f2", "i4", "u4", "f4", "i8", "u8", "f8", "c8", "c16", "U3", "S5", "U0", "S0"];

/// Bytes as arrays have them: at random (NaN payloads and all), the same, repeating, rising.
fn data(bytes: usize, kind: u8, seed: u64) -> Vec<u8> {
    (0..bytes as u64)
        .map(|i| match kind {
            0 => (seed.wrapping_mul(i + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8,
            1 => seed as u8,
            2 => (seed >> (8 * (i % 8))) as u8,
            _ => (i / 8) as u8,
        })
        .collect()
}

fn array() -> impl Strategy<Value = Array> {
    (prop::sample::select(CODES.to_vec()), prop::collection::vec(0..14_u64, 0..4), 0..4_u8, any::<u64>()).prop_map(
        |(code, shape, kind, seed)| {
            let dtype = Dtype::parse(code).unwrap();
            let bytes = elements(&shape).unwrap() * dtype.size();
            Array { dtype, shape, data: data(bytes, kind, seed) }
        },
    )
}

proptest! {
    #[test]
    fn any_array_round_trips(array in array()) {
        for compression in [Plain, Fast, Small] {
            round_trip(&array, compression);
        }
    }

    #[test]
    fn any_rows_are_those_of_the_whole(array in array(), from in 0..14_u64, count in 0..14_u64) {
        let blob = encode_array(&array, Fast).unwrap();
        let rows = from..from + count;
        match array.shape.first() {
            Some(&there) if rows.end <= there => {
                let row = elements(&array.shape[1..]).unwrap() * array.dtype.size();
                let part = decode_array_rows(&blob, rows.clone(), None).unwrap();
                prop_assert_eq!(&part.data, &array.data[rows.start as usize * row..rows.end as usize * row]);
                prop_assert_eq!(part.shape[0], count);
            }
            _ => prop_assert!(decode_array_rows(&blob, rows, None).is_err()),
        }
    }

    #[test]
    fn damage_under_a_right_checksum_is_an_error_or_another_array(
        array in array(), flips in prop::collection::vec(any::<(usize, u8)>(), 1..5), rows in 0..20_u64,
    ) {
        let blob = encode_array(&array, Fast).unwrap();
        let mut body = blob[10..].to_vec();
        for (at, value) in flips {
            let at = at % body.len();
            body[at] ^= value;
        }
        let blob = envelope::seal(Codec::Array, VERSION, &body);
        if let Ok(Array { dtype, shape, data }) = decode_array(&blob) {
            prop_assert_eq!(elements(&shape).unwrap() * dtype.size(), data.len());
        }
        let _ = decode_array_rows(&blob, 0..rows, None);
    }

    #[test]
    fn any_body_is_read_or_refused(body: Vec<u8>) {
        let _ = decode_array(&envelope::seal(Codec::Array, VERSION, &body));
    }
}

fn noise(at: u64) -> u64 {
    at.wrapping_mul(at).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40
}

#[test]
fn decimals_in_a_matrix_are_predicted() {
    let side = 64_u64;
    let pae = |at: u64| ((at / side).abs_diff(at % side) * 3 + noise(at) % 9 + 8) as f32 / 10.0;
    let blob = round_trip(&singles(&[side, side], (0..side * side).map(pae)), Fast);
    assert_eq!(steps(&blob), (GRID, MATRIX));
    assert!(blob.len() * 8 < 4 * 64 * 64, "{}", blob.len());
}

#[test]
fn symmetric_matrices_are_halved() {
    let side = 40_u64;
    let element = |at: u64| 1.0 / (1.0 + (at / side * (at % side)) as f32);
    let blob = round_trip(&singles(&[side, side], (0..side * side).map(element)), Fast);
    assert_eq!(steps(&blob).0, UPPER);
    let patterned = |at: u64| ((at / side + at % side).pow(3) % 13) as f32;
    let blob = round_trip(&singles(&[side, side], (0..side * side).map(patterned)), Fast);
    assert_eq!(steps(&blob).0, GRID | UPPER);
    assert!(blob.len() < 300, "{}", blob.len());
}

#[test]
fn what_follows_from_a_number_or_two_takes_a_few_bytes() {
    let same = Array { dtype: Dtype::Text(3), shape: vec![1000], data: b"abcdefghijkl".repeat(1000) };
    assert!(round_trip(&same, Fast).len() < 40);
    let ramp = |first: i64, step: i64| Array {
        dtype: Dtype::Int(8),
        shape: vec![5000],
        data: (0..5000).flat_map(|at| (first + at * step).to_le_bytes()).collect(),
    };
    assert!(round_trip(&ramp(-7, 1), Fast).len() < 40);
    assert!(round_trip(&ramp(70_000, -13), Fast).len() < 40);
}

#[test]
fn numbers_on_no_grid_are_exact_too() {
    let values = [f32::NAN, -0.0, f32::INFINITY, f32::from_bits(0x7fc0_1234), 1e-45, 3.25];
    round_trip(&singles(&[2, 3], values.into_iter()), Fast);
    round_trip(&singles(&[100], (0..100).map(|at| (at as f32 * 0.37).sin())), Fast);
    round_trip(&singles(&[], [7.5].into_iter()), Fast);
    round_trip(&singles(&[0, 5], [].into_iter()), Fast);
}

#[test]
fn a_large_array_chooses_by_a_sample() {
    let noise = |at: u64| f64::from_bits(0x4000_0000_0000_0000 | (at.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 14));
    let data: Vec<u8> = (0..200_000).flat_map(|at| noise(at).to_le_bytes()).collect();
    let array = Array { dtype: Dtype::Float(8), shape: vec![200_000], data };
    assert!(round_trip(&array, Fast).len() < array.data.len());
}

#[test]
fn data_that_do_not_fill_the_shape_are_refused() {
    let array = Array { dtype: Dtype::Float(4), shape: vec![2, 2], data: vec![0; 15] };
    assert!(encode_array(&array, Fast).unwrap_err().message().contains("15 bytes"));
}

#[test]
fn rows_of_a_stack_are_those_of_its_bands() {
    let element = |at: u64| (at / 9 % 20 * 4 + noise(at) % 7) as f32 / 10.0;
    let array = singles(&[40, 20, 9], (0..40 * 20 * 9).map(element));
    let blob = round_trip(&array, Fast);
    assert_eq!(steps(&blob), (GRID, MATRIX));
    for rows in [0..40, 12..14, 39..40, 25..26, 13..13] {
        let part = decode_array_rows(&blob, rows.clone(), None).unwrap();
        assert_eq!(part.data, array.data[rows.start as usize * 720..rows.end as usize * 720], "{rows:?}");
    }
}

#[test]
fn shapes_without_elements_or_bytes_are_read_or_refused_at_once() {
    for (code, shape) in [("u1", [1 << 60, 0]), ("U0", [1 << 31, 1 << 31]), ("U0", [1 << 20, 1 << 20]), ("f4", [0, 9])]
    {
        for view in [0, GRID, UPPER, GRID | UPPER] {
            for coder in 0..8_u8 {
                let mut body = Vec::new();
                put_bytes(&mut body, code.as_bytes());
                [2, shape[0], shape[1]].into_iter().for_each(|number| put_varint(&mut body, number));
                body.push(view);
                if view & GRID != 0 {
                    body.extend([0, 0, 1, 9, 0]);
                }
                body.push(coder);
                body.extend([0; 12]);
                let _ = decode_array(&envelope::seal(Codec::Array, VERSION, &body));
            }
        }
    }
}

#[test]
fn a_small_blob_does_not_claim_gigabytes() {
    let mut body = Vec::new();
    put_bytes(&mut body, b"u1");
    [1_u64, 1 << 31].into_iter().for_each(|number| put_varint(&mut body, number));
    body.extend([0, 4, 9]);
    assert!(decode_array(&envelope::seal(Codec::Array, VERSION, &body)).is_err());
}

/// Values that are like those of another seed.
fn sample(seed: u64, side: u64, symmetric: bool) -> Array {
    let mixed =
        |number: u64| (number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 59;
    let value = |row: u64, column: u64| {
        let (row, column) = if symmetric { (row.min(column), row.max(column)) } else { (row, column) };
        let at = row * side + column;
        row * column / 40 + mixed(at) / 8 + mixed(at + 99_991 * seed) / 24 + 8 + seed
    };
    let data = (0..side * side).flat_map(|at| (value(at / side, at % side) as f32 / 10.0).to_le_bytes()).collect();
    Array { dtype: Dtype::Float(4), shape: vec![side, side], data }
}

#[test]
fn rows_decode_alone_beside_another_matrix() {
    for symmetric in [false, true] {
        let (first, second) = (sample(1, 600, symmetric), sample(2, 600, symmetric));
        let alone = encode_array(&first, Fast).unwrap();
        let reference = Reference::new(alone.clone().into()).unwrap();
        let blob = encode_array_beside(&second, Fast, Some(&reference)).unwrap();
        assert!(needs_reference(&blob).unwrap());
        for rows in [0..1, 255..257, 300..300, 511..600] {
            let part = decode_array_rows(&blob, rows.clone(), Some(&alone)).unwrap();
            let bytes = 600 * 4 * rows.start as usize..600 * 4 * rows.end as usize;
            assert_eq!(part.data, second.data[bytes], "{rows:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn any_matrix_beside_any_other_comes_back(seed: u64, side in 48..64_u64, noisy: bool, scale in 1..300_u32, low in -9000..9000_i32) {
        let first = sample(1, side, false);
        let alone = encode_array(&first, Fast).unwrap();
        let reference = Reference::new(alone.clone().into());
        let mut second = sample(seed % 9, side, false);
        if noisy {
            let value = |at: u64| (seed.wrapping_mul(at | 1) >> 40) as u32 % (scale * 10);
            second.data = (0..side * side).flat_map(|at| ((i64::from(value(at)) + i64::from(low)) as f32 / 10.0).to_le_bytes()).collect();
        }
        let blob = encode_array_beside(&second, Fast, reference.as_ref()).unwrap();
        prop_assert_eq!(decode_array_beside(&blob, Some(&alone)).unwrap(), second.clone());
        prop_assert!(reference.is_none_or(|reference| reference.holds(&second) == (first == second)));
    }

    #[test]
    fn damage_beside_another_matrix_is_an_error_or_other_values(flips in prop::collection::vec(any::<(usize, u8)>(), 1..5), cut in 0..40_usize) {
        let (first, second) = (sample(1, 60, false), sample(2, 60, false));
        let alone = encode_array(&first, Fast).unwrap();
        let reference = Reference::new(alone.clone().into()).unwrap();
        let blob = encode_array_beside(&second, Fast, Some(&reference)).unwrap();
        prop_assert!(needs_reference(&blob).unwrap());
        let mut body = envelope::open(Codec::Array, &blob).unwrap().1.to_vec();
        for (at, value) in flips {
            let at = at % body.len();
            body[at] ^= value;
        }
        body.truncate(body.len() - cut % body.len());
        let blob = envelope::seal(Codec::Array, VERSION, &body);
        let _ = decode_array_beside(&blob, Some(&alone));
        let _ = decode_array_rows(&blob, 3..9, Some(&alone));
    }
}
