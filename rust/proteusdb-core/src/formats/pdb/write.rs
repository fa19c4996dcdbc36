//! Columns to PDB lines.
//!
//! What the format has no columns for is an error: longer names, other charges, numbers beyond hybrid-36. What stands
//! elsewhere in mmCIF (`label_*`, entities, a declared metric, versions that do not fit) is left out.
//!
//! Numbers keep the decimals they were printed with as long as every number of the column fits its field; otherwise the
//! whole column is rounded, half away from zero, to the most decimals that fit, never to fewer than the format's own
//! three (coordinates, so at most 0.0005 Å off) or two (occupancy, B-factor), below which it is an error. Float32
//! columns are rounded to three and two.

use std::fmt::Write;

use super::super::print;
use super::{header, hybrid36};
use crate::error::{Error, Result};
use crate::record::{Element, Entry, Model, Numbers, Structure};

/// Prints all models of a structure as PDB text.
///
/// # Errors
/// `Validation` that names the model, residue and field that PDB cannot hold; mmCIF holds them all.
pub fn to_pdb(structure: &Structure) -> Result<String> {
    let mut out =
        String::with_capacity(82 * structure.models.iter().map(|m| m.topology.atoms.len() + 4).sum::<usize>());
    push_header(&mut out, &structure.entry);
    let single = structure.models.len() == 1 && structure.first().number == 1;
    for model in &structure.models {
        let refuse =
            |problem: String| Error::validation(format!("model {}: {problem}; write mmCIF instead", model.number));
        if !single {
            let number = model.number.to_string();
            if number.len() > 8 {
                return Err(refuse("its number needs more than the 8 columns PDB has".to_owned()));
            }
            let _ = writeln!(out, "MODEL {number:>8}");
        }
        push_model(&mut out, model).map_err(refuse)?;
        if !single {
            out.push_str("ENDMDL\n");
        }
    }
    out.push_str("END\n");
    Ok(out)
}

fn push_header(out: &mut String, entry: &Entry) {
    if (1..=4).contains(&entry.id.len()) && is_word(&entry.id) {
        let _ = writeln!(out, "HEADER    {:52}{}", "", entry.id);
    }
    push_title(out, &entry.title);
    // The title already names one program to a reader.
    let mut told = Entry { title: entry.title.clone(), ..Entry::default() };
    header::finish(&mut told);
    for (name, version) in entry.software.iter().filter(|program| !told.software.contains(program)) {
        let line = format!("REMARK   1 CREATED WITH {name} {version}");
        let whole = is_word(name) && !version.contains(',') && line.is_ascii() && !line.contains(char::is_control);
        if whole && line.len() <= 80 {
            let _ = writeln!(out, "{}", line.trim_end());
        }
    }
}

/// Up to 69 characters a line, broken at a space, which the continuation's own leading space stands for.
fn push_title(out: &mut String, title: &str) {
    let clean: String = title.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let mut rest = clean.trim();
    let mut number = 1;
    while !rest.is_empty() {
        let limit = rest.char_indices().nth(69).map_or(rest.len(), |(at, _)| at);
        let (line, after) = match rest[..limit].rfind(' ') {
            Some(space) if limit < rest.len() && space > 0 => rest.split_at(space),
            _ => rest.split_at(limit),
        };
        let _ = match number {
            1 => writeln!(out, "TITLE     {line}"),
            _ => writeln!(out, "TITLE   {number:>2}{line}"),
        };
        rest = after;
        number += 1;
        if number > 99 {
            break;
        }
    }
}

/// The columns of a model as they are printed.
struct Printed<'a> {
    model: &'a Model,
    coords: Grid<'a>,
    occupancy: Grid<'a>,
    b_factor: Grid<'a>,
}

fn push_model(out: &mut String, model: &Model) -> Result<(), String> {
    let printed = Printed {
        model,
        coords: Grid::new("coordinate", &model.coords, 8, 3)?,
        occupancy: Grid::new("occupancy", &model.occupancy, 6, 2)?,
        b_factor: Grid::new("B-factor", &model.b_factor, 6, 2)?,
    };
    let residues = &model.topology.residues;
    let mut serial = 0;
    for index in 0..residues.len() {
        let place = residue_columns(model, index).map_err(|problem| {
            let (chain, name) = (residues.chain_id.get(index), residues.name.get(index));
            format!("chain {chain:?} residue {name:?} {}: {problem}", residues.number.get(index).unwrap_or(&0))
        })?;
        for atom in residues.atoms(index) {
            serial += 1;
            printed.push_atom(out, atom, serial, index, &place)?;
        }
        if residues.ter.get(index) == Some(&true) {
            serial += 1;
            let _ = writeln!(out, "TER   {}      {place}", serial_columns(serial)?);
        }
    }
    Ok(())
}

/// Columns 18-27: residue name, chain, number, insertion code.
fn residue_columns(model: &Model, index: usize) -> Result<String, String> {
    let residues = &model.topology.residues;
    let name = fitting("residue name", residues.name.get(index), 3)?;
    let chain = fitting("chain name", residues.chain_id.get(index), 2)?;
    let number = residues.number.get(index).copied().unwrap_or(0);
    let number = hybrid36::print(i64::from(number), 4)
        .ok_or_else(|| format!("residue number {number}: PDB holds -999 to 2436111"))?;
    let code = one_column("insertion code", residues.insertion_code.get(index).copied().unwrap_or(0))?;
    Ok(format!("{name:>3}{chain:>2}{number}{code}"))
}

