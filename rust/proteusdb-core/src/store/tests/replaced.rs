//! A file that is replaced, removed or shrunk under those who have it open.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use super::*;

/// Names the folder of a child's store.
const FOLDER: &str = "PROTEUSDB_REPLACED_TEST_FOLDER";

fn path(folder: &TempDir) -> std::path::PathBuf {
    folder.path().join("proteus.db")
}

/// Starts this executable again, with a test whose child's part it plays.
fn child(test: &str, folder: &Path) -> std::process::Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &format!("store::tests::replaced::{test}"), "--nocapture"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// The store of a child; `None` in the test itself.
fn of_child() -> Option<std::path::PathBuf> {
    Some(Path::new(&std::env::var_os(FOLDER)?).join("proteus.db"))
}

/// A store of 60 predictions with 10 kB each, of which four fifths are purged.
fn sparse(folder: &TempDir) -> Store {
    let store = open(folder, Options::default());
    let batch: Vec<_> = (0..60).map(|i| draft(&format!("p{i:02}"), "MKT", 0.5, 10_000 + i)).collect();
    store.apply(&batch, Mode::AllOrNothing).unwrap();
    let purge = |i: usize| Operation::Delete { id: format!("p{i:02}"), cascade: false, purge: true };
    store.apply(&(0..60).filter(|i| i % 5 != 0).map(purge).collect::<Vec<_>>(), Mode::AllOrNothing).unwrap();
    store
}

fn contents(store: &Store) -> Vec<(String, Vec<u8>)> {
    let all = store.read(|snapshot| {
        let mut all = Vec::new();
        for id in snapshot.ids(None, 10_000)? {
            let found = snapshot.get(&id, Version::Current)?.unwrap();
            let bytes = found.parts.first().map(|part| snapshot.part(part).map(<[u8]>::to_vec));
            all.push((id, bytes.transpose()?.unwrap_or_default()));
        }
        Ok(all)
    });
    all.unwrap()
}

#[test]
fn shrinking_gives_room_back_and_changes_no_answer() {
    let folder = TempDir::new().unwrap();
    let store = sparse(&folder);
    let other = open(&folder, Options { read_only: true, ..Options::default() });
    let (before, held) = (store.stats().unwrap(), contents(&store));
    assert!(before.dead_bytes > 0);
    store.shrink().unwrap();
    let after = store.stats().unwrap();
    assert_eq!((after.dead_bytes, after.predictions, after.identity), (0, 12, before.identity));
    assert!(after.file_bytes < before.file_bytes / 2, "{} of {}", after.file_bytes, before.file_bytes);
    assert!(after.last_transaction > before.last_transaction, "transactions go on counting");
    assert_eq!((contents(&store), contents(&other)), (held.clone(), held));
    assert_eq!(store.check().unwrap(), Vec::<String>::new());
    one(&store, draft("after", "MKT", 0.5, 100)).unwrap();
    assert_eq!(contents(&other).len(), 13);
    assert_eq!(store.stats().unwrap().last_transaction, after.last_transaction + 1);
    let mut names: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["proteus.db", "proteus.db-lock"]);
    drop((store, other));
    assert_eq!(contents(&open(&folder, Options::default())).len(), 13);
}

/// The naive way loses writes: the old holder's commit went to a file without a name, and a new opener took its
/// transaction number from the lock file and saw an empty store.
#[test]
fn writers_of_other_processes_lose_nothing_to_a_new_file() {
    if let Some(path) = of_child() {
        let store = Store::open(&path, &Options::default()).unwrap();
        for i in 0.. {
            let id = format!("{}-{i}", std::process::id());
            one(&store, draft(&id, "MKTAYIAKQR", 0.5, 2_000 * (i % 3))).unwrap();
            let found = store.read(|snapshot| snapshot.get(&id, Version::Current)).unwrap();
            assert!(found.is_some(), "acknowledged and not read back");
            println!("stored {id}");
            if i % 7 == 6 {
                one(&store, Operation::Delete { id, cascade: false, purge: true }).unwrap();
            }
        }
    }
    let folder = TempDir::new().unwrap();
    let store = sparse(&folder);
    let test = "writers_of_other_processes_lose_nothing_to_a_new_file";
    let mut children: Vec<_> = (0..2).map(|_| child(test, folder.path())).collect();
    let mut outputs: Vec<_> =
        children.iter_mut().map(|child| BufReader::new(child.stdout.take().unwrap()).lines()).collect();
    let mut told = Vec::new();
    for _ in 0..15 {
        for lines in &mut outputs {
            let line = lines.find(|line| line.as_ref().is_ok_and(|line| line.contains("stored "))).unwrap().unwrap();
            told.push(line);
        }
        store.shrink().unwrap();
        assert!(contents(&store).len() >= 12);
    }
    for (child, lines) in children.iter_mut().zip(outputs) {
        assert!(child.try_wait().unwrap().is_none(), "a writer ended by itself");
        child.kill().unwrap();
        child.wait().unwrap();
        told.extend(lines.map_while(std::result::Result::ok));
    }
    let ids: Vec<_> = told.iter().filter_map(|line| line.split_once("stored ").map(|(_, id)| id)).collect();
    assert!(ids.len() >= 30);
    let present: Vec<_> = contents(&store).into_iter().map(|(id, _)| id).collect();
    let purged = |id: &str| id.rsplit('-').next().and_then(|i| i.parse::<u32>().ok()).is_some_and(|i| i % 7 == 6);
    let lost: Vec<_> = ids.iter().filter(|id| !purged(id) && !present.iter().any(|there| there == *id)).collect();
    assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
    assert_eq!(store.check().unwrap(), Vec::<String>::new());
}

