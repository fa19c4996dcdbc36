//! Residues and atoms as columns.
//!
//! Residues repeat: every alanine of a file has the same atoms in the same order. So the atoms are stored once per
//! *shape*, the list of (name, element, altloc, hetero, charge) of a residue, and each residue names its shape.
//!
//! ```text
//! residues   ALA  GLY  ALA      shapes  0: N CA C O CB   1: N CA C O
//! shape       0    1    0       atoms   N CA C O CB  N CA C O  N CA C O CB
//! ```
//!
//! Shapes are numbered in the order of their first use. So the dictionary of names over the shapes is the dictionary
//! of names over the atoms, and expanding is copying codes.

use std::collections::HashMap;

use compact_str::CompactString;

use super::integers;
use super::wire::{Reader, put_bytes, put_varint};
use crate::error::Result;
use crate::record::{Atoms, Coded, Element, ResidueKind, Residues, Topology};

/// The most atoms of one model; a whole virus capsid has ten million.
pub(super) const MAX_ATOMS: usize = 1 << 26;

/// A stride larger than any column: no differences.
const PLAIN: usize = usize::MAX;

/// Appends the topology's columns.
pub(super) fn put(out: &mut Vec<u8>, topology: &Topology) {
    let residues = &topology.residues;
    let (shape_of, firsts) = shapes(topology);
    put_varint(out, residues.len() as u64);
    for column in texts(residues) {
        put_coded(out, column);
    }
    integers::put(out, &residues.number, 1);
    integers::put(out, &residues.label_seq_id, 1);
    put_small(out, residues.insertion_code.iter().copied());
    put_small(out, residues.kind.iter().map(|&kind| kind as u8));
    put_small(out, residues.ter.iter().map(|&ter| u8::from(ter)));
    integers::put(out, &shape_of, PLAIN);
    put_shapes(out, topology, &firsts);
}

/// Reads a topology.
pub(super) fn get(reader: &mut Reader<'_>) -> Result<Topology> {
    let count = reader.count(MAX_ATOMS)?;
    let mut text = || get_coded(reader, count);
    let (name, chain_id, segment_id, label_asym_id, label_entity_id) = (text()?, text()?, text()?, text()?, text()?);
    let number = integers::get(reader, count, 1)?;
    let label_seq_id = integers::get(reader, count, 1)?;
    let insertion_code = get_small(reader, count, Some)?;
    let kind = get_small(reader, count, ResidueKind::from_u8)?;
    let ter = get_small(reader, count, flag)?;
    let shape_of = integers::get(reader, count, PLAIN)?;
    let (sizes, shape_atoms) = get_shapes(reader)?;
    let (atom_start, atoms) = expand(&shape_of, &sizes, &shape_atoms).ok_or_else(|| reader.broken())?;
    let residues = Residues {
        name,
        chain_id,
        number,
        insertion_code,
        segment_id,
        label_asym_id,
        label_entity_id,
        label_seq_id,
        kind,
        ter,
        atom_start,
    };
    Ok(Topology { residues, atoms })
}

fn texts(residues: &Residues) -> [&Coded; 5] {
    [&residues.name, &residues.chain_id, &residues.segment_id, &residues.label_asym_id, &residues.label_entity_id]
}

/// The shape of each residue, and for each shape the first residue that has it.
fn shapes(topology: &Topology) -> (Vec<i32>, Vec<usize>) {
    let atoms = &topology.atoms;
    let mut known: HashMap<Vec<u8>, usize> = HashMap::new();
    let mut firsts = Vec::new();
    let mut key = Vec::new();
    let shape_of = (0..topology.residues.len())
        .map(|residue| {
            key.clear();
            for atom in topology.residues.atoms(residue) {
                key.extend(atoms.name.codes()[atom].to_le_bytes());
                key.extend([atoms.element[atom].as_u8(), atoms.altloc[atom]]);
                key.extend([u8::from(atoms.hetero[atom]), atoms.charge[atom] as u8]);
            }
            if let Some(&shape) = known.get(&key) {
                return shape as i32;
            }
            known.insert(key.clone(), firsts.len());
            firsts.push(residue);
            firsts.len() as i32 - 1
        })
        .collect();
    (shape_of, firsts)
}

