//! Text columns as numpy `U` arrays, in one pass over the dictionary codes.
//!
//! ```text
//! values ["N", "CA"]  codes [0, 1, 0]   ->   b"N\0\0\0 \0\0\0\0  C\0\0\0 A\0\0\0  ..."   dtype <U2
//! ```
//!
//! Each value is padded to the width of the longest once; a row is a copy of its block. numpy reads the bytes object
//! itself, so the array is read-only and needs no second copy.

use proteusdb_core::Error;
use proteusdb_core::record::{Coded, Element, Topology};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use super::spread;
use crate::errors::raise;

/// The columns there are.
const COLUMNS: [&str; 9] = [
    "atom_name",
    "element",
    "altloc",
    "residue_name",
    "chain_id",
    "insertion_code",
    "segment_id",
    "label_asym_id",
    "label_entity_id",
];

/// A text column, one row an atom.
pub fn column<'py>(py: Python<'py>, topology: &Topology, name: &str) -> PyResult<Bound<'py, PyAny>> {
    let (width, bytes) = py.detach(|| build(topology, name)).ok_or_else(|| {
        raise(Error::validation(format!("column {name:?}: no such text column; allowed are {}", COLUMNS.join(", "))))
    })?;
    py.import("numpy")?.call_method1("frombuffer", (PyBytes::new(py, &bytes), format!("<U{width}")))
}

fn build(topology: &Topology, name: &str) -> Option<(usize, Vec<u8>)> {
    let (residues, atoms) = (&topology.residues, &topology.atoms);
    let per_residue = |column: &Coded| rows(column.values(), &spread(topology, column.codes()));
    Some(match name {
        "atom_name" => rows(atoms.name.values(), atoms.name.codes()),
        "element" => elements(&atoms.element),
        "altloc" => characters(&atoms.altloc),
        "residue_name" => per_residue(&residues.name),
        "chain_id" => per_residue(&residues.chain_id),
        "insertion_code" => characters(&spread(topology, &residues.insertion_code)),
        "segment_id" => per_residue(&residues.segment_id),
        "label_asym_id" => per_residue(&residues.label_asym_id),
        "label_entity_id" => per_residue(&residues.label_entity_id),
        _ => return None,
    })
}

fn elements(elements: &[Element]) -> (usize, Vec<u8>) {
    let symbols = (0..=u8::MAX).map_while(Element::from_u8).map(Element::symbol);
    let codes: Vec<u32> = elements.iter().map(|element| element.as_u8().into()).collect();
    rows(symbols, &codes)
}

/// Single characters up to U+00FF; 0 is the empty text.
fn characters(codes: &[u8]) -> (usize, Vec<u8>) {
    let texts: Vec<String> =
        (0..=u8::MAX).map(|code| if code == 0 { String::new() } else { char::from(code).to_string() }).collect();
    let codes: Vec<u32> = codes.iter().map(|&code| code.into()).collect();
    rows(texts.iter().map(String::as_str), &codes)
}

/// The width in characters and the UTF-32 rows.
fn rows<'a>(values: impl Iterator<Item = &'a str>, codes: &[u32]) -> (usize, Vec<u8>) {
    let values: Vec<&str> = values.collect();
    // numpy has no text of width 0.
    let width = values.iter().map(|value| value.chars().count()).max().unwrap_or(0).max(1);
    let blocks: Vec<Vec<u8>> = values.iter().map(|value| block(value, width)).collect();
    let mut bytes = Vec::with_capacity(4 * width * codes.len());
    for &code in codes {
        match blocks.get(code as usize) {
            Some(block) => bytes.extend_from_slice(block),
            None => bytes.resize(bytes.len() + 4 * width, 0),
        }
    }
    (width, bytes)
}

fn block(value: &str, width: usize) -> Vec<u8> {
    let mut block: Vec<u8> = value.chars().flat_map(|character| u32::from(character).to_le_bytes()).collect();
    block.resize(4 * width, 0);
    block
}