fn serial_columns(serial: i64) -> Result<String, String> {
    hybrid36::print(serial, 5).ok_or_else(|| format!("atom {serial}: PDB numbers at most 87440031 atoms"))
}

impl Printed<'_> {
    fn push_atom(&self, out: &mut String, atom: usize, serial: i64, residue: usize, place: &str) -> Result<(), String> {
        let atoms = &self.model.topology.atoms;
        let refuse = |problem: String| format!("atom {serial} ({}): {problem}", atoms.name.get(atom));
        let element = atoms.element.get(atom).copied().unwrap_or(Element::UNKNOWN).symbol();
        let name = padded_name(fitting("atom name", atoms.name.get(atom), 4).map_err(refuse)?, element);
        let altloc = one_column("altloc", atoms.altloc.get(atom).copied().unwrap_or(0)).map_err(refuse)?;
        let segment = fitting("segment", self.model.topology.residues.segment_id.get(residue), 4).map_err(refuse)?;
        let charge = charge_columns(atoms.charge.get(atom).copied().unwrap_or(0)).map_err(refuse)?;
        let record = if atoms.hetero.get(atom) == Some(&true) { "HETATM" } else { "ATOM  " };
        let _ = write!(out, "{record}{} {name}{altloc}{place}   ", serial_columns(serial)?);
        for axis in 0..3 {
            self.coords.push(out, 3 * atom + axis);
        }
        self.occupancy.push(out, atom);
        self.b_factor.push(out, atom);
        let _ = write!(out, "      {segment:<4}{element:>2}{charge}");
        out.truncate(out.trim_end().len());
        out.push('\n');
        Ok(())
    }
}

/// The element symbol stands right-aligned in the first two of four columns.
fn padded_name(name: &str, element: &str) -> String {
    let two_letters = element.len() == 2 && name.get(..2).is_some_and(|head| head.eq_ignore_ascii_case(element));
    if name.len() == 4 || two_letters { format!("{name:<4}") } else { format!(" {name:<3}") }
}

fn charge_columns(charge: i8) -> Result<String, String> {
    match charge {
        0 => Ok("  ".to_owned()),
        -9..=9 => Ok(format!("{}{}", charge.unsigned_abs(), if charge < 0 { '-' } else { '+' })),
        _ => Err(format!("charge {charge}: PDB holds -9 to 9")),
    }
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// A text that reads back as itself from `columns` columns.
fn fitting<'a>(what: &str, text: &'a str, columns: usize) -> Result<&'a str, String> {
    let printable = text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
    if text.len() <= columns && printable && text.trim_ascii() == text {
        return Ok(text);
    }
    let shown: String = text.chars().take(40).collect();
    Err(format!("{what} {shown:?}: PDB holds up to {columns} printable ASCII characters without space around them"))
}

/// A character in its column; 0 is a space.
fn one_column(what: &str, byte: u8) -> Result<char, String> {
    match byte {
        0 => Ok(' '),
        _ if byte.is_ascii_graphic() => Ok(char::from(byte)),
        _ => Err(format!("{what} {:?}: PDB holds one printable ASCII character", char::from(byte))),
    }
}

/// A column of numbers on the decimals its field has room for.
struct Grid<'a> {
    column: &'a Numbers,
    width: usize,
    decimals: u8,
}

impl<'a> Grid<'a> {
    fn new(what: &str, column: &'a Numbers, width: usize, standard: u8) -> Result<Self, String> {
        let printed = match column {
            Numbers::Fixed { decimals, .. } => *decimals,
            Numbers::Float(_) => standard,
        };
        let (low, high) = (0..column.len())
            .map(|index| column.get(index))
            .fold((0.0, 0.0), |(low, high), value| (f64::min(low, value), f64::max(high, value)));
        let fits = |decimals: &u8| {
            [low, high].iter().all(|value| format!("{value:.*}", usize::from(*decimals)).len() <= width)
        };
        let decimals = (printed.min(standard)..=printed).rev().find(fits);
        let decimals = decimals.ok_or_else(|| {
            let (value, least) = (if -low > high { low } else { high }, printed.min(standard));
            format!("{what} {value}: PDB holds {width} columns with {least} decimals")
        })?;
        Ok(Self { column, width, decimals })
    }

    fn push(&self, out: &mut String, index: usize) {
        let mut text = String::with_capacity(self.width);
        match self.column {
            Numbers::Fixed { decimals, values } => {
                let value = i64::from(values.get(index).copied().unwrap_or(0));
                print::push_fixed(&mut text, rounded(value, decimals - self.decimals), self.decimals);
            }
            Numbers::Float(values) => {
                let value = f64::from(values.get(index).copied().unwrap_or(0.0));
                let _ = write!(text, "{value:.*}", usize::from(self.decimals));
            }
        }
        let _ = write!(out, "{text:>width$}", width = self.width);
    }
}

/// Drops `digits` decimal digits, half away from zero.
fn rounded(value: i64, digits: u8) -> i64 {
    let unit = 10_i64.pow(u32::from(digits));
    (value + value.signum() * (unit / 2)) / unit
}

#[cfg(test)]
#[path = "write_tests.rs"]
mod tests;
