//! Headers made of headers that are stored.

use super::parts::put_part;
use super::{DELETED, HeaderView, IS_UUID, TABLE, TRACE, put_signed};
use crate::codec::wire::put_varint;
use crate::error::Result;
use crate::record::PartBody;
use crate::store::sealed;

/// What is left of a version whose content is gone: its commit time, with the id and the sequence it is checked by.
pub(in crate::store) fn trace(key: &[u8], value: &[u8]) -> Result<Vec<u8>> {
    let view = HeaderView::open(key, value)?;
    let mut out = (DELETED | TRACE | (view.flags & IS_UUID)).to_le_bytes().to_vec();
    put_varint(&mut out, 0);
    put_varint(&mut out, u64::from(view.length()));
    put_varint(&mut out, view.sequence());
    out.extend(view.created_at().to_le_bytes());
    put_signed(&mut out, view.updated_at().wrapping_sub(view.created_at()));
    let after = view.after_id()?.remaining();
    out.extend_from_slice(view.tail.get(..view.tail.len().saturating_sub(after)).unwrap_or_default());
    Ok(sealed::seal(TABLE, key, &out))
}

/// A stored header with other sizes for some of its blobs.
pub(in crate::store) fn resized(key: &[u8], value: &[u8], sizes: &[(u64, u64)]) -> Result<Vec<u8>> {
    let view = HeaderView::open(key, value)?;
    let parts = view.parts()?;
    let before = view.payload.len() - view.at_parts()?.remaining();
    let mut out = view.payload.get(..before).unwrap_or_default().to_vec();
    put_varint(&mut out, parts.len() as u64);
    for part in &parts {
        let PartBody::Stored(blob) = part.body else { continue };
        let size = sizes.iter().find(|(resized, _)| *resized == blob).map_or(part.size, |(_, size)| *size);
        put_part(&mut out, part, size, blob, &parts)?;
    }
    Ok(sealed::seal(TABLE, key, &out))
}
