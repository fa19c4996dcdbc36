//! How an mmCIF file writes its atom_site rows: which column of the structure each cell comes from, and how it is put.
//!
//! ```text
//! ATOM 2    C CA  . MET A 1 1    ? -14.041 38.407  1.288   1.0 35.39 ? 1    MET A CA  1 P00520 UNP 1    M
//! group id  elem name alt ...      x      y       z       occ B     charge ...            constant   one-letter
//! ```
//!
//! Each cell is a source and the text that stands where the source has nothing (`.`, `?`); a cell no source explains is
//! a constant. Cells stand one blank apart, or begin at the same place in every row; or a row goes on in the next line
//! where a cell would pass the end of a line of so many columns.
//!
//! The sources and their numbers are frozen: stored files are rebuilt with them. A change is a new method in `original`.

use super::print::{self, STYLES, Style};
use super::rows::{At, Layout};
use super::tables;
use super::votes::Votes;
use crate::codec::wire::{Reader, put_bytes, put_varint};
use crate::error::Result;
use crate::record::{NO_LABEL_SEQ, Numbers, Structure};

const MAX_CELLS: usize = 64;
/// A longer row is no row; the bound keeps a damaged layout from being written out for every atom.
const MAX_WIDTH: usize = 4096;
/// Of a hundred sampled rows, how many a source must explain.
const ENOUGH: usize = 80;

/// Where a cell comes from, by stored number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Source {
    Constant,
    Group,
    Serial,
    Element,
    AtomName,
    AltLoc,
    ResidueName,
    LabelAsym,
    Entity,
    LabelSeq,
    InsertionCode,
    X,
    Y,
    Z,
    Occupancy,
    B,
    Charge,
    AuthSeq,
    Chain,
    ModelNumber,
    OneLetter,
    ElementTitle,
}

/// Every source, in stored order; what is tried first among equals stands first.
const SOURCES: [Source; 22] = [
    Source::Constant,
    Source::Group,
    Source::Serial,
    Source::Element,
    Source::AtomName,
    Source::AltLoc,
    Source::ResidueName,
    Source::LabelAsym,
    Source::Entity,
    Source::LabelSeq,
    Source::InsertionCode,
    Source::X,
    Source::Y,
    Source::Z,
    Source::Occupancy,
    Source::B,
    Source::Charge,
    Source::AuthSeq,
    Source::Chain,
    Source::ModelNumber,
    Source::OneLetter,
    Source::ElementTitle,
];

/// One cell of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Cell {
    source: Source,
    /// Index into [`STYLES`]; of numbers only.
    style: u8,
    /// What stands where the source has nothing.
    absent: Vec<u8>,
    /// Where the cell begins in the row; 0 where it follows one blank after the cell before.
    start: usize,
}

/// What a file's atom_site rows have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CifLayout {
    cells: Vec<Cell>,
    /// Rows are padded to this length before `end`; 0 where they are not.
    width: usize,
    /// Columns of a line that rows are wrapped at; 0 where they are not.
    wrap: usize,
    /// What follows the last cell, the line end included.
    end: Vec<u8>,
}

