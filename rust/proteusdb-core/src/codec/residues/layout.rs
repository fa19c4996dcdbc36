//! Which shape each residue has.
//!
//! ```text
//! sequence   M   K   V   MSE  L          symbols, in the prefix code
//! default    t   t   t   0    t          t: the template of the record's family; a record's own shapes have numbers
//! exceptions                  +4: t with OXT
//! ```
//!
//! A record that follows its family costs its sequence and three bytes. Where most residues of a symbol have another
//! shape (hydrogens on some, a trace of CA), that shape becomes the symbol's default.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::shape::{Shape, TEXT};
use super::templates::{self, FAMILIES, OTHER, OXT};
use super::{MAX_ATOMS, sequence};
use crate::codec::wire::{Reader, put_varint};
use crate::error::Result;
use crate::record::Topology;

/// Shapes below this number are the family's templates, by symbol; the others are the record's own.
pub(in crate::codec) const OWN: u32 = OTHER as u32;

/// Residues that choose the family.
const SAMPLE: usize = 32;

/// How an exception is written; the record's own shapes follow.
const WITH_OXT: u64 = 0;
const TEMPLATE: u64 = 1;
const FIRST_OWN: u64 = 2;

/// The shapes of a topology and which of them each residue has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::codec) struct Layout {
    /// The family whose templates are shapes 0 to [`OWN`].
    pub family: usize,
    /// The record's own shapes.
    pub own: Vec<Shape>,
    /// The shape of each residue.
    pub shape_of: Vec<u32>,
}

/// The templates of each family.
pub(in crate::codec) static TEMPLATES: LazyLock<Vec<Vec<Shape>>> = LazyLock::new(|| {
    let family = |family| (0..OTHER).map(|symbol| Shape::plain(symbol, templates::atoms(family, symbol))).collect();
    (0..FAMILIES).map(family).collect()
});

impl Layout {
    /// Shape `number`.
    pub(in crate::codec) fn shape(&self, number: u32) -> Option<&Shape> {
        match number.checked_sub(OWN) {
            None => TEMPLATES.get(self.family)?.get(number as usize),
            Some(own) => self.own.get(own as usize),
        }
    }

    /// Finds the shapes of a topology.
    pub(in crate::codec) fn of(topology: &Topology) -> Self {
        Analysis::new(topology).layout()
    }

    /// Appends the layout in two parts: the sequence, and what is not usual.
    pub(super) fn put(&self, sequence_out: &mut Vec<u8>, rest: &mut Vec<u8>) {
        let symbol_of = |&number: &u32| self.shape(number).map_or(OTHER, |shape| shape.symbol);
        sequence::put(sequence_out, self.shape_of.iter().map(symbol_of));
        let (with_oxt, defaults) = (self.with_oxt(), self.defaults());
        // Own shapes that are a template and OXT are not written but referred to as such.
        let mut written = Vec::new();
        let numbers: Vec<u64> = (OWN..)
            .zip(&self.own)
            .map(|(number, shape)| {
                let implied =
                    with_oxt.contains(&number) && defaults.get(usize::from(shape.symbol)) != Some(&Some(number));
                if implied {
                    return WITH_OXT;
                }
                written.push(number);
                FIRST_OWN + written.len() as u64 - 1
            })
            .collect();
        rest.push(self.family as u8);
        put_varint(rest, written.len() as u64);
        for &number in &written {
            let default = defaults.contains(&Some(number));
            self.shape(number).into_iter().for_each(|shape| shape.put(rest, default));
        }
        let reference = |number: u32| match number.checked_sub(OWN) {
            None => TEMPLATE,
            Some(own) => numbers.get(own as usize).copied().unwrap_or(TEMPLATE),
        };
        let exceptions: Vec<(usize, u32)> = self.exceptions(&defaults).collect();
        put_varint(rest, exceptions.len() as u64);
        let mut next = 0;
        for (residue, number) in exceptions {
            put_varint(rest, (residue - next) as u64);
            put_varint(rest, reference(number));
            next = residue + 1;
        }
    }

