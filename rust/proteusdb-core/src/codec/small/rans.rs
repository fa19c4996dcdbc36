//! Symbols and raw bits to bytes and back: range asymmetric numeral systems, one state, tables of 64 symbols.
//!
//! ```text
//! table   starts 0 .. 32768 of 64 symbols; the wider a symbol's part, the fewer bits it costs
//! state   2^24 <= s < 2^40; bits leave and enter by 16
//! bytes   state in five, words u16, in the order of reading
//! ```
//!
//! Written back to front. A reader past the end reads zeros and [`Reader::finish`] tells; so a loop over symbols needs no check in
//! each step, and its number of steps, not the bytes, bounds it. At the end the state must be 2^24 again.

/// Symbols of a table.
pub const SYMBOLS: usize = 64;

/// Bits of a table's total.
pub const TOTAL_BITS: u32 = 15;

const LOW: u64 = 1 << 24;
const HIGH_BITS: u32 = 40;

/// Bytes of a state.
const STATE: usize = 5;

/// The most raw bits in one step.
const MAX_RAW: u32 = 16;

/// A table of symbols.
#[derive(Debug, Clone)]
#[repr(align(64))]
pub(crate) struct Table {
    starts: [u16; SYMBOLS + 1],
    /// The first symbol of each 512 slots.
    first: [u8; SYMBOLS],
}

impl Table {
    /// The table of these parts; `None` where they do not sum to the total or one is empty.
    pub(crate) fn new(parts: &[u16; SYMBOLS]) -> Option<Self> {
        let mut starts = [0_u16; SYMBOLS + 1];
        let mut sum = 0_u32;
        for (start, &part) in starts.iter_mut().zip(parts) {
            *start = u16::try_from(sum).ok().filter(|_| part > 0)?;
            sum += u32::from(part);
        }
        starts[SYMBOLS] = u16::try_from(sum).ok().filter(|&sum| sum == 1 << TOTAL_BITS)?;
        let mut first = [0_u8; SYMBOLS];
        let mut symbol = 0;
        for (cell, first) in (0_u16..).zip(&mut first) {
            while symbol + 1 < SYMBOLS && starts[symbol + 1] <= cell << 9 {
                symbol += 1;
            }
            *first = symbol as u8;
        }
        Some(Self { starts, first })
    }

    /// Start and width of a symbol.
    #[inline]
    fn part(&self, symbol: u8) -> (u64, u64) {
        let symbol = usize::from(symbol) % SYMBOLS;
        let start = u64::from(self.starts[symbol]);
        (start, u64::from(self.starts[symbol + 1]) - start)
    }

    /// Width of a symbol.
    pub(crate) fn width(&self, symbol: u8) -> u64 {
        self.part(symbol).1
    }

    #[inline(always)]
    fn find(&self, slot: u64) -> u8 {
        let slot = (slot & ((1 << TOTAL_BITS) - 1)) as u16;
        let mut symbol = self.first[usize::from(slot >> 9) % SYMBOLS];
        // Most cells hold one border or none: no branch for the first. The last start is above every slot.
        symbol += u8::from(self.starts[usize::from(symbol) % SYMBOLS + 1] <= slot);
        while self.starts[usize::from(symbol) % SYMBOLS + 1] <= slot {
            symbol += 1;
        }
        symbol
    }
}

/// The tables that a record is coded with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tables<'a> {
    pub own: &'a [Table],
    /// Numbered after the own.
    pub shared: &'a [Table],
}

impl<'a> Tables<'a> {
    #[inline(always)]
    pub(crate) fn get(self, number: u32) -> Option<&'a Table> {
        let number = number as usize;
        self.own.get(number).or_else(|| self.shared.get(number - self.own.len()))
    }
}

/// What a writer is given: a symbol of a table, or raw bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Item(u32);

impl Item {
    const RAW: u32 = 1 << 31;

    #[inline]
    pub(crate) fn symbol(table: u32, symbol: u8) -> Self {
        Self(table << 8 | u32::from(symbol))
    }

    /// The low `width` bits, at most 16.
    #[inline]
    pub(crate) fn raw(bits: u32, width: u32) -> Self {
        Self(Self::RAW | width << 16 | bits & 0xffff)
    }

    /// The table and the symbol, of one that is no raw bits.
    #[inline]
    pub(crate) fn table(self) -> Option<(u32, u8)> {
        (self.0 & Self::RAW == 0).then_some((self.0 >> 8, self.0 as u8))
    }

    /// Bits and their number, of raw bits.
    #[inline]
    fn bits(self) -> (u32, u32) {
        (self.0 & 0xffff, self.0 >> 16 & 31)
    }

    /// About how many bits it costs, in 1/256.
    pub(crate) fn cost(self, tables: Tables<'_>) -> u64 {
        match self.table() {
            Some((table, symbol)) => {
                let width = tables.get(table).map_or(1, |table| table.width(symbol));
                // The mantissa is nearly the fraction of the logarithm.
                u64::from((127 + TOTAL_BITS) << 8).saturating_sub(u64::from((width as f32).to_bits() >> 15))
            }
            None => u64::from(self.bits().1) << 8,
        }
    }
}

