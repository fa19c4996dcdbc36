//! A structure as modelled parts: version 2 of the blob.
//!
//! ```text
//! flags u8      1, 2 pLDDT scale; 4 declares pLDDT; 8 entry; 16 entry is a zstd frame; 32 models are listed; 64 small
//! models        if listed: varint topologies, varint models, for each varint zigzag number and varint topology
//! entry         if there: bytes; after a zstd frame's varint length: id, title, programs
//! lengths       varint of each part below but the last
//! topologies    see `residues`
//! columns       for each model: B-factors, occupancies; see `values`
//! coordinates   for each model
//! ```
//!
//! Coordinates are last, so whatever else is wanted is a prefix of the body. A model that is not listed is number 1 of
//! topology 0, alone.

use std::sync::Arc;

use super::plain::{MAX_MODELS, distinct_topologies};
use super::sizes::PartSizes;
use super::values::{self, Column};
use crate::codec::residues::{self, Layout};
use crate::codec::wire::{Reader, put_bytes, put_varint, unzigzag, zigzag};
use crate::codec::{Compression, fast, section};
use crate::error::Result;
use crate::record::{Entry, Model, Numbers, PlddtScale, Structure, Topology};

const DECLARES: u8 = 1 << 2;
const ENTRY: u8 = 1 << 3;
const ENTRY_ZSTD: u8 = 1 << 4;
const LISTED: u8 = 1 << 5;
const SMALL: u8 = 1 << 6;

const STEP: &str = "structure blob";

/// The most bytes the texts of an entry may have.
const MAX_ENTRY: usize = 1 << 24;

/// The body of a blob.
pub(super) fn encode(structure: &Structure, compression: Compression, precision: Option<f64>) -> Vec<u8> {
    let (topologies, of_model) = distinct_topologies(&structure.models);
    let layouts: Vec<Layout> = topologies.iter().map(|topology| Layout::of(topology)).collect();
    let mut parts: Vec<Vec<u8>> = Vec::new();
    for (topology, layout) in topologies.iter().zip(&layouts) {
        parts.push(encode_topology(topology, layout, compression));
    }
    // Every model's topology is one of them.
    let models = || {
        structure
            .models
            .iter()
            .zip(&of_model)
            .filter_map(|(model, &topology)| layouts.get(topology).map(|layout| (model, topology, layout)))
    };
    for (model, _, layout) in models() {
        for (column, numbers) in [(Column::BFactor, &model.b_factor), (Column::Occupancy, &model.occupancy)] {
            parts.push(values::encode(column, &model.topology, layout, numbers, compression));
        }
    }
    let first = structure.first();
    for (model, topology, layout) in models() {
        let reference = (!std::ptr::eq(model, first) && of_model.first() == Some(&topology)).then_some(&first.coords);
        parts.push(fast::encode_coords(model, layout, reference, compression, precision));
    }
    let mut out = head(structure, topologies.len(), &of_model, compression);
    let size = parts.iter().map(Vec::len).sum::<usize>();
    out.reserve(size + 10 * parts.len());
    let written = parts.len().saturating_sub(1);
    parts.iter().take(written).for_each(|part| put_varint(&mut out, part.len() as u64));
    parts.iter().for_each(|part| out.extend_from_slice(part));
    out
}

/// The structure of a body.
pub(super) fn decode(body: &[u8]) -> Result<Structure> {
    let parts = Parts::find(body)?;
    let topologies = parts.topologies()?;
    let mut models: Vec<Model> = Vec::with_capacity(parts.head.models.len());
    for (index, &(_, topology)) in parts.head.models.iter().enumerate() {
        let mut model = parts.model(index, &topologies)?;
        let layout = &topologies.get(topology).ok_or_else(|| parts.broken())?.1;
        let same = parts.head.models.first().is_some_and(|first| first.1 == topology);
        let reference = models.first().filter(|_| same).map(|first| &first.coords);
        model.coords = fast::decode_coords(&model, layout, reference, parts.coords(index))?;
        models.push(model);
    }
    Ok(Structure { entry: parts.head.entry, models, plddt_scale: parts.head.plddt_scale })
}

