//! Whatever byte of a table is damaged: an error that names it, or a right answer, and never a panic; and `check` finds it.

use super::*;
use crate::query::Pattern;
use crate::record::PartBody;
use crate::store::tables::{Table, Tables};

/// A store that has something in every table.
pub(super) fn full(folder: &TempDir) -> Store {
    let store = open(folder, Options::default());
    store.create_index(&Field::Metadata("confidence".into())).unwrap();
    let many: Vec<_> = (0..6).map(|i| draft(&format!("p{i}"), &"MKTAYIAKQR"[..4 + i], 0.5, 20_000)).collect();
    store.apply(&many, Mode::AllOrNothing).unwrap();
    one(&store, draft("loose", "MKT:ACD", 0.25, 900)).unwrap();
    one(&store, Operation::Delete { id: "p5".into(), cascade: false, purge: true }).unwrap();
    let job = Change { job: Some(Some("job".into())), ..Change::default() };
    one(&store, Operation::Update { id: "p0".into(), change: Box::new(job), expected_version: None }).unwrap();
    let analysis = Analysis {
        id: "analysis".into(),
        prediction_id: "p1".into(),
        results: [("score".to_owned(), Value::Int(1))].into_iter().collect(),
        parameters: Map::new(),
        created_at: 5,
    };
    one(&store, Operation::StoreAnalysis(Box::new(analysis))).unwrap();
    store.tag("tag", None).unwrap();
    store.set_quota(Quota { max_bytes: Some(1 << 40), warn_at: None }).unwrap();
    let fields = [("metadata.confidence".to_owned(), vec!["float".to_owned()])];
    store.define_schema(&Schema::new(&fields, &[]).unwrap(), true).unwrap();
    assert_eq!(store.check().unwrap(), Vec::<String>::new());
    store
}

pub(super) type Entry = (&'static str, Table, Vec<u8>, Vec<u8>);

pub(super) fn entries(store: &Store) -> Vec<Entry> {
    let all = store.shared.read(|opened, txn| {
        let mut all = Vec::new();
        for (name, table) in opened.tables.all() {
            for entry in table.iter(txn)? {
                let (key, value) = entry?;
                all.push((name, table, key.to_vec(), value.to_vec()));
            }
        }
        Ok(all)
    });
    all.unwrap()
}

/// By name: a test beside this one may close every environment of the process, as before a fork.
fn table(tables: &Tables, wanted: &str) -> Table {
    tables.all().into_iter().find(|(name, _)| *name == wanted).unwrap().1
}

pub(super) fn put(store: &Store, (name, _, key, _): &Entry, value: &[u8]) {
    store.shared.write(|tables, txn| Ok(table(tables, name).put(txn, key, value)?)).unwrap();
}

/// Asks for everything; a failure must be damage that is named, or a prediction that is not found.
fn read_everything(store: &Store, damaged: &str) {
    let check = |result: Result<()>| {
        if let Err(error) = result {
            // A declaration that is gone leaves an index nobody declared.
            assert!(matches!(error.kind(), Kind::Corruption | Kind::NotFound | Kind::Query), "{damaged}: {error:?}");
        }
    };
    let asks = |snapshot: &Snapshot<'_>| {
        for id in ["p0", "p1", "loose", "p5"] {
            check(snapshot.history(id).map(drop));
            let got = snapshot.get(id, Version::Current);
            check(got.and_then(|got| {
                got.into_iter().flat_map(|got| got.parts).try_for_each(|part| match part.body {
                    PartBody::Stored(blob) => snapshot.blob(blob).map(drop),
                    PartBody::Fresh(_) | PartBody::Kept(_) => Ok(()),
                })
            }));
        }
        for access in [
            Access::All,
            Access::AsOf(i64::MAX),
            Access::Confidence(0.0),
            Access::Job("job".into()),
            Access::SequencePrefix("M".into()),
            Access::Matching(Pattern::parse("*KTAY*").unwrap()),
            Access::Matching(Pattern::parse("*").unwrap()),
            Access::ModelConfidence { ids: vec!["m".into()], least: 0.0 },
            Access::Every(vec![Access::Confidence(0.0), Access::Length { min: 0, max: 99 }]),
            Access::Created { from: None, to: None },
            Access::Length { min: 0, max: u32::MAX },
            Access::Values {
                field: Field::Metadata("confidence".into()),
                spans: vec![Span { from: vec![1], to: vec![9] }],
            },
        ] {
            check(snapshot.scan(&access, &mut |row| {
                row.sequence()?;
                row.metadata()?;
                Ok(ControlFlow::Continue(()))
            }));
            check(snapshot.estimate(&access, 100).map(drop));
        }
        check(snapshot.analysis("analysis").map(drop));
        check(snapshot.analyses(Some("p1")).map(drop));
        Ok(())
    };
    check(store.read(asks));
    check(store.stats().map(drop));
}

