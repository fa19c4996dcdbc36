//! Every page of a store is walked without LMDB; a bit flipped anywhere is named, or changes no key.

use std::collections::BTreeSet;

use super::damage::{entries, full};
use super::*;
use crate::store::walk;
use crate::watch::Gauge;

type Key = (String, Vec<u8>);

/// What a walk through bytes met.
fn met(bytes: &[u8]) -> (walk::Pages, BTreeSet<(Key, Vec<u8>)>) {
    let mut all = BTreeSet::new();
    let mut visit = |table: &str, key: &[u8], value: &[u8]| {
        all.insert(((table.to_owned(), key.to_vec()), value.to_vec()));
        Ok(())
    };
    let walked = walk::walk(&bytes, None, &Gauge::default(), Some(&mut visit)).unwrap();
    (walked.pages, all)
}

fn keys(all: &BTreeSet<(Key, Vec<u8>)>) -> BTreeSet<&Key> {
    all.iter().map(|(key, _)| key).collect()
}

/// A file with free pages, values that have pages to themselves, and trees of several levels.
pub(super) fn lived(folder: &TempDir) -> Store {
    let store = full(folder);
    for round in 0..12 {
        let many: Vec<_> = (0..60).map(|i| draft(&format!("r{round}-{i}"), "MKTAYIAKQR", 0.5, 700)).collect();
        store.apply(&many, Mode::AllOrNothing).unwrap();
        let purge = |i| Operation::Delete { id: format!("r{round}-{i}"), cascade: false, purge: true };
        store.apply(&(0..40).map(purge).collect::<Vec<_>>(), Mode::AllOrNothing).unwrap();
    }
    store
}

#[test]
fn a_walk_meets_what_lmdb_meets_and_no_page_is_lost() {
    let folder = TempDir::new().unwrap();
    let store = lived(&folder);
    for shrunk in [false, true] {
        if shrunk {
            store.shrink().unwrap();
        }
        let bytes = std::fs::read(store.path()).unwrap();
        let (pages, all) = met(&bytes);
        assert_eq!(pages.faults, Vec::<String>::new());
        let known = entries(&store).into_iter().map(|(name, _, key, value)| ((name.to_owned(), key), value));
        assert_eq!(all, known.collect());
        assert_eq!(pages.used + pages.free, pages.total);
        assert!(pages.used > 20 && (shrunk || pages.free > 20), "{pages:?}");
        let checked = store.verify(&mut |_, _| Ok(())).unwrap();
        assert_eq!((checked.faults, checked.pages), (Vec::new(), pages));
    }
}

#[test]
fn a_flipped_bit_is_named_or_changes_no_key() {
    let folder = TempDir::new().unwrap();
    let store = lived(&folder);
    let path = store.path().to_owned();
    drop(store);
    let sound = std::fs::read(path).unwrap();
    let (_, before) = met(&sound);
    let (mut random, mut named) = (steps(7), 0);
    let rounds = if std::env::var_os("PROTEUSDB_SOAK").is_some() { 20_000 } else { 300 };
    for round in 0..rounds {
        let mut bytes = sound.clone();
        // Every other one in the heads of pages, where little is not vital.
        let bit = random(bytes.len() as u64 * 8) as usize;
        let bit = if round % 2 == 0 { bit } else { bit / 32_768 * 32_768 + bit % 512 };
        bytes[bit / 8] ^= 1 << (bit % 8);
        let (pages, after) = met(&bytes);
        if !pages.faults.is_empty() {
            named += 1;
            continue;
        }
        assert_eq!(before.len(), after.len(), "bit {bit}");
        // A key that was changed in its leaf is one that its value does not fit.
        assert!(keys(&before).symmetric_difference(&keys(&after)).count() <= 2, "bit {bit}");
    }
    println!("{rounds} bits flipped, {named} named by the walk, the rest in content or in nothing");
    assert!(named > rounds / 20, "{named}");
}

/// Numbers below a bound, the same in every run.
pub(super) fn steps(seed: u64) -> impl FnMut(u64) -> u64 {
    let mut state = seed;
    move |below| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 20) % below
    }
}

#[test]
fn an_older_state_that_was_revived_is_named() {
    let folder = TempDir::new().unwrap();
    let store = full(&folder);
    let path = store.path().to_owned();
    while store.shared.read(|_, txn| Ok(txn.id())).unwrap() % 4 != 1 {
        store.tag(&uuid::Uuid::now_v7().to_string(), None).unwrap();
    }
    drop(store);
    let mut bytes = std::fs::read(path).unwrap();
    // The other one is of a transaction that ends in the bits 00; with 10 it is the newer by one.
    let (newest, older) = (4096 + 144, 144);
    assert_eq!((bytes[newest] & 3, bytes[older] & 3), (1, 0));
    bytes[older] |= 2;
    let (pages, _) = met(&bytes);
    assert!(pages.faults.iter().any(|fault| fault.contains("is not what transaction")), "{:?}", pages.faults);
}

#[test]
fn damaged_pages_are_named_before_lmdb_meets_them() {
    let folder = TempDir::new().unwrap();
    let store = lived(&folder);
    let mut bytes = std::fs::read(store.path()).unwrap();
    let (pages, _) = met(&bytes);
    // What says how many nodes a page has, of every page in use but the meta pages.
    for page in 2..pages.total as usize {
        bytes[page * 4096 + 12] ^= 0x01;
    }
    let found = walk::look_through(&bytes);
    assert!(found.damaged.len() > 20 && found.damaged.iter().all(|&page| page < pages.total), "{found:?}");
    std::fs::write(store.path(), &bytes).unwrap();
    let checked = store.verify(&mut |_, _| Ok(())).unwrap();
    assert_eq!((checked.faults, checked.pages.damaged), (found.faults, found.damaged));
}