/// As [`decode`], with no coordinates in any model.
pub(super) fn decode_outline(body: &[u8]) -> Result<Structure> {
    let parts = Parts::find(body)?;
    let topologies = parts.topologies()?;
    let models = (0..parts.head.models.len()).map(|index| parts.model(index, &topologies)).collect::<Result<_>>()?;
    Ok(Structure { entry: parts.head.entry, models, plddt_scale: parts.head.plddt_scale })
}

/// The profile a body was written in.
pub(super) fn profile(body: &[u8]) -> Compression {
    if body.first().is_some_and(|flags| flags & SMALL != 0) { Compression::Small } else { Compression::Fast }
}

/// Bytes of each part of a body.
pub(super) fn sizes(body: &[u8]) -> Result<PartSizes> {
    let parts = Parts::find(body)?;
    let (topologies, models) = (parts.head.topologies, parts.head.models.len());
    let sum = |range: std::ops::Range<usize>| range.map(|index| parts.part(index).len() as u64).sum::<u64>();
    let every = |first: usize| (0..models).map(|index| parts.part(topologies + 2 * index + first).len() as u64).sum();
    let mut sizes = PartSizes {
        topology: sum(0..topologies),
        b_factor: every(0),
        occupancy: every(1),
        coordinates: sum(topologies + 2 * models..topologies + 3 * models),
        head: 0,
    };
    sizes.head = (body.len() as u64).saturating_sub(sizes.total());
    Ok(sizes)
}

/// The way that gives the topology back; the plain one always does.
fn encode_topology(topology: &Topology, layout: &Layout, compression: Compression) -> Vec<u8> {
    let shaped = residues::encode(topology, layout, compression);
    let plain = (layout.own.len() > 64).then(|| residues::encode_plain(topology, compression));
    plain.filter(|plain| plain.len() < shaped.len()).unwrap_or(shaped)
}

fn head(structure: &Structure, topologies: usize, of_model: &[usize], compression: Compression) -> Vec<u8> {
    let entry = texts(&structure.entry);
    let packed = compression.level().filter(|_| entry.len() > 32);
    let packed = packed.and_then(|level| section::compress(&entry, level));
    let packed = packed.filter(|packed| packed.len() + 2 < entry.len());
    let listed = structure.models.len() != 1 || structure.first().number != 1;
    let mut flags = structure.plddt_scale as u8;
    for (flag, set) in [
        (DECLARES, structure.entry.declares_plddt),
        (ENTRY, !entry.is_empty()),
        (ENTRY_ZSTD, packed.is_some()),
        (LISTED, listed),
        (SMALL, compression == Compression::Small),
    ] {
        flags |= if set { flag } else { 0 };
    }
    let mut out = vec![flags];
    if listed {
        put_varint(&mut out, topologies as u64);
        put_varint(&mut out, structure.models.len() as u64);
        for (model, &topology) in structure.models.iter().zip(of_model) {
            put_varint(&mut out, u64::from(zigzag(model.number)));
            put_varint(&mut out, topology as u64);
        }
    }
    if let Some(packed) = packed {
        put_varint(&mut out, entry.len() as u64);
        put_bytes(&mut out, &packed);
    } else if !entry.is_empty() {
        put_bytes(&mut out, &entry);
    }
    out
}

/// The texts of an entry; nothing where all are empty.
fn texts(entry: &Entry) -> Vec<u8> {
    let mut out = Vec::new();
    if entry.id.is_empty() && entry.title.is_empty() && entry.software.is_empty() {
        return out;
    }
    put_bytes(&mut out, entry.id.as_bytes());
    put_bytes(&mut out, entry.title.as_bytes());
    for (name, version) in &entry.software {
        put_bytes(&mut out, name.as_bytes());
        put_bytes(&mut out, version.as_bytes());
    }
    out
}

/// What stands before the parts.
struct Head {
    plddt_scale: PlddtScale,
    entry: Entry,
    topologies: usize,
    /// Number and topology of each model.
    models: Vec<(i32, usize)>,
}

