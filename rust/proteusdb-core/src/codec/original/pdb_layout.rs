//! How a PDB file writes its atom lines: what is left to say once the columns are known.
//!
//! ```text
//! ATOM      2  CA  ALA A   1      11.104   6.134  -6.504  1.00 88.51           C
//! ^------ from the columns -----------------------------------------^^--- tail --^
//! ```
//!
//! The part up to column 66 follows from the columns, the serial number and the padding of atom names. The tail is one
//! text for the whole file in which `\0` stands for the element and `\x01` for the charge.
//!
//! This renderer is frozen: stored files are rebuilt with it. A change is a new method in `original`.

use std::collections::HashMap;
use std::io::Write;

use super::print::{self, Style};
use super::rows::{At, Layout};
use super::votes::Votes;
use crate::codec::wire::{Reader, put_bytes, put_varint};
use crate::error::Result;
use crate::record::{Model, Numbers, Structure};

/// Stands for the element, right-aligned in two columns, in a tail.
const ELEMENT: u8 = 0;
/// Stands for the charge in two columns, as `1+`, in a tail.
const CHARGE: u8 = 1;

/// A longer tail is no tail; the bound keeps a damaged one from being written out for every atom.
const MAX_TAIL: usize = 256;

/// What a file's atom lines have in common.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct PdbLayout {
    /// What follows column 66, the line end included.
    pub(super) tail: Vec<u8>,
    /// Atom names that are not padded by the rule, with their four columns.
    pub(super) padded: Vec<(String, [u8; 4])>,
}

impl PdbLayout {
    /// Whether PDB can print the structure's numbers at all.
    pub(super) fn suits(model: &Model) -> bool {
        [&model.coords, &model.b_factor, &model.occupancy].into_iter().all(|n| matches!(n, Numbers::Fixed { .. }))
    }

    /// Reads the layout off a sample of the file's atom lines: the commonest tail, and for each atom name the
    /// commonest padding.
    pub(super) fn learn<'a>(lines: impl Iterator<Item = (At<'a>, &'a [u8])>) -> Self {
        let mut tails = Votes::default();
        let mut paddings: HashMap<&str, (Votes<[u8; 4]>, [u8; 4])> = HashMap::new();
        for (at, line) in lines {
            let model = at.model;
            if let Some(tail) = line.get(66..).and_then(|tail| abstract_tail(tail, model, at.atom))
                && tail.len() <= MAX_TAIL
            {
                tails.cast(tail);
            }
            if let Some(columns) = line.get(12..16).and_then(|columns| <[u8; 4]>::try_from(columns).ok()) {
                let atoms = &model.topology.atoms;
                let name = atoms.name.get(at.atom);
                let rule = || (Votes::default(), pad(name, atoms.element[at.atom].symbol()));
                paddings.entry(name).or_insert_with(rule).0.cast(columns);
            }
        }
        let mut padded: Vec<_> = paddings
            .into_iter()
            .filter_map(|(name, (votes, rule))| Some((name.to_owned(), votes.winner().filter(|won| *won != rule)?)))
            .collect();
        padded.sort();
        Self { tail: tails.winner().unwrap_or_default(), padded }
    }

    pub(super) fn put(&self, out: &mut Vec<u8>) {
        put_bytes(out, &self.tail);
        put_varint(out, self.padded.len() as u64);
        for (name, columns) in &self.padded {
            put_bytes(out, name.as_bytes());
            out.extend(columns);
        }
    }

    pub(super) fn get(reader: &mut Reader<'_>) -> Result<Self> {
        let tail = reader.bytes()?.to_vec();
        if tail.len() > MAX_TAIL {
            return Err(reader.broken());
        }
        let count = reader.count(reader.remaining())?;
        let padded = (0..count).map(|_| Ok((reader.text()?.to_owned(), reader.array()?))).collect::<Result<_>>()?;
        Ok(Self { tail, padded })
    }
}

impl Layout for PdbLayout {
    fn put_literal(&self, out: &mut Vec<u8>, text: &[u8], _: &Structure) {
        put_bytes(out, text);
    }

