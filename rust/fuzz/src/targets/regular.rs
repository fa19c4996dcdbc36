//! Regular expressions over residues: a line with the expression, a line with a sequence. Bounded to compile and to
//! match, whatever they say; chains are matched apart from one another.

use proteusdb_core::query::Pattern;

use super::sample::pattern_and_sequence;

pub fn seeds() -> Vec<Vec<u8>> {
    ["^M.{3,5}K$\nMAAAAK", "(A|C)+[^P]?\nACP:C", "(?:AA*)*$\nAAAA", "\\w{2}(?-i)k\nAAK"]
        .map(|text| text.as_bytes().to_vec())
        .to_vec()
}

pub fn run(data: &[u8]) {
    let Some((text, sequence)) = pattern_and_sequence(data) else { return };
    let Ok(pattern) = Pattern::regular(text) else { return };
    assert_eq!(Pattern::parse(&pattern.to_string()).ok().as_ref(), Some(&pattern));
    let apart = sequence.split(':').any(|chain| pattern.matches(chain));
    assert_eq!(pattern.matches(&sequence), apart, "{text} on {sequence}");
}
