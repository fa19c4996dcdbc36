//! A process that dies while it writes loses nothing it acknowledged and leaves nothing half done.
//!
//! The test starts its own executable as the child, which stores predictions, tells each id once it is committed, and
//! is killed in the middle.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use super::*;

/// Names the folder in which a child writes.
const FOLDER: &str = "PROTEUSDB_CRASH_TEST_FOLDER";

#[test]
fn a_killed_writer_loses_nothing_it_acknowledged() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        write_until_killed(Path::new(&folder));
    }
    let folder = TempDir::new().unwrap();
    for round in 0..4 {
        let told = kill_after(folder.path(), 5 + 20 * round);
        let store = open(&folder, Options::default());
        assert_eq!(store.check().unwrap(), Vec::<String>::new(), "round {round}");
        let present = found(&store, &Access::All);
        let lost: Vec<_> = told.iter().filter(|id| present.binary_search(id).is_err()).collect();
        assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
        // The writer's lock died with the child.
        one(&store, draft(&format!("after-{round}"), "MKT", 0.5, 100)).unwrap();
    }
}

/// Lets a child write until it told of `count` predictions, kills it, and returns the ids it told of.
fn kill_after(folder: &Path, count: usize) -> Vec<String> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "store::tests::crash::a_killed_writer_loses_nothing_it_acknowledged", "--nocapture"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut told: Vec<String> = Vec::new();
    while told.len() < count {
        let line = lines.next().expect("the child ended by itself").unwrap();
        told.extend(line.strip_prefix("stored ").map(str::to_owned));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    told.extend(lines.map_while(|line| line.ok()?.strip_prefix("stored ").map(str::to_owned)));
    told
}

/// Threads, so that what one stores is committed by another.
fn write_until_killed(folder: &Path) -> ! {
    let store = Store::open(&folder.join("proteus.db"), &small_map()).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| write_for_ever(&store));
        }
    });
    unreachable!("the threads go on until the process is killed")
}

fn write_for_ever(store: &Store) {
    loop {
        let ids: Vec<String> = (0..3).map(|_| id::fresh()).collect();
        let batch: Vec<_> = ids.iter().enumerate().map(|(i, id)| draft(id, "MKTAYIAKQR", 0.5, 20_000 * i)).collect();
        store.apply(&batch, Mode::AllOrNothing).unwrap();
        // The first is about to be purged, so nothing is promised of it.
        ids.iter().skip(1).for_each(|id| println!("stored {id}"));
        one(store, Operation::Delete { id: ids[0].clone(), cascade: false, purge: true }).unwrap();
        for size in [70_000, 10, 500] {
            let id = id::fresh();
            one(store, draft(&id, "MKTAYIAK", 0.5, size)).unwrap();
            println!("stored {id}");
        }
        let field = Field::Metadata("confidence".into());
        if !store.create_index(&field).unwrap() {
            // Another thread may have dropped it by now.
            let _ = store.drop_index(&field);
        }
    }
}
