//! The atoms of a residue: a *shape*, shared by all residues that have the same.
//!
//! ```text
//! Shape { residue "ALA", names [N CA C O CB], elements [N C C O C], altloc 0.., hetero no.., charge 0.. }
//! ```
//!
//! Atom names that [`templates`] numbers are that number, any other is [`TEXT`] and stands in `texts`.
//! A shape is *plain* where every other column follows from the names.

use compact_str::CompactString;

use super::templates::{self, OTHER, RESIDUES};
use crate::codec::wire::{Reader, put_bytes, put_varint};
use crate::error::Result;
use crate::record::{Element, Topology};

/// In place of a number: the name is a text.
pub(in crate::codec) const TEXT: u8 = 255;

/// What atoms have besides a name, one bit a column that is written out.
const ELEMENTS: u8 = 1;
const ALTLOCS: u8 = 2;
const HETERO: u8 = 4;
const CHARGES: u8 = 8;

/// The atoms of a residue in file order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(in crate::codec) struct Shape {
    /// The number of the residue among the standard ones, or [`OTHER`].
    pub symbol: u8,
    /// Its name.
    pub residue: CompactString,
    /// Numbers of the atom names.
    pub names: Vec<u8>,
    /// Names without a number, in order.
    pub texts: Vec<CompactString>,
    /// Elements.
    pub elements: Vec<Element>,
    /// Alternate locations.
    pub altloc: Vec<u8>,
    /// Whether each is a HETATM.
    pub hetero: Vec<bool>,
    /// Charges.
    pub charge: Vec<i8>,
}

impl Shape {
    /// A shape of numbered atoms with nothing unusual.
    pub(super) fn plain(symbol: u8, names: Vec<u8>) -> Self {
        let count = names.len();
        Self {
            symbol,
            residue: RESIDUES.get(usize::from(symbol)).map_or("", |row| row.0).into(),
            elements: names.iter().map(|&number| templates::element_of(number)).collect(),
            names,
            texts: Vec::new(),
            altloc: vec![0; count],
            hetero: vec![false; count],
            charge: vec![0; count],
        }
    }

    /// The shape of residue `index`; `numbers` gives the number of each distinct atom name.
    pub(super) fn of(topology: &Topology, index: usize, numbers: &[u8]) -> Self {
        let (residues, atoms) = (&topology.residues, &topology.atoms);
        let span = residues.atoms(index);
        let column = |values: &[u8]| values.get(span.clone()).unwrap_or_default().to_vec();
        let number = |atom: usize| {
            let code = atoms.name.codes().get(atom).map_or(usize::MAX, |&code| code as usize);
            numbers.get(code).copied().unwrap_or(TEXT)
        };
        let names: Vec<u8> = span.clone().map(number).collect();
        let residue = residues.name.get(index);
        Self {
            symbol: templates::symbol_of(residue),
            residue: residue.into(),
            texts: span.clone().filter(|&atom| number(atom) == TEXT).map(|atom| atoms.name.get(atom).into()).collect(),
            names,
            elements: atoms.element.get(span.clone()).unwrap_or_default().to_vec(),
            altloc: column(&atoms.altloc),
            hetero: atoms.hetero.get(span.clone()).unwrap_or_default().to_vec(),
            charge: atoms.charge.get(span).unwrap_or_default().to_vec(),
        }
    }

    /// The number of atoms.
    pub(in crate::codec) fn len(&self) -> usize {
        self.names.len()
    }

    /// The name of an atom.
    pub(in crate::codec) fn name(&self, atom: usize) -> &str {
        match self.names.get(atom) {
            Some(&TEXT) => {
                let before = self.names.iter().take(atom).filter(|&&number| number == TEXT).count();
                self.texts.get(before).map_or("", CompactString::as_str)
            }
            number => number.and_then(|&number| templates::NAMES.get(usize::from(number))).copied().unwrap_or(""),
        }
    }

    /// Whether some atom has an altloc, is a HETATM or is charged.
    pub(super) fn is_unusual(&self) -> bool {
        self.altloc.iter().any(|&code| code != 0)
            || self.hetero.iter().any(|&flag| flag)
            || self.charge.iter().any(|&charge| charge != 0)
    }

