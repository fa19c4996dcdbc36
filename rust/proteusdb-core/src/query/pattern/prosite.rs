//! PROSITE patterns.
//!
//! ```text
//! pattern := "<"? element ("-" element)* ">"? "."?
//! element := place repeat?
//! place   := letter                  that residue
//!          | "x"                     any residue, either case
//!          | "[" letter+ "]"         one of these; with ">" or "<" in it also the end or the beginning of the chain
//!          | "{" letter+ "}"         one that is none of these
//! repeat  := "(" n ")" | "(" n "," m ")"
//! ```
//!
//! `<` and `>` hold the pattern to the ends of a chain; else it matches anywhere within one. `[G>]` stands last and
//! `[<M]` first, without a repeat. An X within a class is the letter.
//!
//! ```text
//! <A-x-[ST](2)-x(0,1)-{V}.   ->   ^[A][A-Z][ST]{2}[A-Z]{0,1}[ABCDEFGHIJKLMNOPQRSTUWXYZ]
//! ```

use super::fault::fault;
use super::reader::Reader;
use super::regular::{self, Regular};
use super::residue::{ResidueSet, prefix, runs};
use crate::error::Result;

const ALLOWED: &str = "elements joined by '-': a letter, x (any), [ST] (one of), {P} (none of), each with a repeat as \
                       in x(2) or x(2,4); < first, > last, [G>], a final full stop";
/// The most one repeat can ask for.
const MAX_REPEAT: u32 = 1_000;

/// A parsed pattern.
#[derive(Debug, Clone)]
pub(super) struct Prosite {
    starts: bool,
    elements: Vec<Element>,
    regular: Regular,
}

/// A place, how often it stands, and whether an end of the chain may stand for it.
#[derive(Debug, Clone, Copy)]
struct Element {
    /// Where in the text it begins.
    at: usize,
    set: ResidueSet,
    least: u32,
    most: u32,
    or_start: bool,
    or_end: bool,
}

impl Element {
    /// The place as often as it surely stands; a gap of unknown width ends a run.
    fn places(self) -> impl Iterator<Item = ResidueSet> {
        let sure = if self.or_start || self.or_end { 0 } else { self.least as usize };
        let open = sure == 0 || self.least != self.most;
        std::iter::repeat_n(self.set, sure).chain(open.then_some(ResidueSet::ANY))
    }

    fn write_regular(self, into: &mut String) {
        into.push_str(match (self.or_start, self.or_end) {
            (true, true) => "(?:^|$|",
            (true, false) => "(?:^|",
            (false, true) => "(?:$|",
            (false, false) => "",
        });
        self.set.write_regular(into);
        into.push_str(if self.or_start || self.or_end { ")" } else { "" });
        match (self.least, self.most) {
            (1, 1) => {}
            (least, most) if least == most => into.push_str(&format!("{{{least}}}")),
            (least, most) => into.push_str(&format!("{{{least},{most}}}")),
        }
    }
}

impl Prosite {
    /// Whether it matches anywhere within a chain.
    pub(super) fn matches(&self, chain: &[u8]) -> bool {
        self.regular.matches(chain)
    }

    /// What some chain of every match begins with.
    pub(super) fn literal_prefix(&self) -> String {
        if self.starts { prefix(self.places()) } else { String::new() }
    }

    /// Runs of letters that every match has.
    pub(super) fn literals(&self) -> Vec<String> {
        runs(self.places())
    }

    fn places(&self) -> impl Iterator<Item = ResidueSet> {
        self.elements.iter().flat_map(|element| element.places())
    }
}

