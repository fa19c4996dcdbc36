//! Globs over residues.
//!
//! ```text
//! pattern := chain (":" chain)*          without ":" it must match one whole chain, with ":" the whole sequence
//! chain   := place+
//! place   := letter                      that residue, either case
//!          | "?"                         one residue
//!          | "*"                         any run of residues, also none
//!          | "[" letter+ "]"             one of these
//!          | "[!" letter+ "]"            one that is none of these
//! ```
//!
//! There are no ranges: the letters of amino acids stand in no order that `[A-D]` could mean.
//!
//! A chain is cut at its stars. The first piece stands at the beginning, the last at the end, and each piece between
//! is taken where it occurs first, which leaves the most room for the next:
//!
//! ```text
//! M?K*[ST]P*LL   ->   head M?K     middle [ST]P     tail LL
//! ```

use super::fault::fault;
use super::piece::Piece;
use super::residue::{ResidueSet, prefix, runs};
use crate::error::Result;

const ALLOWED: &str = "letters, * (any run), ? (one residue), [AG] (one of), [!P] (none of), : (next chain)";

/// A parsed glob: one matcher for any chain, or one for each.
#[derive(Debug, Clone)]
pub(super) struct Glob {
    chains: Vec<Chain>,
}

/// What one chain must look like.
#[derive(Debug, Clone)]
struct Chain {
    head: Piece,
    middle: Vec<Piece>,
    /// `None` without a star: the head is all there is.
    tail: Option<Piece>,
}

impl Glob {
    /// Whether a sequence matches.
    pub(super) fn matches(&self, sequence: &[u8]) -> bool {
        let mut parts = sequence.split(|&byte| byte == b':');
        match self.chains.as_slice() {
            [any] => parts.any(|chain| any.matches(chain)),
            each => {
                each.iter().all(|chain| parts.next().is_some_and(|part| chain.matches(part))) && parts.next().is_none()
            }
        }
    }

    /// What some chain of every match begins with.
    pub(super) fn literal_prefix(&self) -> String {
        let prefixes = self.chains.iter().map(|chain| prefix(chain.head.places()));
        prefixes.max_by_key(String::len).unwrap_or_default()
    }

    /// Runs of letters that every match has.
    pub(super) fn literals(&self) -> Vec<String> {
        self.chains.iter().flat_map(Chain::pieces).flat_map(|piece| runs(piece.places())).collect()
    }
}

impl Chain {
    fn pieces(&self) -> impl Iterator<Item = &Piece> {
        std::iter::once(&self.head).chain(&self.middle).chain(&self.tail)
    }

    fn matches(&self, chain: &[u8]) -> bool {
        let Some(rest) = self.head.strip_start(chain) else { return false };
        let Some(tail) = &self.tail else { return rest.is_empty() };
        let Some(mut rest) = tail.strip_end(rest) else { return false };
        for piece in &self.middle {
            match piece.strip_first(rest) {
                Some(after) => rest = after,
                None => return false,
            }
        }
        true
    }

    /// Cuts the places of a chain at its stars (`None`).
    fn new(places: &[Option<ResidueSet>]) -> Self {
        let piece = |places: &[Option<ResidueSet>]| Piece::new(places.iter().flatten().copied().collect());
        let mut pieces: Vec<Piece> = places.split(Option::is_none).map(piece).collect();
        let tail = if pieces.len() > 1 { pieces.pop() } else { None };
        let mut rest = pieces.into_iter();
        let head = rest.next().unwrap_or_else(|| Piece::new(Vec::new()));
        Self { head, middle: rest.filter(|piece| !piece.is_empty()).collect(), tail }
    }
}

/// Parses a glob.
///
/// # Errors
/// `Query` with the place of the fault.
pub(super) fn parse(text: &str) -> Result<Glob> {
    let mut letters = text.chars().enumerate();
    let mut chains = Vec::new();
    let mut places = Vec::new();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '*' => places.push(None),
            '?' => places.push(Some(ResidueSet::ANY)),
            '[' => places.push(Some(class(text, at, &mut letters)?)),
            ':' if places.is_empty() => return Err(fault(text, at, "the chain before ':' is empty", ALLOWED)),
            ':' => chains.push(Chain::new(&std::mem::take(&mut places))),
            _ => match ResidueSet::of(letter) {
                Some(set) => places.push(Some(set)),
                None => return Err(fault(text, at, &format!("{letter:?} is no residue or wildcard"), ALLOWED)),
            },
        }
    }
    if places.is_empty() {
        return Err(fault(text, text.chars().count(), "the chain after ':' is empty", ALLOWED));
    }
    chains.push(Chain::new(&places));
    Ok(Glob { chains })
}

/// The rest of a class whose `[` stood at `open`.
fn class(text: &str, open: usize, letters: &mut impl Iterator<Item = (usize, char)>) -> Result<ResidueSet> {
    const CLASS: &str = "letters between [ and ], after ! for none of them: [AG], [!P]";
    let (mut set, mut negated) = (ResidueSet::NONE, false);
    for (at, letter) in letters {
        match (letter, ResidueSet::of(letter)) {
            ('!', _) if at == open + 1 => negated = true,
            (']', _) if set == ResidueSet::NONE => return Err(fault(text, open, "the class is empty", CLASS)),
            (']', _) => return Ok(if negated { set.negated() } else { set }),
            (_, Some(residue)) => set = set.with(residue),
            ('-', _) => return Err(fault(text, at, "a class has no ranges; write every letter", CLASS)),
            ('^', _) => return Err(fault(text, at, "a class is negated by !", CLASS)),
            _ => return Err(fault(text, at, &format!("{letter:?} is no residue"), CLASS)),
        }
    }
    Err(fault(text, open, "the class is not closed", CLASS))
}
