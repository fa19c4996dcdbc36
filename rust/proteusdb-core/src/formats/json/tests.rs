use proptest::prelude::*;

use super::read_json;
use crate::record::{Array, Dtype, Value};

fn array(dtype: Dtype, shape: &[u64], data: Vec<u8>) -> Value {
    Value::Array(Array { dtype, shape: shape.to_vec(), data })
}

fn floats(shape: &[u64], values: &[f32]) -> Value {
    array(Dtype::Float(4), shape, values.iter().flat_map(|value| value.to_le_bytes()).collect())
}

fn of(text: &str) -> Value {
    let map = read_json(format!("{{\"x\": {text}}}").as_bytes()).unwrap();
    match map {
        Value::Map(map) => map["x"].clone(),
        other => panic!("{other:?} is no map"),
    }
}

#[test]
fn scalars_are_what_python_reads() {
    assert_eq!(of("12"), Value::Int(12));
    assert_eq!(of("-0.50"), Value::Float(-0.5));
    assert_eq!(of("1.0"), Value::Float(1.0));
    assert_eq!(of("1e3"), Value::Float(1000.0));
    assert_eq!(of("9223372036854775807"), Value::Float(9.223_372_036_854_776e18));
    assert_eq!(of("123456789012345678"), Value::Int(123_456_789_012_345_678));
    assert_eq!(of("-Infinity"), Value::Float(f64::NEG_INFINITY));
    assert!(matches!(of("NaN"), Value::Float(value) if value.is_nan()));
    assert!(matches!(of("-0"), Value::Float(value) if value == 0.0 && value.is_sign_negative()));
    assert_eq!((of("null"), of("true"), of("false")), (Value::Null, Value::Bool(true), Value::Bool(false)));
    assert_eq!(of(r#""a\"\\\/\n\u00e9\ud83d\ude00\ud83d""#), Value::Text("a\"\\/\né\u{1f600}\u{fffd}".into()));
}

#[test]
fn lists_of_numbers_are_the_narrowest_array_that_carries_them() {
    assert_eq!(of("[1, 2]"), array(Dtype::Int(8), &[2], [1_i64, 2].iter().flat_map(|v| v.to_le_bytes()).collect()));
    assert_eq!(of("[[0.25, 1], [31.75, 0.1]]"), floats(&[2, 2], &[0.25, 1.0, 31.75, 0.1]));
    assert_eq!(of("[31.657896]"), floats(&[1], &[31.657_896]), "shortest text of a float32");
    assert_eq!(of("[0.30000001192092896]"), floats(&[1], &[0.3]), "a float32 printed as float64");
    assert_eq!(of("[0.3000000001]"), array(Dtype::Float(8), &[1], 0.300_000_000_1_f64.to_le_bytes().to_vec()));
    let Value::Array(cube) = of("[[[1, null]], [[3.5, NaN]]]") else { panic!("no array") };
    assert_eq!((cube.dtype, cube.shape.as_slice()), (Dtype::Float(4), [2_u64, 1, 2].as_slice()));
}

#[test]
fn what_is_not_rectangular_or_not_numbers_stays_a_list() {
    assert_eq!(of("[]"), Value::List(vec![]));
    assert_eq!(of("[[], []]"), Value::List(vec![Value::List(vec![]), Value::List(vec![])]));
    assert_eq!(of("[null, null]"), Value::List(vec![Value::Null, Value::Null]));
    assert_eq!(of("[[null], [null]]"), Value::List(vec![Value::List(vec![Value::Null]); 2]));
    assert_eq!(of("[1, \"A\"]"), Value::List(vec![Value::Int(1), Value::Text("A".into())]));
    assert_eq!(of("[[1.5, 2], [3.5]]"), Value::List(vec![floats(&[2], &[1.5, 2.0]), floats(&[1], &[3.5])]));
    assert_eq!(of("[1.5, [2.5]]"), Value::List(vec![Value::Float(1.5), floats(&[1], &[2.5])]));
    assert_eq!(of("[[2.5], 1.5]"), Value::List(vec![floats(&[1], &[2.5]), Value::Float(1.5)]));
    let ids = of("[123456789012345678, 1]");
    assert_eq!(ids, Value::List(vec![Value::Int(123_456_789_012_345_678), Value::Int(1)]), "no digit is lost");
}

#[test]
fn errors_name_the_place_and_what_is_needed() {
    let error = |text: &str| read_json(text.as_bytes()).unwrap_err().message().to_owned();
    assert_eq!(error("{\"a\": 1,\n \"b\": tru}"), "line 2, column 7: \"tru\": a JSON value is needed");
    assert_eq!(error("[1 2]"), "line 1, column 4: \"2\": a comma or ] is needed");
    assert!(error("{'a': 1}").contains("a key in double quotes is needed"));
    assert!(error("{\"a\" 1}").contains("a colon is needed"));
    assert!(error("[1.2.3]").contains("a finite number is needed"));
    assert!(error("[1] x").contains("nothing may follow the value"));
    assert!(error(r#"["\x"]"#).contains("one of"));
    assert!(error(&"[".repeat(100_000)).contains("nested deeper than 64 levels"));
    for cut in ["", "[1, 2", "[1, ", "{\"a\"", "{\"a\": \"b", "{\"a\": \"b\\", "{\"a\": \"\\u00", "[[1]"] {
        assert!(error(cut).contains("cut short"), "{cut:?}: {}", error(cut));
    }
}

fn printed() -> impl Strategy<Value = (usize, usize, Vec<f32>, usize)> {
    (1..6_usize, 1..6_usize, 0..9_usize).prop_flat_map(|(rows, cols, decimals)| {
        (Just(rows), Just(cols), prop::collection::vec(-1e4_f32..1e4, rows * cols), Just(decimals))
    })
}

proptest! {
    #[test]
    fn printed_matrices_come_back((rows, cols, values, decimals) in printed()) {
        let text = |row: &[f32]| row.iter().map(|v| format!("{v:.decimals$}")).collect::<Vec<_>>().join(", ");
        let expected: Vec<f64> = values.iter().map(|v| format!("{v:.decimals$}").parse().unwrap()).collect();
        let lines = values.chunks(cols).map(|row| format!("[{}]", text(row))).collect::<Vec<_>>().join(",\n");
        let Value::Array(found) = of(&format!("[{lines}]")) else { panic!("no array") };
        prop_assert_eq!(&found.shape, &[rows as u64, cols as u64]);
        let read: Vec<f64> = match found.dtype {
            Dtype::Int(8) => found.data.chunks_exact(8).map(|b| i64::from_le_bytes(b.try_into().unwrap()) as f64).collect(),
            Dtype::Float(8) => found.data.chunks_exact(8).map(|b| f64::from_le_bytes(b.try_into().unwrap())).collect(),
            _ => found.data.chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap()).to_string().parse().unwrap()).collect(),
        };
        prop_assert!(read == expected || found.dtype == Dtype::Float(4), "{:?} {:?}", read, expected);
        if found.dtype == Dtype::Float(4) {
            for (read, printed) in read.iter().zip(&expected) {
                prop_assert!(*read == *printed || *printed as f32 as f64 == *printed);
            }
        }
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(prop::sample::select(b"[]{}\",:\\u0129.-e ntfNI\xff\n".to_vec()), 0..60)) {
        let _ = read_json(&bytes).map_err(|error| assert!(!error.message().is_empty()));
    }
}