impl Head {
    fn read(reader: &mut Reader<'_>) -> Result<Self> {
        let flags = reader.u8()?;
        let plddt_scale = PlddtScale::from_u8(flags & 3).ok_or_else(|| reader.broken())?;
        let (topologies, models) = if flags & LISTED != 0 { Self::list(reader)? } else { (1, vec![(1, 0)]) };
        let mut entry = match flags & (ENTRY | ENTRY_ZSTD) {
            0 => Entry::default(),
            ENTRY => Self::entry(reader.bytes()?)?,
            _ => {
                let length = reader.count(MAX_ENTRY)?;
                let texts = section::unpack(reader.bytes()?, length).ok_or_else(|| reader.broken())?;
                Self::entry(&texts)?
            }
        };
        entry.declares_plddt = flags & DECLARES != 0;
        Ok(Self { plddt_scale, entry, topologies, models })
    }

    fn list(reader: &mut Reader<'_>) -> Result<(usize, Vec<(i32, usize)>)> {
        let topologies = reader.count(reader.remaining())?;
        let count = reader.count(reader.remaining().min(MAX_MODELS))?;
        let models = (0..count).map(|_| {
            let number = u32::try_from(reader.varint()?).map_err(|_| reader.broken())?;
            Ok((unzigzag(number), reader.count(topologies)?))
        });
        Ok((topologies, models.collect::<Result<_>>()?))
    }

    fn entry(texts: &[u8]) -> Result<Entry> {
        let mut reader = Reader::new(texts, "structure head");
        let (id, title) = (reader.text()?.to_owned(), reader.text()?.to_owned());
        let mut software = Vec::new();
        while reader.remaining() > 0 {
            software.push((reader.text()?.to_owned(), reader.text()?.to_owned()));
        }
        Ok(Entry { id, title, software, declares_plddt: false })
    }
}

/// The parts of a body, found but not decoded.
struct Parts<'a> {
    head: Head,
    parts: Vec<&'a [u8]>,
}

impl<'a> Parts<'a> {
    fn find(body: &'a [u8]) -> Result<Self> {
        let mut reader = Reader::new(body, STEP);
        let head = Head::read(&mut reader)?;
        let written = (head.topologies + 3 * head.models.len()).checked_sub(1).ok_or_else(|| reader.broken())?;
        let limit = reader.remaining();
        let lengths = (0..written).map(|_| reader.count(limit)).collect::<Result<Vec<_>>>()?;
        let mut parts = lengths.iter().map(|&length| reader.take(length)).collect::<Result<Vec<_>>>()?;
        parts.push(reader.rest());
        Ok(Self { head, parts })
    }

    fn broken(&self) -> crate::Error {
        crate::codec::wire::broken(STEP)
    }

    fn part(&self, index: usize) -> &'a [u8] {
        self.parts.get(index).copied().unwrap_or_default()
    }

    fn topologies(&self) -> Result<Vec<(Arc<Topology>, Layout)>> {
        let topology =
            |index| residues::decode(self.part(index)).map(|(topology, layout)| (Arc::new(topology), layout));
        (0..self.head.topologies).map(topology).collect()
    }

    /// A model without its coordinates.
    fn model(&self, index: usize, topologies: &[(Arc<Topology>, Layout)]) -> Result<Model> {
        let &(number, topology) = self.head.models.get(index).ok_or_else(|| self.broken())?;
        let (topology, layout) = topologies.get(topology).ok_or_else(|| self.broken())?;
        let topology = topology.clone();
        let at = self.head.topologies + 2 * index;
        let b_factor = values::decode(Column::BFactor, &topology, layout, self.part(at))?;
        let occupancy = values::decode(Column::Occupancy, &topology, layout, self.part(at + 1))?;
        Ok(Model { number, topology, coords: Numbers::default(), b_factor, occupancy })
    }

    fn coords(&self, index: usize) -> &'a [u8] {
        self.part(self.head.topologies + 2 * self.head.models.len() + index)
    }
}
