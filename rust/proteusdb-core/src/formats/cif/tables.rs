//! The tables of one block, from text or binary, to a structure.
//!
//! Both formats push the same values: small categories into [`Metadata`], rows of `_atom_site` into [`Models`].

use super::super::builder::structure;
use super::atom_site::{self, Layout, Models, Row};
use super::lexer::Value;
use super::metadata::{self, Metadata};
use crate::error::{Error, Result};
use crate::record::polymer;
use crate::record::{Coded, NO_LABEL_SEQ, ResidueKind, Structure, Topology};

/// What was read of the block so far.
#[derive(Default)]
pub(in super::super) struct Tables<'a> {
    metadata: Metadata<'a>,
    models: Models<'a>,
    has_atoms: bool,
    has_ter: bool,
}

impl<'a> Tables<'a> {
    /// Whether the value of a tag is kept; its category with a dot is a tag too.
    pub(in super::super) fn keeps(tag: &[u8]) -> bool {
        metadata::kept(tag).is_some()
    }

    /// Whether the block has atoms, so that no other block is read.
    pub(super) fn has_atoms(&self) -> bool {
        self.has_atoms
    }

    /// Forgets the small categories of a block without atoms.
    pub(super) fn clear(&mut self) {
        self.metadata.clear();
    }

    /// Takes a value of a small category; others are passed over.
    pub(in super::super) fn push_value(&mut self, tag: &[u8], value: Value<'a>) {
        if let Some(tag) = metadata::kept(tag) {
            self.metadata.push(&tag, value);
        }
    }

    /// Begins `_atom_site` with these full tags.
    ///
    /// # Errors
    /// A text that names what the columns lack.
    pub(in super::super) fn open_atoms(&mut self, tags: &[&[u8]]) -> Result<Layout, String> {
        if std::mem::replace(&mut self.has_atoms, true) {
            return Err("a second _atom_site in one block; one is allowed".to_owned());
        }
        let layout = Layout::new(tags)?;
        self.has_ter = layout.has_ter();
        self.models.floats = self.metadata.floats();
        Ok(layout)
    }

    /// Takes a row of `_atom_site`, one value a column.
    ///
    /// # Errors
    /// A text that names the column, its value and what is allowed.
    pub(in super::super) fn push_atom(
        &mut self,
        layout: &Layout,
        values: impl Iterator<Item = Value<'a>>,
    ) -> Result<(), String> {
        let mut row = Row::default();
        values.enumerate().for_each(|(column, value)| layout.set(&mut row, column, value));
        self.models.push(layout, &row)
    }

    /// As [`Self::push_atom`], from a row whose values are in place.
    pub(super) fn push_row(&mut self, layout: &Layout, row: &Row<'a>) -> Result<(), String> {
        self.models.push(layout, row)
    }

    /// The structure, with its residues classified and its polymers ended.
    ///
    /// # Errors
    /// `Validation` where there are no atoms.
    pub(in super::super) fn finish(self) -> Result<Structure> {
        if !self.has_atoms {
            return Err(Error::validation("no _atom_site category: this file holds no atoms of a structure"));
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

/// Whether a tag belongs to `_atom_site`.
pub(in super::super) fn is_atom_site(tag: &[u8]) -> bool {
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