    fn get_literal(&self, reader: &mut Reader<'_>, _: &Structure) -> Result<Vec<u8>> {
        reader.bytes().map(<[u8]>::to_vec)
    }

    fn serial(&self, line: &[u8]) -> Option<i64> {
        std::str::from_utf8(line.get(6..11)?).ok()?.trim().parse().ok()
    }

    fn render(&self, out: &mut Vec<u8>, At { model, residue, atom, serial }: At<'_>) {
        let (atoms, residues) = (&model.topology.atoms, &model.topology.residues);
        let name = atoms.name.get(atom);
        let symbol = atoms.element[atom].symbol();
        let columns = self.padded.iter().find(|(known, _)| known == name).map_or_else(|| pad(name, symbol), |p| p.1);
        out.extend(if atoms.hetero[atom] { b"HETATM" } else { b"ATOM  " });
        write_right(out, serial, 5);
        out.push(b' ');
        out.extend(columns);
        out.push(blank_if_zero(atoms.altloc[atom]));
        push_right(out, residues.name.get(residue), 3);
        push_right(out, residues.chain_id.get(residue), 2);
        write_right(out, i64::from(residues.number[residue]), 4);
        out.push(blank_if_zero(residues.insertion_code[residue]));
        out.extend(b"   ");
        (0..3).for_each(|axis| print::number(out, &model.coords, 3 * atom + axis, 8, Style::Decimals(3)));
        print::number(out, &model.occupancy, atom, 6, Style::Decimals(2));
        print::number(out, &model.b_factor, atom, 6, Style::Decimals(2));
        for &byte in &self.tail {
            match byte {
                ELEMENT => push_right(out, symbol, 2),
                CHARGE => out.extend(charge(atoms.charge[atom])),
                other => out.push(other),
            }
        }
    }
}

/// The tail with element and charge replaced by their marks, where they stand in their columns.
fn abstract_tail(tail: &[u8], model: &Model, atom: usize) -> Option<Vec<u8>> {
    let atoms = &model.topology.atoms;
    let mut element = Vec::new();
    push_right(&mut element, atoms.element.get(atom)?.symbol(), 2);
    let mut out = tail.to_vec();
    if out.get(12..14) == Some(charge(*atoms.charge.get(atom)?).as_slice()) {
        out.splice(12..14, [CHARGE]);
    }
    if out.get(10..12) == Some(element.as_slice()) {
        out.splice(10..12, [ELEMENT]);
    }
    Some(out)
}

/// Names of up to three letters begin in column 14 unless the element has two letters.
fn pad(name: &str, symbol: &str) -> [u8; 4] {
    let mut columns = [b' '; 4];
    let two_letters = symbol.len() == 2 && name.starts_with(symbol);
    let indent = usize::from(name.len() < 4 && !two_letters);
    columns.iter_mut().skip(indent).zip(name.bytes()).for_each(|(column, byte)| *column = byte);
    columns
}

fn blank_if_zero(code: u8) -> u8 {
    if code == 0 { b' ' } else { code }
}

fn charge(charge: i8) -> [u8; 2] {
    match charge {
        0 => *b"  ",
        1..=9 => [b'0' + charge as u8, b'+'],
        -9..=-1 => [b'0' + charge.unsigned_abs(), b'-'],
        _ => *b"??",
    }
}

fn push_right(out: &mut Vec<u8>, text: &str, width: usize) {
    out.extend(std::iter::repeat_n(b' ', width.saturating_sub(text.len())));
    out.extend(text.as_bytes());
}

fn write_right(out: &mut Vec<u8>, number: i64, width: usize) {
    // Writing to a Vec cannot fail.
    let _ = write!(out, "{number:>width$}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_padded_by_the_rule() {
        assert_eq!(&pad("CA", "C"), b" CA ");
        assert_eq!(&pad("CA", "CA"), b"CA  ");
        assert_eq!(&pad("HD11", "H"), b"HD11");
        assert_eq!(&pad("toolong", "C"), b"tool");
    }
}
