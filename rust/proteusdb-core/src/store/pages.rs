//! A bounds-checked reader of LMDB's pages, for looking into a file before LMDB does.
//!
//! ```text
//! page   number (8) pad (2) flags (2) lower (2) upper (2) | node offsets (2 each) ... nodes
//! meta   page header | magic (4) version (4) address (8) map size (8) | free tree (48) main tree (48) | last page (8) txn (8)
//! tree   page size (4) flags (2) depth (2) branches leaves overflows entries (8 each) root (8)
//! node   size low (2) size high (2) flags (2) key length (2) | key | data, or a tree, or a page number
//! ```
//!
//! All little-endian, as LMDB writes them on the machines it shares files between. It only follows a key from a root
//! to its leaf; nothing here trusts a number it read, and a file that changes meanwhile gives "not found" at worst.

use std::fs::File;
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt;

/// The first bytes of a file, enough for both meta pages of the usual page size.
const HEAD: usize = 8192;
pub(super) const PAGE_HEADER: usize = 16;
/// Where a meta page's last field, the transaction, ends.
const META_END: usize = PAGE_HEADER + 136;
pub(super) const MAGIC: u32 = 0xBEEF_C0DE;
pub(super) const NO_PAGE: u64 = u64::MAX;
pub(super) const MAX_DEPTH: usize = 32;

pub(super) const BRANCH: u16 = 0x01;
pub(super) const LEAF: u16 = 0x02;
pub(super) const META: u16 = 0x08;
pub(super) const SUB_TREE: u16 = 0x02;
pub(super) const BIG_DATA: u16 = 0x01;

/// What the first page says about an LMDB file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Head {
    /// The data format of LMDB 0.9, which this program shares.
    Current(Meta),
    /// LMDB, but another data format: 1.0 and later, or a machine of another byte order.
    Foreign,
    /// No LMDB file.
    Unknown,
    /// No bytes at all.
    Nothing,
}

/// The newer of a file's two meta pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Meta {
    /// Where in the file the store begins.
    start: u64,
    page_size: usize,
    transaction: u64,
    /// Root of the tree of named tables; `None` in a file nothing was written to.
    root: Option<u64>,
}

impl Meta {
    /// Bytes of a page.
    pub(super) fn page_size(&self) -> u64 {
        self.page_size as u64
    }

    /// Whether nothing was ever committed.
    pub(super) fn is_empty(&self) -> bool {
        self.root.is_none()
    }
}

/// What the beginning of a file is.
pub(super) fn head(file: &mut File) -> std::io::Result<Head> {
    head_at(file, 0)
}

/// What begins at a place of a file.
pub(super) fn head_at(file: &mut File, start: u64) -> std::io::Result<Head> {
    let mut bytes = Vec::with_capacity(HEAD);
    file.seek(SeekFrom::Start(start))?;
    file.take(HEAD as u64).read_to_end(&mut bytes)?;
    if bytes.is_empty() {
        return Ok(Head::Nothing);
    }
    let Some(first) = meta(&bytes).map(|meta| Meta { start, ..meta }) else {
        return Ok(if is_foreign(&bytes) { Head::Foreign } else { Head::Unknown });
    };
    let mut second = vec![0; PAGE_HEADER + 136];
    file.seek(SeekFrom::Start(start.saturating_add(first.page_size as u64)))?;
    let second = file.read_exact(&mut second).ok().and_then(|()| meta(&second)).map(|meta| Meta { start, ..meta });
    // Whichever transaction is newer is the one readers see.
    Ok(Head::Current(second.filter(|second| second.transaction > first.transaction).unwrap_or(first)))
}

/// Makes `transaction` the last that a file knows of: both meta pages become the newer of them, each under the number of
/// its parity. The file is in nobody's use.
pub(super) fn count_from(file: &File, transaction: u64) -> std::io::Result<()> {
    let broken = || std::io::Error::new(ErrorKind::InvalidData, "its meta pages read wrong");
    let read = |at: u64| -> std::io::Result<[u8; META_END]> {
        let mut page = [0; META_END];
        file.read_exact_at(&mut page, at)?;
        Ok(page)
    };
    let first = read(0)?;
    let page_size = meta(&first).ok_or_else(broken)?.page_size as u64;
    let second = read(page_size)?;
    let newest = [first, second].into_iter().filter_map(|page| Some((meta(&page)?.transaction, page))).max();
    let (_, newest) = newest.ok_or_else(broken)?;
    for number in [transaction.saturating_sub(1), transaction] {
        let mut page = newest;
        let place = number & 1;
        page[..8].copy_from_slice(&place.to_le_bytes());
        page[META_END - 8..].copy_from_slice(&number.to_le_bytes());
        file.write_all_at(&page, place * page_size)?;
    }
    Ok(())
}

