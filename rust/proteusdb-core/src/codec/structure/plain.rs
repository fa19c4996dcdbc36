//! A structure as plain columns at printed precision: version 1 of the blob, for `compression=False`, and what carries
//! anything that the modelled version cannot.
//!
//! ```text
//! head        section   pLDDT scale, entry, model numbers, which topology each model has
//! topology    section   for each distinct topology: residues, shapes of their atoms
//! coords      section   for each model: x y z differences to the atom before
//! b_factor    section   for each model
//! occupancy   section   for each model
//! ```
//!
//! Sections unpack alone, so the sequence or the pLDDT can be read without the coordinates.

use std::sync::Arc;

use super::sizes::PartSizes;
use crate::codec::section::{self, Section};
use crate::codec::wire::{Reader, broken, put_bytes, put_varint, unzigzag, zigzag};
use crate::codec::{Compression, integers, topology};
use crate::error::Result;
use crate::record::{Entry, MAX_DECIMALS, Model, Numbers, PlddtScale, Structure, Topology};

pub(super) const MAX_MODELS: usize = 1 << 20;
/// In place of a number of decimals: float32.
const FLOAT: u8 = 0xff;

/// The body of a blob of plain columns.
pub(super) fn encode(structure: &Structure, compression: Compression) -> Vec<u8> {
    let (topologies, of_model) = distinct_topologies(&structure.models);
    let mut out = Vec::new();
    section::put(&mut out, &head(structure, topologies.len(), &of_model), compression);
    for topology in topologies {
        let mut raw = Vec::new();
        topology::put(&mut raw, topology);
        section::put(&mut out, &raw, compression);
    }
    for model in &structure.models {
        for (numbers, stride) in [(&model.coords, 3), (&model.b_factor, 1), (&model.occupancy, 1)] {
            section::put(&mut out, &pack_numbers(numbers, stride), compression);
        }
    }
    out
}

/// The structure of such a body.
pub(super) fn decode(body: &[u8]) -> Result<Structure> {
    let mut reader = Reader::new(body, "structure blob");
    let head = Head::unpack(section::next(&mut reader, "structure head")?)?;
    let topologies = (0..head.topologies)
        .map(|_| unpack_topology(section::next(&mut reader, "structure topology")?))
        .collect::<Result<Vec<_>>>()?;
    let models = head.models.iter().map(|model| next_model(&mut reader, *model, &topologies)).collect::<Result<_>>()?;
    reader.finish()?;
    Ok(Structure { entry: head.entry, models, plddt_scale: head.plddt_scale })
}

/// Bytes of each part of such a body.
pub(super) fn sizes(body: &[u8]) -> Result<PartSizes> {
    let mut reader = Reader::new(body, "structure blob");
    let head = Head::unpack(section::next(&mut reader, "structure head")?)?;
    let mut sizes = PartSizes { head: (body.len() - reader.remaining()) as u64, ..PartSizes::default() };
    let mut take = |size: &mut u64, step| -> Result<()> {
        let before = reader.remaining();
        section::next(&mut reader, step)?;
        *size += (before - reader.remaining()) as u64;
        Ok(())
    };
    (0..head.topologies).try_for_each(|_| take(&mut sizes.topology, "structure topology"))?;
    for _ in &head.models {
        take(&mut sizes.coordinates, "structure coordinates")?;
        take(&mut sizes.b_factor, "structure B-factors")?;
        take(&mut sizes.occupancy, "structure occupancies")?;
    }
    Ok(sizes)
}

/// Whether some section of such a body is compressed.
pub(super) fn is_packed(body: &[u8]) -> Result<bool> {
    let mut reader = Reader::new(body, "structure blob");
    while reader.remaining() > 0 {
        if section::next(&mut reader, "structure blob")?.is_packed() {
            return Ok(true);
        }
    }
    Ok(false)
}

pub(super) fn distinct_topologies(models: &[Model]) -> (Vec<&Arc<Topology>>, Vec<usize>) {
    let mut distinct: Vec<&Arc<Topology>> = Vec::new();
    let of_model = models
        .iter()
        .map(|model| {
            let same = |known: &&Arc<Topology>| Arc::ptr_eq(known, &model.topology) || ***known == *model.topology;
            distinct.iter().position(same).unwrap_or_else(|| {
                distinct.push(&model.topology);
                distinct.len() - 1
            })
        })
        .collect();
    (distinct, of_model)
}

