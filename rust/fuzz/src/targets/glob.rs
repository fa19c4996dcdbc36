//! Globs over residues: a line with the glob, a line with a sequence. The matcher agrees with a table of all ways.

use proteusdb_core::query::Pattern;

use super::sample::pattern_and_sequence;

pub fn seeds() -> Vec<Vec<u8>> {
    ["M?K*[ST]P*LL\nMAKAAASPAALL", "*\nM", "mk*:[!G]*\nMKK:AG", "M[AG]*K:*\nMAK:C", "A*B*A\nABBA:ABA"]
        .map(|text| text.as_bytes().to_vec())
        .to_vec()
}

pub fn run(data: &[u8]) {
    let Some((text, sequence)) = pattern_and_sequence(data) else { return };
    let Ok(glob) = Pattern::glob(text) else { return };
    // `re:A` is a glob of two chains where it is asked for as one, and a regular expression where the text decides.
    if !text.starts_with("re:") && !text.starts_with("prosite:") {
        assert_eq!(Pattern::parse(&glob.to_string()).ok().as_ref(), Some(&glob));
    }
    let found = glob.matches(&sequence);
    if text.len() * sequence.len() < 1 << 16 {
        assert_eq!(found, matches(text, &sequence), "{text} on {sequence}");
    }
    if found {
        let begins = |chain: &str| chain.starts_with(&glob.literal_prefix());
        assert!(sequence.split(':').any(begins), "{text} on {sequence}: prefix");
        for literal in glob.literals() {
            assert!(sequence.split(':').any(|chain| chain.contains(&literal)), "{text} on {sequence}: {literal}");
        }
    }
}

/// A place of a glob: any run, or the letters it takes.
enum Place {
    Run,
    One(Vec<char>, bool),
}

fn matches(glob: &str, sequence: &str) -> bool {
    let globs: Vec<Vec<Place>> = glob.to_ascii_uppercase().split(':').map(places).collect();
    let chains: Vec<Vec<char>> = sequence.split(':').map(|chain| chain.chars().collect()).collect();
    match globs.as_slice() {
        [any] => chains.iter().any(|chain| whole(any, chain)),
        each => each.len() == chains.len() && each.iter().zip(&chains).all(|(glob, chain)| whole(glob, chain)),
    }
}

fn places(glob: &str) -> Vec<Place> {
    let (mut places, mut rest) = (Vec::new(), glob.chars());
    while let Some(letter) = rest.next() {
        places.push(match letter {
            '*' => Place::Run,
            '?' => Place::One(Vec::new(), true),
            '[' => {
                let class: Vec<char> = rest.by_ref().take_while(|&letter| letter != ']').collect();
                match class.split_first() {
                    Some(('!', members)) => Place::One(members.to_vec(), true),
                    _ => Place::One(class, false),
                }
            }
            letter => Place::One(vec![letter], false),
        });
    }
    places
}

/// `reached[i]`: the places so far can stand for the first `i` residues.
fn whole(glob: &[Place], chain: &[char]) -> bool {
    let mut reached = vec![false; chain.len() + 1];
    reached[0] = true;
    for place in glob {
        let mut next = vec![false; chain.len() + 1];
        for end in 0..=chain.len() {
            next[end] = match place {
                Place::Run => reached[..=end].contains(&true),
                Place::One(letters, negated) => {
                    end > 0 && reached[end - 1] && letters.contains(&chain[end - 1]) != *negated
                }
            };
        }
        reached = next;
    }
    reached[chain.len()]
}
