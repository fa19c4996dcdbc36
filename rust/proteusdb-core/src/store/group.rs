//! Operations that may fail alone, in as few transactions as will hold them.
//!
//! ```text
//! [a b c d] ── too many pages, above the quota, or a damaged one ──> [a b] [c d] ──> [a b] [c] [d]      d's error is d's alone
//! ```
//!
//! Invariant: one outcome for each operation, in order; what is acknowledged was committed.

use std::borrow::Borrow;

use super::{TXN_FULL, quota, write};
use crate::error::{Error, Kind, Result};
use crate::operation::{Operation, Outcome};

/// Applies operations in one transaction, or in halves where that transaction fails by its size or by one of them.
pub(super) fn apply<O: Borrow<Operation>>(
    operations: &[O],
    transact: &mut impl FnMut(&[O]) -> Result<Vec<Result<Outcome>>>,
) -> Vec<Result<Outcome>> {
    match transact(operations) {
        Ok(outcomes) => outcomes,
        Err(error) if operations.len() > 1 && halves_help(&error) => {
            let (first, second) = operations.split_at(operations.len() / 2);
            let mut outcomes = apply(first, transact);
            outcomes.extend(apply(second, transact));
            outcomes
        }
        Err(error) => operations.iter().map(|_| Err(error.clone())).collect(),
    }
}

/// The outcomes, unless the store failed every operation: then that is the error.
pub(super) fn whole(outcomes: Vec<Result<Outcome>>) -> Result<Vec<Result<Outcome>>> {
    let failed = |outcome: &Result<Outcome>| outcome.as_ref().is_err_and(|error| !write::is_callers(error.kind()));
    match outcomes.first() {
        Some(Err(error)) if outcomes.iter().all(failed) => Err(error.clone()),
        _ => Ok(outcomes),
    }
}

fn halves_help(error: &Error) -> bool {
    error.kind() == Kind::Corruption || error.message() == TXN_FULL || quota::is_refusal(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delete(id: &str) -> Operation {
        Operation::Delete { id: id.to_owned(), cascade: false, purge: false }
    }

    fn id(operation: &Operation) -> &str {
        match operation {
            Operation::Delete { id, .. } => id,
            _ => "",
        }
    }

    /// Applies "a" to "h"; a transaction of more than `most`, or with "f" in it, fails by `error`.
    fn applied(most: usize, error: &Error) -> (Vec<bool>, Vec<usize>) {
        let operations: Vec<_> = "abcdefgh".chars().map(|letter| delete(&letter.to_string())).collect();
        let mut sizes = Vec::new();
        let outcomes = apply(&operations, &mut |part| {
            sizes.push(part.len());
            if part.len() > most || part.iter().any(|operation| id(operation) == "f") {
                return Err(error.clone());
            }
            Ok(part.iter().map(|_| Ok(Outcome::Deleted)).collect())
        });
        (outcomes.iter().map(Result::is_ok).collect(), sizes)
    }

    #[test]
    fn what_is_too_large_is_halved_and_what_is_damaged_fails_alone() {
        let alone = [true, true, true, true, true, false, true, true];
        assert_eq!(applied(8, &Error::corruption("f is damaged")), (alone.to_vec(), vec![8, 4, 4, 2, 1, 1, 2]));
        assert_eq!(applied(2, &Error::storage(TXN_FULL)), (alone.to_vec(), vec![8, 4, 2, 2, 4, 2, 1, 1, 2]));
    }

    #[test]
    fn a_failing_disk_is_not_tried_again() {
        assert_eq!(applied(8, &Error::storage("the disk is full")), (vec![false; 8], vec![8]));
    }
}