impl CifLayout {
    /// Reads the layout off a sample of the file's rows; `None` where they are no atom_site rows of equal many cells.
    pub(super) fn learn<'a>(rows: &[(At<'a>, &'a [u8])]) -> Option<Self> {
        Self::learn_cells(rows, 6)
    }

    /// The same for the rows of any table with at least `fewest` cells.
    pub(super) fn learn_cells<'a>(rows: &[(At<'a>, &'a [u8])], fewest: usize) -> Option<Self> {
        let split: Vec<Vec<(usize, &[u8])>> = rows.iter().map(|(_, row)| cells(row)).collect();
        let count = split.first()?.len();
        if !(fewest..=MAX_CELLS).contains(&count) || split.iter().any(|row| row.len() != count) {
            return None;
        }
        let aligned = (0..count).all(|cell| split.iter().all(|row| row[cell].0 == split[0][cell].0));
        let spaced =
            (1..count).any(|cell| split.iter().any(|row| row[cell].0 != row[cell - 1].0 + row[cell - 1].1.len() + 1));
        let learnt = (0..count).map(|cell| {
            let column: Vec<(At<'a>, &[u8])> =
                rows.iter().zip(&split).map(|((at, _), row)| (*at, row[cell].1)).collect();
            Cell { start: if aligned && spaced { split[0][cell].0 } else { 0 }, ..Cell::learn(&column) }
        });
        let ends = rows
            .iter()
            .zip(&split)
            .map(|((_, row), split)| split.last().map_or(row.len(), |(start, cell)| start + cell.len()));
        let (width, end) = learn_end(rows, &ends.collect::<Vec<_>>());
        Some(Self { cells: learnt.collect(), width, wrap: learn_wrap(rows), end })
    }

    pub(super) fn put(&self, out: &mut Vec<u8>) {
        put_varint(out, self.cells.len() as u64);
        for cell in &self.cells {
            out.extend([cell.source as u8, cell.style]);
            put_bytes(out, &cell.absent);
            put_varint(out, cell.start as u64);
        }
        put_varint(out, self.width as u64);
        put_varint(out, self.wrap as u64);
        put_bytes(out, &self.end);
    }

    pub(super) fn get(reader: &mut Reader<'_>) -> Result<Self> {
        let count = reader.count(MAX_CELLS)?;
        let short = |reader: &mut Reader<'_>| {
            let bytes = reader.bytes()?;
            if bytes.len() <= MAX_WIDTH { Ok(bytes.to_vec()) } else { Err(reader.broken()) }
        };
        let mut cells = Vec::with_capacity(count);
        for _ in 0..count {
            let source = *SOURCES.get(usize::from(reader.u8()?)).ok_or_else(|| reader.broken())?;
            cells.push(Cell { source, style: reader.u8()?, absent: short(reader)?, start: reader.count(MAX_WIDTH)? });
        }
        let (width, wrap) = (reader.count(MAX_WIDTH)?, reader.count(MAX_WIDTH)?);
        Ok(Self { cells, width, wrap, end: short(reader)? })
    }
}

impl Layout for CifLayout {
    fn put_literal(&self, out: &mut Vec<u8>, text: &[u8], structure: &Structure) {
        tables::put(out, text, structure);
    }

    fn get_literal(&self, reader: &mut Reader<'_>, structure: &Structure) -> Result<Vec<u8>> {
        tables::get(reader, structure)
    }

    fn serial(&self, line: &[u8]) -> Option<i64> {
        let column = self.cells.iter().position(|cell| cell.source == Source::Serial)?;
        std::str::from_utf8(cells(line).get(column)?.1).ok()?.parse().ok()
    }

    fn render(&self, out: &mut Vec<u8>, at: At<'_>) {
        let row = out.len();
        let mut line = row;
        for (index, cell) in self.cells.iter().enumerate() {
            let gap = out.len();
            if index > 0 {
                out.push(b' ');
            }
            pad(out, row + cell.start);
            cell.render(out, at);
            if self.wrap > 0 && index > 0 && out.len() - line > self.wrap {
                out.get_mut(gap).into_iter().for_each(|blank| *blank = b'\n');
                line = gap + 1;
            }
        }
        pad(out, row + self.width);
        out.extend(&self.end);
    }
}

