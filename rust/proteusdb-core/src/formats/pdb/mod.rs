//! The fixed-column Protein Data Bank format.
//!
//! ```text
//! 1     7     13  17 18  21 23  27    31      39      47      55    61          73  77  79
//! ATOM      1  CA AMET A  12A     11.104   6.134  -6.504  1.00 92.13      SEGM   C1+
//!       serial name|res cc number|    x       y       z     occ   B         segid el charge
//!                altloc          insertion code
//! ```

mod header;
mod hybrid36;
pub(super) mod read;
pub(super) mod write;

/// Reads a decimal integer with an optional sign; `None` for any other text.
pub(super) fn integer(text: &[u8]) -> Option<i32> {
    hybrid36::decimal(text)
}
