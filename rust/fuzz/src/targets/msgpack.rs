//! Metadata as msgpack: what is decoded encodes, and decodes as the same again.

use proteusdb_core::codec::msgpack::{decode_map, encode_map};
use proteusdb_core::record::{Array, Dtype, Map, Value};

pub fn seeds() -> Vec<Vec<u8>> {
    let array = Array { dtype: Dtype::Float(4), shape: vec![2], data: vec![0, 0, 128, 63, 0, 0, 0, 64] };
    let inner: Map = [("é".to_owned(), Value::Array(array))].into_iter().collect();
    let all = [
        ("none", Value::Null),
        ("flag", Value::Bool(false)),
        ("int", Value::Int(i64::MIN)),
        ("float", Value::Float(-0.5)),
        ("text", Value::Text("x".repeat(40))),
        ("moment", Value::Time(-1)),
        ("list", Value::List(vec![Value::Int(5), Value::List(Vec::new())])),
        ("map", Value::Map(inner)),
    ];
    vec![vec![0x80], encode_map(&all.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())]
}

pub fn run(data: &[u8]) {
    let Ok(map) = decode_map(data, "fuzz") else { return };
    let encoded = encode_map(&map);
    let again = decode_map(&encoded, "fuzz").expect("what was encoded decodes");
    assert_eq!(encode_map(&again), encoded);
}
