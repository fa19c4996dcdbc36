//! Schemas, copies, imports and repairs of a store that has something of everything.

use super::damage::{Entry, entries, full, put};
use super::*;
use crate::store::tables::NAMES;

fn none(_: u64, _: u64) -> Result<()> {
    Ok(())
}

/// Everything that can be read: versions with the bytes of their parts, models, analyses, declared indexes.
fn everything(store: &Store) -> Vec<String> {
    let all = store.read(|snapshot| {
        let mut all = Vec::new();
        let mut from = None;
        loop {
            let batch = snapshot.versions_after(i64::MIN, i64::MAX, from.as_deref(), 2)?;
            for version in batch.versions {
                let mut parts = Vec::new();
                for part in &version.parts {
                    parts.push((part.kind, part.name.clone(), snapshot.part(part)?.to_vec()));
                }
                all.push(format!("{:?} {parts:?}", Prediction { parts: Vec::new(), ..version }));
            }
            match batch.next {
                Some(key) => from = Some(key),
                None => break,
            }
        }
        all.extend(snapshot.list_models()?.into_iter().map(|model| format!("{model:?}")));
        for id in snapshot.analyses(None)? {
            all.push(format!("{:?}", snapshot.analysis(&id)?));
        }
        all.extend(snapshot.list_indexes()?.into_iter().map(|index| format!("{index:?}")));
        Ok(all)
    });
    let mut all = all.unwrap();
    all.sort();
    all
}

fn migrating() -> Options {
    Options { any_schema: true, ..Options::default() }
}

#[test]
fn a_store_goes_down_and_up_again_and_loses_nothing() {
    let folder = TempDir::new().unwrap();
    drop(full(&folder));
    let store = open(&folder, migrating());
    let before = everything(&store);
    for (target, moves) in [(1, 2), (1, 0), (2, 1), (3, 1), (2, 1), (1, 1), (3, 2)] {
        let planned = store.plan(target).unwrap();
        let made = store.migrate(target, false, "me@here").unwrap();
        assert_eq!((planned.len(), made.len()), (moves, moves));
        assert_eq!(store.identity().unwrap().format, target);
        assert_eq!(store.check().unwrap(), Vec::<String>::new(), "schema {target}");
        assert_eq!(everything(&store), before, "schema {target}");
        let tables = store.shared.read(|opened, _| Ok(opened.tables.all().len())).unwrap();
        assert_eq!(tables, NAMES.len() - (3 - target as usize), "a table that the schema does not have is gone");
    }
    let history = store.moves().unwrap();
    let told: Vec<_> = history.iter().map(|made| (made.from, made.to)).collect();
    assert_eq!(told, [(3, 2), (2, 1), (1, 2), (2, 3), (3, 2), (2, 1), (1, 2), (2, 3)]);
    assert!(history.iter().all(|made| made.by == "me@here" && made.at > 0));
    one(&store, draft("after", "MKT", 0.5, 100)).unwrap();
    assert_eq!(store.check().unwrap(), Vec::<String>::new());
}

#[test]
fn an_older_store_is_read_and_not_written_and_never_upgraded_by_opening() {
    let folder = TempDir::new().unwrap();
    drop(full(&folder));
    open(&folder, migrating()).migrate(1, false, "me").unwrap();
    let path = folder.path().join("proteus.db");
    let error = Store::open(&path, &Options::default()).err().unwrap();
    assert_eq!(error.kind(), Kind::Connection);
    for words in ["schema is version 1", "upgrade_schema()", "proteusdb migrate", "read_only=True"] {
        assert!(error.message().contains(words), "{error}");
    }
    let reader = open(&folder, Options { read_only: true, ..Options::default() });
    assert_eq!(reader.read(|snapshot| snapshot.ids(None, 100)).unwrap().len(), 6);
    drop(reader);
    let store = open(&folder, migrating());
    let error = one(&store, draft("x", "MKT", 0.5, 0)).unwrap_err();
    assert!(error.message().contains("nothing was written"), "{error}");
    assert_eq!(store.identity().unwrap().format, 1);
}

#[test]
fn a_store_of_the_future_names_the_program_that_reads_it() {
    let folder = TempDir::new().unwrap();
    let store = full(&folder);
    let entry = entries(&store).into_iter().find(|(name, _, key, _)| (*name, key.as_slice()) == ("meta", b"format"));
    let (_, _, key, value) = entry.unwrap();
    let mut payload = crate::store::sealed::open("meta", &key, &value).unwrap()[..9].to_vec();
    payload.extend(99_u32.to_le_bytes());
    payload.extend([7; 16 + 8]);
    crate::codec::wire::put_bytes(&mut payload, b"9.1.2");
    store
        .shared
        .write(|tables, txn| Ok(tables.meta.put(txn, &key, &crate::store::sealed::seal("meta", &key, &payload))?))
        .unwrap();
    drop(store);
    for options in [Options::default(), migrating(), Options { read_only: true, ..Options::default() }] {
        let error = Store::open(&folder.path().join("proteus.db"), &options).err().unwrap();
        assert!(error.message().contains("version 99") && error.message().contains("proteusdb 9.1.2"), "{error}");
    }
}

