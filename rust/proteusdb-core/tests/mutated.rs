//! The fuzz targets, bounded: mutations of their seeds, the same ones in every run.
//!
//! ```text
//! seed ── 1 to 8 steps: flip, set, insert, remove, repeat, cut, splice another seed ──> run(bytes)
//! ```
//!
//! `rust/fuzz` runs the same functions with libFuzzer, for as long as one likes; see its README.

#[path = "../../fuzz/src/targets/mod.rs"]
mod targets;

use std::panic::{AssertUnwindSafe, catch_unwind};

use targets::{ALL, Target};

/// Mutations of a target.
const ROUNDS: u32 = 5_000;

/// xorshift64*: small, and the same everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number below `end`, which is not 0.
    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }
}

/// Bytes that mean something somewhere: ends of ranges, brackets, quotes, msgpack and varint heads.
const TELLING: &[u8] = b"\0\x01\x7f\x80\xff\xc1\xc7\xdb\xdf 0159-.,:'\"()[]{}<>*?!\\^$|#_\n;AXx";

fn step(bytes: &mut Vec<u8>, seeds: &[Vec<u8>], random: &mut Random) {
    let at = random.below(bytes.len() + 1);
    let end = (at + 1 + random.below(8)).min(bytes.len());
    let telling = TELLING[random.below(TELLING.len())];
    match random.below(8) {
        0 if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
        1 if at < bytes.len() => bytes[at] = telling,
        2 => bytes.insert(at, telling),
        3 => drop(bytes.drain(at..end)),
        4 => {
            let piece = bytes[at..end].to_vec();
            bytes.splice(at..at, piece);
        }
        5 => bytes.truncate(at),
        6 => {
            let other = &seeds[random.below(seeds.len())];
            let from = random.below(other.len() + 1);
            bytes.splice(at.., other[from..].iter().copied());
        }
        _ => bytes.insert(at, random.next() as u8),
    }
}

/// The first input that breaks a target.
fn broken(target: &Target) -> Option<Vec<u8>> {
    let seeds = (target.seeds)();
    let holds = |bytes: &[u8]| catch_unwind(AssertUnwindSafe(|| (target.run)(bytes))).is_ok();
    if let Some(seed) = seeds.iter().find(|seed| !holds(seed)) {
        return Some(seed.clone());
    }
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    (0..ROUNDS).find_map(|round| {
        let mut bytes = seeds[round as usize % seeds.len()].clone();
        for _ in 0..=random.below(8) {
            step(&mut bytes, &seeds, &mut random);
        }
        (!holds(&bytes)).then_some(bytes)
    })
}

#[test]
fn no_mutation_of_a_seed_breaks_a_target() {
    let found: Vec<String> = std::thread::scope(|scope| {
        let running: Vec<_> = ALL.iter().map(|target| (target.name, scope.spawn(|| broken(target)))).collect();
        let ended = running.into_iter().map(|(name, thread)| (name, thread.join().expect("it catches panics")));
        ended.filter_map(|(name, bytes)| Some(format!("{name}: {}", bytes?.escape_ascii()))).collect()
    });
    assert!(found.is_empty(), "inputs that break a target:\n{}", found.join("\n"));
}

#[test]
fn every_file_is_in_the_list() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/src/targets");
    let shared = ["mod", "blob", "sample"];
    let mut files: Vec<String> = std::fs::read_dir(folder)
        .expect("the folder of targets")
        .map(|entry| entry.expect("an entry").path().file_stem().unwrap_or_default().to_string_lossy().into_owned())
        .filter(|name| !shared.contains(&name.as_str()))
        .collect();
    files.sort();
    assert_eq!(files, ALL.iter().map(|target| target.name).collect::<Vec<_>>());
    assert!(ALL.iter().all(|target| !(target.seeds)().is_empty()));
}

/// A target that never gets past its first check proves nothing.
#[test]
fn seeds_are_good_inputs() {
    use proteusdb_core::{codec, formats, query};
    let seeds =
        |name: &str| ALL.iter().find(|target| target.name == name).map(|target| (target.seeds)()).unwrap_or_default();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("text");
    let head = |bytes: &[u8]| text(bytes).lines().next().unwrap_or_default().to_owned();
    let sealed = |bytes: &[u8]| targets::blob::sealed(bytes);
    type Good<'g> = (&'g str, Box<dyn Fn(&[u8]) -> bool + 'g>);
    let good: Vec<Good<'_>> = vec![
        ("array", Box::new(|bytes| codec::decode_array_beside(&sealed(bytes), Some(targets::array::first())).is_ok())),
        ("bcif", Box::new(|bytes| formats::read(bytes, Some(formats::Format::BinaryCif)).is_ok())),
        ("decompress", Box::new(|bytes| formats::decompress(bytes).is_ok())),
        ("glob", Box::new(|bytes| query::Pattern::glob(&head(bytes)).is_ok())),
        ("json", Box::new(|bytes| formats::read_json(bytes).is_ok())),
        ("mmcif", Box::new(|bytes| formats::read(bytes, Some(formats::Format::Mmcif)).is_ok())),
        ("msgpack", Box::new(|bytes| codec::msgpack::decode_map(bytes, "seed").is_ok())),
        ("original", Box::new(|bytes| codec::decode_original(&sealed(bytes), &targets::original::beside()).is_ok())),
        ("pages", Box::new(|bytes| proteusdb_core::store::look_through(bytes).faults.is_empty())),
        ("pdb", Box::new(|bytes| formats::read(bytes, Some(formats::Format::Pdb)).is_ok())),
        ("prosite", Box::new(|bytes| query::Pattern::prosite(&head(bytes)).is_ok())),
        ("regular", Box::new(|bytes| query::Pattern::regular(&head(bytes)).is_ok())),
        ("structure", Box::new(|bytes| codec::decode_structure(&sealed(bytes)).is_ok())),
        ("where", Box::new(|bytes| query::expression::parse(&text(bytes)).is_ok())),
        (
            "criteria",
            Box::new(|bytes| {
                let map = codec::msgpack::decode_map(bytes, "seed").unwrap_or_default();
                !map.is_empty() && query::Criteria::parse(&map).is_ok()
            }),
        ),
    ];
    for (name, is_good) in good {
        for seed in seeds(name) {
            assert!(is_good(&seed), "{name}: {}", seed.escape_ascii());
        }
    }
}
