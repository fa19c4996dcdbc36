//! A table by its columns, for those that the structure does not tell.
//!
//! ```text
//! 1   VAL N   CA  SING      column 0   integers
//! 2   VAL CA  C   SING             1   words: VAL, one for each row
//! 3   VAL CA  CB  SING             4   constant SING
//!
//! rows, columns, setting, then each column: its kind u8 and
//!   0 constant   the cell
//!   1 integers   an integer column, stride 1
//!   2 same       varint: which of the columns before, over all tables of this text, it repeats
//!   3 words      varint count of different cells, those, and an integer column of indices
//!   4 cells      each cell
//! ```
//!
//! Cells of one kind stand together, so what is alike is near: that is what zstd needs. The setting is how cells become
//! lines: whether cells are padded to the width of their column, and what follows each.

use std::collections::HashMap;

use super::super::cif_layout;
use crate::codec::integers;
use crate::codec::wire::{Reader, put_bytes, put_varint};
use crate::error::Result;

const MAX_COLUMNS: usize = 256;
const MAX_WORDS: usize = 256;
const MAX_CELL: usize = 1 << 16;

const CONSTANT: u8 = 0;
const INTEGERS: u8 = 1;
const SAME: u8 = 2;
const WORDS: u8 = 3;
const CELLS: u8 = 4;

/// The columns of the tables that came before in a text, which later ones may repeat.
#[derive(Debug, Default)]
pub(super) struct Known(Vec<Vec<Vec<u8>>>);

/// Appends the lines of a table; `false`, with nothing appended, where no setting prints them all.
pub(super) fn put(out: &mut Vec<u8>, lines: &[&[u8]], known: &mut Known) -> bool {
    let rows: Vec<Vec<&[u8]>> =
        lines.iter().map(|line| cif_layout::cells(line).into_iter().map(|(_, cell)| cell).collect()).collect();
    let count = rows.first().map_or(0, Vec::len);
    if count == 0 || count > MAX_COLUMNS || rows.iter().any(|row| row.len() != count) {
        return false;
    }
    let Some(setting) = Setting::of(lines, &rows) else { return false };
    let (before, told) = (out.len(), known.0.len());
    put_varint(out, rows.len() as u64);
    put_varint(out, count as u64);
    setting.put(out);
    for index in 0..count {
        let column: Vec<Vec<u8>> = rows.iter().filter_map(|row| row.get(index)).map(|cell| cell.to_vec()).collect();
        put_column(out, &column, known);
        known.0.push(column);
    }
    // What costs less than a byte a row is refused when it is read, as damage could make any number of rows of it.
    let costs = out.len() - before >= rows.len();
    if !costs {
        known.0.truncate(told);
    }
    costs
}

/// Appends to `text` the lines that [`put`] appended to what `reader` reads.
pub(super) fn get(reader: &mut Reader<'_>, text: &mut Vec<u8>, known: &mut Known) -> Result<()> {
    let rows = reader.count(reader.remaining())?;
    let count = reader.count(MAX_COLUMNS)?;
    let setting = Setting::get(reader, count)?;
    let from = known.0.len();
    for _ in 0..count {
        let column = get_column(reader, rows, known)?;
        known.0.push(column);
    }
    let columns = known.0.get(from..).unwrap_or_default();
    setting.print(text, columns, rows);
    Ok(())
}

fn put_column(out: &mut Vec<u8>, column: &[Vec<u8>], known: &Known) {
    let first = column.first().map(Vec::as_slice).unwrap_or_default();
    if column.iter().all(|cell| cell == first) {
        out.push(CONSTANT);
        put_bytes(out, first);
    } else if let Some(same) = known.0.iter().position(|other| other == column) {
        out.push(SAME);
        put_varint(out, same as u64);
    } else if let Some(values) = column.iter().map(|cell| integer(cell)).collect::<Option<Vec<i32>>>() {
        out.push(INTEGERS);
        integers::put(out, &values, 1);
    } else {
        put_texts(out, column);
    }
}

fn put_texts(out: &mut Vec<u8>, column: &[Vec<u8>]) {
    let mut words: Vec<&[u8]> = Vec::new();
    let mut numbers: HashMap<&[u8], i32> = HashMap::new();
    let indices: Vec<i32> = column
        .iter()
        .map(|cell| {
            *numbers.entry(cell).or_insert_with(|| {
                words.push(cell);
                words.len() as i32 - 1
            })
        })
        .collect();
    if words.len() <= MAX_WORDS && words.len() * 2 <= column.len() {
        out.push(WORDS);
        put_varint(out, words.len() as u64);
        words.iter().for_each(|word| put_bytes(out, word));
        integers::put(out, &indices, usize::MAX);
    } else {
        out.push(CELLS);
        column.iter().for_each(|cell| put_bytes(out, cell));
    }
}

