//! A text that is mostly numbers, such as a JSON file of scores: literal text and runs of numbers.
//!
//! ```text
//! {"pae": [[0.25, 1.3], [1.2, 0.25]], "ptm": 0.81}
//! literal  ^------- run ----------^  literal
//!
//! pairs, to the end of the file, of
//!   literal   length and bytes of the text up to the next run
//!   run       how it is set (`layout`), where its numbers are (`numbers`), and the tokens that are printed otherwise;
//!             missing after the last literal
//! ```
//!
//! Nothing here knows JSON: a run is what stands between two kinds of separator at regular distances. Numbers that the
//! structure knows (a pLDDT for each atom) cost nothing; large matrices become arrays of their own, which are stored once
//! for all who have them.

mod layout;
mod numbers;

use layout::Layout;

use super::Coder;
use super::beside::Beside;
use crate::codec::wire::{Reader, put_bytes, put_varint};
use crate::error::Result;

/// Shorter runs are left as text.
const SHORTEST: usize = 8;
/// One number in so many may be printed unlike the others.
const ODD_SHARE: usize = 32;

/// What does not follow of a text; `None` where it has no run of numbers.
pub(super) fn encode(bytes: &[u8], coder: &mut Coder<'_>) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let (mut from, mut at) = (0, 0);
    while let Some(start) = layout::next_number(bytes, at) {
        let found = Layout::read(bytes, start);
        at = found.end;
        if found.len() >= SHORTEST
            && let Some(run) = run(bytes, &found, coder)
        {
            put_bytes(&mut out, bytes.get(from..start)?);
            out.extend(run);
            from = at;
        }
    }
    if from == 0 {
        return None;
    }
    put_bytes(&mut out, bytes.get(from..)?);
    Some(out)
}

/// The run as bytes; `None` where no style prints its numbers as they stand there.
fn run(bytes: &[u8], found: &Layout, coder: &mut Coder<'_>) -> Option<Vec<u8>> {
    let tokens = || found.tokens(bytes);
    let numbers = numbers::gather(tokens())?;
    let style = numbers::style(&numbers, &tokens().take(256).collect::<Vec<_>>())?;
    let mut odd = Vec::new();
    let mut printed = Vec::with_capacity(24);
    for (index, token) in tokens().enumerate() {
        printed.clear();
        numbers::print(&mut printed, &numbers, index, style);
        if printed != token {
            odd.push((index, token));
        }
    }
    if odd.len() > found.len() / ODD_SHARE + 1 {
        return None;
    }
    let mut out = Vec::new();
    found.put(&mut out);
    numbers::put(&mut out, &numbers, style, found.shape(), coder);
    put_varint(&mut out, odd.len() as u64);
    let mut before = 0;
    for (index, token) in odd {
        put_varint(&mut out, (index - before) as u64);
        put_bytes(&mut out, token);
        before = index;
    }
    Some(out)
}

/// The inverse of [`encode`].
pub(super) fn decode(raw: &[u8], beside: &dyn Beside) -> Result<Vec<u8>> {
    let mut reader = Reader::new(raw, "original file");
    let mut out = reader.bytes()?.to_vec();
    while reader.remaining() > 0 {
        let layout = Layout::get(&mut reader)?;
        let (numbers, style) = numbers::get(&mut reader, layout.len(), beside)?;
        let odd = odd_tokens(&mut reader, layout.len())?;
        let mut odd = odd.into_iter().peekable();
        for index in 0..layout.len() {
            match odd.next_if(|(at, _)| *at == index) {
                Some((_, token)) => out.extend_from_slice(token),
                None => numbers::print(&mut out, &numbers, index, style),
            }
            out.extend_from_slice(layout.after(index));
        }
        out.extend_from_slice(reader.bytes()?);
    }
    Ok(out)
}

fn odd_tokens<'a>(reader: &mut Reader<'a>, numbers: usize) -> Result<Vec<(usize, &'a [u8])>> {
    let count = reader.count(numbers.min(reader.remaining()))?;
    let mut at = 0;
    (0..count)
        .map(|_| {
            at += reader.count(numbers - at)?;
            Ok((at, reader.bytes()?))
        })
        .collect()
}

#[cfg(test)]
mod tests;
