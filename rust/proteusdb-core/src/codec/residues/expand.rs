//! Shapes to atom columns.
//!
//! ```text
//! shape_of [A G]   A: names [N CA C O CB]  G: names [N CA C O]   ->   codes 0 1 2 3 4 | 0 1 2 3
//! ```
//!
//! The dictionary of a column stands in the order of first use, so a shape's codes are made when it is first met, and
//! from then on copied: [`LANES`] rows at a time into columns with room behind their end, because a residue has few.

use std::collections::HashMap;

use compact_str::CompactString;
use foldhash::fast::FixedState;

use super::layout::{Layout, OWN};
use super::shape::{Shape, TEXT};
use super::templates::{NAMES, OTHER};
use crate::record::{Atoms, Coded, Element};

/// Rows of one copy.
const LANES: usize = 16;

/// Residue names, first atoms and atoms; `None` where a residue has no shape.
pub(super) fn expand(layout: &Layout, total: usize) -> Option<(Coded, Vec<u32>, Atoms)> {
    let mut names = Dictionary::default();
    let mut residues = Dictionary::default();
    let mut ready: Vec<Option<Ready>> = Vec::new();
    ready.resize_with(OWN as usize + layout.own.len(), || None);
    let mut codes = vec![0_u32; total + LANES];
    let mut elements = vec![Element::UNKNOWN; total + LANES];
    let mut residue_codes = Vec::with_capacity(layout.shape_of.len());
    let mut atom_start = Vec::with_capacity(layout.shape_of.len() + 1);
    let mut at = 0;
    let mut unusual = false;
    for &number in &layout.shape_of {
        let slot = ready.get_mut(number as usize)?;
        if slot.is_none() {
            let shape = layout.shape(number)?;
            unusual |= shape.is_unusual();
            *slot = Some(Ready::new(shape, &mut names, &mut residues));
        }
        let ready = slot.as_ref()?;
        copy(&mut codes, at, &ready.codes)?;
        copy(&mut elements, at, &ready.elements)?;
        residue_codes.push(ready.residue);
        atom_start.push(at as u32);
        at += ready.count;
    }
    atom_start.push(at as u32);
    codes.truncate(total);
    elements.truncate(total);
    let (altloc, hetero, charge) = if unusual {
        (
            gather(layout, total, |shape| &shape.altloc)?,
            gather(layout, total, |shape| &shape.hetero)?,
            gather(layout, total, |shape| &shape.charge)?,
        )
    } else {
        (vec![0; total], vec![false; total], vec![0; total])
    };
    let name = Coded::from_canonical(names.values, codes);
    let residue = Coded::from_canonical(residues.values, residue_codes);
    Some((residue, atom_start, Atoms { name, element: elements, altloc, hetero, charge }))
}

/// A shape whose names have codes in this record; columns padded to whole copies.
struct Ready {
    count: usize,
    residue: u32,
    codes: Vec<u32>,
    elements: Vec<Element>,
}

impl Ready {
    fn new(shape: &Shape, names: &mut Dictionary, residues: &mut Dictionary) -> Self {
        let count = shape.len();
        let whole = count.next_multiple_of(LANES);
        let mut texts = shape.texts.iter();
        let code = |&number: &u8| match NAMES.get(usize::from(number)) {
            Some(name) if number != TEXT => names.numbered(number, name),
            _ => names.code(texts.next().map_or("", |text| text)),
        };
        let mut codes: Vec<u32> = shape.names.iter().map(code).collect();
        let mut elements = shape.elements.clone();
        codes.resize(whole, 0);
        elements.resize(whole, Element::UNKNOWN);
        Self {
            count,
            residue: if shape.symbol == OTHER {
                residues.code(&shape.residue)
            } else {
                residues.numbered(shape.symbol, &shape.residue)
            },
            codes,
            elements,
        }
    }
}

/// Distinct texts in the order of their first use.
#[derive(Default)]
struct Dictionary {
    values: Vec<CompactString>,
    /// Codes of names by number, plus one.
    numbered: Vec<u32>,
    codes: HashMap<CompactString, u32, FixedState>,
}

impl Dictionary {
    fn code(&mut self, text: &str) -> u32 {
        if let Some(&code) = self.codes.get(text) {
            return code;
        }
        let code = self.push(text);
        self.codes.insert(text.into(), code);
        code
    }

    /// The code of name `number`, which `text` never is for another one.
    fn numbered(&mut self, number: u8, text: &str) -> u32 {
        self.numbered.resize(256, 0);
        match self.numbered.get(usize::from(number)) {
            Some(&code) if code > 0 => code - 1,
            _ => {
                let code = self.push(text);
                self.numbered.get_mut(usize::from(number)).into_iter().for_each(|slot| *slot = code + 1);
                code
            }
        }
    }

    fn push(&mut self, text: &str) -> u32 {
        self.values.push(text.into());
        self.values.len() as u32 - 1
    }
}

/// Copies whole lanes to `at`, as far as the column goes.
#[inline]
fn copy<T: Copy>(column: &mut [T], at: usize, rows: &[T]) -> Option<()> {
    let out = column.get_mut(at..)?;
    let (lanes, _) = rows.as_chunks::<LANES>();
    match lanes {
        [lane] => *out.first_chunk_mut::<LANES>()? = *lane,
        _ => {
            // The column ends one copy behind its rows.
            let rows = rows.get(..rows.len().min(out.len()))?;
            out.get_mut(..rows.len())?.copy_from_slice(rows);
        }
    }
    Some(())
}

fn gather<T: Copy>(layout: &Layout, total: usize, column: impl Fn(&Shape) -> &Vec<T>) -> Option<Vec<T>> {
    let mut out = Vec::with_capacity(total);
    for &number in &layout.shape_of {
        out.extend_from_slice(column(layout.shape(number)?));
    }
    Some(out)
}