/// The bytes of these items.
pub(crate) fn write(items: &[Item], tables: Tables<'_>) -> Option<Vec<u8>> {
    let mut state = LOW;
    let mut words: Vec<u16> = Vec::with_capacity(items.len() / 2 + 4);
    for item in items.iter().rev() {
        if let Some((table, symbol)) = item.table() {
            let (start, width) = tables.get(table)?.part(symbol);
            if state >= width << (HIGH_BITS - TOTAL_BITS) {
                words.push(state as u16);
                state >>= 16;
            }
            state = ((state / width) << TOTAL_BITS) + state % width + start;
        } else {
            let (bits, width) = item.bits();
            if state >= 1 << (HIGH_BITS - width) {
                words.push(state as u16);
                state >>= 16;
            }
            state = state << width | u64::from(bits);
        }
    }
    let mut out = Vec::with_capacity(STATE + 2 * words.len());
    out.extend(state.to_le_bytes().iter().take(STATE));
    words.iter().rev().for_each(|word| out.extend(word.to_le_bytes()));
    Some(out)
}

/// Reads items.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    state: u64,
    words: &'a [[u8; 2]],
    next: usize,
}

impl<'a> Reader<'a> {
    /// `None` for bytes that are too few or not whole words.
    pub(crate) fn new(bytes: &'a [u8]) -> Option<Self> {
        let (&[a, b, c, d, e], rest) = bytes.split_first_chunk::<STATE>()?;
        let (words, odd) = rest.as_chunks::<2>();
        let state = u64::from_le_bytes([a, b, c, d, e, 0, 0, 0]);
        (odd.is_empty() && state >= LOW).then_some(Self { state, words, next: 0 })
    }

    /// Whether a word is due is as good as chance: it is taken by arithmetic, not by a branch.
    #[inline(always)]
    fn refill(&mut self) {
        let due = self.state < LOW;
        let word = self.words.get(self.next).map_or(0, |&word| u16::from_le_bytes(word));
        let refilled = self.state << 16 | u64::from(word);
        self.state = if due { refilled } else { self.state };
        self.next += usize::from(due);
    }

    #[inline(always)]
    pub(crate) fn symbol(&mut self, table: &Table) -> u8 {
        let slot = self.state & ((1 << TOTAL_BITS) - 1);
        let symbol = table.find(slot);
        let (start, width) = table.part(symbol);
        self.state = width * (self.state >> TOTAL_BITS) + slot - start;
        self.refill();
        symbol
    }

    #[inline(always)]
    pub(crate) fn raw(&mut self, width: u32) -> u32 {
        let width = width.min(MAX_RAW);
        let bits = self.state & ((1 << width) - 1);
        self.state >>= width;
        self.refill();
        bits as u32
    }

    /// Whether everything was read, and nothing beyond.
    pub(crate) fn finish(&self) -> bool {
        self.state == LOW && self.next == self.words.len()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tables() -> Vec<Table> {
        let even = [512; SYMBOLS];
        let mut steep = [1; SYMBOLS];
        steep[40] = (1 << TOTAL_BITS) - 63;
        [even, steep].iter().map(|parts| Table::new(parts).unwrap()).collect()
    }

    proptest! {
        #[test]
        fn items_round_trip(items in prop::collection::vec((0_u32..3, 0_u32..0x10000, 0_u32..17), 0..300)) {
            let tables = tables();
            let items: Vec<Item> = items
                .into_iter()
                .map(|(table, bits, width)| match table {
                    2 => Item::raw(bits & ((1 << width) - 1), width),
                    table => Item::symbol(table, bits as u8 % 64),
                })
                .collect();
            let bytes = write(&items, Tables { own: &tables, shared: &[] }).unwrap();
            let mut reader = Reader::new(&bytes).unwrap();
            for item in &items {
                match item.table() {
                    Some((table, symbol)) => prop_assert_eq!(reader.symbol(&tables[table as usize]), symbol),
                    None => prop_assert_eq!(reader.raw(item.bits().1), item.bits().0),
                }
            }
            prop_assert!(reader.finish());
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
            let tables = tables();
            if let Some(mut reader) = Reader::new(&bytes) {
                for _ in 0..1000 {
                    prop_assert!(reader.symbol(&tables[1]) < 64 && reader.raw(5) < 32);
                }
                prop_assert!(!reader.finish());
            }
        }
    }

    #[test]
    fn a_table_that_does_not_sum_up_is_none() {
        assert!(Table::new(&[511; SYMBOLS]).is_none());
        let mut empty = [512; SYMBOLS];
        (empty[3], empty[4]) = (0, 1024);
        assert!(Table::new(&empty).is_none());
    }

    #[test]
    fn a_likely_symbol_costs_little() {
        let tables = tables();
        let tables = Tables { own: &tables[..1], shared: &tables[1..] };
        let cost = |table, symbol| Item::symbol(table, symbol).cost(tables);
        assert_eq!((cost(0, 3), cost(1, 3)), (6 * 256, 15 * 256));
        assert!(cost(1, 40) < 3);
    }
}
