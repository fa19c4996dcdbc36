//! PROSITE patterns: a line with the pattern, a line with a sequence. The matcher agrees with one that tries all ways.

use proteusdb_core::query::Pattern;

use super::sample::pattern_and_sequence;

pub fn seeds() -> Vec<Vec<u8>> {
    ["N-{P}-[ST]-{P}\nANASAA", "<A-x-[ST](2)-x(0,1)-{V}.\nACSTC", "C-x(2,4)-[GA>]\nCAAA:CAAG", "[<M]-K>.\nMK:K"]
        .map(|text| text.as_bytes().to_vec())
        .to_vec()
}

pub fn run(data: &[u8]) {
    let Some((text, sequence)) = pattern_and_sequence(data) else { return };
    let Ok(pattern) = Pattern::prosite(text) else { return };
    assert_eq!(Pattern::parse(&pattern.to_string()).ok().as_ref(), Some(&pattern));
    let found = pattern.matches(&sequence);
    if found {
        let begins = |chain: &str| chain.starts_with(&pattern.literal_prefix());
        assert!(sequence.split(':').any(begins), "{text} on {sequence}: prefix");
        for literal in pattern.literals() {
            assert!(sequence.split(':').any(|chain| chain.contains(&literal)), "{text} on {sequence}: {literal}");
        }
    }
    if text.len() * sequence.len() < 1 << 12 {
        assert_eq!(found, sequence.split(':').any(|chain| anywhere(text, chain)), "{text} on {sequence}");
    }
}

/// Whether the pattern, known to be one, matches within the chain: all ends that are reached, element by element.
fn anywhere(text: &str, chain: &str) -> bool {
    let text = text.to_ascii_uppercase();
    let text = text.strip_suffix('.').unwrap_or(&text);
    let (text, starts) = text.strip_prefix('<').map_or((text, false), |rest| (rest, true));
    let (text, ends) = text.strip_suffix('>').map_or((text, false), |rest| (rest, true));
    let residues: Vec<char> = chain.chars().collect();
    let mut reached: Vec<bool> = (0..=residues.len()).map(|at| !starts || at == 0).collect();
    for element in text.split('-') {
        reached = after(element, &residues, &reached);
    }
    if ends { reached[residues.len()] } else { reached.contains(&true) }
}

fn after(element: &str, residues: &[char], reached: &[bool]) -> Vec<bool> {
    let (place, counts) =
        element.split_once('(').map_or((element, "1"), |(place, rest)| (place, rest.trim_end_matches(')')));
    let (least, most) = counts.split_once(',').unwrap_or((counts, counts));
    let count = |text: &str| text.parse::<usize>().expect("a count of a pattern that was taken");
    let inner = place.trim_matches(|c| "[]{}".contains(c));
    let takes = |residue: char| match place.chars().next() {
        Some('X') => true,
        Some('{') => !inner.contains(residue),
        _ => inner.contains(residue),
    };
    let mut next = vec![false; reached.len()];
    for from in (0..reached.len()).filter(|&from| reached[from]) {
        if (inner.contains('<') && from == 0) || (inner.contains('>') && from == residues.len()) {
            next[from] = true;
        }
        for times in 0..=count(most) {
            if times >= count(least) {
                next[from + times] = true;
            }
            if !residues.get(from + times).is_some_and(|&residue| takes(residue)) {
                break;
            }
        }
    }
    next
}
