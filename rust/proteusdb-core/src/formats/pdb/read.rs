//! PDB lines to columns.
//!
//! Invariants, chosen to agree with gemmi on every file both accept:
//! - a record is told by its first letters in any case; unknown records are passed over; `END` ends the file;
//! - chain names are columns 21-22; serial numbers are not read, so `*****` and hybrid-36 serials are fine;
//! - a line that ends before column 58 has occupancy 1, before column 64 B-factor 20; blank fields are 0;
//! - coordinates must be there and be finite numbers, else the error names line, field and text.

use super::super::builder::{AtomRow, Floats, ModelBuilder, ResidueRow, structure};
use super::super::decimal::{self, Decimal};
use super::super::{element, shown, sniff::strip_bom};
use super::{header, hybrid36};
use crate::error::{Error, Result};
use crate::record::polymer;
use crate::record::{Element, Entry, NO_LABEL_SEQ, Structure};

/// Reads a whole PDB file.
pub(in super::super) fn read(bytes: &[u8]) -> Result<Structure> {
    let bytes = strip_bom(bytes);
    // Old Macintosh files end their lines with CR alone.
    let newline = if memchr::memchr(b'\n', bytes).is_some() { b'\n' } else { b'\r' };
    let mut reader = Reader::default();
    let mut start = 0;
    let ends = memchr::memchr_iter(newline, bytes).chain(std::iter::once(bytes.len()));
    for (index, end) in ends.enumerate() {
        let line = bytes.get(start..end).unwrap_or_default();
        start = end + 1;
        match reader.line(line.strip_suffix(b"\r").unwrap_or(line)) {
            Ok(true) => {}
            Ok(false) => break,
            Err(problem) => return Err(Error::validation(format!("line {}: {problem}", index + 1))),
        }
    }
    header::finish(&mut reader.entry);
    structure(reader.models, reader.entry, polymer::classify)
}

#[derive(Default)]
struct Reader<'a> {
    entry: Entry,
    models: Vec<ModelBuilder>,
    /// Whether the last of `models` still takes atoms.
    open: bool,
    /// Columns 18-27 and 73-76 of the last atom of the open model, and its residue: most atoms are of the same.
    last: Option<(ResidueColumns<'a>, u32)>,
}

type ResidueColumns<'a> = (&'a [u8], &'a [u8]);

impl<'a> Reader<'a> {
    /// Takes one line; `false` once the file has ended.
    fn line(&mut self, line: &'a [u8]) -> Result<bool, String> {
        if line.starts_with(b"ATOM") {
            self.atom(line)?;
            return Ok(true);
        }
        match record(line) {
            b"ATOM" | b"HETA" => self.atom(line)?,
            b"TER " => self.ter(),
            b"MODE" => self.open_model(line)?,
            b"ENDM" => self.open = false,
            b"END " => return Ok(false),
            b"HEAD" | b"TITL" | b"REMA" => header::read_line(&mut self.entry, line),
            _ => {}
        }
        Ok(true)
    }

    fn open_model(&mut self, line: &[u8]) -> Result<(), String> {
        let text = field(line, 6, 14);
        let next = self.models.len() as i32 + 1;
        let number = match text {
            b"" => next,
            text => hybrid36::decimal(text).ok_or_else(|| invalid("model number", text, "an integer"))?,
        };
        self.begin_model(number);
        Ok(())
    }

    fn ter(&mut self) {
        if self.open {
            self.models.iter_mut().next_back().into_iter().for_each(ModelBuilder::end_polymer);
        }
    }

    fn atom(&mut self, line: &'a [u8]) -> Result<(), String> {
        let atom = atom_row(line)?;
        if !self.open {
            // Trajectories may separate frames by ENDMDL alone, and a single model has no MODEL record.
            self.begin_model(self.models.len() as i32 + 1);
        }
        let Some(model) = self.models.last_mut() else { return Ok(()) };
        let columns = (line.get(17..27).unwrap_or_default(), line.get(72..76.min(line.len())).unwrap_or_default());
        let residue = match self.last {
            Some((last, residue)) if last == columns => residue,
            _ => model.residue(&residue_row(line)?),
        };
        self.last = Some((columns, residue));
        model.push(residue, &atom).map_err(|field| format!("{field}: too large for a float32"))
    }

    fn begin_model(&mut self, number: i32) {
        // A model without atoms is none.
        self.models.pop_if(|model| model.is_empty());
        self.models.push(ModelBuilder::new(number, Floats::default()));
        self.open = true;
        self.last = None;
    }
}

/// The first four letters in upper case; what follows `TER` and `END` must not be a letter or digit.
fn record(line: &[u8]) -> &'static [u8; 4] {
    const KNOWN: [&[u8; 4]; 7] = [b"ATOM", b"HETA", b"MODE", b"ENDM", b"HEAD", b"TITL", b"REMA"];
    let Some(head) = line.get(..3) else { return b"    " };
    let fourth = line.get(3).copied().unwrap_or(b' ');
    if !fourth.is_ascii_alphanumeric() {
        return match head {
            _ if head.eq_ignore_ascii_case(b"TER") => b"TER ",
            _ if head.eq_ignore_ascii_case(b"END") => b"END ",
            _ => b"    ",
        };
    }
    let head = line.get(..4).unwrap_or_default();
    KNOWN.into_iter().find(|known| head.eq_ignore_ascii_case(*known)).unwrap_or(b"    ")
}

