//! Every page of a file, from the meta pages through all trees, by our own reader and never through LMDB.
//!
//! ```text
//! meta page ─┬─ tree of free pages ── lists of free pages
//!            └─ tree of names ── tree of a table ── branch ── leaf ── entry ── pages of its value
//! ```
//!
//! LMDB believes what a page says of itself, so a flipped bit may crash it, hide entries or let it write over what is
//! used. Here nothing is believed: each page must say who it is, nodes must lie within it, keys must ascend and lie within
//! what the branch above says, each page is met once, what a root counts must be there, and no page that is free may be
//! used. The work is bounded by the pages of the file, whatever they say.

mod page;
mod roots;
mod tree;

use std::collections::BTreeSet;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use roaring::RoaringTreemap;

use super::pages::{self, u64_at};
use super::{probe, seal};
use crate::error::Result;
use crate::watch::{Gauge, Watch, watched};
use page::{Content, Page};
use roots::{Roots, Tree};
use tree::{Found, Order};

/// Faults reported before the walk gives up naming them one by one.
const MOST: usize = 1_000;
/// Looks at meta pages, one of which may be written at that moment.
const LOOKS: u32 = 20;
/// The longest value that is looked for where nothing vouches for its length.
const LARGEST: u64 = 1 << 30;
/// Of a root: the marks of anything but keys and values of bytes.
const MARKS: u16 = 0x7F;
/// Of the root of free pages: keys are numbers; a map at a fixed address, which LMDB would obey.
const NUMBERS: u16 = 0x08;
const FIXED: u16 = 0x01;

/// What pages are read from.
pub(super) trait Bytes {
    /// Whether all of `into` could be read from `place` on.
    fn read_at(&self, place: u64, into: &mut [u8]) -> bool;
    /// Bytes there are.
    fn length(&self) -> u64;
    /// Whether somebody may write it meanwhile.
    fn is_shared(&self) -> bool;
}

impl Bytes for File {
    fn read_at(&self, place: u64, into: &mut [u8]) -> bool {
        self.read_exact_at(into, place).is_ok()
    }

    fn length(&self) -> u64 {
        self.metadata().map_or(0, |found| found.len())
    }

    fn is_shared(&self) -> bool {
        true
    }
}

impl Bytes for &[u8] {
    fn read_at(&self, place: u64, into: &mut [u8]) -> bool {
        let from = usize::try_from(place).ok().and_then(|from| self.get(from..from.checked_add(into.len())?));
        from.map(|from| into.copy_from_slice(from)).is_some()
    }

    fn length(&self) -> u64 {
        self.len() as u64
    }

    fn is_shared(&self) -> bool {
        false
    }
}

/// What a walk through the pages found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pages {
    /// Pages the file has, those that are in use, and those that are free.
    pub total: u64,
    /// See `total`.
    pub used: u64,
    /// See `total`.
    pub free: u64,
    /// Bytes of a page; 0 where no meta page reads right.
    pub size: u64,
    /// The transaction whose state was looked at.
    pub transaction: u64,
    /// Numbers of the pages that are damaged.
    pub damaged: BTreeSet<u64>,
    /// One line a fault.
    pub faults: Vec<String>,
}

/// Takes an entry: its table, key and value; of values that have pages to themselves only where they are asked for.
pub(super) type Visit<'v> = dyn FnMut(&str, &[u8], &[u8]) -> Result<()> + 'v;

/// Takes key and value of an entry.
pub(super) type Meet<'v> = dyn FnMut(&[u8], &[u8]) -> Result<()> + 'v;

/// Looks through bytes that may be a store.
#[must_use]
pub fn look_through(bytes: &[u8]) -> Pages {
    walk(&bytes, None, &Gauge::default(), None).map(|walked| walked.pages).unwrap_or_default()
}

/// Looks through the pages of a file that nobody need have open. Others may write it meanwhile, who after their second
/// commit use pages again that belong to what is looked at: `None` where they went on too fast to tell. A published file
/// has its checksum verified first.
///
/// # Errors
/// `Connection` where it cannot be opened; what `watch` fails with.
pub fn look_into(path: &Path, watch: &mut Watch<'_>) -> Result<Option<Pages>> {
    let file = File::open(path).map_err(|error| probe::refuse(path, &format!("it cannot be read ({error})")))?;
    let published = pages::page_size(&file).ok().and_then(|size| seal::read(&file, size).ok()?.ok()?);
    let broken = published.map(|seal| seal.fault(path, watch)).transpose()?.flatten();
    let looked = look_at(&file, watch)?;
    Ok(looked.map(|mut pages| {
        if let Some(fault) = broken {
            pages.faults.insert(0, fault);
        }
        pages
    }))
}

