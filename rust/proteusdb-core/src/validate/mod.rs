//! What may enter.