    /// Reads a layout of `count` residues.
    pub(super) fn get(symbols: &[u8], reader: &mut Reader<'_>) -> Result<Self> {
        let family = usize::from(reader.u8()?);
        let templates = TEMPLATES.get(family).ok_or_else(|| reader.broken())?;
        let mut defaults: Vec<Option<u32>> = (0..OWN).map(Some).chain([None]).collect();
        let mut own = Vec::new();
        for number in OWN..OWN + reader.count(reader.remaining())? as u32 {
            let (shape, default) = Shape::get(reader)?;
            if default && let Some(slot) = defaults.get_mut(usize::from(shape.symbol)) {
                *slot = Some(number);
            }
            own.push(shape);
        }
        let written = own.len() as u32;
        let defaults: Vec<u32> = defaults.into_iter().map(|number| number.unwrap_or(u32::MAX)).collect();
        let default_of = |symbol: &u8| defaults.get(usize::from(*symbol)).copied().unwrap_or(u32::MAX);
        let mut shape_of: Vec<u32> = symbols.iter().map(default_of).collect();
        let mut oxt: HashMap<u8, u32> = HashMap::new();
        let mut next = 0;
        for _ in 0..reader.count(symbols.len())? {
            let residue = next + reader.count(symbols.len())?;
            let symbol = *symbols.get(residue).ok_or_else(|| reader.broken())?;
            let number = match reader.varint()? {
                WITH_OXT => *oxt.entry(symbol).or_insert_with(|| {
                    own.extend(templates.get(usize::from(symbol)).map(with_oxt));
                    OWN + own.len() as u32 - 1
                }),
                TEMPLATE => u32::from(symbol),
                own => {
                    let own = u32::try_from(own - FIRST_OWN).ok().filter(|own| *own < written);
                    OWN + own.ok_or_else(|| reader.broken())?
                }
            };
            *shape_of.get_mut(residue).ok_or_else(|| reader.broken())? = number;
            next = residue + 1;
        }
        let layout = Self { family, own, shape_of };
        let fits = |(&number, &symbol)| layout.shape(number).is_some_and(|shape| shape.symbol == symbol);
        if layout.shape_of.iter().zip(symbols).all(fits) { Ok(layout) } else { Err(reader.broken()) }
    }

    /// The number of atoms, where it is allowed.
    pub(super) fn atoms(&self) -> Option<usize> {
        let length = |&number: &u32| self.shape(number).map(Shape::len);
        let total = self.shape_of.iter().map(length).try_fold(0_usize, |sum, length| sum.checked_add(length?));
        total.filter(|&total| total <= MAX_ATOMS)
    }

    /// The most frequent shape of each symbol; the template where it is as frequent as any.
    fn defaults(&self) -> Vec<Option<u32>> {
        let mut counts = vec![0_u32; OWN as usize + self.own.len()];
        self.shape_of
            .iter()
            .for_each(|&number| counts.get_mut(number as usize).into_iter().for_each(|count| *count += 1));
        let count = |number: u32| counts.get(number as usize).copied().unwrap_or(0);
        let mut defaults: Vec<Option<u32>> = (0..OWN).map(Some).chain([None]).collect();
        for (number, shape) in (OWN..).zip(&self.own) {
            if let Some(best) = defaults.get_mut(usize::from(shape.symbol))
                && best.is_none_or(|best| count(best) < count(number))
            {
                *best = Some(number);
            }
        }
        defaults
    }

    /// Own shapes that are their template and OXT.
    fn with_oxt(&self) -> Vec<u32> {
        let is = |shape: &Shape| {
            let template = TEMPLATES.get(self.family).and_then(|family| family.get(usize::from(shape.symbol)));
            template.is_some_and(|template| with_oxt(template) == *shape)
        };
        (OWN..).zip(&self.own).filter(|(_, shape)| is(shape)).map(|(number, _)| number).collect()
    }

