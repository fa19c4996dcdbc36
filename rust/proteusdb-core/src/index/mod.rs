//! What indexes are made of, apart from where they are kept.
//!
//! ```text
//! leaf       sorted keys, each told by what differs from the one before      every index over rows and sequences
//! residues   letters in five bits                                            how sequences are kept and scanned
//! kmers      which runs of three residues stand in which stretch             infix, suffix, classes, PROSITE, regex
//! ```
//!
//! Nothing here knows LMDB; `store` keeps what is made here and proves it with checksums.

pub(crate) mod kmers;
pub(crate) mod leaf;
pub(crate) mod residues;
