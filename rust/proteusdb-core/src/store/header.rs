//! A version of a prediction without its blobs: fixed columns first, then what has a length of its own.
//!
//! A scan reads columns at constant offsets and decodes the tail only of rows that pass.

use super::keys::Key;
use super::sealed;
use crate::codec::msgpack;
use crate::codec::wire::{Reader, put_bytes, put_varint};
use crate::error::{Error, Result};
use crate::record::{Map, Part, PartBody, PartKind, Prediction, ResidueKind};

const TABLE: &str = "headers";

// Bits of `flags`.
const DELETED: u16 = 1;
const HAS_SEED: u16 = 2;
const HAS_SAMPLE: u16 = 4;
const HAS_RANK: u16 = 8;
const HAS_CONFIDENCE: u16 = 16;
const HAS_PLDDT: u16 = 32;
const HAS_RANKING: u16 = 64;
const HAS_JOB: u16 = 128;

// Offsets, each from the one before.
const FLAGS: usize = 0;
const MODEL: usize = FLAGS + 2;
const LENGTH: usize = MODEL + 4;
const SEQUENCE: usize = LENGTH + 4;
const CREATED: usize = SEQUENCE + 8;
const UPDATED: usize = CREATED + 8;
const SEED: usize = UPDATED + 8;
const SAMPLE: usize = SEED + 8;
const RANK: usize = SAMPLE + 8;
const CONFIDENCE: usize = RANK + 8;
const PLDDT: usize = CONFIDENCE + 8;
const RANKING: usize = PLDDT + 8;
const TAIL: usize = RANKING + 8;

/// The key of a version.
pub(super) fn key(row: u64, version: u32) -> Key {
    Key::new().u64(row).u32(version)
}

/// The value of a version; `model` and `sequence` are their numbers in this store. Every part must be stored.
pub(super) fn encode(row: u64, prediction: &Prediction, model: u32, sequence: u64) -> Result<Vec<u8>> {
    let p = prediction;
    let mut out = Vec::with_capacity(256);
    let flag = |present: bool, bit: u16| if present { bit } else { 0 };
    let flags = flag(p.deleted, DELETED)
        | flag(p.seed.is_some(), HAS_SEED)
        | flag(p.sample.is_some(), HAS_SAMPLE)
        | flag(p.rank.is_some(), HAS_RANK)
        | flag(p.confidence().is_some(), HAS_CONFIDENCE)
        | flag(p.mean_plddt.is_some(), HAS_PLDDT)
        | flag(p.ranking_score().is_some(), HAS_RANKING)
        | flag(p.job.is_some(), HAS_JOB);
    out.extend(flags.to_le_bytes());
    out.extend(model.to_le_bytes());
    out.extend((p.length() as u32).to_le_bytes());
    out.extend(sequence.to_le_bytes());
    for integer in [p.created_at, p.updated_at, p.seed.unwrap_or(0), p.sample.unwrap_or(0), p.rank.unwrap_or(0)] {
        out.extend(integer.to_le_bytes());
    }
    for real in [p.confidence(), p.mean_plddt, p.ranking_score()] {
        out.extend(real.unwrap_or(0.0).to_bits().to_le_bytes());
    }
    put_bytes(&mut out, p.id.as_bytes());
    put_bytes(&mut out, p.job.as_deref().unwrap_or("").as_bytes());
    put_bytes(&mut out, &p.chain_types.iter().map(|kind| *kind as u8).collect::<Vec<_>>());
    put_bytes(&mut out, &msgpack::encode_map(&p.metadata));
    put_varint(&mut out, p.parts.len() as u64);
    for part in &p.parts {
        let PartBody::Stored(blob) = part.body else {
            return Err(Error::storage(format!("{}: part {:?} was not written before its header", p.id, part.name)));
        };
        out.push(part.kind as u8);
        put_bytes(&mut out, part.name.as_bytes());
        put_varint(&mut out, part.size);
        put_varint(&mut out, blob);
    }
    Ok(sealed::seal(TABLE, key(row, p.version).as_bytes(), &out))
}

/// A stored header, read column by column.
#[derive(Debug, Clone, Copy)]
pub(super) struct HeaderView<'a> {
    pub(super) row: u64,
    pub(super) version: u32,
    fixed: &'a [u8; TAIL],
    tail: &'a [u8],
}