fn look_at(file: &File, watch: &mut Watch<'_>) -> Result<Option<Pages>> {
    watched(watch, |gauge| {
        for _ in 0..LOOKS {
            let pages = walk(file, None, gauge, None)?.pages;
            if pages.faults.is_empty() || newest(file).is_none_or(|now| now <= pages.transaction + 1) {
                return Ok(Some(pages));
            }
        }
        Ok(None)
    })
}

/// A walk, and what was met.
pub(super) struct Walked {
    pub(super) pages: Pages,
    /// Pages of trees and values.
    pub(super) used: RoaringTreemap,
    /// Pages that are free; `None` where their list is damaged.
    pub(super) free: Option<RoaringTreemap>,
}

/// Walks the state of a transaction, or else of the newest; `visit` is given every entry that lies within its page.
///
/// # Errors
/// What `visit` fails with; `Interrupted` by the gauge.
pub(super) fn walk(
    file: &dyn Bytes,
    transaction: Option<u64>,
    gauge: &Gauge,
    visit: Option<&mut Visit<'_>>,
) -> Result<Walked> {
    let mut both = roots::both(file);
    for _ in 1..LOOKS {
        if !file.is_shared() || chosen(&both, transaction).is_some() && roots::faults(&both).is_empty() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_micros(200));
        both = roots::both(file);
    }
    let Some(roots) = chosen(&both, transaction) else { return Ok(nothing()) };
    let mut walk = Walk::new(file, roots, gauge);
    for (number, fault) in roots::faults(&both) {
        walk.fault(number, fault);
    }
    let mut ignore = |_: &str, _: &[u8], _: &[u8]| Ok(());
    walk.values = visit.is_some();
    walk.all(&both, visit.unwrap_or(&mut ignore))
}

