//! mmCIF text to columns, in one pass over the tokens of the first block that has atoms.
//!
//! Invariants: a save frame's items belong to the frame, not to the block; a loop's values fill whole rows; reading
//! stops at the block after the atoms.

use super::super::{shown, sniff::strip_bom};
use super::atom_site::{Layout, Row};
use super::lexer::{Lexer, Token, Value};
use super::tables::{Tables, is_atom_site};
use crate::error::Result;
use crate::record::Structure;

/// Reads the first block that has `_atom_site`.
pub(in super::super) fn read(bytes: &[u8]) -> Result<Structure> {
    let lexer = Lexer::new(strip_bom(bytes));
    let mut reader = Reader { lexer, tables: Tables::default(), pairs: Vec::new(), in_frame: false };
    reader.blocks()?;
    reader.tables.finish()
}

struct Reader<'a> {
    lexer: Lexer<'a>,
    tables: Tables<'a>,
    /// Tags and values of an `_atom_site` of one row that is no loop.
    pairs: Vec<(&'a [u8], Value<'a>)>,
    in_frame: bool,
}

impl<'a> Reader<'a> {
    fn blocks(&mut self) -> Result<()> {
        while let Some(token) = self.lexer.next()? {
            match token {
                Token::Block | Token::Global => {
                    self.pairs_as_row()?;
                    if self.tables.has_atoms() {
                        return Ok(());
                    }
                    self.tables.clear();
                    self.in_frame = false;
                }
                Token::Frame(begins) => self.in_frame = begins,
                Token::Loop => self.table()?,
                Token::Tag(tag) => self.pair(tag)?,
                Token::Stop => {}
                Token::Value(value) => {
                    let text = shown(value.text);
                    return Err(self
                        .lexer
                        .error(format!("value {text} has no tag; a tag such as _entry.id is needed before it")));
                }
            }
        }
        self.pairs_as_row()
    }

    fn pair(&mut self, tag: &'a [u8]) -> Result<()> {
        let Some(Token::Value(value)) = self.lexer.next()? else {
            return Err(self.lexer.error(format!("tag {} has no value; use . or ? for none", shown(tag))));
        };
        if self.in_frame {
            return Ok(());
        }
        if is_atom_site(tag) {
            self.pairs.push((tag, value));
        } else {
            self.tables.push_value(tag, value);
        }
        Ok(())
    }

    /// An `_atom_site` written as pairs is a table of one row.
    fn pairs_as_row(&mut self) -> Result<()> {
        if self.pairs.is_empty() {
            return Ok(());
        }
        let pairs = std::mem::take(&mut self.pairs);
        let tags: Vec<&[u8]> = pairs.iter().map(|(tag, _)| *tag).collect();
        let layout = self.open_atoms(&tags)?;
        let values = pairs.into_iter().map(|(_, value)| value);
        self.tables.push_atom(&layout, values).map_err(|problem| self.lexer.error(problem))
    }

    fn table(&mut self) -> Result<()> {
        let mut tags = Vec::new();
        loop {
            let before = self.lexer.position();
            match self.lexer.next()? {
                Some(Token::Tag(tag)) => tags.push(tag),
                _ => {
                    self.lexer.rewind(before);
                    break;
                }
            }
        }
        if tags.is_empty() {
            return Err(self.lexer.error("loop_ without tags; at least one tag is needed"));
        }
        if !self.in_frame && tags.iter().any(|tag| is_atom_site(tag)) {
            let layout = self.open_atoms(&tags)?;
            return self.atoms(&layout);
        }
        let kept = !self.in_frame && tags.iter().any(|tag| Tables::keeps(tag));
        let mut column = 0;
        while let Some(value) = self.value()? {
            if let Some(tag) = tags.get(column).filter(|_| kept) {
                self.tables.push_value(tag, value);
            }
            column = if column + 1 == tags.len() { 0 } else { column + 1 };
        }
        self.whole_rows(column, &tags)
    }

    fn open_atoms(&mut self, tags: &[&[u8]]) -> Result<Layout> {
        self.tables.open_atoms(tags).map_err(|problem| self.lexer.error(problem))
    }

    fn atoms(&mut self, layout: &Layout) -> Result<()> {
        let width = layout.width();
        let mut row = Row::default();
        loop {
            for column in 0..width {
                if let Some(value) = self.lexer.bare_value() {
                    layout.set(&mut row, column, value);
                    continue;
                }
                match self.value()? {
                    Some(value) => layout.set(&mut row, column, value),
                    None if column == 0 => return Ok(()),
                    None => return self.whole_rows(column, &[b"_atom_site".as_slice()]),
                }
            }
            self.tables.push_row(layout, &row).map_err(|problem| self.lexer.error(problem))?;
        }
    }

    /// The next token if it is a value; any other stays.
    #[inline]
    fn value(&mut self) -> Result<Option<Value<'a>>> {
        let before = self.lexer.position();
        match self.lexer.next()? {
            Some(Token::Value(value)) => Ok(Some(value)),
            _ => {
                self.lexer.rewind(before);
                Ok(None)
            }
        }
    }

    fn whole_rows(&self, column: usize, tags: &[&[u8]]) -> Result<()> {
        if column == 0 {
            return Ok(());
        }
        let first = shown(tags.first().copied().unwrap_or_default());
        Err(self.lexer.error(format!("the loop of {first} ends after value {column} of a row; whole rows are needed")))
    }
}

#[cfg(test)]
#[path = "read_tests.rs"]
mod tests;