impl<'a> HeaderView<'a> {
    /// Checks a key and value of the table.
    pub(super) fn open(key: &[u8], value: &'a [u8]) -> Result<Self> {
        let damaged = || Error::corruption(format!("table {TABLE}, key {}: it is cut short", sealed::shown(key)));
        let (row, version) = split_key(key).ok_or_else(damaged)?;
        let payload = sealed::open(TABLE, key, value)?;
        let (fixed, tail) = payload.split_first_chunk().ok_or_else(damaged)?;
        Ok(Self { row, version, fixed, tail })
    }

    fn bytes<const N: usize>(&self, at: usize) -> [u8; N] {
        // Offsets are constants below TAIL, so the slice is always there.
        self.fixed.get(at..at + N).and_then(|bytes| bytes.try_into().ok()).unwrap_or([0; N])
    }

    fn has(&self, bit: u16) -> bool {
        u16::from_le_bytes(self.bytes(FLAGS)) & bit != 0
    }

    fn integer(&self, at: usize) -> i64 {
        i64::from_le_bytes(self.bytes(at))
    }

    fn real(&self, at: usize) -> f64 {
        f64::from_bits(u64::from_le_bytes(self.bytes(at)))
    }

    pub(super) fn deleted(&self) -> bool {
        self.has(DELETED)
    }

    /// Model number, 0 for none.
    pub(super) fn model(&self) -> u32 {
        u32::from_le_bytes(self.bytes(MODEL))
    }

    pub(super) fn length(&self) -> u32 {
        u32::from_le_bytes(self.bytes(LENGTH))
    }

    pub(super) fn sequence(&self) -> u64 {
        u64::from_le_bytes(self.bytes(SEQUENCE))
    }

    pub(super) fn created_at(&self) -> i64 {
        self.integer(CREATED)
    }

    pub(super) fn updated_at(&self) -> i64 {
        self.integer(UPDATED)
    }

    pub(super) fn seed(&self) -> Option<i64> {
        self.has(HAS_SEED).then(|| self.integer(SEED))
    }

    pub(super) fn sample(&self) -> Option<i64> {
        self.has(HAS_SAMPLE).then(|| self.integer(SAMPLE))
    }

    pub(super) fn rank(&self) -> Option<i64> {
        self.has(HAS_RANK).then(|| self.integer(RANK))
    }

    pub(super) fn confidence(&self) -> Option<f64> {
        self.has(HAS_CONFIDENCE).then(|| self.real(CONFIDENCE))
    }

    fn mean_plddt(&self) -> Option<f64> {
        self.has(HAS_PLDDT).then(|| self.real(PLDDT))
    }

    pub(super) fn ranking_score(&self) -> Option<f64> {
        self.has(HAS_RANKING).then(|| self.real(RANKING))
    }

    /// Id, and job if there is one.
    pub(super) fn names(&self) -> Result<(&'a str, Option<&'a str>)> {
        let mut reader = Reader::new(self.tail, "prediction header");
        let (id, job) = (reader.text()?, reader.text()?);
        Ok((id, self.has(HAS_JOB).then_some(job)))
    }

    pub(super) fn metadata(&self) -> Result<Map> {
        let mut reader = Reader::new(self.tail, "prediction header");
        for _ in 0..3 {
            reader.bytes()?;
        }
        msgpack::decode_map(reader.bytes()?, "prediction metadata")
    }

    /// The whole version; the caller looks up sequence and model.
    pub(super) fn decode(&self, sequence: String, model_id: Option<String>) -> Result<Prediction> {
        let mut reader = Reader::new(self.tail, "prediction header");
        let (id, job) = (reader.text()?.to_owned(), reader.text()?.to_owned());
        let kinds: Option<Vec<_>> = reader.bytes()?.iter().map(|&kind| ResidueKind::from_u8(kind)).collect();
        let chain_types = kinds.ok_or_else(|| reader.broken())?;
        let metadata = msgpack::decode_map(reader.bytes()?, "prediction metadata")?;
        let count = reader.count(reader.remaining())?;
        let parts = (0..count).map(|_| part(&mut reader)).collect::<Result<Vec<_>>>()?;
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
            job: self.has(HAS_JOB).then_some(job),
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

fn part(reader: &mut Reader<'_>) -> Result<Part> {
    let kind = match reader.u8()? {
        0 => PartKind::Structure,
        1 => PartKind::Array,
        2 => PartKind::Original,
        _ => return Err(reader.broken()),
    };
    let name = reader.text()?.to_owned();
    let size = reader.varint()?;
    Ok(Part { kind, name, size, body: PartBody::Stored(reader.varint()?) })
}