/// Visits what a page holds if it is taken for a leaf, whatever it says of itself: what its values prove is true.
///
/// # Errors
/// What `visit` fails with.
pub(super) fn rummage(file: &dyn Bytes, page_size: usize, page: u64, visit: &mut Meet<'_>) -> Result<()> {
    let mut bytes = vec![0; page_size];
    if !page.checked_mul(page_size as u64).is_some_and(|place| file.read_at(place, &mut bytes)) {
        return Ok(());
    }
    for node in Page::leaf(&bytes).nodes().0 {
        match node.content {
            Content::Here(value) => visit(node.key, value)?,
            Content::Away { first, size } if size < LARGEST => {
                if let Some(value) = tree::away(file, page_size, first, size) {
                    visit(node.key, &value)?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// The size of pages that most of the first ones speak for, where no meta page can say it.
pub(super) fn likely_page_size(file: &dyn Bytes) -> usize {
    let speak = |size: &usize| {
        let mut head = [0; 8];
        let mut says = |page: u64| file.read_at(page * *size as u64, &mut head) && u64::from_le_bytes(head) == page;
        (2..256).filter(|&page| says(page)).count()
    };
    roots::SIZES.map(|power| 1_usize << power).max_by_key(speak).unwrap_or(4096)
}

/// The number of the newest transaction of a file; `None` where no meta page reads right.
pub(super) fn newest(file: &dyn Bytes) -> Option<u64> {
    chosen(&roots::both(file), None).map(|roots| roots.transaction)
}

fn chosen(both: &[Option<Roots>; 2], transaction: Option<u64>) -> Option<Roots> {
    let known = both.iter().flatten();
    known
        .filter(|roots| transaction.is_none_or(|wanted| wanted == roots.transaction))
        .max_by_key(|r| r.transaction)
        .copied()
}

fn nothing() -> Walked {
    let faults = vec!["pages 0 and 1: neither is a meta page".to_owned()];
    let pages = Pages { faults, damaged: [0, 1].into(), ..Pages::default() };
    Walked { pages, used: RoaringTreemap::new(), free: None }
}

struct Walk<'f> {
    file: &'f dyn Bytes,
    roots: Roots,
    gauge: &'f Gauge,
    /// Whether values that have pages to themselves are read.
    values: bool,
    used: RoaringTreemap,
    pages: Pages,
}

impl<'f> Walk<'f> {
    fn new(file: &'f dyn Bytes, roots: Roots, gauge: &'f Gauge) -> Self {
        let size = roots.page_size as u64;
        let total = roots.last_page.saturating_add(1);
        let pages = Pages { size, total, transaction: roots.transaction, ..Pages::default() };
        Self { file, roots, gauge, values: false, used: [0, 1].into_iter().collect(), pages }
    }

    fn all(mut self, both: &[Option<Roots>; 2], visit: &mut Visit<'_>) -> Result<Walked> {
        let free = self.free(both)?;
        let mut tables: Vec<(String, Tree)> = Vec::new();
        let main = self.roots.main;
        self.tree("names", &main, Order::Bytes, &mut |found| {
            if let Found::Tree(name, root) = found {
                tables.extend(Tree::read(root).map(|tree| (String::from_utf8_lossy(name).into_owned(), tree)));
            }
            Ok(())
        })?;
        for (name, tree) in tables {
            if tree.flags & MARKS != 0 {
                let page = main.root.unwrap_or(self.meta());
                self.fault(page, format!("page {page}, of names: the root of {name} has marks of no table"));
            }
            self.tree(&name, &tree, Order::Bytes, &mut |found| match found {
                Found::Entry(key, value) => visit(&name, key, value),
                Found::Tree(..) => Ok(()),
            })?;
        }
        if let Some(free) = &free {
            for page in free & &self.used {
                self.fault(page, format!("page {page}: it is in use and in the list of free pages"));
            }
        }
        self.pages.used = self.used.len();
        self.pages.free = free.as_ref().map_or(0, RoaringTreemap::len);
        Ok(Walked { pages: self.pages, used: self.used, free })
    }

    /// The free pages; `None` where their tree or a list is damaged.
    fn free(&mut self, both: &[Option<Roots>; 2]) -> Result<Option<RoaringTreemap>> {
        let (tree, last, values) = (self.roots.free, self.roots.last_page, self.values);
        let (mut free, mut newest, mut wrong) = (RoaringTreemap::new(), None, Vec::new());
        let before = self.pages.faults.len();
        self.values = true;
        self.tree("free pages", &tree, Order::Number, &mut |found| {
            if let Found::Entry(key, value) = found {
                let transaction = u64_at(key, 0).unwrap_or(u64::MAX);
                newest = newest.max(Some(transaction));
                if !listed(value, last, &mut free) {
                    wrong.push(transaction);
                }
            }
            Ok(())
        })?;
        self.values = values;
        if tree.flags & (NUMBERS | FIXED) != NUMBERS || self.roots.main.flags & MARKS != 0 {
            let page = self.meta();
            self.fault(page, format!("page {page}: its flags are not those of a store"));
        }
        for transaction in wrong {
            let fault = format!("free pages of transaction {transaction}: the list is no list of free pages");
            self.fault(tree.root.unwrap_or(self.meta()), fault);
        }
        let whole = self.pages.faults.len() == before;
        if whole && (newest > Some(self.roots.transaction) || roots::is_revived(&self.roots, both, newest)) {
            let (page, transaction) = (self.meta(), self.roots.transaction);
            self.fault(page, format!("page {page}: it is not what transaction {transaction} wrote"));
        }
        Ok(whole.then_some(free))
    }

    fn fault(&mut self, page: u64, what: String) {
        self.pages.damaged.insert(page);
        if self.pages.faults.len() < MOST {
            self.pages.faults.push(what);
        }
    }

    /// Takes note that a page is used, to which another led; false, and a fault, where it is already or there is none.
    fn take(&mut self, page: u64, by: u64, name: &str) -> bool {
        if page > self.roots.last_page {
            self.fault(by, format!("page {by}, of {name}: it leads to page {page}, which there is not"));
            return false;
        }
        if !self.used.insert(page) {
            self.fault(page, format!("page {page}, of {name}: it is used twice"));
            return false;
        }
        true
    }

    /// The meta page whose state is walked.
    fn meta(&self) -> u64 {
        self.roots.transaction % 2
    }
}

/// Adds the pages of a list, which descends; whether it is one.
fn listed(list: &[u8], last: u64, free: &mut RoaringTreemap) -> bool {
    let Some(count) = u64_at(list, 0).and_then(|count| usize::try_from(count).ok()) else { return false };
    let mut above = last.saturating_add(1);
    let Some(pages) = count.checked_mul(8).and_then(|end| list.get(8..end.checked_add(8)?)) else { return false };
    for page in pages.chunks_exact(8).filter_map(|page| u64_at(page, 0)) {
        if page < 2 || page >= above || !free.insert(page) {
            return false;
        }
        above = page;
    }
    true
}
