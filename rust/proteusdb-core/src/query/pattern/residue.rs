//! What one place of a pattern matches: a set of residue letters.
//!
//! ```text
//! [AG]  bit 0 (A) and bit 6 (G)          [!P]  every bit but 15 (P)          ?  every bit
//! ```

/// A set of the letters A to Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ResidueSet(u32);

impl ResidueSet {
    /// No letter.
    pub(super) const NONE: Self = Self(0);
    /// Every letter.
    pub(super) const ANY: Self = Self((1 << 26) - 1);

    /// One letter of either case; `None` for what is no letter.
    pub(super) fn of(letter: char) -> Option<Self> {
        let letter = letter.to_ascii_uppercase();
        letter.is_ascii_uppercase().then(|| Self(1 << (letter as u32 - 'A' as u32)))
    }

    /// The letters of both.
    pub(super) fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Every letter it has not.
    pub(super) fn negated(self) -> Self {
        Self(!self.0 & Self::ANY.0)
    }

    /// Whether it has this upper-case letter; no set has a `:`.
    pub(super) fn has(self, byte: u8) -> bool {
        byte.is_ascii_uppercase() && self.0 & (1 << (byte - b'A')) != 0
    }

    /// The letter, where it is only one.
    pub(super) fn single(self) -> Option<char> {
        (self.0.count_ones() == 1).then(|| (b'A' + self.0.trailing_zeros() as u8) as char)
    }

    /// Its letters in order.
    pub(super) fn letters(self) -> impl Iterator<Item = char> {
        ('A'..='Z').filter(move |&letter| self.has(letter as u8))
    }

    /// Writes it as a class of a regular expression.
    pub(super) fn write_regular(self, into: &mut String) {
        into.push('[');
        into.extend(self.letters());
        into.push(']');
    }
}

/// The runs of single letters in a row of places, in order.
pub(super) fn runs(places: impl Iterator<Item = ResidueSet>) -> Vec<String> {
    let mut found = vec![String::new()];
    for place in places {
        match (place.single(), found.last_mut()) {
            (Some(letter), Some(run)) => run.push(letter),
            (None, Some(run)) if !run.is_empty() => found.push(String::new()),
            _ => {}
        }
    }
    found.retain(|run| !run.is_empty());
    found
}

/// The single letters a row of places begins with.
pub(super) fn prefix(places: impl Iterator<Item = ResidueSet>) -> String {
    places.map_while(ResidueSet::single).collect()
}
