//! What is opened, what is refused, and what is left as it was.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use heed::EnvFlags;
use rustix::fs::{FlockOperation, flock};

use super::*;
use crate::store::{env, format, sealed};

fn read_only() -> Options {
    Options { read_only: true, ..Options::default() }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Opening must fail, name what is wrong, and leave folder and file as they were.
fn refused(path: &Path, options: &Options, words: &str) {
    let folder = path.parent().unwrap();
    let (before, bytes) = (names(folder), std::fs::read(path).ok());
    let error = Store::open(path, options).err().unwrap_or_else(|| panic!("{words}: it was opened"));
    assert_eq!(error.kind(), Kind::Connection, "{error}");
    assert!(error.message().contains(words), "{error}");
    assert_eq!((names(folder), std::fs::read(path).ok()), (before, bytes), "{words}");
}

/// A closed store with one prediction.
fn stored(folder: &TempDir) -> PathBuf {
    let store = open(folder, Options::default());
    one(&store, draft("a", "MKT", 0.9, 0)).unwrap();
    store.path().to_owned()
}

#[test]
fn an_lmdb_file_of_another_program_is_left_alone() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("theirs");
    let theirs = env::open(&path, 1 << 20, 4, EnvFlags::NO_SUB_DIR).unwrap();
    let txn = theirs.write_txn().unwrap();
    let made = theirs.create_databases_and_commit(txn, |opener, txn| {
        let table = opener.create_database::<heed::types::Str, heed::types::Str>(txn, Some("meta"))?;
        table.put(txn, "format", "theirs")?;
        Ok::<_, heed::Error>(heed::CommitOrAbort::<_, ()>::Commit(table))
    });
    assert!(made.is_ok());
    env::close(theirs);
    std::fs::remove_file(folder.path().join("theirs-lock")).unwrap();
    refused(&path, &Options::default(), "an LMDB file of another program");
}

#[test]
fn a_file_that_a_full_disk_left_half_made_is_made_whole() {
    // LMDB writes both meta pages at once; a short write left the first, and LMDB refused the file ever after.
    for length in [512, 4096, 6000] {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("proteus.db");
        env::close(env::open(&path, 1 << 20, 4, EnvFlags::NO_SUB_DIR).unwrap());
        std::fs::File::options().write(true).open(&path).unwrap().set_len(length).unwrap();
        let store = Store::open(&path, &Options::default()).unwrap();
        one(&store, draft("a", "MKT", 0.9, 0)).unwrap();
        drop(store);
        let again = Store::open(&path, &read_only()).unwrap();
        assert_eq!(found(&again, &Access::Created { from: None, to: None }), ["a"], "{length}");
    }
}

#[test]
fn another_data_format_of_lmdb_is_named() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("newer");
    let mut bytes = vec![0; 8192];
    // LMDB 1.0: a page header of 24 bytes, then the magic number and data version 2.
    bytes[24..28].copy_from_slice(&0xBEEF_C0DE_u32.to_le_bytes());
    bytes[28] = 2;
    std::fs::write(&path, &bytes).unwrap();
    refused(&path, &Options::default(), "another data format (LMDB 1.0");
}

#[test]
fn a_newer_format_is_named_with_its_version() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder, Options::default());
    let path = store.path().to_owned();
    let mut payload = b"proteusdb".to_vec();
    payload.extend(9_u32.to_le_bytes());
    payload.extend(b"whatever follows");
    let value = sealed::seal(format::TABLE, format::KEY, &payload);
    store.shared.write(|tables, txn| Ok(tables.meta.put(txn, format::KEY, &value)?)).unwrap();
    drop(store);
    refused(&path, &Options::default(), "its schema is version 9");
    refused(&path, &read_only(), "its schema is version 9");
}

#[test]
fn what_cannot_hold_a_store_is_refused_before_anything_is_made() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("empty"), b"").unwrap();
    refused(&path("empty"), &read_only(), "the file is empty");
    refused(&path("absent"), &read_only(), "no such file");
    std::fs::write(path("short"), [0xde, 0xc0]).unwrap();
    refused(&path("short"), &Options::default(), "no database of this program");
    // The opening fails after the data file was made: it is removed again.
    std::fs::create_dir(path("blocked-lock")).unwrap();
    refused(&path("blocked"), &Options::default(), "cannot open");
    let stored = stored(&folder);
    if rustix::process::geteuid().is_root() {
        println!("not checked as root, who may read and write everything: unreadable and unwritable files");
        return;
    }
    let mode = |mode| std::fs::set_permissions(&stored, std::fs::Permissions::from_mode(mode)).unwrap();
    mode(0o000);
    refused(&stored, &Options::default(), "it cannot be read");
    mode(0o444);
    refused(&stored, &Options::default(), "read_only=True opens it to read");
    assert!(Store::open(&stored, &read_only()).is_ok());
}

