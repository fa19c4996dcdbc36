//! The tables of an mmCIF file beside its atoms: sequences, numbering, confidence by residue say again what these say.
//!
//! ```text
//! loop_ _ma_qa_metric_local.ordinal_id ...       literal
//! 1 MET A 1 87.31 2                              a row for each residue: predicted by a layout, as atoms are
//! 2 SER A 2 90.02 2
//!
//! count of tables, and for each
//!   literal    length and bytes of the text before it
//!   kind       which residues its rows are about; 255: none, and `columns` follow
//!   layout     as in `cif_layout`
//!   rows       how many there are, then pairs up to that many: how many follow as predicted, and one that does not
//! literal      the text after the last table
//! ```
//!
//! A residue is shown by one atom, CA or C1', so that a cell can hold its B-factor.

mod columns;

use columns::Known;

use super::cif_layout::{self, CifLayout};
use super::rows::{self, At, Layout};
use crate::codec::wire::{Reader, put_bytes, put_varint};
use crate::error::Result;
use crate::record::{Model, ResidueKind, Structure};

/// Shorter tables are left as text.
const SHORTEST: usize = 8;
/// In place of a selection: a table by its columns.
const COLUMNS: u8 = 0xff;

/// Appends a text in which tables are told by the structure's first model.
pub(super) fn put(out: &mut Vec<u8>, text: &[u8], structure: &Structure) {
    let model = structure.first();
    let (mut tables, mut known) = (Vec::new(), Known::default());
    let (mut count, mut from) = (0, 0);
    for block in blocks(text) {
        let lines: Vec<&[u8]> = rows::lines(text.get(block.clone()).unwrap_or_default()).collect();
        let told = table(model, &lines).or_else(|| {
            let mut out = vec![COLUMNS];
            columns::put(&mut out, &lines, &mut known).then_some(out)
        });
        if let Some(table) = told {
            put_bytes(&mut tables, text.get(from..block.start).unwrap_or_default());
            tables.extend(table);
            from = block.end;
            count += 1;
        }
    }
    put_varint(out, count);
    out.extend(tables);
    put_bytes(out, text.get(from..).unwrap_or_default());
}

/// The inverse of [`put`].
pub(super) fn get(reader: &mut Reader<'_>, structure: &Structure) -> Result<Vec<u8>> {
    let model = structure.first();
    let (mut out, mut known) = (Vec::new(), Known::default());
    for _ in 0..reader.varint()? {
        out.extend_from_slice(reader.bytes()?);
        match reader.u8()? {
            COLUMNS => columns::get(reader, &mut out, &mut known)?,
            number => {
                let selection = *Selection::ALL.get(usize::from(number)).ok_or_else(|| reader.broken())?;
                get_rows(reader, &mut out, model, &selection.residues(model))?;
            }
        }
    }
    out.extend_from_slice(reader.bytes()?);
    Ok(out)
}

/// Which residues a table has rows for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Selection {
    All,
    Polymer,
    /// Those of the first chain of each entity.
    Entities,
    NonPolymer,
}

impl Selection {
    const ALL: [Self; 4] = [Self::All, Self::Polymer, Self::Entities, Self::NonPolymer];

    fn residues(self, model: &Model) -> Vec<usize> {
        let residues = &model.topology.residues;
        let mut firsts: Vec<(&str, &str)> = Vec::new();
        let mut first_of_entity = |residue: usize| {
            let (entity, chain) = (residues.label_entity_id.get(residue), residues.label_asym_id.get(residue));
            match firsts.iter().find(|(known, _)| *known == entity) {
                Some((_, first)) => *first == chain,
                None => {
                    firsts.push((entity, chain));
                    true
                }
            }
        };
        let polymer = |residue: usize| residues.kind.get(residue).is_some_and(|&kind| kind != ResidueKind::NonPolymer);
        (0..residues.len())
            .filter(|&residue| match self {
                Self::All => true,
                Self::Polymer => polymer(residue),
                Self::Entities => polymer(residue) && first_of_entity(residue),
                Self::NonPolymer => !polymer(residue),
            })
            .collect()
    }
}

