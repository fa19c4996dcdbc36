//! Threads that write at once, and who is seen to read.
//!
//! Another descriptor of the data file stands for another process: `flock` tells them apart in the same way.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, flock};

use super::*;

/// Names the folder in which a child reads.
const FOLDER: &str = "PROTEUSDB_READER_TEST_FOLDER";

/// Locks the store as another process would.
fn other_writer(store: &Store) -> File {
    let file = File::open(store.path()).unwrap();
    flock(&file, FlockOperation::LockExclusive).unwrap();
    file
}

/// Waits until one thread has the turn and so many stand in the line behind it.
fn until_waiting(store: &Store, count: usize) {
    while store.shared.turns.standing() != (true, count) {
        thread::sleep(Duration::from_millis(1));
    }
}

fn commits(store: &Store) -> u64 {
    store.stats().unwrap().last_transaction
}

#[test]
fn threads_that_store_one_record_each_share_a_transaction_and_fail_alone() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder, Options::default());
    one(&store, draft("taken", "MKT", 0.9, 0)).unwrap();
    let (before, other) = (commits(&store), other_writer(&store));
    let outcomes: Vec<_> = thread::scope(|scope| {
        let id = |i| if i == 5 { "taken".to_owned() } else { format!("p{i}") };
        let store = &store;
        let threads: Vec<_> = (0..8).map(|i| scope.spawn(move || one(store, draft(&id(i), "MKV", 0.5, 100)))).collect();
        until_waiting(store, 7);
        drop(other);
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(commits(&store), before + 1, "eight records, one commit");
    for (i, outcome) in outcomes.into_iter().enumerate() {
        match outcome {
            Err(error) => assert_eq!((i, error.kind()), (5, Kind::Conflict)),
            Ok(outcome) => assert_eq!(outcome, Outcome::Written { id: format!("p{i}"), version: 1 }),
        }
    }
    assert_eq!(found(&store, &Access::All).len(), 8);
    assert_eq!(store.check().unwrap(), Vec::<String>::new());
}

#[test]
fn one_batch_keeps_its_own_transaction_and_its_place_in_the_line() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder, Options::default());
    let (before, other) = (commits(&store), other_writer(&store));
    thread::scope(|scope| {
        let single = |name: &'static str| one(&store, draft(name, "MKV", 0.5, 0));
        let first = scope.spawn(move || single("a"));
        until_waiting(&store, 0);
        let batch =
            scope.spawn(|| store.apply(&[draft("b", "MKV", 0.5, 0), draft("a", "MKV", 0.5, 0)], Mode::AllOrNothing));
        until_waiting(&store, 1);
        let last = scope.spawn(move || single("c"));
        until_waiting(&store, 2);
        drop(other);
        assert!(first.join().unwrap().is_ok() && last.join().unwrap().is_ok());
        assert_eq!(batch.join().unwrap().unwrap_err().kind(), Kind::Conflict, "undone as a whole");
    });
    assert_eq!(commits(&store), before + 1);
    assert_eq!(found(&store, &Access::All), ["a", "c"]);
}

#[test]
fn who_waits_in_the_line_waits_no_longer_than_told_and_leaves_it() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder, Options { timeout: Duration::from_millis(60), ..Options::default() });
    let other = other_writer(&store);
    thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|i| {
                scope.spawn({
                    let store = &store;
                    move || one(store, draft(&format!("p{i}"), "MKV", 0.5, 0))
                })
            })
            .collect();
        for thread in threads {
            let error = thread.join().unwrap().unwrap_err();
            assert_eq!(error.kind(), Kind::Timeout);
            assert!(error.message().contains("is still writing"), "{error}");
        }
    });
    assert_eq!(store.shared.turns.standing(), (false, 0));
    drop(other);
    one(&store, draft("after", "MKV", 0.5, 0)).unwrap();
    assert_eq!(found(&store, &Access::All), ["after"], "nothing of the others was kept");
}

/// A fork used to wait for every thread that waited to write, for up to its timeout.
#[test]
fn a_fork_does_not_wait_for_those_who_wait() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder, Options { timeout: Duration::MAX, ..Options::default() });
    let other = other_writer(&store);
    thread::scope(|scope| {
        let store = &store;
        let threads: Vec<_> =
            (0..3).map(|i| scope.spawn(move || one(store, draft(&format!("p{i}"), "MKV", 0.5, 0)))).collect();
        until_waiting(store, 2);
        // This would hang: the other writer goes away only afterwards.
        before_fork();
        after_fork();
        drop(other);
        threads.into_iter().for_each(|thread| drop(thread.join().unwrap().unwrap()));
    });
    assert_eq!(found(&store, &Access::All).len(), 3);
}

#[test]
fn readers_are_told_by_process_and_age() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder, Options::default());
    assert_eq!(store.stats().unwrap().readers, []);
    let (reading, read) = mpsc::channel();
    let (ending, end) = mpsc::channel::<()>();
    thread::scope(|scope| {
        let store = &store;
        scope.spawn(move || {
            store.read(|_| {
                reading.send(()).unwrap();
                end.recv().unwrap();
                Ok(())
            })
        });
        read.recv().unwrap();
        let began = commits(store);
        one(store, draft("a", "MKT", 0.5, 0)).unwrap();
        one(store, draft("b", "MKT", 0.5, 0)).unwrap();
        let stats = store.stats().unwrap();
        assert_eq!(stats.readers, [Reader { process: std::process::id(), transaction: began }]);
        assert_eq!(stats.last_transaction, began + 2);
        ending.send(()).unwrap();
    });
    assert_eq!(store.stats().unwrap().readers, []);
}

/// Readers that were killed were taken out of the table only when somebody opened the store; a writer that went on for
/// days kept every page they might have read.
#[test]
fn a_writer_forgets_readers_that_were_killed() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        let store = Store::open(&Path::new(&folder).join("proteus.db"), &Options::default()).unwrap();
        let _ = store.read(|_| {
            println!("reading");
            thread::sleep(Duration::from_secs(600));
            Ok(())
        });
    }
    let folder = TempDir::new().unwrap();
    let store = open(&folder, Options::default());
    one(&store, draft("a", "MKT", 0.5, 0)).unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "store::tests::together::a_writer_forgets_readers_that_were_killed", "--nocapture"])
        .env(FOLDER, folder.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    while !lines.next().expect("the child ended by itself").unwrap().ends_with("reading") {}
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(store.stats().unwrap().readers.first().map(|reader| reader.process), Some(child.id()));
    *store.shared.cleared.lock().unwrap() = Instant::now().checked_sub(Duration::from_secs(60)).unwrap();
    one(&store, draft("b", "MKT", 0.5, 0)).unwrap();
    assert_eq!(store.stats().unwrap().readers, []);
}