#[test]
fn a_handle_that_was_closed_meanwhile_notices_that_the_schema_moved() {
    let folder = TempDir::new().unwrap();
    let store = full(&folder);
    // Beside the registry, as another process has it; closed while that one moves the store.
    let mut copy = std::fs::File::create(folder.path().join("moved")).unwrap();
    std::io::copy(&mut std::fs::File::open(store.path()).unwrap(), &mut copy).unwrap();
    drop(store);
    let path = folder.path().join("moved");
    let first = crate::store::shared::Shared::open(&path, &Options::default()).unwrap();
    first.reshape(|_, _| Ok(())).unwrap();
    let mover = Store::open(&path, &migrating()).unwrap();
    mover.migrate(2, false, "me").unwrap();
    drop(mover);
    let error = first.write(|_, _| Ok(())).unwrap_err();
    assert!(error.message().contains("schema is version 2"), "{error}");
}

#[test]
fn a_schema_that_is_not_is_refused_and_so_is_losing_the_quarantine() {
    let folder = TempDir::new().unwrap();
    drop(full(&folder));
    let store = open(&folder, migrating());
    for wrong in [0, 4, u32::MAX] {
        assert_eq!(store.migrate(wrong, true, "me").unwrap_err().kind(), Kind::Validation);
    }
    let item =
        Quarantined { what: "prediction \"x\", version 1".into(), why: "damage".into(), ..Quarantined::default() };
    store.shared.write(|tables, txn| crate::store::quarantine::put(tables, txn, std::slice::from_ref(&item))).unwrap();
    let error = store.migrate(2, false, "me").unwrap_err();
    assert!(error.message().contains("prediction \"x\", version 1 (damage)"), "{error}");
    assert_eq!((store.identity().unwrap().format, store.quarantined().unwrap().len()), (3, 1));
    assert_eq!(store.plan(1).unwrap()[0].loses.len(), 1);
    store.migrate(2, true, "me").unwrap();
    store.migrate(3, false, "me").unwrap();
    assert_eq!(store.quarantined().unwrap(), []);
}

#[test]
fn a_copy_holds_one_state_and_takes_the_place_of_another() {
    let folder = TempDir::new().unwrap();
    let store = full(&folder);
    let before = everything(&store);
    let target = folder.path().join("container");
    std::fs::write(&target, [1; 700]).unwrap();
    let copied = store.copy_into(&target, 700, &mut none).unwrap();
    assert_eq!(copied.identity, store.identity().unwrap());
    one(&store, draft("later", "MKT", 0.5, 100)).unwrap();
    assert_eq!(copied.length + 700, std::fs::metadata(&target).unwrap().len());
    let staged = folder.path().join("staged");
    extract(&target, 700, 700 + copied.length, &staged, &mut none).unwrap();
    assert!(extract(&target, 700, 700 + copied.length, &staged, &mut none).is_err(), "nothing is written over");
    store.adopt(&staged).unwrap();
    assert_eq!(everything(&store), before);
    assert_eq!(store.identity().unwrap().generation, copied.identity.generation + 1);
    assert_eq!(store.check().unwrap(), Vec::<String>::new());
    one(&store, draft("again", "MKT", 0.5, 100)).unwrap();
    assert!(!staged.exists());
    std::fs::write(&staged, b"no store").unwrap();
    assert!(store.adopt(&staged).is_err());
    assert!(store.read(|snapshot| snapshot.get("again", Version::Current)).unwrap().is_some());
}

#[test]
fn a_copy_that_is_no_longer_wanted_ends() {
    let folder = TempDir::new().unwrap();
    let store = full(&folder);
    let target = folder.path().join("container");
    std::fs::write(&target, []).unwrap();
    let mut stop = |_, _| Err(Error::new(Kind::Interrupted, "enough"));
    assert_eq!(store.copy_into(&target, 0, &mut stop).unwrap_err().message(), "enough");
    assert_eq!(store.check().unwrap(), Vec::<String>::new());
}

/// Every version, model and analysis as items, parts in memory.
fn items(store: &Store) -> Vec<Item> {
    let all = store.read(|snapshot| {
        let mut all: Vec<Item> = snapshot.list_models()?.into_iter().cloned().map(Item::Model).collect();
        for mut version in snapshot.versions_after(i64::MIN, i64::MAX, None, usize::MAX)?.versions {
            for part in &mut version.parts {
                part.body = PartBody::Fresh(snapshot.part(part)?.into());
            }
            all.push(Item::Version(Box::new(version)));
        }
        for id in snapshot.analyses(None)? {
            all.extend(snapshot.analysis(&id)?.map(|analysis| Item::Analysis(Box::new(analysis))));
        }
        Ok(all)
    });
    all.unwrap()
}

