//! One band of rows to bytes and back.
//!
//! ```text
//! error = value - whole part of the prediction
//! small scale:  symbol                      63 is no error, 127 an escape
//! wide scale:   symbol of error >> n, then n plain bits
//! escape:       the value itself in plain bits
//! ```

use std::ops::Range;

use super::levels::{LEVELS, level};
use super::rans::{self, Decoder, Span};
use super::shape::{ESCAPE, PARTS, Scale, Table, ZERO, tables};
use super::walk::{Look, Visit, Walk};
use crate::codec::wire::broken;
use crate::error::Result;

const PART_BITS: u32 = PARTS.trailing_zeros();
/// Plain bits are written this many at a time.
const CHUNK: u32 = 8;

/// Bits of the values up to `top`.
fn value_bits(top: u16) -> u32 {
    u16::BITS - top.leading_zeros()
}

/// The symbol of a value, and its plain low bits.
#[inline(always)]
fn symbol(scale: Scale, look: Look, value: u16, table: &Table) -> (u8, u32) {
    let error = i32::from(value) - (look.prediction >> PART_BITS) + scale.half;
    let symbol = (error >> scale.low_bits) + ZERO;
    match u8::try_from(symbol) {
        Ok(symbol) if symbol < ESCAPE && table.spans[usize::from(symbol)].width > 0 => {
            (symbol, error as u32 & ((1 << scale.low_bits) - 1))
        }
        _ => (ESCAPE, 0),
    }
}

/// Sixteenths of a bit that a value costs.
#[inline]
pub(super) fn cost(scale: Scale, look: Look, value: u16, top: u16) -> u32 {
    let table = &tables()[scale.table(look.prediction)];
    let (symbol, _) = symbol(scale, look, value, table);
    let plain = if symbol == ESCAPE { value_bits(top) } else { scale.low_bits };
    u32::from(table.costs[usize::from(symbol)]) + 16 * plain
}

/// Encodes rows of a matrix.
pub(super) fn encode(walk: &Walk<'_>, scales: &[Scale; LEVELS], values: &[u16], rows: Range<usize>) -> Vec<u8> {
    let spans = Vec::with_capacity(rows.len() * walk.columns * 5 / 4);
    let mut writing = Writing { columns: walk.columns, top: walk.top, scales, tables: tables(), values, spans };
    let _ = walk.rows(rows, &mut writing);
    rans::encode(&writing.spans)
}

struct Writing<'a> {
    columns: usize,
    top: u16,
    scales: &'a [Scale; LEVELS],
    tables: &'static [Table],
    values: &'a [u16],
    spans: Vec<Span>,
}

impl Writing<'_> {
    fn plain(&mut self, value: u32, mut bits: u32) {
        while bits > 0 {
            let taken = bits.min(CHUNK);
            bits -= taken;
            self.spans.push(Span::plain((value >> bits) & ((1 << taken) - 1), taken));
        }
    }
}

impl Visit for Writing<'_> {
    #[inline]
    fn value(&mut self, row: usize, column: usize, look: Look) -> Option<u16> {
        let value = *self.values.get(row * self.columns + column)?;
        let scale = self.scales[level(look.energy)];
        let table = &self.tables[scale.table(look.prediction)];
        let (symbol, low) = symbol(scale, look, value, table);
        self.spans.push(table.spans[usize::from(symbol)]);
        match symbol {
            ESCAPE => self.plain(value.into(), value_bits(self.top)),
            _ => self.plain(low, scale.low_bits),
        }
        Some(value)
    }

    fn mirror(&self, row: usize, line: &mut [i32]) {
        mirror(self.values, self.columns, row, line);
    }

    fn row(&mut self, _: usize, _: &[i32]) {}
}

/// Copies the column above the diagonal of a square matrix.
pub(super) fn mirror(values: &[u16], columns: usize, row: usize, line: &mut [i32]) {
    for (value, &mirrored) in line.iter_mut().zip(values.iter().skip(row).step_by(columns.max(1))) {
        *value = mirrored.into();
    }
}

/// Decodes rows into `values`, which begins at row `first` of the matrix.
///
/// # Errors
/// `Corruption` where the bytes are not what was written.
pub(super) fn decode(
    walk: &Walk<'_>,
    scales: &[Scale; LEVELS],
    bytes: &[u8],
    rows: Range<usize>,
    first: usize,
    values: &mut [u16],
) -> Result<()> {
    let stream = Decoder::new(bytes)?;
    let mut reading = Reading { columns: walk.columns, top: walk.top, first, scales, tables: tables(), stream, values };
    if !walk.rows(rows, &mut reading) {
        return Err(broken("matrix of an array blob"));
    }
    reading.stream.finish()
}

struct Reading<'a> {
    columns: usize,
    top: u16,
    first: usize,
    scales: &'a [Scale; LEVELS],
    tables: &'static [Table],
    stream: Decoder<'a>,
    values: &'a mut [u16],
}

impl Reading<'_> {
    #[cold]
    fn plain(&mut self, mut bits: u32) -> Option<u32> {
        let mut value = 0;
        while bits > 0 {
            let taken = bits.min(CHUNK);
            bits -= taken;
            value = (value << taken) | self.stream.plain(taken)?;
        }
        Some(value)
    }
}

impl Visit for Reading<'_> {
    #[inline(always)]
    fn value(&mut self, _: usize, _: usize, look: Look) -> Option<u16> {
        let scale = self.scales[level(look.energy).min(LEVELS - 1)];
        let table = self.tables.get(scale.table(look.prediction))?;
        let symbol = table.symbols[self.stream.slot() as usize];
        let span = table.spans[usize::from(symbol & ESCAPE)];
        if !self.stream.take(span.start.into(), span.width.into()) {
            return None;
        }
        let value = if symbol == ESCAPE {
            self.plain(value_bits(self.top))? as i32
        } else {
            let low = match scale.low_bits {
                0 => 0,
                bits @ 1..=CHUNK => self.stream.plain(bits)?,
                bits => self.plain(bits)?,
            };
            (look.prediction >> PART_BITS) - scale.half + ((i32::from(symbol) - ZERO) << scale.low_bits) + low as i32
        };
        u16::try_from(value).ok().filter(|&value| value <= self.top)
    }

    fn mirror(&self, row: usize, line: &mut [i32]) {
        mirror(self.values, self.columns, row - self.first.min(row), line);
    }

    fn row(&mut self, row: usize, line: &[i32]) {
        let start = (row - self.first.min(row)) * self.columns;
        if let Some(out) = self.values.get_mut(start..start + self.columns) {
            out.iter_mut().zip(line).for_each(|(out, &value)| *out = value as u16);
        }
    }
}
