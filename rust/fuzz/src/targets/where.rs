//! `where`: what is printed reads as the same again and holds of the same rows.

use proteusdb_core::query::expression::parse;

use super::sample::Sample;

pub fn seeds() -> Vec<Vec<u8>> {
    [
        "length > 100 and metadata.organism == 'E. coli' and not sequence glob 'M*K'",
        "0.5 <= confidence < 0.9 or 'x' not in metadata.tags",
        "job in ['a', \"b\", 'it''s'] and seed not between -1 and 1e3",
        "metadata.'my key'.ptm exists or metadata.none is null and sample is missing",
        "id glob 'a[b-d]*' or metadata.organism matches '(?i)^e[.]'",
        "created_at >= '2024-01-01' and updated_at < '7 days ago' and metadata.day == 'today'",
        "sequence prosite '<M-x(2,4)-[ST]' or sequence matches 'K.{2}$'",
        "chain_types contains 'rna' and chains < 3 and structure exists and 'pae' in arrays",
        "not (metadata.flag == true) and (metadata.n != 1.0 or metadata.tags contains null)",
    ]
    .map(|text| text.as_bytes().to_vec())
    .to_vec()
}

pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let condition = match parse(text) {
        Ok(condition) => condition,
        Err(error) => {
            assert!(!error.message().is_empty());
            return;
        }
    };
    let printed = condition.to_string();
    let again = match parse(&printed) {
        Ok(again) => again,
        Err(error) => {
            // Parentheses that precedence made needless are printed, which may pass a limit.
            let limit = error.message().contains("too deep") || error.message().contains("bytes; allowed");
            assert!(limit, "{printed}\n{error}");
            return;
        }
    };
    assert_eq!(again.to_string(), printed);
    for sequence in ["MKLSAGK", "MK:GGG"] {
        let row = Sample::new(sequence);
        assert_eq!(condition.matches(&row), again.matches(&row), "{printed}");
    }
}