#[test]
fn a_process_that_is_killed_while_it_shrinks_leaves_the_old_store_or_the_new() {
    if let Some(path) = of_child() {
        let store = Store::open(&path, &Options::default()).unwrap();
        println!("begun");
        loop {
            store.shrink().unwrap();
            one(&store, draft(&id::fresh(), "MKT", 0.5, 3_000)).unwrap();
        }
    }
    let folder = TempDir::new().unwrap();
    let held = contents(&sparse(&folder));
    for round in 0..6 {
        let mut child =
            child("a_process_that_is_killed_while_it_shrinks_leaves_the_old_store_or_the_new", folder.path());
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        while !lines.next().expect("the child ended by itself").unwrap().ends_with("begun") {}
        std::thread::sleep(std::time::Duration::from_millis(7 * round));
        child.kill().unwrap();
        child.wait().unwrap();
        let store = open(&folder, Options::default());
        let found = contents(&store);
        assert!(held.iter().all(|entry| found.contains(entry)), "round {round}");
        assert_eq!(store.check().unwrap(), Vec::<String>::new());
        store.shrink().unwrap();
        assert!(!folder.path().join("proteus.db-new").exists());
    }
}

/// A store that was removed was written on: every write was acknowledged and went to a file without a name.
#[test]
fn a_store_that_was_removed_is_neither_written_nor_made_anew() {
    let folder = TempDir::new().unwrap();
    let store = sparse(&folder);
    std::fs::remove_file(path(&folder)).unwrap();
    for _ in 0..2 {
        let error = one(&store, draft("lost", "MKT", 0.5, 0)).unwrap_err();
        assert_eq!(error.kind(), Kind::Connection);
        assert!(error.message().contains("removed or renamed while it was open"), "{error}");
        assert_eq!(store.read(|snapshot| snapshot.ids(None, 1)).unwrap_err().kind(), Kind::Connection);
    }
    assert!(!path(&folder).exists());
}

#[test]
fn another_store_in_its_place_is_not_taken_for_it() {
    let (folder, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let store = sparse(&folder);
    drop(sparse(&other));
    std::fs::rename(path(&other), path(&folder)).unwrap();
    let error = one(&store, draft("lost", "MKT", 0.5, 0)).unwrap_err();
    assert!(error.message().contains("another store was put in its place"), "{error}");
    drop(store);
    assert_eq!(contents(&open(&folder, Options::default())).len(), 12);
}

/// An older copy of the same store, put back by hand under a process that has it open: the lock file counts on from where
/// the newer one was, and LMDB would build on whichever meta page has that parity.
#[test]
fn a_copy_that_was_put_back_under_a_running_process_is_refused_until_all_have_closed() {
    if let Some(path) = of_child() {
        let _store = Store::open(&path, &Options::default()).unwrap();
        println!("open");
        std::thread::sleep(std::time::Duration::from_secs(600));
    }
    let folder = TempDir::new().unwrap();
    drop(sparse(&folder));
    let copy = folder.path().join("copy");
    std::fs::copy(path(&folder), &copy).unwrap();
    let store = open(&folder, Options::default());
    for i in 0..3 {
        one(&store, draft(&format!("later{i}"), "MKT", 0.5, 0)).unwrap();
    }
    let test = "a_copy_that_was_put_back_under_a_running_process_is_refused_until_all_have_closed";
    let mut holder = child(test, folder.path());
    let mut lines = BufReader::new(holder.stdout.take().unwrap()).lines();
    while !lines.next().expect("the child ended by itself").unwrap().ends_with("open") {}
    std::fs::rename(&copy, path(&folder)).unwrap();
    let error = one(&store, draft("x", "MKT", 0.5, 0)).unwrap_err();
    assert!(error.message().contains("its lock file counts other transactions"), "{error}");
    drop(store);
    holder.kill().unwrap();
    holder.wait().unwrap();
    let store = open(&folder, Options::default());
    one(&store, draft("x", "MKT", 0.5, 0)).unwrap();
    assert_eq!(contents(&store).len(), 13);
    assert_eq!(store.check().unwrap(), Vec::<String>::new());
}