    fn exceptions<'a>(&'a self, defaults: &'a [Option<u32>]) -> impl Iterator<Item = (usize, u32)> + 'a {
        self.shape_of.iter().copied().enumerate().filter(|(_, number)| {
            let symbol = self.shape(*number).map_or(OTHER, |shape| shape.symbol);
            defaults.get(usize::from(symbol)) != Some(&Some(*number))
        })
    }
}

fn with_oxt(template: &Shape) -> Shape {
    let mut names = template.names.clone();
    names.push(OXT);
    Shape::plain(template.symbol, names)
}

/// What finding the shapes rests on.
struct Analysis<'a> {
    topology: &'a Topology,
    /// The number of each distinct atom name.
    numbers: Vec<u8>,
    /// The symbol of each distinct residue name.
    symbols: Vec<u8>,
    /// Whether no atom has an altloc, is a HETATM or is charged.
    usual: bool,
}

impl<'a> Analysis<'a> {
    fn new(topology: &'a Topology) -> Self {
        let atoms = &topology.atoms;
        let unusual = atoms.altloc.iter().fold(0, |all, &code| all | code)
            | atoms.charge.iter().fold(0, |all, &charge| all | charge as u8)
            | u8::from(atoms.hetero.iter().fold(false, |all, &flag| all | flag));
        Self {
            topology,
            numbers: atoms.name.values().map(|name| templates::number_of(name).unwrap_or(TEXT)).collect(),
            symbols: topology.residues.name.values().map(templates::symbol_of).collect(),
            usual: unusual == 0,
        }
    }

    fn layout(&self) -> Layout {
        let count = self.topology.residues.len();
        let step = count.div_ceil(SAMPLE).max(1);
        let matches =
            |family: &usize| (0..count).step_by(step).filter(|&index| self.is_template(*family, index)).count();
        // The first of equals.
        let family = (0..FAMILIES).rev().max_by_key(matches).unwrap_or(0);
        let mut own: Vec<Shape> = Vec::new();
        let mut known: HashMap<Shape, u32> = HashMap::new();
        let shape_of = (0..count).map(|index| {
            if self.is_template(family, index) {
                return u32::from(self.symbol(index));
            }
            let shape = Shape::of(self.topology, index, &self.numbers);
            *known.entry(shape).or_insert_with_key(|shape| {
                own.push(shape.clone());
                OWN + own.len() as u32 - 1
            })
        });
        let shape_of = shape_of.collect();
        Layout { family, own, shape_of }
    }

    fn symbol(&self, index: usize) -> u8 {
        let code = self.topology.residues.name.codes().get(index).map_or(usize::MAX, |&code| code as usize);
        self.symbols.get(code).copied().unwrap_or(OTHER)
    }

    fn is_template(&self, family: usize, index: usize) -> bool {
        let symbol = usize::from(self.symbol(index));
        let Some(template) = TEMPLATES.get(family).and_then(|family| family.get(symbol)) else { return false };
        let (atoms, span) = (&self.topology.atoms, self.topology.residues.atoms(index));
        let Some(codes) = atoms.name.codes().get(span.clone()) else { return false };
        let number = |&code: &u32| self.numbers.get(code as usize).copied().unwrap_or(TEXT);
        codes.len() == template.len()
            && codes.iter().map(number).eq(template.names.iter().copied())
            && atoms.element.get(span.clone()) == Some(&template.elements)
            && (self.usual || self.has_nothing_unusual(span))
    }

    fn has_nothing_unusual(&self, span: std::ops::Range<usize>) -> bool {
        let atoms = &self.topology.atoms;
        let none = |column: Option<&[u8]>| column.is_some_and(|codes| codes.iter().all(|&code| code == 0));
        none(atoms.altloc.get(span.clone()))
            && atoms.charge.get(span.clone()).is_some_and(|charges| charges.iter().all(|&charge| charge == 0))
            && atoms.hetero.get(span).is_some_and(|flags| flags.iter().all(|&flag| !flag))
    }
}
