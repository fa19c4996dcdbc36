//! The distributions of prediction errors, and the tables a coder needs of them.
//!
//! ```text
//! scale   0.0625  0.088 ... 2.83  4.0 | 5.66  8.0  11.3 ...        half octaves, in units of the grid
//! number      0      1        11   12 |   13   14    15 ...
//! table       0      1        11   12 |   11   12    11 ...        a wide one: the table of its high bits,
//! low bits    0      0         0    0 |    1    1     2 ...        the low bits plain
//! ```
//!
//! An error is near logistic, with 1.5 % in a tail four times as wide. It is counted from the whole unit below the
//! prediction, and the eighth of a unit by which the prediction is above chooses among eight tables.
//!
//! Nothing is transmitted of the tables, so they are the same everywhere and for ever: + - * / on float64 only, which
//! IEEE 754 defines to the bit, and an exponential of our own made of them.

use std::sync::OnceLock;

use super::rans::{SLOTS, Span};

/// Tables of scales that fit their symbols.
const SCALES: usize = 13;
/// Scales in all, the wide ones with plain low bits among them.
pub(super) const NUMBERS: usize = 40;
/// Parts of a unit that a prediction is told in.
pub(super) const PARTS: usize = 8;
/// The symbol of an error of nothing; those below are negative.
pub(super) const ZERO: i32 = 63;
/// The symbol that says the value follows in plain bits.
pub(super) const ESCAPE: u8 = 127;
const SYMBOLS: usize = 128;

/// One distribution as a coder wants it.
pub(super) struct Table {
    /// The symbol of each slot.
    pub(super) symbols: [u8; SLOTS as usize],
    /// Start and width of each symbol; a width of 0 is a symbol that cannot be written.
    pub(super) spans: [Span; SYMBOLS],
    /// 1/16 bits a symbol costs; an escape's plain bits come on top.
    pub(super) costs: [u16; SYMBOLS],
}

/// What an error of a scale is coded with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Scale {
    /// The first of its eight tables.
    tables: usize,
    /// Low bits of an error that are plain.
    pub(super) low_bits: u32,
    /// Half of what the low bits count, so that an error of nothing is in the middle of its symbol.
    pub(super) half: i32,
}

impl Scale {
    pub(super) const fn new(number: usize) -> Self {
        if number < SCALES {
            return Self { tables: number * PARTS, low_bits: 0, half: 0 };
        }
        let above = number - (SCALES - 2);
        let low_bits = (above / 2) as u32;
        Self { tables: (SCALES - 2 + above % 2) * PARTS, low_bits, half: 1 << (low_bits - 1) }
    }

    /// The number of the table for a prediction (in eighths).
    #[inline(always)]
    pub(super) fn table(self, prediction: i32) -> usize {
        let lift = if self.low_bits > 0 { PARTS as i32 / 2 } else { 0 };
        self.tables + (((prediction & (PARTS as i32 - 1)) + lift) >> self.low_bits) as usize
    }
}

/// Every table: of scale `s` and part `p` at `s * PARTS + p`. Built at the first use, in some milliseconds.
pub(super) fn tables() -> &'static [Table] {
    static TABLES: OnceLock<Vec<Table>> = OnceLock::new();
    TABLES.get_or_init(|| {
        (0..SCALES * PARTS).map(|index| table(width(index / PARTS), (index % PARTS) as f64 / PARTS as f64)).collect()
    })
}

/// The scale of a number, in units.
fn width(number: usize) -> f64 {
    let octave = (0..number / 2).fold(0.0625, |scale, _| scale * 2.0);
    if number.is_multiple_of(2) { octave } else { octave * std::f64::consts::SQRT_2 }
}

/// The table of errors with this scale, from a prediction `part` of a unit above a whole one.
fn table(scale: f64, part: f64) -> Table {
    let mut widths = [0_u32; SYMBOLS];
    for (symbol, width) in widths.iter_mut().enumerate().take(SYMBOLS - 1) {
        let from = (symbol as i32 - ZERO) as f64 - 0.5 - part;
        let mass = cumulative(from + 1.0, scale) - cumulative(from, scale);
        *width = (mass * f64::from(SLOTS) + 0.5) as u32;
    }
    let (lowest, highest) = (-f64::from(ZERO) - 0.5 - part, f64::from(ZERO) + 0.5 - part);
    let outside = cumulative(lowest, scale) + 1.0 - cumulative(highest, scale);
    widths[usize::from(ESCAPE)] = ((outside * f64::from(SLOTS) + 0.5) as u32).max(1);
    let likeliest = if part <= 0.5 { ZERO } else { ZERO + 1 } as usize;
    let others: u32 = widths.iter().sum::<u32>() - widths[likeliest];
    widths[likeliest] = SLOTS - others;
    from_widths(&widths)
}

