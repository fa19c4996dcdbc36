//! What most rows agree on.

/// Different choices that are counted.
const MAX_CHOICES: usize = 64;

/// Counts of a few different things; the first of the most frequent wins.
#[derive(Debug, Clone)]
pub(super) struct Votes<T>(Vec<(T, usize)>);

impl<T> Default for Votes<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: PartialEq> Votes<T> {
    pub(super) fn cast(&mut self, vote: T) {
        if let Some((_, count)) = self.0.iter_mut().find(|(known, _)| *known == vote) {
            *count += 1;
        } else if self.0.len() < MAX_CHOICES {
            self.0.push((vote, 1));
        }
    }

    pub(super) fn winner(self) -> Option<T> {
        self.0.into_iter().rev().max_by_key(|(_, count)| *count).map(|(vote, _)| vote)
    }
}