/// Columns `start + 1` to `end`, as far as the line has them, trimmed.
fn field(line: &[u8], start: usize, end: usize) -> &[u8] {
    line.get(start..end.min(line.len())).unwrap_or_default().trim_ascii()
}

fn invalid(what: &str, text: &[u8], allowed: &str) -> String {
    format!("{what} {}: not {allowed}", shown(text))
}

fn residue_row(line: &[u8]) -> Result<ResidueRow<'_>, String> {
    let text = field(line, 22, 26);
    let number = match text {
        b"" => 0,
        text => hybrid36::parse(text, 4)
            .ok_or_else(|| invalid("residue number", text, "an integer or a hybrid-36 number (columns 23-26)"))?,
    };
    let insertion_code = line.get(26).copied().filter(|byte| !byte.is_ascii_whitespace()).unwrap_or(0);
    Ok(ResidueRow {
        chain: field(line, 20, 22),
        name: field(line, 17, 20),
        number,
        insertion_code,
        segment: field(line, 72, 76),
        label_asym: b"",
        label_entity: b"",
        label_seq: NO_LABEL_SEQ,
    })
}

fn atom_row(line: &[u8]) -> Result<AtomRow<'_>, String> {
    if line.len() < 54 {
        let text = String::from_utf8_lossy(line);
        return Err(format!("atom record ends at column {} ({text:?}); z ends at column 54", line.len()));
    }
    Ok(AtomRow {
        name: field(line, 12, 16),
        element: atom_element(line),
        altloc: line.get(16).copied().filter(|&byte| byte != b' ').unwrap_or(0),
        hetero: line.first().is_some_and(|byte| byte.eq_ignore_ascii_case(&b'H')),
        charge: charge(line)?,
        position: [
            coordinate(line, 30, 38, "x coordinate")?,
            coordinate(line, 38, 46, "y coordinate")?,
            coordinate(line, 46, 54, "z coordinate")?,
        ],
        occupancy: optional(line, 54, 60, "occupancy", 1)?,
        b_factor: optional(line, 60, 66, "B-factor", 20)?,
    })
}

fn coordinate(line: &[u8], start: usize, end: usize, what: &str) -> Result<Decimal, String> {
    let aligned = line.get(start..end).and_then(|columns| columns.try_into().ok());
    aligned.and_then(decimal::parse_aligned).or_else(|| decimal::parse(field(line, start, end))).ok_or_else(|| {
        let columns = line.get(start..end).unwrap_or_default();
        invalid(what, columns, &format!("a finite number (columns {}-{end})", start + 1))
    })
}

/// A number that may be blank (0) or, where the line ends four columns into the field, missing (`default`).
fn optional(line: &[u8], start: usize, end: usize, what: &str, default: i32) -> Result<Decimal, String> {
    let aligned = line.get(start..end).and_then(|columns| <[u8; 6]>::try_from(columns).ok());
    if let Some(number) = aligned.and_then(|[a, b, c, d, e, f]| decimal::parse_aligned([b' ', b' ', a, b, c, d, e, f]))
    {
        return Ok(number);
    }
    match field(line, start, end) {
        _ if line.len() < start + 4 => Ok(Decimal::integer(default)),
        b"" => Ok(Decimal::integer(0)),
        text => decimal::parse(text)
            .ok_or_else(|| invalid(what, text, &format!("a finite number or blank (columns {}-{end})", start + 1))),
    }
}

/// Columns 79-80: `2+`, or `+2` as some programs print it.
///
/// Before 1996 columns 73-80 held the entry's name and the line's number: digits without a sign, beside an element
/// column without a letter, are no charge.
fn charge(line: &[u8]) -> Result<i8, String> {
    match field(line, 78, 80) {
        b"" => Ok(0),
        [digit @ b'0'..=b'9', sign @ (b'+' | b'-')] | [sign @ (b'+' | b'-'), digit @ b'0'..=b'9'] => {
            let magnitude = (digit - b'0') as i8;
            Ok(if *sign == b'-' { -magnitude } else { magnitude })
        }
        [byte, ..] if !byte.is_ascii_digit() => Ok(0),
        _ if !field(line, 76, 78).iter().any(u8::is_ascii_alphabetic) => Ok(0),
        [digit] => Ok((digit - b'0') as i8),
        text => Err(invalid("charge", text, "a digit with a sign, such as 2+ (columns 79-80)")),
    }
}

/// Columns 77-78 where they hold a letter, else what the padding of the atom name says.
fn atom_element(line: &[u8]) -> Element {
    let symbol = [line.get(76).copied().unwrap_or(b' '), line.get(77).copied().unwrap_or(b' ')];
    if symbol.iter().any(u8::is_ascii_alphabetic) {
        return element::of_symbol(&symbol);
    }
    let mut name = [b' '; 4];
    for (to, from) in name.iter_mut().zip(line.iter().skip(12)) {
        *to = *from;
    }
    element::of_padded_name(name)
}

#[cfg(test)]
#[path = "read_tests.rs"]
mod tests;