fn from_widths(widths: &[u32; SYMBOLS]) -> Table {
    let mut table = Table {
        symbols: [0; SLOTS as usize],
        spans: [Span { start: 0, width: 0 }; SYMBOLS],
        costs: [u16::MAX; SYMBOLS],
    };
    let mut start = 0;
    for (symbol, &width) in widths.iter().enumerate() {
        table.spans[symbol] = Span { start: start as u16, width: width as u16 };
        table.symbols[start as usize..(start + width) as usize].fill(symbol as u8);
        if width > 0 {
            table.costs[symbol] = cost(width);
        }
        start += width;
    }
    table
}

/// The share of errors below `error`.
fn cumulative(error: f64, scale: f64) -> f64 {
    const TAIL: f64 = 0.015;
    (1.0 - TAIL) * logistic(error / scale) + TAIL * logistic(error / (4.0 * scale))
}

fn logistic(x: f64) -> f64 {
    if x < 0.0 { 1.0 - logistic(-x) } else { 1.0 / (1.0 + exponential(-x)) }
}

/// e^x for x <= 0, to about 1e-11: (e^(x/65536))^65536, the inner one by its series.
fn exponential(x: f64) -> f64 {
    let x = if x < -600.0 { -600.0 } else { x } / 65_536.0;
    let mut power = 1.0 + x * (1.0 + x / 2.0 * (1.0 + x / 3.0 * (1.0 + x / 4.0 * (1.0 + x / 5.0))));
    for _ in 0..16 {
        power *= power;
    }
    power
}

/// 16 log2(4096 / width), the logarithm linear between powers of two.
fn cost(width: u32) -> u16 {
    let whole = width.ilog2();
    let part = 16 * (width - (1 << whole)) / (1 << whole);
    (16 * (super::rans::BITS - whole)).saturating_sub(part) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_fills_its_slots_and_can_escape() {
        for (index, table) in tables().iter().enumerate() {
            let total: u32 = table.spans.iter().map(|span| u32::from(span.width)).sum();
            assert_eq!(total, SLOTS, "table {index}");
            // PLACES_PER_BYTE rests on this.
            assert!(table.spans.iter().all(|span| span.width <= 4080), "table {index}");
            assert!(table.spans[usize::from(ESCAPE)].width > 0);
            for (slot, &symbol) in table.symbols.iter().enumerate() {
                let span = table.spans[usize::from(symbol)];
                assert!((span.start..span.start + span.width).contains(&(slot as u16)));
            }
        }
    }

    #[test]
    fn the_exponential_is_near_the_libraries() {
        for x in [0.0, -1e-9, -0.3, -1.0, -7.7, -40.0, -600.0] {
            let (ours, theirs): (f64, f64) = (exponential(x), x.exp());
            assert!((ours - theirs).abs() <= 1e-10 * theirs.max(1e-300), "{x}: {ours} {theirs}");
        }
    }

    #[test]
    fn the_tables_are_what_they_were() {
        // Blobs depend on every width; a change here needs a new method number.
        let widths: Vec<u8> =
            tables().iter().flat_map(|table| table.spans).flat_map(|span| span.width.to_le_bytes()).collect();
        assert_eq!(xxhash_rust::xxh3::xxh3_64(&widths), 6_541_165_857_927_236_200);
    }

    #[test]
    fn wide_scales_leave_their_low_bits_plain() {
        assert_eq!(Scale::new(12), Scale { tables: 12 * PARTS, low_bits: 0, half: 0 });
        assert_eq!(Scale::new(13), Scale { tables: 11 * PARTS, low_bits: 1, half: 1 });
        assert_eq!(Scale::new(16), Scale { tables: 12 * PARTS, low_bits: 2, half: 2 });
        for number in 0..NUMBERS {
            assert!((0..8).all(|prediction| Scale::new(number).table(prediction) < tables().len()));
        }
    }
}
