//! A version of a prediction without its blobs: columns first, then what has a length of its own.
//!
//! ```text
//! flags   which columns follow, and what of the usual is left out
//! model length sequence created_at updated_at [seed sample rank confidence mean_plddt ranking_score]
//! id [job] [chain types] [metadata] [parts]
//! ```
//!
//! A scan reads the columns of each row and decodes the rest only of rows that pass. What is missing takes no bytes, nor
//! does what is said twice: a confidence in the metadata, an `updated_at` that is `created_at`, one chain of protein.

mod parts;
mod rewritten;

use std::borrow::Cow;

use uuid::Uuid;

use super::keys::Key;
use super::sealed;
use crate::codec::msgpack;
use crate::codec::wire::{Reader, put_bytes, put_varint};
use crate::error::{Error, Result};
use crate::record::{Map, Part, PartBody, PartKind, Prediction, ResidueKind, Value};
use parts::{parts, put_part};
pub(super) use rewritten::{resized, trace};

const TABLE: &str = "headers";
const STEP: &str = "prediction header";

// Bits of `flags`.
const DELETED: u16 = 1;
const HAS_SEED: u16 = 2;
const HAS_SAMPLE: u16 = 4;
const HAS_RANK: u16 = 8;
const HAS_CONFIDENCE: u16 = 16;
const HAS_PLDDT: u16 = 32;
const HAS_RANKING: u16 = 64;
const HAS_JOB: u16 = 128;
/// The id is a UUID as it is usually written, in 16 bytes.
const IS_UUID: u16 = 256;
/// Chain types follow; else it is one chain of protein.
const HAS_CHAINS: u16 = 512;
const HAS_METADATA: u16 = 1_024;
const HAS_PARTS: u16 = 2_048;
/// The metadata have the confidence too, at a place that is told.
const CONFIDENCE_IN_METADATA: u16 = 4_096;
const TRACE: u16 = 8_192;

const CONFIDENCE: &str = "confidence";

/// The key of a version.
pub(super) fn key(row: u64, version: u32) -> Key {
    Key::new().u64(row).u32(version)
}

/// The value of a version; `model` and `sequence` are their numbers in this store. Every part must be stored.
pub(super) fn encode(row: u64, prediction: &Prediction, model: u32, sequence: u64) -> Result<Vec<u8>> {
    let p = prediction;
    let uuid = Uuid::try_parse(&p.id).ok().filter(|uuid| uuid.hyphenated().to_string() == p.id);
    let place = match p.metadata.get_full(CONFIDENCE) {
        Some((place, _, Value::Float(_))) => Some(place),
        _ => None,
    };
    let reals = [p.confidence(), p.mean_plddt, p.ranking_score()];
    let flag = |present: bool, bit: u16| if present { bit } else { 0 };
    let flags = flag(p.deleted, DELETED)
        | flag(p.seed.is_some(), HAS_SEED)
        | flag(p.sample.is_some(), HAS_SAMPLE)
        | flag(p.rank.is_some(), HAS_RANK)
        | flag(reals[0].is_some(), HAS_CONFIDENCE)
        | flag(reals[1].is_some(), HAS_PLDDT)
        | flag(reals[2].is_some(), HAS_RANKING)
        | flag(p.job.is_some(), HAS_JOB)
        | flag(uuid.is_some(), IS_UUID)
        | flag(p.chain_types != [ResidueKind::Protein], HAS_CHAINS)
        | flag(p.metadata.len() > usize::from(place.is_some()), HAS_METADATA)
        | flag(!p.parts.is_empty(), HAS_PARTS)
        | flag(place.is_some(), CONFIDENCE_IN_METADATA);
    let mut out = Vec::with_capacity(128);
    out.extend(flags.to_le_bytes());
    put_varint(&mut out, u64::from(model));
    put_varint(&mut out, p.length() as u64);
    put_varint(&mut out, sequence);
    out.extend(p.created_at.to_le_bytes());
    put_signed(&mut out, p.updated_at.wrapping_sub(p.created_at));
    [p.seed, p.sample, p.rank].into_iter().flatten().for_each(|integer| put_signed(&mut out, integer));
    reals.into_iter().flatten().for_each(|real| out.extend(real.to_bits().to_le_bytes()));
    match uuid {
        Some(uuid) => out.extend(uuid.as_bytes()),
        None => put_bytes(&mut out, p.id.as_bytes()),
    }
    p.job.iter().for_each(|job| put_bytes(&mut out, job.as_bytes()));
    if flags & HAS_CHAINS != 0 {
        put_bytes(&mut out, &p.chain_types.iter().map(|kind| *kind as u8).collect::<Vec<_>>());
    }
    place.iter().for_each(|&place| put_varint(&mut out, place as u64));
    if flags & HAS_METADATA != 0 {
        put_bytes(&mut out, &encode_metadata(&p.metadata, place));
    }
    if flags & HAS_PARTS != 0 {
        put_varint(&mut out, p.parts.len() as u64);
    }
    for part in &p.parts {
        let PartBody::Stored(blob) = part.body else {
            return Err(Error::storage(format!("{}: part {:?} was not written before its header", p.id, part.name)));
        };
        put_part(&mut out, part, part.size, blob, &p.parts)?;
    }
    Ok(sealed::seal(TABLE, key(row, p.version).as_bytes(), &out))
}

