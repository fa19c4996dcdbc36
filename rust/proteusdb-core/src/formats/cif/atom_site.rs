//! Rows of `_atom_site` to models.
//!
//! Author names and numbers come first and `label_*` stands in where they are missing, row by row. Columns may stand in
//! any order; unknown ones are passed over. Only the three coordinates are required.

use std::collections::HashMap;

use super::super::builder::{AtomRow, Floats, ModelBuilder, ResidueRow};
use super::super::decimal::{self, Decimal};
use super::super::{element, shown};
use super::lexer::Value;
use crate::record::{Element, NO_LABEL_SEQ};

/// The category's prefix in lower case.
pub(super) const PREFIX: &str = "_atom_site.";

/// The columns that are read, as indices into a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
enum Item {
    Group,
    Symbol,
    LabelAtom,
    AltLoc,
    LabelComp,
    LabelAsym,
    LabelEntity,
    LabelSeq,
    InsertionCode,
    X,
    Y,
    Z,
    Occupancy,
    BFactor,
    Charge,
    AuthSeq,
    AuthComp,
    AuthAsym,
    AuthAtom,
    Model,
    Segment,
    Ter,
}

const ITEMS: [(&str, Item); 22] = [
    ("group_pdb", Item::Group),
    ("type_symbol", Item::Symbol),
    ("label_atom_id", Item::LabelAtom),
    ("label_alt_id", Item::AltLoc),
    ("label_comp_id", Item::LabelComp),
    ("label_asym_id", Item::LabelAsym),
    ("label_entity_id", Item::LabelEntity),
    ("label_seq_id", Item::LabelSeq),
    ("pdbx_pdb_ins_code", Item::InsertionCode),
    ("cartn_x", Item::X),
    ("cartn_y", Item::Y),
    ("cartn_z", Item::Z),
    ("occupancy", Item::Occupancy),
    ("b_iso_or_equiv", Item::BFactor),
    ("pdbx_formal_charge", Item::Charge),
    ("auth_seq_id", Item::AuthSeq),
    ("auth_comp_id", Item::AuthComp),
    ("auth_asym_id", Item::AuthAsym),
    ("auth_atom_id", Item::AuthAtom),
    ("pdbx_pdb_model_num", Item::Model),
    ("proteusdb_segment_id", Item::Segment),
    ("proteusdb_ter", Item::Ter),
];

/// The values of the columns that are read, of one row.
///
/// The last place takes the values of columns that are not read.
pub(super) type Row<'a> = [Value<'a>; ITEMS.len() + 1];

/// Where each column of a table goes in a [`Row`].
pub(in super::super) struct Layout {
    targets: Vec<usize>,
    has: [bool; ITEMS.len()],
}

impl Layout {
    /// The layout of a table with these full tags.
    ///
    /// # Errors
    /// A text that names the column that is missing or stands twice.
    pub(super) fn new(tags: &[&[u8]]) -> Result<Self, String> {
        let mut layout = Self { targets: Vec::with_capacity(tags.len()), has: [false; ITEMS.len()] };
        for tag in tags {
            let name = String::from_utf8_lossy(tag).to_ascii_lowercase();
            let item = name.strip_prefix(PREFIX).and_then(|name| ITEMS.iter().find(|(known, _)| *known == name));
            let target = item.map(|(_, item)| *item as usize);
            if let Some(has) = target.and_then(|target| layout.has.get_mut(target))
                && std::mem::replace(has, true)
            {
                return Err(format!("column {name} stands twice in _atom_site; once is allowed"));
            }
            layout.targets.push(target.unwrap_or(ITEMS.len()));
        }
        for (name, item) in [("Cartn_x", Item::X), ("Cartn_y", Item::Y), ("Cartn_z", Item::Z)] {
            if !layout.has(item) {
                return Err(format!("column _atom_site.{name} is missing; Cartn_x, Cartn_y and Cartn_z are needed"));
            }
        }
        Ok(layout)
    }

    /// Whether a full tag is one of the columns that are read.
    pub(in super::super) fn reads(tag: &[u8]) -> bool {
        let name = String::from_utf8_lossy(tag).to_ascii_lowercase();
        name.strip_prefix(PREFIX).is_some_and(|name| ITEMS.iter().any(|(known, _)| *known == name))
    }

    /// Columns in the table.
    pub(super) fn width(&self) -> usize {
        self.targets.len()
    }

