use proptest::prelude::*;

use super::super::beside::Given;
use super::*;
use crate::record::Array;

fn round_trip(text: &str) -> (usize, Vec<Array>) {
    let mut coder = Coder { structure: None, arrays: Vec::new() };
    let Some(raw) = encode(text.as_bytes(), &mut coder) else { return (text.len(), Vec::new()) };
    let arrays = coder.arrays;
    let back = decode(&raw, &Given { structure: None, arrays: &arrays }).unwrap();
    assert_eq!(String::from_utf8(back).unwrap(), text);
    (raw.len(), arrays)
}

fn matrix(side: usize, print: impl Fn(usize) -> String, within: &str, between: &str) -> String {
    let row = |i: usize| (0..side).map(|j| print(i * side + j)).collect::<Vec<_>>().join(within);
    (0..side).map(row).collect::<Vec<_>>().join(between)
}

#[test]
fn matrices_of_every_dialect_leave_almost_nothing() {
    let cents = |k: usize| (k * 7919 % 3175) as f64 / 100.0;
    let printers: [&dyn Fn(usize) -> String; 6] = [
        &|k| format!("{:?}", cents(k)),
        &|k| format!("{:.1}", cents(k)),
        &|k| format!("{:.2}", cents(k)),
        &|k| format!("{}", k % 32),
        &|k| format!("{}", cents(k)),
        &|k| format!("{:?}", f64::from(1.0 / (k + 3) as f32)),
    ];
    for print in printers {
        for (within, between) in [(", ", "], ["), (",", "],["), (",\n   ", "\n ],\n [\n  "), (", ", ", ")] {
            let body = matrix(40, print, within, between);
            let text = format!("{{\"pae\": [[{body}]], \"ptm\": 0.81}}");
            let (left, arrays) = round_trip(&text);
            assert!(left < 120, "{left} bytes left of {:.60}", text);
            assert_eq!(arrays.len(), 1);
            assert_eq!(arrays[0].shape, [40, 40], "a square, however it is set");
        }
    }
}

#[test]
fn short_runs_stay_here_and_odd_tokens_cost_themselves() {
    let list = (0..100).map(|k| format!("{:.2}", 90.0 + f64::from(k) / 16.0)).collect::<Vec<_>>();
    let (left, arrays) = round_trip(&format!("[{}]", list.join(", ")));
    assert!(arrays.is_empty() && left < 240, "{left}");
    let mut odd = list.clone();
    odd[50] = "1e1".into();
    odd[99] = "-0.00".into();
    let (with_odd, _) = round_trip(&format!("[{}]", odd.join(", ")));
    assert!(with_odd < left + 130, "{with_odd} {left}");
}

#[test]
fn a_run_that_ends_within_a_row_keeps_its_full_rows() {
    round_trip("[[1, 2, 3], [4, 5, 6], [7, 8, 9], [10, 11], [12]]");
    round_trip("1 2 3\n4 5 6\n7 8 9\n10 11 x");
    round_trip("[1, 2, 3, 4, 5, 6, 7, 8, 9, null, 10]");
    round_trip("-1--2 - 3e 5.5.5 1 2 3 4 5 6 7 8 9 10");
    round_trip("v1.5 a-3 1,2,3,4,5,6,7,8,9");
}

#[test]
fn damage_is_an_error_or_another_text_but_never_a_panic() {
    let text = format!(
        "{{\"x\": [{}], \"y\": [[{}]]}}",
        "1.5, 2, 3, 4, 5, 6, 7, 8, 9",
        matrix(40, |k| k.to_string(), ", ", "], [")
    );
    let mut coder = Coder { structure: None, arrays: Vec::new() };
    let raw = encode(text.as_bytes(), &mut coder).unwrap();
    let beside = Given { structure: None, arrays: &coder.arrays };
    for bit in 0..raw.len() * 8 {
        let mut bad = raw.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        let _ = decode(&bad, &beside).map(|text| assert!(text.len() < 1 << 26));
    }
    for length in 0..raw.len() {
        let _ = decode(&raw[..length], &beside);
    }
    assert!(decode(&raw, &Given::default()).is_err(), "an array is missing");
}

proptest! {
    #[test]
    fn any_text_of_numbers_comes_back(
        numbers in prop::collection::vec(
            prop_oneof![
                any::<f32>().prop_map(|v| format!("{v:?}")), any::<f64>().prop_map(|v| format!("{v:e}")),
                (-1e6..1e6_f64).prop_map(|v| format!("{v:.2}")), any::<i64>().prop_map(|v| v.to_string()),
                Just("NaN".to_owned()), Just("-0".to_owned()), Just("007".to_owned()),
            ],
            0..80,
        ),
        separators in prop::collection::vec(prop::sample::select(vec![",", ", ", "], [", "\n", "\r\n", " x "]), 1..4),
    ) {
        let mut text = String::new();
        for (index, number) in numbers.iter().enumerate() {
            text += number;
            text += separators[index % separators.len()];
        }
        round_trip(&text);
    }
}
