//! What the structure codec makes of files, beside the usual ways: `make bench-codec`.
//!
//! ```text
//! codec_table LIST        LIST: a path a line, and after a tab what made it
//!
//! file  PATH  MAKER                                              a line for each file that is measured
//! row   MAKER  WAY  BYTES  RESIDUES  ENCODE_s  DECODE_s  ERROR_Å   a line for each maker and way, and "all"
//! ```
//!
//! `benches/codec.py` adds what other programs make of the same files, and prints all for people.
//!
//! Only files whose sequence took no part in fitting the weights (one in five, by its CRC-32) are measured, each alone, the
//! best of three runs, in one thread. Compare the times of one run, as a machine that is shared is slow at times.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::Instant;

use flate2::Compression as Gzip;
use proteusdb_core::codec::{self, Compression};
use proteusdb_core::formats;
use proteusdb_core::record::{Numbers, Structure, polymer};

const RUNS: usize = 3;

/// The largest error of bounded ways, Å.
const WITHIN: f64 = 0.05;

#[derive(Default)]
struct Row {
    bytes: usize,
    residues: usize,
    encode: f64,
    decode: f64,
    error: f64,
}

fn main() {
    let Some(list) = std::env::args().nth(1) else {
        eprintln!("usage: codec_table LIST");
        return;
    };
    let text = std::fs::read_to_string(&list).expect("the list is read");
    let mut groups: BTreeMap<String, BTreeMap<&str, Row>> = BTreeMap::new();
    for line in text.lines() {
        let (path, maker) = line.split_once('\t').unwrap_or((line, "all"));
        let Some(structure) = read(path).filter(is_aside) else { continue };
        println!("file\t{path}\t{maker}");
        for group in ["all", maker] {
            let rows = groups.entry(group.to_owned()).or_default();
            measure(&structure, rows);
            if maker == "all" {
                break;
            }
        }
    }
    for (group, rows) in groups {
        for (way, Row { bytes, residues, encode, decode, error }) in rows {
            println!("row\t{group}\t{way}\t{bytes}\t{residues}\t{encode}\t{decode}\t{error}");
        }
    }
}

fn read(path: &str) -> Option<Structure> {
    let bytes = std::fs::read(path).ok()?;
    let plain = formats::decompress(&bytes).ok()?;
    formats::sniff(&plain)?;
    formats::read(&plain, None).ok().filter(|structure| structure.models.len() == 1)
}

/// Whether the trainer left the file out; see `proteusdb-train/fast.py`.
fn is_aside(structure: &Structure) -> bool {
    let (sequence, _) = polymer::sequence(structure.topology());
    let mut crc = flate2::Crc::new();
    crc.update(sequence.as_bytes());
    crc.sum().is_multiple_of(5)
}

fn measure(structure: &Structure, rows: &mut BTreeMap<&str, Row>) {
    let residues = structure.topology().residues.len();
    let mut add = |way, bytes: usize, encode, decode, error: f64| {
        let row: &mut Row = rows.entry(way).or_default();
        row.bytes += bytes;
        row.residues += residues;
        row.encode += encode;
        row.decode += decode;
        row.error = row.error.max(error);
    };
    for (way, compression) in
        [("columns (False)", Compression::None), ("fast", Compression::Fast), ("small", Compression::Small)]
    {
        let (encode, blob) = timed(|| codec::encode_structure(structure, compression).expect("it encodes"));
        let (decode, _) = timed(|| codec::decode_structure(&blob).expect("it decodes"));
        add(way, blob.len(), encode, decode, 0.0);
    }
    for (way, compression) in [("fast, 0.05 Å", Compression::Fast), ("small, 0.05 Å", Compression::Small)] {
        let bounded = codec::within(structure, WITHIN, compression).expect("a precision");
        let encode = || {
            let bounded = codec::within(structure, WITHIN, compression)?;
            codec::encode_structure_within(&bounded, compression, Some(WITHIN))
        };
        let (encode, blob) = timed(|| encode().expect("it encodes"));
        let (decode, _) = timed(|| codec::decode_structure(&blob).expect("it decodes"));
        add(way, blob.len(), encode, decode, largest_error(structure, &bounded));
    }
    let (encode, packed) = timed(|| zstd::bulk::compress(&msgpack(structure), 3).expect("it compresses"));
    let (decode, _) = timed(|| zstd::bulk::decompress(&packed, 1 << 28).expect("it decompresses"));
    add("msgpack + zstd-3", packed.len(), encode, decode, 0.0);
    if formats::to_pdb(structure).is_err() {
        return; // it has more than PDB can hold
    }
    let (encode, packed) = timed(|| gzip(formats::to_pdb(structure).unwrap_or_default().as_bytes()));
    let (decode, _) = timed(|| formats::decompress(&packed).map(|text| formats::read(&text, None).is_ok()));
    add(".pdb.gz", packed.len(), encode, decode, 0.0);
}

/// The shortest time, s, and what was made.
fn timed<T>(mut work: impl FnMut() -> T) -> (f64, T) {
    let mut once = || {
        let start = Instant::now();
        let made = black_box(work());
        (start.elapsed().as_secs_f64(), made)
    };
    let first = once();
    (1..RUNS).fold(first, |best, _| {
        let next = once();
        if next.0 < best.0 { next } else { best }
    })
}

/// Coordinates and B-factors as integers of 32 bits, in two binaries.
fn msgpack(structure: &Structure) -> Vec<u8> {
    let mut out = Vec::new();
    for column in [&structure.first().coords, &structure.first().b_factor] {
        let bytes: Vec<u8> = match column {
            Numbers::Fixed { values, .. } => values.iter().flat_map(|value| value.to_le_bytes()).collect(),
            Numbers::Float(values) => values.iter().flat_map(|value| value.to_le_bytes()).collect(),
        };
        rmp::encode::write_bin(&mut out, &bytes).expect("memory takes it");
    }
    out
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), Gzip::new(9));
    std::io::Write::write_all(&mut encoder, text).expect("memory takes it");
    encoder.finish().expect("memory takes it")
}

fn largest_error(before: &Structure, after: &Structure) -> f64 {
    let (before, after) = (&before.first().coords, &after.first().coords);
    let squared =
        |atom: usize| (0..3).map(|axis| (before.get(3 * atom + axis) - after.get(3 * atom + axis)).powi(2)).sum();
    (0..before.len() / 3).map(squared).fold(0.0, f64::max).sqrt()
}
