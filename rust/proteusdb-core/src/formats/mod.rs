//! Structure files to columns and back.
