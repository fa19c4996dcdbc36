//! The pages of a file, walked without LMDB.
//!
//! ```text
//! seed   meta 0 | meta 1 | names | free pages | branch of a table | leaf | leaf | value | value | free
//! ```

use proteusdb_core::store::look_through;

/// The smallest page that LMDB has, so that a seed holds all kinds of pages and is small.
const PAGE: usize = 512;
const NONE: u64 = u64::MAX;

/// A page of a tree from its nodes, each the words of its head, its key and its data.
fn page(number: u64, flags: u16, nodes: &[([u16; 3], &[u8], &[u8])]) -> Vec<u8> {
    let mut page = vec![0; PAGE];
    let (mut lower, mut upper) = (16, PAGE);
    for (head, key, data) in nodes {
        upper -= (8 + key.len() + data.len()).next_multiple_of(2);
        page[lower..lower + 2].copy_from_slice(&(upper as u16).to_le_bytes());
        lower += 2;
        let words = [head[0], head[1], head[2], key.len() as u16].map(u16::to_le_bytes).concat();
        let node = [&words[..], key, data].concat();
        page[upper..upper + node.len()].copy_from_slice(&node);
    }
    let words = [0, flags, lower as u16, upper as u16].map(u16::to_le_bytes).concat();
    page[..16].copy_from_slice(&[&number.to_le_bytes()[..], &words].concat());
    page
}

fn leaf<'n>(key: &'n [u8], value: &'n [u8]) -> ([u16; 3], &'n [u8], &'n [u8]) {
    ([value.len() as u16, 0, 0], key, value)
}

/// A root: flags, depth, counts of pages and entries, and the page.
fn root(page_size: u32, flags: u16, depth: u16, counts: [u64; 4], page: u64) -> Vec<u8> {
    let head = [&page_size.to_le_bytes()[..], &flags.to_le_bytes(), &depth.to_le_bytes()].concat();
    [head, counts.map(u64::to_le_bytes).concat(), page.to_le_bytes().to_vec()].concat()
}

fn meta(number: u64, transaction: u64) -> Vec<u8> {
    let mut page = [number.to_le_bytes(), [0, 0, 8, 0, 0, 0, 0, 0]].concat();
    page.extend([0xBEEF_C0DE_u32, 1].map(u32::to_le_bytes).concat());
    page.extend([0_u64, 1 << 20].map(u64::to_le_bytes).concat());
    page.extend(root(PAGE as u32, 0x08, 1, [0, 1, 0, 1], 3));
    page.extend(root(0, 0, 1, [0, 1, 0, 1], 2));
    page.extend([9, transaction].map(u64::to_le_bytes).concat());
    page.resize(PAGE, 0);
    page
}

fn file() -> Vec<u8> {
    let table = root(0, 0, 2, [1, 2, 2, 3], 4);
    let free = [1_u64, 9].map(u64::to_le_bytes).concat();
    let mut value = vec![7; 2 * PAGE];
    value[..16].copy_from_slice(&[&7_u64.to_le_bytes()[..], &[0, 0, 4, 0, 2, 0, 0, 0]].concat());
    [
        meta(0, 2),
        meta(1, 1),
        page(2, 2, &[([48, 0, 2], b"headers", &table)]),
        page(3, 2, &[leaf(&2_u64.to_le_bytes(), &free)]),
        page(4, 1, &[([5, 0, 0], b"", b""), ([6, 0, 0], b"m", b"")]),
        page(5, 2, &[leaf(b"a", b"first"), leaf(b"b", b"second")]),
        page(6, 2, &[([600, 0, 1], b"m", &7_u64.to_le_bytes())]),
        value,
        vec![0; PAGE],
    ]
    .concat()
}

/// A file whose tables are empty.
fn empty() -> Vec<u8> {
    let mut bytes = [meta(0, 0), meta(1, 0)].concat();
    for page in bytes.chunks_exact_mut(PAGE) {
        page[40..136].copy_from_slice(&[root(512, 8, 0, [0; 4], NONE), root(0, 0, 0, [0; 4], NONE)].concat());
        page[136..144].copy_from_slice(&1_u64.to_le_bytes());
    }
    bytes
}

pub fn seeds() -> Vec<Vec<u8>> {
    vec![file(), empty()]
}

pub fn run(data: &[u8]) {
    let found = look_through(data);
    assert_eq!(found.faults.is_empty(), found.damaged.is_empty());
    let there = data.len() as u64 / found.size.max(1) + 1;
    assert!(!found.faults.is_empty() || found.used <= there, "{found:?}");
}
