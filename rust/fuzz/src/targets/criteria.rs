//! Criteria of any names and values, as a msgpack map, and what `best` is asked with: an error or an answer.

use proteusdb_core::codec::msgpack::{decode_map, encode_map};
use proteusdb_core::query::{Contest, Criteria};
use proteusdb_core::record::{Map, Value};

use super::sample::Sample;

pub fn seeds() -> Vec<Vec<u8>> {
    let text = |text: &str| Value::Text(text.into());
    let range = |low: Value, high: Value| {
        Value::Map([("$range".to_owned(), Value::List(vec![low, high]))].into_iter().collect::<Map>())
    };
    let paths: Map =
        [("n".to_owned(), range(Value::Int(0), Value::Float(2.5))), ("organism".to_owned(), text("E. coli"))]
            .into_iter()
            .collect();
    let maps: [&[(&str, Value)]; 5] = [
        &[("sequence_pattern", text("M*K")), ("confidence_threshold", Value::Float(0.5)), ("limit", Value::Int(3))],
        &[("model_name", text("esm2")), ("date_range", Value::List(vec![text("2024-01-01"), Value::Null]))],
        &[("metadata", Value::Map(paths)), ("order_by", Value::List(vec![text("-confidence"), text("id")]))],
        &[("length_range", range(Value::Int(1), Value::Null)), ("where", text("seed == 1")), ("offset", Value::Int(1))],
        &[("as_of", Value::Time(5)), ("job", text("job-1")), ("seed", Value::Int(1)), ("sample", Value::Int(0))],
    ];
    maps.map(|items| encode_map(&items.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect()))
        .to_vec()
}

pub fn run(data: &[u8]) {
    let Ok(map) = decode_map(data, "criteria") else { return };
    if let [(by, _), (per, _), ..] = map.iter().collect::<Vec<_>>().as_slice() {
        let _ = Contest::parse(by, per);
    }
    match Criteria::parse(&map) {
        Ok(criteria) => {
            assert_eq!(Criteria::parse(&map).ok().as_ref(), Some(&criteria));
            assert!(criteria.matches(&Sample::new("MKLSAGK")).is_ok());
        }
        Err(error) => assert!(!error.message().is_empty()),
    }
}