fn get_column(reader: &mut Reader<'_>, rows: usize, known: &Known) -> Result<Vec<Vec<u8>>> {
    match reader.u8()? {
        CONSTANT => Ok(vec![cell(reader)?; rows]),
        SAME => {
            let same = known.0.get(reader.count(known.0.len())?).filter(|column| column.len() == rows);
            same.cloned().ok_or_else(|| reader.broken())
        }
        INTEGERS => {
            let values = integers::get(reader, rows, 1)?;
            Ok(values.into_iter().map(|value| value.to_string().into_bytes()).collect())
        }
        WORDS => {
            let count = reader.count(MAX_WORDS)?;
            let words = (0..count).map(|_| cell(reader)).collect::<Result<Vec<_>>>()?;
            let indices = integers::get(reader, rows, usize::MAX)?;
            let word = |index: i32| usize::try_from(index).ok().and_then(|index| words.get(index)).cloned();
            indices.into_iter().map(|index| word(index).ok_or_else(|| reader.broken())).collect()
        }
        CELLS => (0..rows).map(|_| cell(reader)).collect(),
        _ => Err(reader.broken()),
    }
}

fn cell(reader: &mut Reader<'_>) -> Result<Vec<u8>> {
    let cell = reader.bytes()?;
    if cell.len() <= MAX_CELL { Ok(cell.to_vec()) } else { Err(reader.broken()) }
}

/// An integer whose text is the one it prints.
fn integer(cell: &[u8]) -> Option<i32> {
    let text = std::str::from_utf8(cell).ok()?;
    let value: i32 = text.parse().ok()?;
    (value.to_string() == text).then_some(value)
}

/// How cells become lines.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Setting {
    /// Whether cells are filled up with blanks to the longest of their column.
    padded: bool,
    /// What follows each cell; after the last one it ends the line.
    gaps: Vec<Vec<u8>>,
}

impl Setting {
    /// The setting that prints all lines.
    fn of(lines: &[&[u8]], rows: &[Vec<&[u8]>]) -> Option<Self> {
        let count = rows.first()?.len();
        let columns: Vec<Vec<&[u8]>> =
            (0..count).map(|index| rows.iter().filter_map(|row| row.get(index).copied()).collect()).collect();
        [false, true].into_iter().find_map(|padded| {
            let setting = Self { padded, gaps: gaps(lines.first()?, &widths(&columns, padded))? };
            let mut text = Vec::new();
            setting.print(&mut text, &columns, rows.len());
            (lines.iter().map(|line| line.len()).sum::<usize>() == text.len() && lines.concat() == text)
                .then_some(setting)
        })
    }

    fn put(&self, out: &mut Vec<u8>) {
        out.push(u8::from(self.padded));
        self.gaps.iter().for_each(|gap| put_bytes(out, gap));
    }

    fn get(reader: &mut Reader<'_>, columns: usize) -> Result<Self> {
        let padded = reader.u8()? != 0;
        Ok(Self { padded, gaps: (0..columns).map(|_| cell(reader)).collect::<Result<_>>()? })
    }

    fn print<C: AsRef<[u8]>>(&self, text: &mut Vec<u8>, columns: &[Vec<C>], rows: usize) {
        let widths = widths(columns, self.padded);
        for row in 0..rows {
            for ((column, width), gap) in columns.iter().zip(&widths).zip(&self.gaps) {
                let cell = column.get(row).map(AsRef::as_ref).unwrap_or_default();
                text.extend_from_slice(cell);
                text.extend(std::iter::repeat_n(b' ', width.saturating_sub(cell.len())));
                text.extend_from_slice(gap);
            }
        }
    }
}

/// The width that each column's cells are filled up to.
fn widths<C: AsRef<[u8]>>(columns: &[Vec<C>], padded: bool) -> Vec<usize> {
    let width = |column: &Vec<C>| column.iter().map(|cell| cell.as_ref().len()).max().unwrap_or(0);
    columns.iter().map(|column| if padded { width(column) } else { 0 }).collect()
}

/// What follows each cell of a line, its filling aside.
fn gaps(line: &[u8], widths: &[usize]) -> Option<Vec<Vec<u8>>> {
    let cells = cif_layout::cells(line);
    let starts = cells.iter().skip(1).map(|(start, _)| *start).chain([line.len()]);
    let first = cells.first().filter(|(start, _)| *start == 0).is_some();
    let gap = |(((start, cell), width), next): ((&(usize, &[u8]), &usize), usize)| {
        line.get(start + cell.len().max(*width)..next).map(<[u8]>::to_vec)
    };
    first.then(|| cells.iter().zip(widths).zip(starts).map(gap).collect()).flatten()
}
