//! The parts at the end of a header: kind, name, size, blob of each.
//!
//! A source is told by its file and its place among that file's sources, since several may belong to one long name; a
//! reference by the array it is coded beside.

use crate::codec::wire::{Reader, put_bytes, put_varint};
use crate::error::{Error, Result};
use crate::record::{Part, PartBody, PartKind};

/// Appends a part that stands among others.
pub(in crate::store) fn put_part(out: &mut Vec<u8>, part: &Part, size: u64, blob: u64, parts: &[Part]) -> Result<()> {
    let lost = || Error::storage(format!("part {:?}: the record has nothing that this belongs to", part.name));
    out.push(part.kind as u8);
    match part.kind {
        PartKind::Source => {
            let told = (0..).zip(parts).find_map(|(number, file)| Some((number, part.place_in(file)?)));
            let (file, place) = told.ok_or_else(lost)?;
            put_varint(out, file);
            put_varint(out, place as u64);
        }
        PartKind::Reference => {
            let told = (0..).zip(parts).find(|(_, array)| part.is_reference_of(array));
            put_varint(out, told.ok_or_else(lost)?.0);
        }
        _ => put_bytes(out, part.name.as_bytes()),
    }
    put_varint(out, size);
    put_varint(out, blob);
    Ok(())
}

/// The parts at the end of a header.
pub(in crate::store) fn parts(reader: &mut Reader<'_>) -> Result<Vec<Part>> {
    let count = reader.count(reader.remaining())?;
    let mut parts = Vec::with_capacity(count);
    for _ in 0..count {
        let next = part(reader, &parts)?;
        parts.push(next);
    }
    Ok(parts)
}

fn part(reader: &mut Reader<'_>, before: &[Part]) -> Result<Part> {
    let kind = *PartKind::ALL.get(usize::from(reader.u8()?)).ok_or_else(|| reader.broken())?;
    let name = match kind {
        PartKind::Source => {
            let file = before.get(reader.count(before.len())?).ok_or_else(|| reader.broken())?;
            PartKind::source_name(&file.name, reader.count(usize::MAX)?)
        }
        PartKind::Reference => {
            let array = before.get(reader.count(before.len())?).ok_or_else(|| reader.broken())?;
            array.reference_name()
        }
        _ => reader.text()?.to_owned(),
    };
    let size = reader.varint()?;
    Ok(Part { kind, name, size, body: PartBody::Stored(reader.varint()?) })
}