/// The metadata without the confidence at `place`.
fn encode_metadata(metadata: &Map, place: Option<usize>) -> Vec<u8> {
    match place {
        None => msgpack::encode_map(metadata),
        Some(_) => {
            let mut rest = metadata.clone();
            rest.shift_remove(CONFIDENCE);
            msgpack::encode_map(&rest)
        }
    }
}

fn put_signed(out: &mut Vec<u8>, value: i64) {
    put_varint(out, ((value << 1) ^ (value >> 63)) as u64);
}

fn signed(reader: &mut Reader<'_>) -> Result<i64> {
    let zigzag = reader.varint()?;
    Ok((zigzag >> 1) as i64 ^ -((zigzag & 1) as i64))
}

/// A stored header: its columns, and what follows them.
#[derive(Debug, Clone, Copy)]
pub(super) struct HeaderView<'a> {
    pub(super) row: u64,
    pub(super) version: u32,
    flags: u16,
    model: u32,
    length: u32,
    sequence: u64,
    created_at: i64,
    updated_at: i64,
    integers: [Option<i64>; 3],
    reals: [Option<f64>; 3],
    /// All of it, and the part after the columns.
    payload: &'a [u8],
    tail: &'a [u8],
}

impl<'a> HeaderView<'a> {
    /// Checks a key and value of the table.
    pub(super) fn open(key: &[u8], value: &'a [u8]) -> Result<Self> {
        let damaged = || Error::corruption(format!("table {TABLE}, key {}: it is cut short", sealed::shown(key)));
        let (row, version) = split_key(key).ok_or_else(damaged)?;
        let payload = sealed::open(TABLE, key, value)?;
        let mut reader = Reader::new(payload, STEP);
        let flags = u16::from_le_bytes(reader.array()?);
        let narrow = |reader: &mut Reader<'_>| u32::try_from(reader.varint()?).map_err(|_| reader.broken());
        let (model, length, sequence) = (narrow(&mut reader)?, narrow(&mut reader)?, reader.varint()?);
        let created_at = i64::from_le_bytes(reader.array()?);
        let updated_at = created_at.wrapping_add(signed(&mut reader)?);
        let (mut integers, mut reals) = ([None; 3], [None; 3]);
        for (integer, bit) in integers.iter_mut().zip([HAS_SEED, HAS_SAMPLE, HAS_RANK]) {
            if flags & bit != 0 {
                *integer = Some(signed(&mut reader)?);
            }
        }
        for (real, bit) in reals.iter_mut().zip([HAS_CONFIDENCE, HAS_PLDDT, HAS_RANKING]) {
            if flags & bit != 0 {
                *real = Some(f64::from_bits(reader.u64()?));
            }
        }
        let tail = reader.rest();
        Ok(Self {
            row,
            version,
            flags,
            model,
            length,
            sequence,
            created_at,
            updated_at,
            integers,
            reals,
            payload,
            tail,
        })
    }

    fn has(&self, bit: u16) -> bool {
        self.flags & bit != 0
    }

    pub(super) fn deleted(&self) -> bool {
        self.has(DELETED)
    }

    /// Whether only the commit time of this version is left; it is a deletion to whoever reads.
    pub(super) fn is_trace(&self) -> bool {
        self.has(TRACE)
    }

    /// Model number, 0 for none.
    pub(super) fn model(&self) -> u32 {
        self.model
    }

    pub(super) fn length(&self) -> u32 {
        self.length
    }

    pub(super) fn sequence(&self) -> u64 {
        self.sequence
    }

    pub(super) fn created_at(&self) -> i64 {
        self.created_at
    }

    pub(super) fn updated_at(&self) -> i64 {
        self.updated_at
    }

    pub(super) fn seed(&self) -> Option<i64> {
        self.integers[0]
    }

    pub(super) fn sample(&self) -> Option<i64> {
        self.integers[1]
    }

    pub(super) fn rank(&self) -> Option<i64> {
        self.integers[2]
    }

    pub(super) fn confidence(&self) -> Option<f64> {
        self.reals[0]
    }

    fn mean_plddt(&self) -> Option<f64> {
        self.reals[1]
    }

    pub(super) fn ranking_score(&self) -> Option<f64> {
        self.reals[2]
    }

