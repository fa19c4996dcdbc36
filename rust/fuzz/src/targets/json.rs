//! JSON beside a structure: a value or an error that says something.

use proteusdb_core::formats::read_json;

use super::original::scores;

pub fn seeds() -> Vec<Vec<u8>> {
    let others =
        ["[]", "{\"a\": [true, null, NaN, -Infinity, 1e5], \"\\u00e9\\ud83e\\uddec\": {\"b\": []}}", "[[1], [2, 3]]"]
            .map(|text| text.as_bytes().to_vec());
    [vec![scores()], others.to_vec()].concat()
}

pub fn run(data: &[u8]) {
    if let Err(error) = read_json(data) {
        assert!(!error.message().is_empty());
    }
}