#[test]
fn imported_histories_are_those_that_were_exported_and_importing_again_changes_nothing() {
    for fresh in [true, false] {
        let (one_folder, other_folder) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        let (store, other) = (full(&one_folder), open(&other_folder, Options::default()));
        let items = items(&store);
        other.create_index(&Field::Metadata("confidence".into())).unwrap();
        assert!(other.import(&items, fresh).unwrap().into_iter().all(|new| new));
        assert_eq!(other.check().unwrap(), Vec::<String>::new());
        assert_eq!(everything(&other), everything(&store));
        let last = |store: &Store| store.read(|snapshot| snapshot.last_commit()).unwrap();
        assert!(last(&other) >= last(&store) || fresh);
        assert!(other.import(&items, fresh).unwrap().into_iter().all(|new| !new));
        assert_eq!(everything(&other), everything(&store));
        one(&other, draft("next", "MKT", 0.5, 100)).unwrap();
        assert_eq!(other.check().unwrap(), Vec::<String>::new());
    }
}

#[test]
fn a_version_with_another_history_is_refused_and_nothing_is_written() {
    let (one_folder, other_folder) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let (store, other) = (full(&one_folder), open(&other_folder, Options::default()));
    one(&other, draft("p3", "MKTA", 0.5, 10)).unwrap();
    let before = everything(&other);
    let error = other.import(&items(&store), false).unwrap_err();
    assert_eq!(error.kind(), Kind::Conflict);
    assert!(error.message().contains("\"p3\""), "{error}");
    assert_eq!(everything(&other), before);
}

#[test]
fn whatever_entry_is_damaged_a_repair_makes_the_store_sound_and_names_what_it_sets_aside() {
    let pristine = TempDir::new().unwrap();
    let store = full(&pristine);
    let (all, before) = (entries(&store), everything(&store));
    let image = pristine.path().join("image");
    std::fs::copy(store.path(), &image).unwrap();
    for (number, entry) in all.iter().enumerate() {
        let (name, _, key, value) = entry;
        // Without the record of what it is a file is not opened at all.
        if key == b"format" {
            continue;
        }
        for lost in [false, true] {
            let folder = TempDir::new().unwrap();
            std::fs::copy(&image, folder.path().join("proteus.db")).unwrap();
            let store = open(&folder, Options::default());
            damage(&store, entry, lost);
            let told = format!("{number}: table {name}, key {key:02x?}, {}", if lost { "missing" } else { "flipped" });
            let faults = store.check().unwrap();
            if faults.is_empty() {
                continue;
            }
            let rebuilt = store.repair(&mut none).unwrap();
            assert_eq!(store.check().unwrap(), Vec::<String>::new(), "{told}; was {faults:?}");
            assert_eq!(rebuilt.quarantined.is_empty(), rebuilt.kept.is_none(), "{told}");
            assert_eq!(store.quarantined().unwrap(), rebuilt.quarantined, "{told}");
            if rebuilt.quarantined.is_empty() && !(lost && holds_content(name)) {
                assert_eq!(everything(&store), before, "{told}: something was lost and not told");
            }
            one(&store, draft("after", "MKT", 0.5, 100)).unwrap();
            assert_eq!(store.check().unwrap(), Vec::<String>::new(), "{told}, written after");
            assert!(value.len() < 1 << 20);
        }
    }
}

/// Tables whose entries cannot be made from others; one that vanished leaves nothing to be set aside.
fn holds_content(name: &str) -> bool {
    ["headers", "models", "analyses", "meta"].contains(&name)
}

fn damage(store: &Store, entry: &Entry, lost: bool) {
    let (name, _, key, value) = entry;
    let table = store
        .shared
        .read(|opened, _| Ok(opened.tables.all().into_iter().find(|(other, _)| other == name).map(|(_, table)| table)));
    let table = table.unwrap().unwrap();
    if lost {
        store.shared.write(|_, txn| Ok(table.delete(txn, key).map(drop)?)).unwrap();
        return;
    }
    let mut flipped = value.clone();
    match flipped.last_mut() {
        Some(byte) => *byte ^= 0x10,
        None => flipped.push(1),
    }
    put(store, &(*name, table, key.clone(), value.clone()), &flipped);
}

#[test]
fn a_repair_that_is_no_longer_wanted_changes_nothing() {
    let folder = TempDir::new().unwrap();
    let store = full(&folder);
    let before = std::fs::read(store.path()).unwrap();
    let rebuilt = crate::watch::watched(&mut |_, _| Err(Error::new(Kind::Interrupted, "enough")), |gauge| {
        std::thread::sleep(std::time::Duration::from_millis(120));
        crate::store::rebuild::rebuild(&store.shared, gauge)
    });
    assert_eq!(rebuilt.unwrap_err().message(), "enough");
    assert_eq!(std::fs::read(store.path()).unwrap(), before);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
}
