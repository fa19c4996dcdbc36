use super::*;
use proptest::prelude::*;

/// All of a matrix, or some rows, of one that is coded alone.
fn read(body: &[u8], rows: usize, columns: usize, top: u16, span: Range<usize>) -> Result<Rows> {
    get(body, Wanted { rows, columns, top, span }, None::<fn(Range<usize>) -> Result<(Rows, i32)>>)
}

fn round_trip(values: Vec<u16>, rows: usize, symmetric: bool) -> Vec<u8> {
    let columns = values.len() / rows;
    let top = values.iter().copied().max().unwrap().max(1);
    let matrix = Matrix { values, rows, columns, top };
    let mut out = Vec::new();
    matrix.put(&matrix.plan(symmetric, None), &mut out);
    let read = read(&out, rows, columns, top, 0..rows).unwrap();
    assert_eq!(read.values, matrix.values);
    out
}

/// Values that rise from the diagonal with some noise, as errors of a prediction do.
fn errors(side: usize, most: u64) -> Vec<u16> {
    let noise = |at: u64| (at.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) % (most / 16 + 1);
    let value = |row: usize, column: usize| {
        let far = row.abs_diff(column) as u64 * most / side as u64;
        far + noise((row * side + column) as u64 / 3)
    };
    (0..side * side).map(|at| value(at / side, at % side) as u16).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_matrix_round_trips(rows in 8..40_usize, columns in 8..40_usize, top in 1..=u16::MAX, seed: u64, smooth: bool) {
        let value = |at: u64| {
            let noise = seed.wrapping_mul(at + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33;
            (if smooth { at * u64::from(top) / 1600 + noise % 5 } else { noise } % (u64::from(top) + 1)) as u16
        };
        round_trip((0..(rows * columns) as u64).map(value).collect(), rows, false);
    }

    #[test]
    fn damage_is_an_error_or_other_values(side in 8..30_usize, flips in prop::collection::vec(any::<(usize, u8)>(), 1..5)) {
        let mut body = round_trip(errors(side, 300), side, false);
        for (at, value) in flips {
            let at = at % body.len();
            body[at] ^= value;
        }
        if let Ok(read) = read(&body, side, side, 400, 0..side) {
            prop_assert_eq!(read.values.len(), side * side);
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300), rows in 0..2000_usize, columns in 0..2000_usize, top: u16) {
        let _ = read(&bytes, rows, columns, top, 0..rows);
    }
}

#[test]
fn neighbours_predict() {
    // 300 values apart 19 at random: log2(19) is 4.2 bits, and a third of them repeat.
    let bits = 8.0 * round_trip(errors(200, 300), 200, false).len() as f64 / 40_000.0;
    assert!(bits < 4.0, "{bits}");
}

#[test]
fn half_of_a_symmetric_matrix_is_coded() {
    for side in [60, 600] {
        let half = errors(side, 200);
        let at = |row: usize, column: usize| half[row.min(column) * side + row.max(column)];
        let whole: Vec<u16> = (0..side * side).map(|place| at(place / side, place % side)).collect();
        let (symmetric, plain) = (round_trip(whole.clone(), side, true), round_trip(whole, side, false));
        assert!(symmetric.len() * 10 < plain.len() * 7, "{} {}", symmetric.len(), plain.len());
    }
}

#[test]
fn bands_decode_alone() {
    let side = 700;
    let values = errors(side, 1000);
    let body = round_trip(values.clone(), side, false);
    let read = read(&body, side, side, *values.iter().max().unwrap(), 300..310).unwrap();
    assert_eq!((read.first, read.values.len()), (256, 256 * side), "one band of three");
    assert_eq!(read.values, values[256 * side..512 * side]);
    assert!(bands(512).eq(std::iter::once(0..512)));
    assert!(bands(513).eq([0..256, 256..512, 512..513]));
}

#[test]
fn a_few_bytes_do_not_make_a_large_matrix() {
    let body = round_trip(errors(20, 100), 20, false);
    assert!(read(&body, 1 << 20, 1 << 10, 200, 0..1).is_err());
    assert!(read(&body, 1, usize::MAX / 2, 200, 0..1).is_err());
}
