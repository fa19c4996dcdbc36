//! Giving room back: what is dead in segments, and pages that nothing uses.
//!
//! ```text
//! segment [blob | dead | blob | dead] ─┐
//! segment [dead | blob | dead | dead] ─┴─> segment [blob | blob | blob]      repack, some at a time
//! file    [used | free | half | free] ───> file    [used | used]             copied anew, put in the place of the old one
//! ```
//!
//! No version is dropped. Readers and writers of all processes go on; writers wait while the copy is made.

use super::shared::Shared;
use super::{anew, blobs, replace};
use crate::error::Result;

/// Packs segments that are dead to a twentieth or more, and writes the file anew with full pages.
pub(super) fn shrink(shared: &Shared) -> Result<()> {
    shared.write(blobs::fold)?;
    while shared.write(blobs::repack)? {}
    shared.replace(|opened, path| replace::replace(opened, path, |new| anew::copy(opened, new)))
}