    /// Id.
    pub(super) fn id(&self) -> Result<Cow<'a, str>> {
        self.read_id(&mut Reader::new(self.tail, STEP))
    }

    fn read_id(&self, reader: &mut Reader<'a>) -> Result<Cow<'a, str>> {
        Ok(match self.has(IS_UUID) {
            true => Cow::Owned(Uuid::from_bytes(reader.array()?).hyphenated().to_string()),
            false => Cow::Borrowed(reader.text()?),
        })
    }

    /// Passes over the id.
    fn after_id(&self) -> Result<Reader<'a>> {
        let mut reader = Reader::new(self.tail, STEP);
        match self.has(IS_UUID) {
            true => reader.take(16)?,
            false => reader.bytes()?,
        };
        Ok(reader)
    }

    fn read_job(&self, reader: &mut Reader<'a>) -> Result<Option<&'a str>> {
        self.has(HAS_JOB).then(|| reader.text()).transpose()
    }

    /// Job, if there is one.
    pub(super) fn job(&self) -> Result<Option<&'a str>> {
        if self.has(HAS_JOB) { self.read_job(&mut self.after_id()?) } else { Ok(None) }
    }

    fn read_chains(&self, reader: &mut Reader<'a>) -> Result<Vec<ResidueKind>> {
        if !self.has(HAS_CHAINS) {
            return Ok(vec![ResidueKind::Protein]);
        }
        let kinds: Option<Vec<_>> = reader.bytes()?.iter().map(|&kind| ResidueKind::from_u8(kind)).collect();
        kinds.ok_or_else(|| reader.broken())
    }

    /// What each chain is.
    pub(super) fn chain_types(&self) -> Result<Vec<ResidueKind>> {
        let mut reader = self.after_id()?;
        self.read_job(&mut reader)?;
        self.read_chains(&mut reader)
    }

    fn read_metadata(&self, reader: &mut Reader<'a>) -> Result<Map> {
        let place = self.has(CONFIDENCE_IN_METADATA).then(|| reader.count(1 << 20)).transpose()?;
        let mut map = match self.has(HAS_METADATA) {
            true => msgpack::decode_map(reader.bytes()?, "prediction metadata")?,
            false => Map::new(),
        };
        if let (Some(place), Some(confidence)) = (place, self.confidence()) {
            map.shift_insert(place.min(map.len()), CONFIDENCE.to_owned(), Value::Float(confidence));
        }
        Ok(map)
    }

    pub(super) fn metadata(&self) -> Result<Map> {
        let mut reader = self.after_id()?;
        self.read_job(&mut reader)?;
        self.read_chains(&mut reader)?;
        self.read_metadata(&mut reader)
    }

    /// Kind and name of the parts.
    pub(super) fn part_names(&self) -> Result<Vec<(PartKind, String)>> {
        Ok(self.parts()?.into_iter().map(|part| (part.kind, part.name)).collect())
    }

    /// The parts.
    pub(super) fn parts(&self) -> Result<Vec<Part>> {
        self.read_parts(&mut self.at_parts()?)
    }

    fn read_parts(&self, reader: &mut Reader<'a>) -> Result<Vec<Part>> {
        if self.has(HAS_PARTS) { parts(reader) } else { Ok(Vec::new()) }
    }

    fn at_parts(&self) -> Result<Reader<'a>> {
        let mut reader = self.after_id()?;
        for bit in [HAS_JOB, HAS_CHAINS] {
            if self.has(bit) {
                reader.bytes()?;
            }
        }
        if self.has(CONFIDENCE_IN_METADATA) {
            reader.varint()?;
        }
        if self.has(HAS_METADATA) {
            reader.bytes()?;
        }
        Ok(reader)
    }

    /// The whole version; the caller looks up sequence and model.
    pub(super) fn decode(&self, sequence: String, model_id: Option<String>) -> Result<Prediction> {
        let mut reader = Reader::new(self.tail, STEP);
        let (id, job) = (self.read_id(&mut reader)?.into_owned(), self.read_job(&mut reader)?.map(str::to_owned));
        let chain_types = self.read_chains(&mut reader)?;
        let metadata = self.read_metadata(&mut reader)?;
        let parts = self.read_parts(&mut reader)?;
        reader.finish()?;
        Ok(Prediction {
            id,
            version: self.version,
            updated_at: self.updated_at(),
            created_at: self.created_at(),
            deleted: self.deleted(),
            sequence,
            chain_types,
            model_id,
            job,
            seed: self.seed(),
            sample: self.sample(),
            rank: self.rank(),
            mean_plddt: self.mean_plddt(),
            metadata,
            parts,
        })
    }
}

/// Row and version of a header's key.
pub(super) fn split_key(key: &[u8]) -> Option<(u64, u32)> {
    let (row, version) = key.split_first_chunk::<8>()?;
    Some((u64::from_be_bytes(*row), u32::from_be_bytes(version.try_into().ok()?)))
}