fn put_shapes(out: &mut Vec<u8>, topology: &Topology, firsts: &[usize]) {
    let spans: Vec<_> = firsts.iter().map(|&residue| topology.residues.atoms(residue)).collect();
    let atoms = || spans.iter().cloned().flatten();
    put_varint(out, spans.len() as u64);
    integers::put(out, &spans.iter().map(|span| span.len() as i32).collect::<Vec<_>>(), PLAIN);
    put_coded(out, &atoms().map(|atom| topology.atoms.name.get(atom)).collect());
    put_small(out, atoms().map(|atom| topology.atoms.element[atom].as_u8()));
    put_small(out, atoms().map(|atom| topology.atoms.altloc[atom]));
    put_small(out, atoms().map(|atom| u8::from(topology.atoms.hetero[atom])));
    put_small(out, atoms().map(|atom| topology.atoms.charge[atom] as u8));
}

fn get_shapes(reader: &mut Reader<'_>) -> Result<(Vec<usize>, Atoms)> {
    let count = reader.count(MAX_ATOMS)?;
    let sizes: Vec<usize> = integers::get(reader, count, PLAIN)?.into_iter().map(|size| size.max(0) as usize).collect();
    let total = sizes.iter().try_fold(0_usize, |sum, &size| sum.checked_add(size).filter(|&sum| sum <= MAX_ATOMS));
    let total = total.ok_or_else(|| reader.broken())?;
    let atoms = Atoms {
        name: get_coded(reader, total)?,
        element: get_small(reader, total, Element::from_u8)?,
        altloc: get_small(reader, total, Some)?,
        hetero: get_small(reader, total, flag)?,
        charge: get_small(reader, total, |byte| Some(byte as i8))?,
    };
    Ok((sizes, atoms))
}

/// Copies each residue's shape; `None` where a shape does not exist or the atoms are too many.
fn expand(shape_of: &[i32], sizes: &[usize], shapes: &Atoms) -> Option<(Vec<u32>, Atoms)> {
    let starts: Vec<usize> = sizes
        .iter()
        .scan(0, |next, &size| {
            *next += size;
            Some(*next - size)
        })
        .collect();
    let mut atom_start = vec![0_u32];
    let mut spans = Vec::with_capacity(shape_of.len());
    let mut total = 0;
    for &shape in shape_of {
        let shape = usize::try_from(shape).ok()?;
        let (&start, &size) = (starts.get(shape)?, sizes.get(shape)?);
        total += size;
        if total > MAX_ATOMS {
            return None;
        }
        atom_start.push(total as u32);
        spans.push(start..start + size);
    }
    let values = shapes.name.values().map(CompactString::new).collect();
    let atoms = Atoms {
        name: Coded::from_parts(values, gather(shapes.name.codes(), &spans, total)?)?,
        element: gather(&shapes.element, &spans, total)?,
        altloc: gather(&shapes.altloc, &spans, total)?,
        hetero: gather(&shapes.hetero, &spans, total)?,
        charge: gather(&shapes.charge, &spans, total)?,
    };
    Some((atom_start, atoms))
}

fn gather<T: Copy>(column: &[T], spans: &[std::ops::Range<usize>], total: usize) -> Option<Vec<T>> {
    let mut out = Vec::with_capacity(total);
    for span in spans {
        out.extend_from_slice(column.get(span.clone())?);
    }
    Some(out)
}

fn put_coded(out: &mut Vec<u8>, column: &Coded) {
    put_varint(out, column.values().len() as u64);
    column.values().for_each(|value| put_bytes(out, value.as_bytes()));
    integers::put(out, &column.codes().iter().map(|&code| code as i32).collect::<Vec<_>>(), PLAIN);
}

fn get_coded(reader: &mut Reader<'_>, count: usize) -> Result<Coded> {
    // Every value is used by some row and costs at least its length byte.
    let distinct = reader.count(count.min(reader.remaining()))?;
    let values = (0..distinct).map(|_| reader.text().map(CompactString::new)).collect::<Result<Vec<_>>>()?;
    let codes = integers::get(reader, count, PLAIN)?.into_iter().map(|code| code as u32).collect();
    Coded::from_parts(values, codes).ok_or_else(|| reader.broken())
}

fn put_small(out: &mut Vec<u8>, column: impl Iterator<Item = u8>) {
    integers::put(out, &column.map(i32::from).collect::<Vec<_>>(), PLAIN);
}

fn get_small<T>(reader: &mut Reader<'_>, count: usize, convert: impl Fn(u8) -> Option<T>) -> Result<Vec<T>> {
    let values = integers::get(reader, count, PLAIN)?;
    let converted = values.into_iter().map(|value| u8::try_from(value).ok().and_then(&convert)).collect::<Option<_>>();
    converted.ok_or_else(|| reader.broken())
}

fn flag(byte: u8) -> Option<bool> {
    match byte {
        0 => Some(false),
        1 => Some(true),
        _ => None,
    }
}
