//! The meta pages: where the trees of a state begin, and which of the two is to be believed.
//!
//! Transactions are numbered one by one, and each is written into the meta page of its parity, so the two differ by one.
//! A transaction gives back pages, if only those of the roots it replaced, and enters them in the list of free pages
//! under its own number: an older meta page whose number was changed is known by that entry being absent.

use super::Bytes;
use crate::store::pages::{MAGIC, META, NO_PAGE, PAGE_HEADER, u16_at, u32_at, u64_at};

const END: usize = PAGE_HEADER + 136;
pub(super) const SIZES: std::ops::RangeInclusive<u32> = 9..=16;

/// The root of a tree and what it says of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tree {
    pub(super) flags: u16,
    pub(super) depth: u16,
    /// Pages of branches, leaves and values; entries.
    pub(super) counts: [u64; 4],
    pub(super) root: Option<u64>,
}

impl Tree {
    /// Bytes of a root.
    pub(super) const SIZE: usize = 48;

    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let counts = [u64_at(bytes, 8)?, u64_at(bytes, 16)?, u64_at(bytes, 24)?, u64_at(bytes, 32)?];
        let root = Some(u64_at(bytes, 40)?).filter(|&root| root != NO_PAGE);
        Some(Self { flags: u16_at(bytes, 4)?, depth: u16_at(bytes, 6)?, counts, root })
    }
}

/// A meta page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Roots {
    pub(super) page_size: usize,
    pub(super) transaction: u64,
    pub(super) last_page: u64,
    pub(super) free: Tree,
    pub(super) main: Tree,
}

/// Both meta pages, as far as they read right.
pub(super) fn both(file: &dyn Bytes) -> [Option<Roots>; 2] {
    if let Some(first) = at(file, 0, 0) {
        return [Some(first), at(file, 1, first.page_size as u64)];
    }
    let second = |power: u32| at(file, 1, 1 << power).filter(|second| second.page_size == 1 << power);
    [None, SIZES.into_iter().find_map(second)]
}

/// What is wrong with the two, of which one is believed.
pub(super) fn faults(both: &[Option<Roots>; 2]) -> Vec<(u64, String)> {
    let [Some(first), Some(second)] = both else {
        let damaged = both.iter().zip(0..).filter(|(roots, _)| roots.is_none());
        return damaged.map(|(_, number)| (number, format!("page {number}: it is no meta page"))).collect();
    };
    let (a, b) = (first.transaction, second.transaction);
    let mut faults = Vec::new();
    if a.abs_diff(b) > 1 || a % 2 != 0 || b % 2 != 1 && b != 0 {
        let newer = u64::from(b > a);
        faults.push((newer, format!("pages 0 and 1: their transactions {a} and {b} do not follow one another")));
    }
    if first.page_size != second.page_size {
        faults.push((1, "pages 0 and 1: they do not agree on the size of a page".to_owned()));
    }
    faults
}

/// Whether the transaction left no trace in the list of free pages, where it must have: it is an earlier one.
pub(super) fn is_revived(newest: &Roots, both: &[Option<Roots>; 2], newest_freed: Option<u64>) -> bool {
    let [Some(first), Some(second)] = both else { return false };
    let alike = first.main == second.main && first.free == second.free;
    newest.transaction > 1 && !alike && newest_freed != Some(newest.transaction)
}

fn at(file: &dyn Bytes, number: u64, place: u64) -> Option<Roots> {
    let mut page = [0; END];
    if !file.read_at(place, &mut page) {
        return None;
    }
    let right = u64_at(&page, 0)? == number && u16_at(&page, 10)? == META;
    let known = u32_at(&page, PAGE_HEADER)? == MAGIC && u32_at(&page, PAGE_HEADER + 4)? == 1;
    let page_size = u32_at(&page, 40)? as usize;
    let usual = SIZES.into_iter().any(|power| page_size == 1 << power);
    let tree = |from: usize| Tree::read(page.get(from..from + Tree::SIZE)?);
    let (last_page, transaction) = (u64_at(&page, 136)?, u64_at(&page, 144)?);
    (right && known && usual).then_some(())?;
    Some(Roots { page_size, transaction, last_page, free: tree(40)?, main: tree(88)? })
}
