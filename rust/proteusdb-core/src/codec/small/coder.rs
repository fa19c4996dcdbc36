//! What stands between the walk and the bytes: the encoder is told symbols, the decoder tells them.
//!
//! The walk is written once. An encoder returns what it is given and keeps it; a decoder returns what it reads and ignores
//! what it is given.

use super::rans::{Item, Reader, Tables};

/// Symbols and raw bits out of or into the walk; `lane` is the one of several that take a step together.
pub(crate) trait Coder {
    /// Whether there is a truth to be told.
    const TELLS: bool;

    /// A symbol of table `table`.
    fn symbol(&mut self, lane: usize, table: u32, symbol: u8) -> u8;

    /// At most 16 raw bits.
    fn raw(&mut self, lane: usize, bits: u32, width: u32) -> u32;
}

/// Keeps what is to be written.
#[derive(Debug, Default)]
pub(crate) struct Keeping(pub Vec<Item>);

impl Coder for Keeping {
    const TELLS: bool = true;

    #[inline(always)]
    fn symbol(&mut self, _: usize, table: u32, symbol: u8) -> u8 {
        self.0.push(Item::symbol(table, symbol));
        symbol
    }

    #[inline(always)]
    fn raw(&mut self, _: usize, bits: u32, width: u32) -> u32 {
        let width = width.min(16);
        let bits = bits & ((1 << width) - 1);
        if width > 0 {
            self.0.push(Item::raw(bits, width));
        }
        bits
    }
}

/// Adds up what each lane would cost with tables of its own, in 1/256 bits.
#[derive(Debug)]
pub(crate) struct Costing<'a, const N: usize> {
    pub tables: [Tables<'a>; N],
    pub costs: [u64; N],
}

impl<const N: usize> Coder for Costing<'_, N> {
    const TELLS: bool = true;

    #[inline(always)]
    fn symbol(&mut self, lane: usize, table: u32, symbol: u8) -> u8 {
        if let (Some(tables), Some(cost)) = (self.tables.get(lane), self.costs.get_mut(lane)) {
            *cost += Item::symbol(table, symbol).cost(*tables);
        }
        symbol
    }

    #[inline(always)]
    fn raw(&mut self, lane: usize, bits: u32, width: u32) -> u32 {
        self.costs.get_mut(lane).into_iter().for_each(|cost| *cost += u64::from(width.min(16)) << 8);
        bits & ((1 << width.min(16)) - 1)
    }
}

/// Reads what was written.
#[derive(Debug)]
pub(crate) struct Reading<'a> {
    pub reader: Reader<'a>,
    pub tables: Tables<'a>,
    /// Whether a table was missing, which only damaged bytes could cause.
    pub broken: bool,
}

impl<'a> Reading<'a> {
    /// `None` for bytes that are no lane.
    pub(crate) fn new(bytes: &'a [u8], tables: Tables<'a>) -> Option<Self> {
        Some(Self { reader: Reader::new(bytes)?, tables, broken: false })
    }

    /// Whether everything was read, and nothing beyond.
    pub(crate) fn finish(&self) -> bool {
        self.reader.finish() && !self.broken
    }
}

impl Coder for Reading<'_> {
    const TELLS: bool = false;

    #[inline(always)]
    fn symbol(&mut self, _: usize, table: u32, _: u8) -> u8 {
        match self.tables.get(table) {
            Some(table) => self.reader.symbol(table),
            None => {
                self.broken = true;
                0
            }
        }
    }

    #[inline(always)]
    fn raw(&mut self, _: usize, _: u32, width: u32) -> u32 {
        if width == 0 { 0 } else { self.reader.raw(width) }
    }
}
