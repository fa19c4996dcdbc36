//! mmCIF text to columns, in one pass over the tokens of the first block that has atoms.
//!
//! Invariants: a save frame's items belong to the frame, not to the block; a loop's values fill whole rows; reading
//! stops at the block after the atoms.

use super::super::builder::structure;
use super::super::{shown, sniff::strip_bom};
use super::atom_site::{self, Layout, Models, Row};
use super::lexer::{Lexer, Token, Value};
use super::metadata::{self, Metadata};
use crate::error::{Error, Result};
use crate::record::polymer;
use crate::record::{Coded, NO_LABEL_SEQ, ResidueKind, Structure, Topology};

/// Reads the first block that has `_atom_site`.
pub(in super::super) fn read(bytes: &[u8]) -> Result<Structure> {
    let mut reader = Reader { lexer: Lexer::new(strip_bom(bytes)), ..Reader::new() };
    reader.blocks()?;
    reader.finish()
}

struct Reader<'a> {
    lexer: Lexer<'a>,
    metadata: Metadata<'a>,
    models: Models<'a>,
    /// Tags and values of an `_atom_site` of one row that is no loop.
    pairs: Vec<(&'a [u8], Value<'a>)>,
    has_atoms: bool,
    has_ter: bool,
    in_frame: bool,
}

impl<'a> Reader<'a> {
    fn new() -> Self {
        Self {
            lexer: Lexer::new(b""),
            metadata: Metadata::default(),
            models: Models::default(),
            pairs: Vec::new(),
            has_atoms: false,
            has_ter: false,
            in_frame: false,
        }
    }

    fn blocks(&mut self) -> Result<()> {
        while let Some(token) = self.lexer.next()? {
            match token {
                Token::Block | Token::Global => {
                    self.pairs_as_row()?;
                    if self.has_atoms {
                        return Ok(());
                    }
                    self.metadata.clear();
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
        } else if let Some(tag) = metadata::kept(tag) {
            self.metadata.push(&tag, value);
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
        let mut row = Row::default();
        for (column, (_, value)) in pairs.into_iter().enumerate() {
            layout.set(&mut row, column, value);
        }
        self.models.push(&layout, &row).map_err(|problem| self.lexer.error(problem))
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
        let kept: Vec<Option<String>> = tags.iter().map(|tag| metadata::kept(tag).filter(|_| !self.in_frame)).collect();
        let mut column = 0;
        while let Some(value) = self.value()? {
            if let Some(Some(tag)) = kept.get(column) {
                self.metadata.push(tag, value);
            }
            column = if column + 1 == kept.len() { 0 } else { column + 1 };
        }
        self.whole_rows(column, &tags)
    }

    fn open_atoms(&mut self, tags: &[&[u8]]) -> Result<Layout> {
        if std::mem::replace(&mut self.has_atoms, true) {
            return Err(self.lexer.error("a second _atom_site in one block; one is allowed"));
        }
        let layout = Layout::new(tags).map_err(|problem| self.lexer.error(problem))?;
        self.has_ter = layout.has_ter();
        self.models.floats = self.metadata.floats();
        Ok(layout)
    }

    fn atoms(&mut self, layout: &Layout) -> Result<()> {
        let width = layout.width();
        let mut row = Row::default();
        loop {
            for column in 0..width {
                match self.value()? {
                    Some(value) => layout.set(&mut row, column, value),
                    None if column == 0 => return Ok(()),
                    None => return self.whole_rows(column, &[b"_atom_site".as_slice()]),
                }
            }
            self.models.push(layout, &row).map_err(|problem| self.lexer.error(problem))?;
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

    fn finish(self) -> Result<Structure> {
        if !self.has_atoms {
            return Err(Error::validation("no _atom_site category: this CIF holds no atoms of a structure"));
        }
        let entities = self.metadata.entities();
        let synthetic = self.metadata.labels_are_synthetic();
        let has_ter = self.has_ter;
        let mut read = structure(self.models.into_builders(), self.metadata.entry(), |topology| {
            if synthetic {
                blank_labels(topology);
            }
            polymer::classify_with(topology, |entity| entities.get(entity).copied());
            if !has_ter {
                end_polymers(topology);
            }
        })?;
        read.plddt_scale = self.metadata.plddt_scale();
        Ok(read)
    }
}

fn is_atom_site(tag: &[u8]) -> bool {
    let prefix = atom_site::PREFIX.as_bytes();
    tag.get(..prefix.len()).is_some_and(|head| head.eq_ignore_ascii_case(prefix))
}

fn blank_labels(topology: &mut Topology) {
    let residues = &mut topology.residues;
    let rows = residues.len();
    residues.label_asym_id = Coded::blank(rows);
    residues.label_entity_id = Coded::blank(rows);
    residues.label_seq_id = vec![NO_LABEL_SEQ; rows];
}

/// Ends a polymer at its last residue before `label_asym_id` or the chain changes.
pub(in super::super) fn end_polymers(topology: &mut Topology) {
    let residues = &mut topology.residues;
    let mut last: Option<usize> = None;
    for index in 0..=residues.number.len() {
        let same = last.is_some_and(|last| {
            index < residues.number.len()
                && residues.label_asym_id.get(last) == residues.label_asym_id.get(index)
                && residues.chain_id.get(last) == residues.chain_id.get(index)
        });
        if let Some(last) = last.filter(|&last| !same && !residues.label_asym_id.get(last).is_empty())
            && let Some(ter) = residues.ter.get_mut(last)
        {
            *ter = true;
        }
        match residues.kind.get(index) {
            Some(ResidueKind::NonPolymer) if same => {}
            Some(ResidueKind::NonPolymer) | None => last = None,
            Some(_) => last = Some(index),
        }
    }
}
