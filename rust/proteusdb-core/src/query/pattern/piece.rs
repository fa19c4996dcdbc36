//! A run of places without a star, and how to find it.
//!
//! Letters alone are found by substring search. With wildcards or classes the search is Shift-And: bit `i` of the
//! state says that the last `i + 1` residues match the first `i + 1` places, and one residue moves all bits at once.
//!
//! ```text
//! A?C over A G C      state 001  ->  010  ->  100: the highest bit is set, found
//! ```
//!
//! Invariant: a residue is looked at once for each 64 places, so no pattern makes the search backtrack.

use memchr::memmem::Finder;

use super::residue::ResidueSet;

const WORD: usize = u64::BITS as usize;

/// A run of places.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    places: Vec<ResidueSet>,
    search: Search,
}

#[derive(Debug, Clone)]
enum Search {
    Letters(Box<Finder<'static>>),
    Sets(Masks),
}

impl Piece {
    /// The piece with these places.
    pub(super) fn new(places: Vec<ResidueSet>) -> Self {
        let letters: Option<String> = places.iter().map(|place| place.single()).collect();
        let search = match letters {
            Some(letters) => Search::Letters(Box::new(Finder::new(letters.as_bytes()).into_owned())),
            None => Search::Sets(Masks::new(&places)),
        };
        Self { places, search }
    }

    /// Whether it has no place.
    pub(super) fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Its places in order.
    pub(super) fn places(&self) -> impl Iterator<Item = ResidueSet> {
        self.places.iter().copied()
    }

    /// What follows, where the piece stands at the beginning.
    pub(super) fn strip_start<'t>(&self, text: &'t [u8]) -> Option<&'t [u8]> {
        let (start, rest) = text.split_at_checked(self.places.len())?;
        self.stands(start).then_some(rest)
    }

    /// What precedes, where the piece stands at the end.
    pub(super) fn strip_end<'t>(&self, text: &'t [u8]) -> Option<&'t [u8]> {
        let (rest, end) = text.split_at_checked(text.len().checked_sub(self.places.len())?)?;
        self.stands(end).then_some(rest)
    }

    /// What follows its first occurrence.
    pub(super) fn strip_first<'t>(&self, text: &'t [u8]) -> Option<&'t [u8]> {
        let end = match &self.search {
            Search::Letters(finder) => finder.find(text)? + self.places.len(),
            Search::Sets(masks) => masks.find_end(text)?,
        };
        text.get(end..)
    }

    fn stands(&self, text: &[u8]) -> bool {
        self.places.iter().zip(text).all(|(place, &residue)| {
            steps::count();
            place.has(residue)
        })
    }
}

/// For each letter, the places it fits, as bits.
#[derive(Debug, Clone)]
struct Masks {
    words: usize,
    /// `words` for each of A to Z.
    bits: Vec<u64>,
    /// The bit of the last place, in the last word.
    accept: u64,
}

impl Masks {
    fn new(places: &[ResidueSet]) -> Self {
        let words = places.len().div_ceil(WORD);
        let mut bits = vec![0; 26 * words];
        for (index, place) in places.iter().enumerate() {
            for letter in place.letters() {
                let word = (letter as usize - 'A' as usize) * words + index / WORD;
                bits[word] |= 1 << (index % WORD);
            }
        }
        Self { words, bits, accept: 1 << (places.len().saturating_sub(1) % WORD) }
    }

    /// Where the first occurrence ends.
    fn find_end(&self, text: &[u8]) -> Option<usize> {
        let mut state = vec![0_u64; self.words];
        for (at, &residue) in text.iter().enumerate() {
            let mask = self.mask(residue)?;
            let mut carry = 1;
            for (word, &fits) in state.iter_mut().zip(mask) {
                steps::count();
                let out = *word >> (WORD - 1);
                *word = (*word << 1 | carry) & fits;
                carry = out;
            }
            if state.last().is_some_and(|last| last & self.accept != 0) {
                return Some(at + 1);
            }
        }
        None
    }

    /// `None` for what is no upper-case letter, which no place matches and no stored chain holds.
    fn mask(&self, residue: u8) -> Option<&[u64]> {
        let letter = residue.checked_sub(b'A')? as usize;
        self.bits.get(letter * self.words..(letter + 1) * self.words)
    }
}

/// Counts the steps of matching, in tests only: a bound that no busy machine makes fail.
pub(super) mod steps {
    #[cfg(test)]
    thread_local! {
        static STEPS: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
    }

    /// One step.
    #[inline]
    pub(in super::super) fn count() {
        #[cfg(test)]
        STEPS.with(|steps| steps.set(steps.get() + 1));
    }

    /// The steps since this was last asked.
    #[cfg(test)]
    pub(in super::super) fn taken() -> u64 {
        STEPS.with(|steps| steps.replace(0))
    }
}
