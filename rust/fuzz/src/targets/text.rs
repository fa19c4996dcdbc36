//! Patterns over plain texts: a line with a glob, the rest the text. A glob agrees with a table of all ways.

use proteusdb_core::query::TextPattern;

pub fn seeds() -> Vec<Vec<u8>> {
    ["screen-[a-c]*\nscreen-b7", "*[!x]?\nabc", "[]x-]é*\n]é", "^run \\d+(?i:é)$\nrun 7É", "[*]a?\n*ab"]
        .map(|text| text.as_bytes().to_vec())
        .to_vec()
}

pub fn run(data: &[u8]) {
    let Some((pattern, text)) = std::str::from_utf8(data).ok().and_then(|data| data.split_once('\n')) else { return };
    if let Ok(regular) = TextPattern::regular(pattern) {
        // Nothing but that it ends.
        let _ = regular.matches(text);
    }
    if let Ok(glob) = TextPattern::glob(pattern)
        && pattern.len() * text.len() < 1 << 16
    {
        assert_eq!(glob.matches(text), matches(pattern, text), "{pattern:?} on {text:?}");
    }
}

/// `reached[i]`: the pattern so far can stand for the first `i` characters.
fn matches(glob: &str, text: &str) -> bool {
    let (glob, text): (Vec<char>, Vec<char>) = (glob.chars().collect(), text.chars().collect());
    let mut reached = vec![false; text.len() + 1];
    reached[0] = true;
    let mut at = 0;
    while at < glob.len() {
        let (takes, length): (Box<dyn Fn(char) -> bool>, usize) = match glob[at] {
            '*' => {
                let first = reached.iter().position(|&here| here).unwrap_or(reached.len());
                reached.iter_mut().skip(first).for_each(|here| *here = true);
                at += 1;
                continue;
            }
            '?' => (Box::new(|_| true), 1),
            '[' => class(&glob[at..]),
            letter => (Box::new(move |c| c == letter), 1),
        };
        at += length;
        reached = (0..=text.len()).map(|end| end > 0 && reached[end - 1] && takes(text[end - 1])).collect();
    }
    reached[text.len()]
}

/// What a class takes, and its length; `]` right after `[` or `[!` is a member.
fn class(glob: &[char]) -> (Box<dyn Fn(char) -> bool>, usize) {
    let negated = glob.get(1) == Some(&'!');
    let first = 1 + usize::from(negated);
    let close = first + 1 + glob[first + 1..].iter().position(|&letter| letter == ']').expect("a class that was taken");
    let members = glob[first..close].to_vec();
    let takes = move |c: char| {
        let (mut at, mut found) = (0, false);
        while at < members.len() {
            let range = at + 2 < members.len() && members[at + 1] == '-';
            found |= if range { (members[at]..=members[at + 2]).contains(&c) } else { members[at] == c };
            at += if range { 3 } else { 1 };
        }
        found != negated
    };
    (Box::new(takes), close + 1)
}
