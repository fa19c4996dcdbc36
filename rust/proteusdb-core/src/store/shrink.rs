//! Giving room back: what is dead in segments, and pages that nothing uses.
//!
//! ```text
//! segment [blob | dead | blob | dead] ─┐
//! segment [dead | blob | dead | dead] ─┴─> segment [blob | blob | blob]      repack, some at a time
//! file    [used | free | used | free] ───> file    [used | used]             copy, put in the place of the old one
//! ```
//!
//! No version is dropped. Readers and writers of all processes go on; writers wait while the copy is made.

use heed::CompactionOption;

use super::shared::Shared;
use super::{blobs, lmdb, replace};
use crate::error::Result;

/// Packs segments that are dead to a quarter or more, and writes the file anew without free pages.
pub(super) fn shrink(shared: &Shared) -> Result<()> {
    while shared.write(blobs::repack)? {}
    shared.replace(|opened, path| {
        replace::replace(opened, path, |new| {
            opened.env.copy_to_path(new, CompactionOption::Enabled).map(drop).map_err(lmdb)
        })
    })
}