#[test]
fn a_flipped_bit_in_any_value_is_named_and_found_by_check() {
    let folder = TempDir::new().unwrap();
    let store = full(&folder);
    for entry in entries(&store) {
        let (name, _, key, value) = &entry;
        if value.is_empty() {
            continue;
        }
        // The last blob of the last segment was purged: what is dead may be anything.
        let last = if *name == "segments" { value.len() / 2 } else { value.len() - 1 };
        for place in [0, 1, 5, 9, value.len() / 2, last].into_iter().filter(|&place| place < value.len()) {
            let mut flipped = value.clone();
            flipped[place] ^= 0x10;
            put(&store, &entry, &flipped);
            let damaged = format!("table {name}, key {key:02x?}, byte {place}");
            read_everything(&store, &damaged);
            let faults = store.check();
            assert!(faults.is_err() || !faults.unwrap().is_empty(), "{damaged}: check found nothing");
        }
        put(&store, &entry, value);
    }
    assert_eq!(store.check().unwrap(), Vec::<String>::new());
}

#[test]
fn an_entry_that_is_missing_is_found_by_check() {
    let folder = TempDir::new().unwrap();
    let store = full(&folder);
    for entry in entries(&store) {
        let (name, _, key, value) = &entry;
        if *name == "tags" || [&b"quota"[..], b"schema"].contains(&&key[..]) {
            // Nothing else in a store says that there was one.
            continue;
        }
        store.shared.write(|tables, txn| Ok(table(tables, name).delete(txn, key)?)).unwrap();
        let damaged = format!("table {name}, key {key:02x?}, missing");
        read_everything(&store, &damaged);
        let faults = store.check();
        assert!(faults.is_err() || !faults.unwrap().is_empty(), "{damaged}: check found nothing");
        put(&store, &entry, value);
    }
    assert_eq!(store.check().unwrap(), Vec::<String>::new());
}

#[test]
fn an_entry_that_belongs_to_nothing_is_found_by_check() {
    let folder = TempDir::new().unwrap();
    let store = full(&folder);
    let mut seen = std::collections::BTreeSet::new();
    for entry in entries(&store) {
        let (name, _, key, value) = &entry;
        let mut stray = key.clone();
        if name == &"meta" || !seen.insert(*name) {
            continue;
        }
        // Another row, blob or id: one that was never given out.
        let last = stray.len() - 1;
        stray[last] ^= 0x40;
        let stray = (*name, entry.1, stray, Vec::new());
        put(&store, &stray, value);
        let damaged = format!("table {name}, key {:02x?}, stray", stray.2);
        read_everything(&store, &damaged);
        let faults = store.check();
        assert!(faults.is_err() || !faults.unwrap().is_empty(), "{damaged}: check found nothing");
        store.shared.write(|tables, txn| Ok(table(tables, name).delete(txn, &stray.2)?)).unwrap();
    }
    assert_eq!(store.check().unwrap(), Vec::<String>::new());
}
