//! One LMDB file.
