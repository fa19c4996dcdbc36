//! Rules for sequences: letters, chains, and agreement with a structure.
//!
//! A given sequence may be longer than what the structure shows, because predictors and experiments leave gaps, but it
//! may not contradict it: chain by chain, the observed residues are a subsequence of the given ones.
//!
//! ```text
//! given     MKTAYIAKQR:ACDE
//! observed  MKT--IAKQ-:ACDE     fits
//! observed  MKTW              contradicts: W is nowhere after MKT
//! ```
//!
//! X, B, Z and J stand for more than one residue and fit any letter on the other side.

use crate::error::{Error, Result};
use crate::record::ResidueKind;

/// Upper case, and only letters with single `:` between chains.
///
/// # Errors
/// `Validation` with the place of the first wrong character.
pub fn normalise(sequence: &str) -> Result<String> {
    if sequence.is_empty() {
        return Err(Error::validation("sequence is empty: at least one residue is needed"));
    }
    if let Some(place) = sequence.bytes().position(|byte| !byte.is_ascii_alphabetic() && byte != b':') {
        let wrong = sequence.get(place..).and_then(|rest| rest.chars().next()).unwrap_or('?');
        return Err(Error::validation(format!(
            "sequence: {wrong:?} at position {} is no residue; allowed are the letters A to Z (the 20 amino acids, U O X \
             B Z J, nucleotides) and : between chains",
            place + 1
        )));
    }
    if sequence.split(':').any(str::is_empty) {
        return Err(Error::validation(
            "sequence has an empty chain: one : stands between two chains, none at the ends",
        ));
    }
    Ok(sequence.to_ascii_uppercase())
}

/// Whether a given sequence fits the observed one; both upper case, chains separated by `:`.
pub(super) fn check_agreement(given: &str, observed: &str) -> Result<()> {
    let (given_chains, observed_chains) = (given.split(':').count(), observed.split(':').count());
    if given_chains != observed_chains {
        return Err(contradiction(&format!(
            "it has {given_chains} chain(s), the structure {observed_chains}: chains are joined by : in the order of \
             the file"
        )));
    }
    for (index, (given, observed)) in given.split(':').zip(observed.split(':')).enumerate() {
        check_chain(index + 1, given.as_bytes(), observed.as_bytes())?;
    }
    Ok(())
}

/// The types of the chains of a sequence: those observed, protein where nothing is.
pub(super) fn chain_types(sequence: &str, observed: &[ResidueKind]) -> Vec<ResidueKind> {
    let chains = sequence.split(':').count();
    let observed = if observed.len() == chains { observed } else { &[] };
    (0..chains).map(|chain| observed.get(chain).copied().unwrap_or(ResidueKind::Protein)).collect()
}

fn check_chain(chain: usize, given: &[u8], observed: &[u8]) -> Result<()> {
    if given.len() == observed.len() {
        return match given.iter().zip(observed).position(|(&a, &b)| !fits(a, b)) {
            None => Ok(()),
            Some(place) => Err(contradiction(&format!(
                "chain {chain} has {} at position {}, the structure {}",
                char::from(given[place]),
                place + 1,
                char::from(observed[place])
            ))),
        };
    }
    let mut rest = given.iter();
    match observed.iter().position(|&residue| !rest.any(|&letter| fits(letter, residue))) {
        None => Ok(()),
        Some(place) => Err(contradiction(&format!(
            "chain {chain} has {} residues and the structure shows {}, of which residue {} ({}) does not fit in order",
            given.len(),
            observed.len(),
            place + 1,
            char::from(observed[place])
        ))),
    }
}

fn contradiction(what: &str) -> Error {
    Error::validation(format!(
        "sequence contradicts the structure: {what}; check_sequence=False stores it all the same"
    ))
}

fn fits(given: u8, observed: u8) -> bool {
    given == observed || [given, observed].iter().any(|letter| b"XBZJ".contains(letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_upper_cased_and_others_refused_with_their_place() {
        assert_eq!(normalise("mkt:ac").unwrap(), "MKT:AC");
        for (wrong, word) in
            [("MK-T", "'-' at position 3"), ("M*", "'*'"), ("MK1", "'1'"), ("MKé", "'é' at position 3")]
        {
            assert!(normalise(wrong).unwrap_err().message().contains(word), "{wrong}");
        }
        for wrong in ["", ":", "MK:", ":MK", "MK::T"] {
            assert!(normalise(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn gaps_fit_and_contradictions_do_not() {
        assert!(check_agreement("MKTAYIAKQR:ACDE", "MKTIAKQ:ACDE").is_ok());
        assert!(check_agreement("MXT", "MKT").is_ok());
        assert!(check_agreement("MKT", "MXT").is_ok());
        let message = |given, observed| check_agreement(given, observed).unwrap_err().message().to_owned();
        assert!(message("MKT", "MWT").contains("has K at position 2, the structure W"));
        assert!(message("MKTA", "MTK").contains("residue 3 (K)"));
        assert!(message("MK", "MKT").contains("residue 3 (T)"));
        assert!(message("MK:T", "MKT").contains("2 chain(s), the structure 1"));
    }
}
