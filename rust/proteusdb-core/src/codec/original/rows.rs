//! A file as runs of predicted rows between literal text, whatever its format.
//!
//! ```text
//! pairs, to the end of the file, of
//!   run       how many rows now follow exactly as predicted
//!   literal   the text up to the next predicted row, as its layout keeps it
//! ```
//!
//! The k-th row is the k-th atom, model by model. Serial numbers count up; after a literal row or TER line they go on
//! from the number that line bears, which both sides can read.

use crate::codec::wire::{Reader, put_varint};
use crate::error::Result;
use crate::record::{Model, Structure};

/// Rows from which a layout is learnt.
pub(super) const SAMPLE: usize = 2_000;

/// What the rows of a file have in common.
pub(super) trait Layout {
    /// Appends the row of an atom.
    fn render(&self, out: &mut Vec<u8>, at: At<'_>);
    /// The serial number a literal line bears, if it bears one.
    fn serial(&self, line: &[u8]) -> Option<i64>;
    /// Appends text between rows.
    fn put_literal(&self, out: &mut Vec<u8>, text: &[u8], structure: &Structure);
    /// Reads what [`Layout::put_literal`] appended.
    ///
    /// # Errors
    /// `Corruption` where it was damaged.
    fn get_literal(&self, reader: &mut Reader<'_>, structure: &Structure) -> Result<Vec<u8>>;
}

/// The atom a row is about.
#[derive(Debug, Clone, Copy)]
pub(super) struct At<'a> {
    pub(super) model: &'a Model,
    pub(super) residue: usize,
    pub(super) atom: usize,
    pub(super) serial: i64,
}

/// Whether a line is an atom's row, in either format.
pub(super) fn is_row(line: &[u8]) -> bool {
    line.starts_with(b"ATOM ") || line.starts_with(b"HETATM")
}

/// Lines with their ends.
pub(super) fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split_inclusive(|&byte| byte == b'\n')
}

/// The first rows of a file with the atoms they are about.
pub(super) fn sample<'a>(bytes: &'a [u8], structure: &'a Structure) -> impl Iterator<Item = (At<'a>, &'a [u8])> {
    let mut cursor = Cursor::new(structure);
    lines(bytes).filter(|line| is_row(line)).take(SAMPLE).filter_map(move |line| {
        let at = cursor.at()?;
        cursor.step();
        Some((at, line))
    })
}

/// The same of a file whose rows may go on in the lines that follow, up to one that says that it begins something else.
pub(super) fn wrapped_sample<'a>(
    bytes: &'a [u8],
    structure: &'a Structure,
) -> impl Iterator<Item = (At<'a>, &'a [u8])> {
    let mut cursor = Cursor::new(structure);
    let mut starts = Vec::with_capacity(SAMPLE + 1);
    let mut position = 0;
    let mut open = false;
    for line in lines(bytes) {
        let begins = is_row(line) || line.starts_with(b"#") || line.starts_with(b"_") || line.starts_with(b"loop_");
        if open && begins {
            starts.last_mut().into_iter().for_each(|(_, end)| *end = position);
            open = false;
        }
        if is_row(line) && starts.len() == SAMPLE {
            break;
        }
        position += line.len();
        if is_row(line) {
            starts.push((position - line.len(), position));
            open = true;
        }
    }
    starts.into_iter().filter_map(move |(from, to)| {
        let at = cursor.at()?;
        cursor.step();
        Some((at, bytes.get(from..to)?))
    })
}

/// Appends what the layout does not predict of a file; returns how many rows it does.
pub(super) fn encode(out: &mut Vec<u8>, bytes: &[u8], structure: &Structure, layout: &impl Layout) -> usize {
    let mut cursor = Cursor::new(structure);
    let (mut run, mut literal_from, mut position, mut hits) = (0_u64, None, 0, 0);
    let mut expected = Vec::with_capacity(128);
    let mut covered = 0;
    for line in lines(bytes) {
        if position < covered {
            // The rest of a row of several lines.
            position += line.len();
            continue;
        }
        expected.clear();
        let whole = |expected: &[u8]| {
            let rest = bytes.get(position..).unwrap_or_default();
            expected == line || (expected.ends_with(b"\n") && rest.starts_with(expected))
        };
        if is_row(line) && cursor.render(layout, &mut expected) && whole(&expected) {
            covered = position + expected.len();
            if let Some(from) = literal_from.take() {
                put_varint(out, run);
                layout.put_literal(out, &bytes[from..position], structure);
                run = 0;
            }
            run += 1;
            hits += 1;
            cursor.step();
        } else {
            literal_from.get_or_insert(position);
            cursor.literal(line, layout);
        }
        position += line.len();
    }
    put_varint(out, run);
    layout.put_literal(out, literal_from.map_or(&[], |from| &bytes[from..]), structure);
    hits
}

/// The inverse of [`encode`], to the end of `reader`.
pub(super) fn decode(mut reader: Reader<'_>, structure: &Structure, layout: &impl Layout) -> Result<Vec<u8>> {
    let mut cursor = Cursor::new(structure);
    let mut out = Vec::new();
    while reader.remaining() > 0 {
        for _ in 0..reader.varint()? {
            if !cursor.render(layout, &mut out) {
                return Err(reader.broken());
            }
            cursor.step();
        }
        let literal = layout.get_literal(&mut reader, structure)?;
        lines(&literal).for_each(|line| cursor.literal(line, layout));
        out.extend_from_slice(&literal);
    }
    Ok(out)
}

/// Where in the structure the next row is, and which serial number it should bear.
struct Cursor<'a> {
    structure: &'a Structure,
    model: usize,
    residue: usize,
    atom: usize,
    serial: i64,
}

impl<'a> Cursor<'a> {
    fn new(structure: &'a Structure) -> Self {
        Self { structure, model: 0, residue: 0, atom: 0, serial: 1 }
    }

    /// The atom of the next row; `None` where no atom is left.
    fn at(&self) -> Option<At<'a>> {
        let model = self.structure.models.get(self.model)?;
        Some(At { model, residue: self.residue, atom: self.atom, serial: self.serial })
    }

    fn render(&self, layout: &impl Layout, out: &mut Vec<u8>) -> bool {
        self.at().map(|at| layout.render(out, at)).is_some()
    }

    fn step(&mut self) {
        self.serial += 1;
        let Some(model) = self.structure.models.get(self.model) else { return };
        self.atom += 1;
        if self.atom >= model.topology.residues.atoms(self.residue).end {
            self.residue += 1;
        }
        if self.atom >= model.topology.atoms.len() {
            (self.model, self.residue, self.atom) = (self.model + 1, 0, 0);
        }
    }

    /// Takes note of a line that was not predicted.
    fn literal(&mut self, line: &[u8], layout: &impl Layout) {
        let row = is_row(line);
        if row {
            self.step();
        }
        if (row || line.starts_with(b"TER"))
            && let Some(serial) = layout.serial(line)
        {
            self.serial = serial.saturating_add(1);
        }
    }
}