    /// Appends the shape; `default` marks it as that of every residue of its symbol that is no exception.
    pub(super) fn put(&self, out: &mut Vec<u8>, default: bool) {
        out.push(self.symbol | u8::from(default) << 7);
        if self.symbol == OTHER {
            put_bytes(out, self.residue.as_bytes());
        }
        put_varint(out, self.len() as u64);
        let mut texts = self.texts.iter();
        for &number in &self.names {
            out.push(number);
            if number == TEXT {
                put_bytes(out, texts.next().map_or(&[], |text| text.as_bytes()));
            }
        }
        let named = self.names.iter().zip(&self.elements).all(|(&number, &found)| expected(number) == found);
        let unusual = [
            (ELEMENTS, !named),
            (ALTLOCS, self.altloc.iter().any(|&code| code != 0)),
            (HETERO, self.hetero.iter().any(|&flag| flag)),
            (CHARGES, self.charge.iter().any(|&charge| charge != 0)),
        ];
        let columns = unusual.iter().filter(|(_, is)| *is).fold(0, |columns, (bit, _)| columns | bit);
        out.push(columns);
        put_column(out, columns & ELEMENTS != 0, self.elements.iter().map(|element| element.as_u8()));
        put_column(out, columns & ALTLOCS != 0, self.altloc.iter().copied());
        put_column(out, columns & HETERO != 0, self.hetero.iter().map(|&flag| u8::from(flag)));
        put_column(out, columns & CHARGES != 0, self.charge.iter().map(|&charge| charge as u8));
    }

    /// Reads a shape and whether it is a default.
    pub(super) fn get(reader: &mut Reader<'_>) -> Result<(Self, bool)> {
        let first = reader.u8()?;
        let symbol = first & 0x7f;
        let residue = match RESIDUES.get(usize::from(symbol)) {
            Some(row) => row.0,
            None if symbol == OTHER => {
                let text = reader.text()?;
                if templates::symbol_of(text) != OTHER {
                    return Err(reader.broken());
                }
                text
            }
            None => return Err(reader.broken()),
        };
        let residue = CompactString::new(residue);
        // A name costs a byte at least.
        let count = reader.count(reader.remaining())?;
        let (mut names, mut texts) = (Vec::with_capacity(count), Vec::new());
        for _ in 0..count {
            let number = reader.u8()?;
            if number == TEXT {
                let text = reader.text()?;
                if templates::number_of(text).is_some() {
                    return Err(reader.broken());
                }
                texts.push(text.into());
            } else if usize::from(number) >= templates::NAMES.len() {
                return Err(reader.broken());
            }
            names.push(number);
        }
        let columns = reader.u8()?;
        let usual = |number: &u8| expected(*number);
        let elements = get_column(reader, columns & ELEMENTS != 0, count, Element::from_u8)?;
        let shape = Self {
            symbol,
            residue,
            texts,
            elements: elements.unwrap_or_else(|| names.iter().map(usual).collect()),
            names,
            altloc: get_column(reader, columns & ALTLOCS != 0, count, Some)?.unwrap_or_else(|| vec![0; count]),
            hetero: get_column(reader, columns & HETERO != 0, count, flag)?.unwrap_or_else(|| vec![false; count]),
            charge: get_column(reader, columns & CHARGES != 0, count, |byte| Some(byte as i8))?
                .unwrap_or_else(|| vec![0; count]),
        };
        if count == 0 {
            return Err(reader.broken());
        }
        Ok((shape, first & 0x80 != 0))
    }
}

/// The element of an atom by its name alone; carbon for a name without a number.
fn expected(number: u8) -> Element {
    if number == TEXT { Element::C } else { templates::element_of(number) }
}

fn flag(byte: u8) -> Option<bool> {
    match byte {
        0 => Some(false),
        1 => Some(true),
        _ => None,
    }
}

fn put_column(out: &mut Vec<u8>, there: bool, column: impl Iterator<Item = u8>) {
    if there {
        out.extend(column);
    }
}

fn get_column<T>(
    reader: &mut Reader<'_>,
    there: bool,
    count: usize,
    convert: impl Fn(u8) -> Option<T>,
) -> Result<Option<Vec<T>>> {
    if !there {
        return Ok(None);
    }
    let column = reader.take(count)?.iter().map(|&byte| convert(byte)).collect::<Option<Vec<T>>>();
    column.map(Some).ok_or_else(|| reader.broken())
}