    /// Puts the value of column `column` into its place, if it is one that is read.
    #[inline]
    pub(super) fn set<'a>(&self, row: &mut Row<'a>, column: usize, value: Value<'a>) {
        if let Some(place) = self.targets.get(column).and_then(|&target| row.get_mut(target)) {
            *place = value;
        }
    }

    fn has(&self, item: Item) -> bool {
        self.has.get(item as usize).copied().unwrap_or(false)
    }

    /// Whether the table says itself where polymers end.
    pub(super) fn has_ter(&self) -> bool {
        self.has(Item::Ter)
    }
}

/// The models under construction.
#[derive(Default)]
pub(super) struct Models<'a> {
    builders: Vec<ModelBuilder>,
    by_number: HashMap<i32, usize>,
    open: Option<(&'a [u8], usize)>,
    /// The last row and its residue: most rows are of the same.
    last: Option<(Row<'a>, u32)>,
    pub floats: Floats,
}

impl<'a> Models<'a> {
    pub(super) fn into_builders(self) -> Vec<ModelBuilder> {
        self.builders
    }

    /// Appends a row to its model.
    ///
    /// # Errors
    /// A text that names the column, its value and what is allowed.
    pub(super) fn push(&mut self, layout: &Layout, row: &Row<'a>) -> Result<(), String> {
        let atom = atom_row(layout, row)?;
        let model = self.select(get(row, Item::Model).given().unwrap_or(b"1"))?;
        let last = self.last.as_ref().filter(|(last, _)| same_residue(last, row)).map(|(_, residue)| *residue);
        let Some(model) = self.builders.get_mut(model) else { return Ok(()) };
        let residue = match last {
            Some(residue) => residue,
            None => {
                let residue = model.residue(&residue_row(row)?);
                self.last = Some((*row, residue));
                residue
            }
        };
        model.push(residue, &atom).map_err(|field| format!("{field}: too large for a float32"))?;
        if get(row, Item::Ter).given().is_some_and(|text| text.eq_ignore_ascii_case(b"y")) {
            model.end_polymer();
        }
        Ok(())
    }

    /// The index of the model of this number; files may come back to one.
    fn select(&mut self, text: &'a [u8]) -> Result<usize, String> {
        if let Some((open, index)) = self.open
            && open == text
        {
            return Ok(index);
        }
        let number = integer(text, "pdbx_PDB_model_num")?;
        let index = *self.by_number.entry(number).or_insert(self.builders.len());
        match self.builders.get_mut(index) {
            Some(model) => model.end_chain(),
            None => self.builders.push(ModelBuilder::new(number, self.floats)),
        }
        self.open = Some((text, index));
        self.last = None;
        Ok(index)
    }
}

#[inline]
fn get<'a>(row: &Row<'a>, item: Item) -> Value<'a> {
    row.get(item as usize).copied().unwrap_or_default()
}

fn either<'a>(row: &Row<'a>, first: Item, second: Item) -> &'a [u8] {
    get(row, first).given().or_else(|| get(row, second).given()).unwrap_or_default()
}

/// Whether two rows of a model name the same residue by the same texts.
fn same_residue(a: &Row<'_>, b: &Row<'_>) -> bool {
    // Texts of a few bytes: cheaper compared in place than by a call.
    let same = |a: &[u8], b: &[u8]| a.len() == b.len() && a.iter().zip(b).all(|(x, y)| x == y);
    let either = |first, second| same(either(a, first, second), either(b, first, second));
    let one = |item| same(get(a, item).text, get(b, item).text);
    either(Item::AuthSeq, Item::LabelSeq)
        && either(Item::AuthComp, Item::LabelComp)
        && either(Item::AuthAsym, Item::LabelAsym)
        && one(Item::InsertionCode)
        && one(Item::Segment)
}

fn residue_row<'a>(row: &Row<'a>) -> Result<ResidueRow<'a>, String> {
    let mut insertion_code = one_character(row, Item::InsertionCode, "pdbx_PDB_ins_code")?;
    let mut number = either(row, Item::AuthSeq, Item::LabelSeq);
    // Old files print number and insertion code together: 15A.
    if let [digits @ .., code] = number
        && code.is_ascii_alphabetic()
    {
        if insertion_code != 0 && insertion_code != *code {
            return Err(format!(
                "auth_seq_id {} and pdbx_PDB_ins_code disagree; one insertion code is allowed",
                shown(number)
            ));
        }
        (number, insertion_code) = (digits, *code);
    }
    Ok(ResidueRow {
        chain: either(row, Item::AuthAsym, Item::LabelAsym),
        name: either(row, Item::AuthComp, Item::LabelComp),
        number: if number.is_empty() { 0 } else { integer(number, "auth_seq_id")? },
        insertion_code,
        segment: get(row, Item::Segment).given().unwrap_or_default(),
        label_asym: get(row, Item::LabelAsym).given().unwrap_or_default(),
        label_entity: get(row, Item::LabelEntity).given().unwrap_or_default(),
        label_seq: match get(row, Item::LabelSeq).given() {
            Some(text) => integer(text, "label_seq_id")?,
            None => NO_LABEL_SEQ,
        },
    })
}