/// The table as bytes; `None` where no selection predicts half of its rows.
fn table(model: &Model, lines: &[&[u8]]) -> Option<Vec<u8>> {
    Selection::ALL.into_iter().enumerate().find_map(|(number, selection)| {
        let residues = selection.residues(model);
        if residues.len() != lines.len() {
            return None;
        }
        let numbered = residues.iter().zip(lines).zip(1..).take(rows::SAMPLE);
        let sample: Vec<_> = numbered.map(|((&residue, line), serial)| (at(model, residue, serial), *line)).collect();
        let layout = CifLayout::learn_cells(&sample, 2)?;
        let mut out = vec![number as u8];
        layout.put(&mut out);
        put_varint(&mut out, lines.len() as u64);
        (put_rows(&mut out, model, &residues, lines, &layout) * 2 > lines.len()).then_some(out)
    })
}

/// Appends the rows; returns how many are predicted.
fn put_rows(out: &mut Vec<u8>, model: &Model, residues: &[usize], lines: &[&[u8]], layout: &CifLayout) -> usize {
    let (mut run, mut hits, mut serial) = (0, 0, 1);
    let mut expected = Vec::with_capacity(128);
    for (&residue, line) in residues.iter().zip(lines) {
        expected.clear();
        layout.render(&mut expected, at(model, residue, serial));
        if expected == *line {
            (run, hits, serial) = (run + 1, hits + 1, serial + 1);
        } else {
            put_varint(out, run);
            put_bytes(out, line);
            (run, serial) = (0, after(layout, line, serial));
        }
    }
    if run > 0 {
        put_varint(out, run);
    }
    hits
}

/// Appends to `out` the rows that [`put_rows`] appended, and the layout before them.
fn get_rows(reader: &mut Reader<'_>, out: &mut Vec<u8>, model: &Model, residues: &[usize]) -> Result<()> {
    let layout = CifLayout::get(reader)?;
    let mut ahead = residues.iter();
    let mut serial = 1;
    let mut left = reader.count(residues.len())?;
    while left > 0 {
        let run = reader.count(left)?;
        for &residue in ahead.by_ref().take(run) {
            layout.render(out, at(model, residue, serial));
            serial += 1;
        }
        left -= run;
        if left > 0 {
            let line = reader.bytes()?;
            out.extend_from_slice(line);
            serial = after(&layout, line, serial);
            ahead.next();
            left -= 1;
        }
    }
    Ok(())
}

/// The serial number that follows a row which was not predicted.
fn after(layout: &CifLayout, line: &[u8], serial: i64) -> i64 {
    layout.serial(line).unwrap_or(serial).saturating_add(1)
}

fn at(model: &Model, residue: usize, serial: i64) -> At<'_> {
    let atoms = model.topology.residues.atoms(residue);
    let shown = |name: &str| atoms.clone().find(|&atom| model.topology.atoms.name.get(atom) == name);
    let atom = shown("CA").or_else(|| shown("C1'")).unwrap_or(atoms.start);
    At { model, residue, atom, serial }
}

/// Stretches of at least [`SHORTEST`] lines with equal many cells each.
fn blocks(text: &[u8]) -> Vec<std::ops::Range<usize>> {
    let mut blocks = Vec::new();
    let (mut start, mut cells, mut count, mut position) = (0, 0, 0, 0);
    for line in rows::lines(text) {
        let here = if is_data(line) { cif_layout::cells(line).len() } else { 0 };
        if here != cells {
            if cells > 1 && count >= SHORTEST {
                blocks.push(start..position);
            }
            (start, cells, count) = (position, here, 0);
        }
        count += 1;
        position += line.len();
    }
    if cells > 1 && count >= SHORTEST {
        blocks.push(start..position);
    }
    blocks
}

fn is_data(line: &[u8]) -> bool {
    !line.starts_with(b"_") && !line.starts_with(b"#") && !line.starts_with(b";")
}