/// Writes the second meta page of a file whose making was cut short by a full disk. It is what LMDB writes there, so
/// whoever makes the file at this moment is not disturbed.
pub(super) fn complete(file: &File) -> std::io::Result<()> {
    let mut first = [0; META_END];
    let length = file.metadata()?.len();
    if length < META_END as u64 {
        return Ok(());
    }
    file.read_exact_at(&mut first, 0)?;
    let Some(page_size) = meta(&first).filter(Meta::is_empty).map(|meta| meta.page_size) else { return Ok(()) };
    if length >= 2 * page_size as u64 {
        return Ok(());
    }
    let mut second = vec![0; page_size];
    second.splice(..META_END, first);
    second.splice(..8, 1_u64.to_le_bytes());
    file.write_all_at(&second, page_size as u64)
}

/// The size of a file's pages.
pub(super) fn page_size(file: &File) -> std::io::Result<u64> {
    match head(&mut file.try_clone()?)? {
        Head::Current(meta) => Ok(meta.page_size as u64),
        _ => Err(std::io::Error::new(ErrorKind::InvalidData, "its meta pages read wrong")),
    }
}

/// The number of the last transaction that a file knows of.
pub(super) fn last_transaction(file: &File) -> std::io::Result<u64> {
    match head(&mut file.try_clone()?)? {
        Head::Current(meta) => Ok(meta.transaction),
        _ => Err(std::io::Error::new(ErrorKind::InvalidData, "its meta pages read wrong")),
    }
}

fn meta(page: &[u8]) -> Option<Meta> {
    if u16_at(page, 10)? & META == 0 || u32_at(page, 16)? != MAGIC || u32_at(page, 20)? != 1 {
        return None;
    }
    let page_size = u32_at(page, 40)? as usize;
    let usual = page_size.is_power_of_two() && (512..=65_536).contains(&page_size);
    let root = Some(u64_at(page, 128)?).filter(|&root| root != NO_PAGE);
    usual.then_some(Meta { start: 0, page_size, transaction: u64_at(page, 144)?, root })
}

/// LMDB 1.0 has a longer page header and a newer version; a big-endian machine writes the magic the other way round.
fn is_foreign(page: &[u8]) -> bool {
    [16, 20, 24].into_iter().filter_map(|at| u32_at(page, at)).any(|word| word == MAGIC || word == MAGIC.swap_bytes())
}

/// The data under `key` in the named table `table`: `None` where table or key is not found, or a page reads wrong.
pub(super) fn look_up(file: &mut File, meta: &Meta, table: &[u8], key: &[u8]) -> Option<Vec<u8>> {
    let tree = find(file, meta, meta.root?, table, SUB_TREE)?;
    let root = u64_at(&tree, 40).filter(|&root| root != NO_PAGE)?;
    find(file, meta, root, key, 0)
}

fn find(file: &mut File, meta: &Meta, root: u64, key: &[u8], flags: u16) -> Option<Vec<u8>> {
    let mut number = root;
    for _ in 0..MAX_DEPTH {
        let page = read_page(file, meta, number)?;
        match u16_at(&page, 10)? & (BRANCH | LEAF) {
            BRANCH => number = child(&page, key)?,
            LEAF => return leaf(&page, key, flags),
            _ => return None,
        }
    }
    None
}

fn read_page(file: &mut File, meta: &Meta, number: u64) -> Option<Vec<u8>> {
    let mut page = vec![0; meta.page_size];
    let place = number.checked_mul(meta.page_size as u64)?.checked_add(meta.start)?;
    file.seek(SeekFrom::Start(place)).ok()?;
    file.read_exact(&mut page).ok()?;
    (u64_at(&page, 0)? == number).then_some(page)
}