fn atom_row<'a>(layout: &Layout, row: &Row<'a>) -> Result<AtomRow<'a>, String> {
    let name = either(row, Item::AuthAtom, Item::LabelAtom);
    Ok(AtomRow {
        name,
        element: match get(row, Item::Symbol).given() {
            Some(symbol) => element::of_symbol(symbol),
            None if layout.has(Item::Symbol) => Element::UNKNOWN,
            None => element::of_bare_name(name, either(row, Item::AuthComp, Item::LabelComp)),
        },
        altloc: one_character(row, Item::AltLoc, "label_alt_id")?,
        hetero: get(row, Item::Group).text.first().is_some_and(|byte| byte.eq_ignore_ascii_case(&b'H')),
        charge: charge(row)?,
        position: [
            number(row, Item::X, "x coordinate (Cartn_x)", None)?,
            number(row, Item::Y, "y coordinate (Cartn_y)", None)?,
            number(row, Item::Z, "z coordinate (Cartn_z)", None)?,
        ],
        occupancy: number(row, Item::Occupancy, "occupancy", Some(1))?,
        b_factor: number(row, Item::BFactor, "B-factor (B_iso_or_equiv)", Some(20))?,
    })
}

/// A number, which may carry a standard uncertainty: `12.3(4)`.
fn number(row: &Row<'_>, item: Item, what: &str, missing: Option<i32>) -> Result<Decimal, String> {
    let value = get(row, item);
    match (value.given(), missing) {
        (None, Some(default)) => Ok(Decimal::integer(default)),
        (None, None) => Err(format!("{what} {}: missing; a finite number is needed", shown(value.text))),
        (Some(text), _) => decimal::parse(without_uncertainty(text))
            .ok_or_else(|| format!("{what} {}: not a finite number", shown(text))),
    }
}

fn without_uncertainty(text: &[u8]) -> &[u8] {
    let Some(inner) = text.strip_suffix(b")") else { return text };
    match memchr::memrchr(b'(', inner) {
        Some(open) if inner.iter().skip(open + 1).all(u8::is_ascii_digit) => inner.get(..open).unwrap_or(text),
        _ => text,
    }
}

fn integer(text: &[u8], column: &str) -> Result<i32, String> {
    super::super::pdb::integer(text).ok_or_else(|| format!("{column} {}: not a 32-bit integer", shown(text)))
}

/// One character up to U+00FF; 0 where none is given.
fn one_character(row: &Row<'_>, item: Item, column: &str) -> Result<u8, String> {
    match get(row, item).given() {
        None | Some(b"") => Ok(0),
        Some([byte]) => Ok(*byte),
        Some(text) => {
            let mut characters = std::str::from_utf8(text).unwrap_or("??").chars();
            match (characters.next().map(|c| u8::try_from(u32::from(c))), characters.next()) {
                (Some(Ok(byte)), None) => Ok(byte),
                _ => Err(format!("{column} {}: not a single character", shown(text))),
            }
        }
    }
}

/// `1`, `-1`, `+2`, and `2+` or `1.000` as some programs print them.
fn charge(row: &Row<'_>) -> Result<i8, String> {
    let Some(text) = get(row, Item::Charge).given() else { return Ok(0) };
    let parsed = match text {
        [digits @ .., b'+'] => super::super::pdb::integer(digits),
        [digits @ .., b'-'] => super::super::pdb::integer(digits).and_then(i32::checked_neg),
        _ => match decimal::parse(text) {
            Some(Decimal::Grid { mantissa, decimals, .. }) => {
                let unit = 10_i64.pow(u32::from(decimals));
                (mantissa % unit == 0).then(|| i32::try_from(mantissa / unit).ok()).flatten()
            }
            _ => None,
        },
    };
    parsed
        .and_then(|charge| i8::try_from(charge).ok())
        .ok_or_else(|| format!("pdbx_formal_charge {}: not an integer from -128 to 127", shown(text)))
}