/// Parses a pattern.
///
/// # Errors
/// `Query` with the place of the fault.
pub(super) fn parse(text: &str) -> Result<Prosite> {
    let mut reader = Reader::new(text);
    let starts = reader.take('<');
    let mut elements = vec![element(&mut reader)?];
    while reader.take('-') {
        elements.push(element(&mut reader)?);
    }
    let ends = reader.take('>');
    reader.take('.');
    if reader.peek().is_some() {
        return Err(reader.fault("an element is followed by '-', '>', '.' or the end", ALLOWED));
    }
    check_ends(text, &elements)?;
    let mut pattern = String::from(if starts { "^" } else { "" });
    elements.iter().for_each(|element| element.write_regular(&mut pattern));
    pattern.push_str(if ends { "$" } else { "" });
    let regular = regular::parse(&pattern).map_err(|_| {
        fault(text, 0, "the pattern grows too large", "repeats that sum to less, at most a few thousand residues")
    })?;
    Ok(Prosite { starts, elements, regular })
}

/// `<` in a class only in the first element, `>` only in the last.
fn check_ends(text: &str, elements: &[Element]) -> Result<()> {
    let last = elements.len() - 1;
    let misplaced =
        |&(index, element): &(usize, &Element)| (element.or_start && index != 0) || (element.or_end && index != last);
    match elements.iter().enumerate().find(misplaced) {
        Some((_, element)) => {
            let allowed = "[<M] as the first element, [G>] as the last";
            Err(fault(text, element.at, "an end of the chain in the midst of the pattern", allowed))
        }
        None => Ok(()),
    }
}

fn element(reader: &mut Reader<'_>) -> Result<Element> {
    let mut element =
        Element { at: reader.position(), set: ResidueSet::ANY, least: 1, most: 1, or_start: false, or_end: false };
    match reader.peek() {
        Some('[') => (element.set, element.or_start, element.or_end) = class(reader, ']', true)?,
        Some('{') => element.set = class(reader, '}', false)?.0.negated(),
        Some('x' | 'X') => reader.skip(),
        Some(letter) => match ResidueSet::of(letter) {
            Some(set) => {
                element.set = set;
                reader.skip();
            }
            None => return Err(reader.fault(&format!("{letter:?} begins no element"), ALLOWED)),
        },
        None => return Err(reader.fault("an element is missing", ALLOWED)),
    }
    if reader.peek() == Some('(') {
        if element.or_start || element.or_end {
            return Err(reader.fault("an element with an end of the chain has no repeat", ALLOWED));
        }
        (element.least, element.most) = repeat(reader)?;
    }
    Ok(element)
}

/// A class, and whether it names the beginning and the end of the chain.
fn class(reader: &mut Reader<'_>, close: char, with_ends: bool) -> Result<(ResidueSet, bool, bool)> {
    let open = reader.position();
    reader.skip();
    let (mut set, mut start, mut end) = (ResidueSet::NONE, false, false);
    loop {
        match reader.peek() {
            Some(letter) if letter == close => break,
            Some('<') if with_ends => start = true,
            Some('>') if with_ends => end = true,
            Some(letter) => match ResidueSet::of(letter) {
                Some(residue) => set = set.with(residue),
                None => return Err(reader.fault(&format!("{letter:?} is no residue"), ALLOWED)),
            },
            None => return Err(reader.fault_at(open, "the class is not closed", ALLOWED)),
        }
        reader.skip();
    }
    reader.skip();
    if set == ResidueSet::NONE {
        return Err(reader.fault_at(open, "the class is empty", ALLOWED));
    }
    Ok((set, start, end))
}

/// `(n)` or `(n,m)`.
fn repeat(reader: &mut Reader<'_>) -> Result<(u32, u32)> {
    const REPEAT: &str = "(n) or (n,m) with 0 <= n <= m, 1 <= m <= 1000";
    let open = reader.position();
    reader.skip();
    let least = reader.number().ok_or_else(|| reader.fault("a count is needed", REPEAT))?;
    let most = if reader.take(',') {
        reader.number().ok_or_else(|| reader.fault("a count is needed", REPEAT))?
    } else {
        least
    };
    if !reader.take(')') {
        return Err(reader.fault("the repeat is not closed", REPEAT));
    }
    if least > most || most == 0 || most > MAX_REPEAT {
        return Err(reader.fault_at(open, "the counts are not possible", REPEAT));
    }
    Ok((least, most))
}
