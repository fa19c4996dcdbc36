//! A published file: opened by whoever may read it, written by nobody, believed in no other form.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::*;

fn read_only() -> Options {
    Options { read_only: true, ..Options::default() }
}

fn published(folder: &TempDir, sequences: &[&str]) -> PathBuf {
    let store = open(folder, Options::default());
    for (number, sequence) in sequences.iter().enumerate() {
        one(&store, draft(&format!("p{number}"), sequence, 0.9, 2_000)).unwrap();
    }
    let target = folder.path().join("published.db");
    store.publish(&target, true, &mut |_, _| Ok(())).unwrap();
    target
}

fn faults(path: &Path) -> Result<Vec<String>> {
    Ok(Store::open(path, &read_only())?.verify(&mut |_, _| Ok(()))?.faults)
}

#[test]
fn it_opens_without_a_lock_file_and_is_refused_to_writers() {
    let folder = TempDir::new().unwrap();
    let path = published(&folder, &["MKT", "MKV"]);
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o444);
    let store = Store::open(&path, &read_only()).unwrap();
    assert_eq!(store.stats().unwrap().predictions, 2);
    assert_eq!(store.verify(&mut |_, _| Ok(())).unwrap().faults, Vec::<String>::new());
    drop(store);
    assert!(!folder.path().join("published.db-lock").exists());
    let error = Store::open(&path, &Options::default()).err().unwrap();
    assert!(error.message().contains("was published"), "{error}");
    assert!(!folder.path().join("published.db-lock").exists());
}

#[test]
fn every_flipped_byte_is_found_and_what_is_cut_short_is_refused() {
    let folder = TempDir::new().unwrap();
    let path = published(&folder, &["MKT", "MKV"]);
    let bytes = std::fs::read(&path).unwrap();
    let damaged = folder.path().join("damaged.db");
    for place in (0..bytes.len()).step_by(bytes.len() / 400 + 1).chain(500..600).chain(4096 + 500..4096 + 600) {
        let mut flipped = bytes.clone();
        flipped[place] ^= 0x10;
        std::fs::write(&damaged, &flipped).unwrap();
        // A seal that is damaged is told by its twin.
        let seal = [512, 4096 + 512].into_iter().any(|seal| (seal..seal + 76).contains(&place));
        match std::fs::File::open(&damaged).map(|file| super::super::seal::read(&file, 4096)).unwrap().unwrap() {
            Ok(Some(told)) => {
                let fault = told.fault(&damaged, &mut |_, _| Ok(()));
                assert!(fault.is_err() || fault.unwrap().is_some() != seal, "byte {place}");
            }
            other => panic!("byte {place}: {other:?}"),
        }
    }
    for length in [bytes.len() - 1, bytes.len() / 2, 8192] {
        std::fs::write(&damaged, &bytes[..length]).unwrap();
        assert!(faults(&damaged).is_err(), "{length} bytes");
    }
    let mut longer = bytes.clone();
    longer.push(0);
    std::fs::write(&damaged, &longer).unwrap();
    assert!(faults(&damaged).is_err());
}

#[test]
fn only_a_publication_is_replaced_and_its_readers_see_the_next() {
    let folder = TempDir::new().unwrap();
    let path = published(&folder, &["MKT"]);
    let reader = Store::open(&path, &read_only()).unwrap();
    assert_eq!(reader.stats().unwrap().predictions, 1);
    let store = open(&folder, Options::default());
    one(&store, draft("new", "MKTA", 0.9, 0)).unwrap();
    let refused = |target: &Path, overwrite, words: &str| {
        let error = store.publish(target, overwrite, &mut |_, _| Ok(())).unwrap_err();
        assert!(error.message().contains(words), "{error}");
    };
    refused(&path, false, "exists");
    refused(store.path(), true, "the store itself");
    let other = folder.path().join("notes.txt");
    std::fs::write(&other, "notes").unwrap();
    refused(&other, true, "no published file");
    assert_eq!(std::fs::read(&other).unwrap(), b"notes");
    let stopped = store.publish(&path, true, &mut |_, _| Err(Error::new(Kind::Interrupted, "enough")));
    assert!(stopped.is_err());
    assert_eq!(reader.stats().unwrap().predictions, 1);
    store.publish(&path, true, &mut |_, _| Ok(())).unwrap();
    assert_eq!(reader.stats().unwrap().predictions, 2);
    let left = std::fs::read_dir(folder.path())
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().contains("partial"));
    assert_eq!(left.count(), 0);
}