#[test]
fn an_empty_file_becomes_a_store_and_files_have_the_mode_asked_for() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("proteus.db");
    std::fs::write(&path, b"").unwrap();
    drop(Store::open(&path, &Options::default()).unwrap());
    let private = folder.path().join("private.db");
    drop(Store::open(&private, &Options { mode: 0o640, ..Options::default() }).unwrap());
    for name in ["private.db", "private.db-lock"] {
        let mode = std::fs::metadata(folder.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o640, "{name}");
    }
}

/// A copied store has no lock file. LMDB made one of mode 0600, so that only who came first could open the copy.
#[test]
fn a_lock_file_that_is_missing_is_made_with_the_mode_of_the_data_file() {
    let folder = TempDir::new().unwrap();
    let path = stored(&folder);
    let lock = folder.path().join("proteus.db-lock");
    for (mode, options) in [(0o664, Options::default()), (0o660, read_only())] {
        std::fs::remove_file(&lock).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        drop(Store::open(&path, &options).unwrap());
        assert_eq!(std::fs::metadata(&lock).unwrap().permissions().mode() & 0o777, mode);
    }
}

#[test]
fn a_link_and_its_target_are_one_store() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder, Options::default());
    let link = folder.path().join("link.db");
    symlink(store.path(), &link).unwrap();
    let linked = Store::open(&link, &Options::default()).unwrap();
    one(&linked, draft("a", "MKT", 0.9, 0)).unwrap();
    assert_eq!(found(&store, &Access::All), ["a"]);
    assert_eq!(linked.path(), store.path());
}

#[test]
fn a_writing_handle_beside_a_reading_one_writes() {
    let folder = TempDir::new().unwrap();
    let path = stored(&folder);
    let reading = Store::open(&path, &read_only()).unwrap();
    let writing = Store::open(&path, &Options::default()).unwrap();
    one(&writing, draft("b", "MKT", 0.9, 0)).unwrap();
    assert_eq!(found(&reading, &Access::All), ["a", "b"]);
    assert!(one(&reading, draft("c", "MKT", 0.9, 0)).unwrap_err().message().contains("read_only=True"));
}

#[test]
fn closing_in_one_thread_and_opening_in_another_do_not_collide() {
    let folder = TempDir::new().unwrap();
    let path = stored(&folder);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..60 {
                    let store = Store::open(&path, &Options::default()).unwrap();
                    assert_eq!(found(&store, &Access::All), ["a"]);
                }
            });
        }
    });
}

#[test]
fn a_writer_waits_for_another_process_no_longer_than_its_timeout() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder, Options { timeout: std::time::Duration::from_millis(50), ..Options::default() });
    // Another descriptor stands for another process: flock tells them apart in the same way.
    let other = std::fs::File::open(store.path()).unwrap();
    flock(&other, FlockOperation::LockExclusive).unwrap();
    let error = one(&store, draft("a", "MKT", 0.9, 0)).unwrap_err();
    assert_eq!(error.kind(), Kind::Timeout);
    assert!(error.message().contains("is still writing; raise timeout="), "{error}");
    assert_eq!(found(&store, &Access::All), Vec::<String>::new(), "readers do not wait for writers");
    flock(&other, FlockOperation::Unlock).unwrap();
    assert!(one(&store, draft("a", "MKT", 0.9, 0)).is_ok());
}

#[test]
fn threads_work_on_while_others_fork() {
    let folder = TempDir::new().unwrap();
    let store = open(&folder, Options::default());
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for i in 0..40 {
                one(&store, draft(&format!("p{i:02}"), "MKT", 0.5, 0)).unwrap();
            }
        });
        while !writer.is_finished() {
            before_fork();
            after_fork();
        }
    });
    assert_eq!(found(&store, &Access::All).len(), 40);
}