/// The page below which the key lies: that of the last node whose key is not above it; the first has none.
fn child(page: &[u8], key: &[u8]) -> Option<u64> {
    let mut found = None;
    for (index, node) in nodes(page)?.into_iter().enumerate() {
        if index > 0 && node_key(page, node)? > key {
            break;
        }
        let [low, high, top] = [u16_at(page, node)?, u16_at(page, node + 2)?, u16_at(page, node + 4)?];
        found = Some(u64::from(low) | u64::from(high) << 16 | u64::from(top) << 32);
    }
    found
}

fn leaf(page: &[u8], key: &[u8], flags: u16) -> Option<Vec<u8>> {
    for node in nodes(page)? {
        if node_key(page, node)? == key {
            let size = usize::from(u16_at(page, node)?) | usize::from(u16_at(page, node + 2)?) << 16;
            let at = node + 8 + key.len();
            let wanted = u16_at(page, node + 4)? & (SUB_TREE | BIG_DATA) == flags;
            return page.get(at..at.checked_add(size)?).filter(|_| wanted).map(<[u8]>::to_vec);
        }
    }
    None
}

fn nodes(page: &[u8]) -> Option<Vec<usize>> {
    let end = usize::from(u16_at(page, 12)?);
    (PAGE_HEADER..end).step_by(2).map(|at| u16_at(page, at).map(usize::from)).collect()
}

fn node_key(page: &[u8], node: usize) -> Option<&[u8]> {
    let length = usize::from(u16_at(page, node + 6)?);
    page.get(node + 8..node + 8 + length)
}

pub(super) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().copied().map(u16::from_le_bytes)
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().copied().map(u32::from_le_bytes)
}

pub(super) fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk().copied().map(u64::from_le_bytes)
}

#[cfg(test)]
mod tests {
    use heed::types::Bytes;
    use heed::{CommitOrAbort, EnvFlags};
    use proptest::prelude::*;

    use super::*;
    use crate::store::env;

    /// An LMDB file of 300 tables `t000`... that each map 200 keys to themselves: trees of several levels.
    fn forest(path: &std::path::Path) {
        let env = env::open(path, 1 << 26, 400, EnvFlags::NO_SUB_DIR).unwrap();
        let txn = env.write_txn().unwrap();
        let made = env.create_databases_and_commit(txn, |opener, txn| {
            for table in 0..300 {
                let table = opener.create_database::<Bytes, Bytes>(txn, Some(&format!("t{table:03}")))?;
                for key in 0..200 {
                    let key = format!("key {key:03}");
                    table.put(txn, key.as_bytes(), key.as_bytes())?;
                }
            }
            Ok::<_, heed::Error>(CommitOrAbort::<(), ()>::Commit(()))
        });
        assert!(made.is_ok());
        env::close(env);
    }

    #[test]
    fn every_key_of_deep_trees_is_found_and_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("forest");
        forest(&path);
        let mut file = File::open(&path).unwrap();
        let Head::Current(meta) = head(&mut file).unwrap() else { panic!("LMDB does not know its own file") };
        for table in (0..300).step_by(13) {
            for key in (0..200).step_by(7) {
                let (table, key) = (format!("t{table:03}"), format!("key {key:03}"));
                let found = look_up(&mut file, &meta, table.as_bytes(), key.as_bytes());
                assert_eq!(found.as_deref(), Some(key.as_bytes()), "{table}");
            }
        }
        for (table, key) in [("t300", "key 001"), ("a", "key 001"), ("t001", "key 200"), ("t001", "a")] {
            assert_eq!(look_up(&mut file, &meta, table.as_bytes(), key.as_bytes()), None, "{table} {key}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn damaged_files_are_read_or_not_but_never_panic(places in prop::collection::vec((0..200_000_usize, any::<u8>()), 1..200)) {
            static FOREST: std::sync::LazyLock<Vec<u8>> = std::sync::LazyLock::new(|| {
                let folder = tempfile::tempdir().unwrap();
                forest(&folder.path().join("forest"));
                std::fs::read(folder.path().join("forest")).unwrap()
            });
            let mut bytes = FOREST.clone();
            for (place, to) in places {
                // Most damage to the first pages and those the look-up passes.
                let place = if place % 2 == 0 { place % 8192 } else { place % bytes.len() };
                bytes[place] = to;
            }
            let mut file = tempfile::tempfile().unwrap();
            std::io::Write::write_all(&mut file, &bytes).unwrap();
            if let Head::Current(meta) = head(&mut file).unwrap() {
                let _ = look_up(&mut file, &meta, b"t150", b"key 100");
            }
        }
    }
}