/// What stands before the columns: `(number, topology)` of each model and the entry.
struct Head {
    plddt_scale: PlddtScale,
    entry: Entry,
    topologies: usize,
    models: Vec<(i32, usize)>,
}

fn head(structure: &Structure, topologies: usize, of_model: &[usize]) -> Vec<u8> {
    let entry = &structure.entry;
    let mut out = vec![structure.plddt_scale as u8, u8::from(entry.declares_plddt)];
    put_bytes(&mut out, entry.id.as_bytes());
    put_bytes(&mut out, entry.title.as_bytes());
    put_varint(&mut out, entry.software.len() as u64);
    for (name, version) in &entry.software {
        put_bytes(&mut out, name.as_bytes());
        put_bytes(&mut out, version.as_bytes());
    }
    put_varint(&mut out, topologies as u64);
    put_varint(&mut out, structure.models.len() as u64);
    for (model, &topology) in structure.models.iter().zip(of_model) {
        put_varint(&mut out, u64::from(zigzag(model.number)));
        put_varint(&mut out, topology as u64);
    }
    out
}

impl Head {
    fn unpack(section: Section<'_>) -> Result<Self> {
        let raw = section.unpack()?;
        let mut reader = Reader::new(&raw, "structure head");
        let plddt_scale = PlddtScale::from_u8(reader.u8()?).ok_or_else(|| reader.broken())?;
        let declares_plddt = reader.u8()? != 0;
        let (id, title) = (reader.text()?.to_owned(), reader.text()?.to_owned());
        let programs = reader.count(reader.remaining())?;
        let software = (0..programs)
            .map(|_| Ok((reader.text()?.to_owned(), reader.text()?.to_owned())))
            .collect::<Result<Vec<_>>>()?;
        let topologies = reader.count(MAX_MODELS)?;
        let count = reader.count(reader.remaining())?;
        let models = (0..count)
            .map(|_| {
                let number = u32::try_from(reader.varint()?).map_err(|_| reader.broken())?;
                Ok((unzigzag(number), reader.count(topologies)?))
            })
            .collect::<Result<Vec<_>>>()?;
        reader.finish()?;
        Ok(Self { plddt_scale, entry: Entry { id, title, software, declares_plddt }, topologies, models })
    }
}

fn unpack_topology(section: Section<'_>) -> Result<Arc<Topology>> {
    let raw = section.unpack()?;
    let mut reader = Reader::new(&raw, "structure topology");
    let topology = topology::get(&mut reader)?;
    reader.finish()?;
    Ok(Arc::new(topology))
}

fn next_model(reader: &mut Reader<'_>, (number, topology): (i32, usize), known: &[Arc<Topology>]) -> Result<Model> {
    let topology = known.get(topology).ok_or_else(|| reader.broken())?.clone();
    let atoms = topology.atoms.len();
    let mut column = |step, count, stride| unpack_numbers(section::next(reader, step)?, step, count, stride);
    Ok(Model {
        number,
        coords: column("structure coordinates", 3 * atoms, 3)?,
        b_factor: column("structure B-factors", atoms, 1)?,
        occupancy: column("structure occupancies", atoms, 1)?,
        topology,
    })
}

pub(in crate::codec) fn pack_numbers(numbers: &Numbers, stride: usize) -> Vec<u8> {
    let mut out = Vec::new();
    match numbers {
        Numbers::Fixed { decimals, values } => {
            out.push(*decimals);
            integers::put(&mut out, values, stride);
        }
        Numbers::Float(values) => {
            out.push(FLOAT);
            for plane in (0..4).rev() {
                out.extend(values.iter().map(|value| (value.to_bits() >> (8 * plane)) as u8));
            }
        }
    }
    out
}

pub(in crate::codec) fn unpack_numbers(
    section: Section<'_>,
    step: &'static str,
    count: usize,
    stride: usize,
) -> Result<Numbers> {
    let raw = section.unpack()?;
    let mut reader = Reader::new(&raw, step);
    let numbers = match reader.u8()? {
        FLOAT => {
            let mut bits = vec![0_u32; count];
            for _ in 0..4 {
                let plane = reader.take(count)?;
                bits.iter_mut().zip(plane).for_each(|(bits, &byte)| *bits = (*bits << 8) | u32::from(byte));
            }
            Numbers::Float(bits.into_iter().map(f32::from_bits).collect())
        }
        decimals if decimals <= MAX_DECIMALS => {
            Numbers::Fixed { decimals, values: integers::get(&mut reader, count, stride)? }
        }
        _ => return Err(broken(step)),
    };
    reader.finish()?;
    Ok(numbers)
}