impl Cell {
    fn learn<'a>(column: &[(At<'a>, &'a [u8])]) -> Self {
        // Most sources fail on the first few rows; only the others are asked about many, and the best about all.
        let few = spread(column, 16);
        let many = spread(column, 256);
        let mut best = Self { source: Source::Constant, style: 0, absent: most_common(&many), start: 0 };
        let mut most = best.explained(&many);
        for source in SOURCES.into_iter().skip(1) {
            let styles = if is_number(source) { STYLES.len() } else { 1 };
            for style in 0..styles as u8 {
                let bare = Self { source, style, absent: Vec::new(), start: 0 };
                let screened = Self { absent: bare.learn_absent(&few), ..bare };
                if screened.explained(&few) * 2 < few.len() {
                    continue;
                }
                let cell = Self { absent: screened.learn_absent(&many), ..screened };
                let explained = cell.explained(&many);
                if explained > most && explained * 100 >= many.len() * ENOUGH {
                    (best, most) = (cell, explained);
                }
            }
            if most == many.len() && best.source != Source::Constant {
                break;
            }
        }
        match best.source {
            Source::Constant => best,
            // Numbers are always there, and printing them is what takes time.
            source if is_number(source) => best,
            _ => Self { absent: best.learn_absent(column), ..best },
        }
    }

    fn explained(&self, column: &[(At<'_>, &[u8])]) -> usize {
        let mut out = Vec::new();
        let right = |(at, text): &&(At<'_>, &[u8])| {
            out.clear();
            self.render(&mut out, *at);
            out == *text
        };
        column.iter().filter(right).count()
    }

    /// What most rows have where the source has nothing.
    fn learn_absent(&self, column: &[(At<'_>, &[u8])]) -> Vec<u8> {
        let mut out = Vec::new();
        let absent = column.iter().filter(|(at, _)| {
            out.clear();
            self.render_present(&mut out, *at);
            out.is_empty()
        });
        most_common(&absent.copied().collect::<Vec<_>>())
    }

    fn render(&self, out: &mut Vec<u8>, at: At<'_>) {
        let before = out.len();
        self.render_present(out, at);
        if out.len() == before {
            out.extend(&self.absent);
        }
    }

    fn render_present(&self, out: &mut Vec<u8>, At { model, residue, atom, serial }: At<'_>) {
        let (residues, atoms) = (&model.topology.residues, &model.topology.atoms);
        let number = |out: &mut Vec<u8>, numbers: &Numbers, index| {
            let style = STYLES.get(usize::from(self.style)).copied().unwrap_or(Style::Bare);
            print::number(out, numbers, index, 0, style);
        };
        match self.source {
            Source::Constant => {}
            Source::Group => out.extend(if atoms.hetero[atom] { &b"HETATM"[..] } else { b"ATOM" }),
            Source::Serial => out.extend(serial.to_string().into_bytes()),
            Source::Element => out.extend(atoms.element[atom].symbol().bytes()),
            Source::ElementTitle => {
                let symbol = atoms.element[atom].symbol().bytes();
                out.extend(symbol.enumerate().map(|(i, b)| if i == 0 { b } else { b.to_ascii_lowercase() }));
            }
            Source::AtomName => quoted(out, atoms.name.get(atom)),
            Source::AltLoc => out.extend(Some(atoms.altloc[atom]).filter(|&code| code != 0)),
            Source::ResidueName => quoted(out, residues.name.get(residue)),
            Source::LabelAsym => quoted(out, residues.label_asym_id.get(residue)),
            Source::Entity => quoted(out, residues.label_entity_id.get(residue)),
            Source::LabelSeq => match residues.label_seq_id[residue] {
                NO_LABEL_SEQ => {}
                number => out.extend(number.to_string().into_bytes()),
            },
            Source::InsertionCode => out.extend(Some(residues.insertion_code[residue]).filter(|&code| code != 0)),
            Source::X => number(out, &model.coords, 3 * atom),
            Source::Y => number(out, &model.coords, 3 * atom + 1),
            Source::Z => number(out, &model.coords, 3 * atom + 2),
            Source::Occupancy => number(out, &model.occupancy, atom),
            Source::B => number(out, &model.b_factor, atom),
            Source::Charge => match atoms.charge[atom] {
                0 => {}
                charge => out.extend(charge.to_string().into_bytes()),
            },
            Source::AuthSeq => out.extend(residues.number[residue].to_string().into_bytes()),
            Source::Chain => quoted(out, residues.chain_id.get(residue)),
            Source::ModelNumber => out.extend(model.number.to_string().into_bytes()),
            Source::OneLetter => out.extend(one_letter(residues.name.get(residue))),
        }
    }
}

/// About `count` rows of a column, spread evenly.
fn spread<'a>(column: &[(At<'a>, &'a [u8])], count: usize) -> Vec<(At<'a>, &'a [u8])> {
    column.iter().step_by(column.len() / count + 1).copied().collect()
}

fn is_number(source: Source) -> bool {
    matches!(source, Source::X | Source::Y | Source::Z | Source::Occupancy | Source::B)
}

fn most_common(column: &[(At<'_>, &[u8])]) -> Vec<u8> {
    let mut votes = Votes::default();
    column.iter().for_each(|(_, text)| votes.cast(*text));
    votes.winner().unwrap_or_default().to_vec()
}

/// Length to which rows are padded, and what follows.
fn learn_end(rows: &[(At<'_>, &[u8])], ends: &[usize]) -> (usize, Vec<u8>) {
    let length = rows.first().map_or(0, |(_, row)| row.len());
    let mut line_ends = Votes::default();
    if ends.iter().any(|&end| end != ends[0]) && rows.iter().all(|(_, row)| row.len() == length && length < MAX_WIDTH) {
        rows.iter()
            .for_each(|(_, row)| line_ends.cast(&row[row.trim_ascii_end().len().max(row.len().saturating_sub(2))..]));
        let end: &[u8] = if rows.iter().all(|(_, row)| row.ends_with(b"\r\n")) { b"\r\n" } else { b"\n" };
        return (length - end.len(), end.to_vec());
    }
    rows.iter().zip(ends).for_each(|((_, row), &end)| line_ends.cast(&row[end..]));
    (0, line_ends.winner().unwrap_or_default().to_vec())
}

/// The longest line of rows that are wrapped, 0 where none is.
fn learn_wrap(rows: &[(At<'_>, &[u8])]) -> usize {
    let wrapped = |row: &[u8]| row.trim_ascii_end().contains(&b'\n');
    if !rows.iter().any(|(_, row)| wrapped(row)) {
        return 0;
    }
    let lines = rows.iter().flat_map(|(_, row)| row.split(|&byte| byte == b'\n'));
    lines.map(<[u8]>::len).max().unwrap_or(0).min(MAX_WIDTH)
}

/// The cells of a row with the places where they begin; quotes belong to the cell.
pub(super) fn cells(row: &[u8]) -> Vec<(usize, &[u8])> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = row[at..].iter().position(|byte| !byte.is_ascii_whitespace()).map(|skip| at + skip) {
        let quote = Some(row[start]).filter(|byte| matches!(byte, b'"' | b'\''));
        // A quote closes where a blank follows it.
        let closes = |place: usize| match quote {
            Some(quote) => place > start + 1 && row[place - 1] == quote && row[place].is_ascii_whitespace(),
            None => row[place].is_ascii_whitespace(),
        };
        let end = (start + 1..row.len()).find(|&place| closes(place)).unwrap_or(row.len());
        found.push((start, &row[start..end]));
        at = end;
    }
    found
}

fn quoted(out: &mut Vec<u8>, text: &str) {
    let needs = text.contains(['\'', '"', ' ']) || text.starts_with(['#', '$', '[', ';', '_']);
    let quote: &[u8] = match (needs, text.contains('"')) {
        (false, _) => b"",
        (true, false) => b"\"",
        (true, true) => b"'",
    };
    out.extend(quote);
    out.extend(text.bytes());
    out.extend(quote);
}

fn pad(out: &mut Vec<u8>, to: usize) {
    out.extend(std::iter::repeat_n(b' ', to.saturating_sub(out.len())));
}

/// The letter of a standard amino acid.
fn one_letter(name: &str) -> Option<u8> {
    const NAMES: &[u8; 60] = b"ALAARGASNASPCYSGLNGLUGLYHISILELEULYSMETPHEPROSERTHRTRPTYRVAL";
    const LETTERS: &[u8; 20] = b"ARNDCQEGHILKMFPSTWYV";
    NAMES.chunks(3).position(|known| known == name.as_bytes()).and_then(|index| LETTERS.get(index).copied())
}
