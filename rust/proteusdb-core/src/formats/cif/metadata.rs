//! The few small categories beside `_atom_site` that say something a structure keeps.
//!
//! ```text
//! _entry.id  _struct.title  _software  _entity (polymer or not)  _ma_qa_metric (is B a pLDDT?)
//! _proteusdb  what mmCIF has no item for, so that a written structure reads back equal
//! ```

use std::collections::HashMap;

use super::super::builder::Floats;
use super::super::intern::decode;
use super::lexer::Value;
use crate::record::{Entry, PlddtScale};

/// Lower-case names of the categories that are kept.
const KEPT: [&str; 6] = ["_entry", "_struct", "_software", "_entity", "_ma_qa_metric", "_proteusdb"];

/// The kept values of a block: for each full lower-case tag its column.
#[derive(Default)]
pub(super) struct Metadata<'a> {
    columns: HashMap<String, Vec<Value<'a>>>,
}

/// The tag in lower case, if its category is kept.
pub(super) fn kept(tag: &[u8]) -> Option<String> {
    let dot = memchr::memchr(b'.', tag)?;
    let category = tag.get(..dot)?;
    KEPT.iter()
        .any(|kept| category.eq_ignore_ascii_case(kept.as_bytes()))
        .then(|| decode(tag).to_ascii_lowercase().into_string())
}

impl<'a> Metadata<'a> {
    pub(super) fn push(&mut self, tag: &str, value: Value<'a>) {
        match self.columns.get_mut(tag) {
            Some(column) => column.push(value),
            None => drop(self.columns.insert(tag.to_owned(), vec![value])),
        }
    }

    pub(super) fn clear(&mut self) {
        self.columns.clear();
    }

    fn text(&self, tag: &str, row: usize) -> Option<String> {
        let value = self.columns.get(tag)?.get(row)?;
        value.given().map(|text| decode(text).to_string())
    }

    fn rows(&self, tag: &str) -> usize {
        self.columns.get(tag).map_or(0, Vec::len)
    }

    /// What identifies the file.
    pub(super) fn entry(&self) -> Entry {
        let software = (0..self.rows("_software.name")).filter_map(|row| {
            let version = self.text("_software.version", row).unwrap_or_default();
            self.text("_software.name", row).map(|name| (name, version))
        });
        Entry {
            id: self.text("_entry.id", 0).unwrap_or_default(),
            title: self.text("_struct.title", 0).unwrap_or_default(),
            software: software.collect(),
            declares_plddt: self.declares_plddt(),
        }
    }

    /// Whether a local quality metric is a pLDDT by type or name.
    fn declares_plddt(&self) -> bool {
        let rows = self.rows("_ma_qa_metric.type").max(self.rows("_ma_qa_metric.name"));
        (0..rows).any(|row| {
            let says = |tag: &str| self.text(tag, row).is_some_and(|text| text.to_lowercase().starts_with("plddt"));
            let global = self.text("_ma_qa_metric.mode", row).is_some_and(|mode| mode.eq_ignore_ascii_case("global"));
            !global && (says("_ma_qa_metric.type") || says("_ma_qa_metric.name"))
        })
    }

    /// Whether each declared entity is a polymer; one of unknown type is absent.
    pub(super) fn entities(&self) -> HashMap<String, bool> {
        let rows = (0..self.rows("_entity.id")).filter_map(|row| {
            let polymer = match self.text("_entity.type", row)?.to_ascii_lowercase().as_str() {
                "polymer" => true,
                "non-polymer" | "water" | "branched" | "macrolide" => false,
                _ => return None,
            };
            Some((self.text("_entity.id", row)?, polymer))
        });
        rows.collect()
    }

    /// Which columns the writer printed from float32.
    pub(super) fn floats(&self) -> Floats {
        let listed = self.text("_proteusdb.float32", 0).unwrap_or_default();
        let has = |name: &str| listed.split(',').any(|column| column == name);
        Floats { coords: has("coords"), b_factor: has("b_factor"), occupancy: has("occupancy") }
    }

    /// Whether the writer made the `label_*` columns up.
    pub(super) fn labels_are_synthetic(&self) -> bool {
        self.text("_proteusdb.label_ids", 0).as_deref() == Some("synthetic")
    }

    /// The scale of the B-factor column, where the writer knew it.
    pub(super) fn plddt_scale(&self) -> PlddtScale {
        match self.text("_proteusdb.plddt_scale", 0).as_deref() {
            Some("absent") => PlddtScale::Absent,
            Some("one") => PlddtScale::One,
            Some("hundred") => PlddtScale::Hundred,
            _ => PlddtScale::Auto,
        }
    }
}
