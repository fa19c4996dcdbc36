//! One tree, leaf by leaf in the order of its keys.

use super::page::{Content, Node, Page};
use super::{Bytes, LARGEST, Tree, Walk};
use crate::error::Result;
use crate::store::pages::{MAX_DEPTH, PAGE_HEADER, u16_at, u32_at, u64_at};

const OVERFLOW: u16 = 0x04;

/// What lies in a leaf.
pub(super) enum Found<'e> {
    /// Key and value; no value where it was not asked for.
    Entry(&'e [u8], &'e [u8]),
    /// Name and root of a table.
    Tree(&'e [u8], &'e [u8]),
}

/// How the keys of a tree ascend.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Bytes,
    /// Numbers of eight bytes.
    Number,
}

impl Order {
    fn ascends(self, low: &[u8], high: &[u8]) -> bool {
        match self {
            Self::Bytes => low < high,
            Self::Number => high.len() == 8 && u64_at(low, 0) < u64_at(high, 0),
        }
    }
}

/// A page to be looked at, and between which keys its own must lie.
struct Next {
    page: u64,
    /// The page that leads to it.
    by: u64,
    level: u16,
    from: Option<Vec<u8>>,
    to: Option<Vec<u8>>,
}

impl Next {
    fn holds(&self, order: Order, key: &[u8]) -> bool {
        self.from.as_ref().is_none_or(|from| from == key || order.ascends(from, key))
            && self.to.as_ref().is_none_or(|to| order.ascends(key, to))
    }
}

/// What was met so far.
#[derive(Default)]
struct Met {
    counts: [u64; 4],
    last: Option<Vec<u8>>,
    whole: bool,
}

impl Walk<'_> {
    /// Walks a tree; its faults are noted, and what lies within the bounds of its page is visited all the same.
    pub(super) fn tree(
        &mut self,
        name: &str,
        tree: &Tree,
        order: Order,
        visit: &mut dyn FnMut(Found<'_>) -> Result<()>,
    ) -> Result<()> {
        let mut met = Met { whole: true, ..Met::default() };
        let mut next: Vec<Next> = Vec::new();
        let by = self.meta();
        next.extend(tree.root.map(|page| Next { page, by, level: 1, from: None, to: None }));
        let mut bytes = vec![0; self.roots.page_size];
        while let Some(at) = next.pop() {
            self.gauge.advance(0)?;
            let Some(page) = self.open(name, &at, &mut bytes) else {
                met.whole = false;
                continue;
            };
            let (nodes, fault) = page.nodes();
            let fault = fault.or_else(|| out_of_order(&nodes, page.branches, order, &at, met.last.as_deref()));
            if let Some(fault) = fault {
                met.whole = false;
                self.fault(at.page, format!("page {}, of {name}: {fault}", at.page));
            }
            if page.branches {
                met.counts[0] += 1;
                below(&nodes, &at, &mut next);
                continue;
            }
            met.counts[1] += 1;
            met.counts[3] += nodes.len() as u64;
            if at.level != tree.depth && met.whole {
                met.whole = false;
                let depth = tree.depth;
                self.fault(at.page, format!("page {}, of {name}: a leaf at level {}, not {depth}", at.page, at.level));
            }
            for node in &nodes {
                met.whole &= self.entry(name, &at, node, &mut met.counts[2], visit)?;
            }
            met.last = nodes.last().map(|node| node.key.to_vec()).or(met.last);
        }
        self.compare(name, tree, &met);
        Ok(())
    }

    /// A page of a tree, unless it is damaged.
    fn open<'p>(&mut self, name: &str, at: &Next, bytes: &'p mut [u8]) -> Option<Page<'p>> {
        let number = at.page;
        if !self.take(number, at.by, name) {
            return None;
        }
        if usize::from(at.level) > MAX_DEPTH {
            self.fault(number, format!("page {number}, of {name}: the tree is too deep"));
            return None;
        }
        let place = number.checked_mul(self.roots.page_size as u64);
        if !place.is_some_and(|place| self.file.read_at(place, bytes)) {
            self.fault(number, format!("page {number}, of {name}: it cannot be read"));
            return None;
        }
        Page::open(bytes, number).map_err(|fault| self.fault(number, format!("page {number}, of {name}: {fault}"))).ok()
    }

    /// Visits what a node holds; whether all of it was there.
    fn entry(
        &mut self,
        name: &str,
        at: &Next,
        node: &Node<'_>,
        values: &mut u64,
        visit: &mut dyn FnMut(Found<'_>) -> Result<()>,
    ) -> Result<bool> {
        match node.content {
            Content::Child(_) => {}
            Content::Here(value) => visit(Found::Entry(node.key, value))?,
            Content::Tree(root) if root.len() == Tree::SIZE && name == "names" => visit(Found::Tree(node.key, root))?,
            Content::Tree(_) => {
                self.fault(at.page, format!("page {}, of {name}: it holds a tree", at.page));
                return Ok(false);
            }
            Content::Away { first, size } => {
                let Some((pages, value)) = self.away(name, at.page, (first, size)) else {
                    // Whoever asks for values has other proof of them than the page.
                    let value = || away(self.file, self.roots.page_size, first, size);
                    if let Some(value) = (self.values && size < LARGEST).then(value).flatten() {
                        visit(Found::Entry(node.key, &value))?;
                    }
                    return Ok(false);
                };
                *values += pages;
                visit(Found::Entry(node.key, &value))?;
            }
        }
        Ok(true)
    }

    /// How many pages a value has to itself, and the value if values are asked for.
    fn away(&mut self, name: &str, by: u64, (first, size): (u64, u64)) -> Option<(u64, Vec<u8>)> {
        let page_size = self.roots.page_size as u64;
        let mut head = [0; PAGE_HEADER];
        let read = first.checked_mul(page_size).is_some_and(|place| self.file.read_at(place, &mut head));
        let pages = u64::from(u32_at(&head, 12)?);
        let least = (PAGE_HEADER as u64 + size).div_ceil(page_size);
        let right = read && u64_at(&head, 0)? == first && u16_at(&head, 10)? == OVERFLOW && pages >= least;
        let after = first.saturating_add(pages);
        let there = after.saturating_mul(page_size) <= self.file.length();
        if !right || !there || after > self.roots.last_page.saturating_add(1) {
            let page = if first > self.roots.last_page { by } else { first };
            self.fault(page, format!("page {page}, of {name}: page {first} does not begin a value of {size} bytes"));
            return None;
        }
        if !(first..after).all(|page| self.take(page, by, name)) {
            return None;
        }
        if !self.values {
            return Some((pages, Vec::new()));
        }
        let value = away(self.file, self.roots.page_size, first, size);
        if value.is_none() {
            self.fault(first, format!("page {first}, of {name}: its value of {size} bytes cannot be read"));
        }
        value.map(|value| (pages, value))
    }

    /// Holds what was met against what the root says.
    fn compare(&mut self, name: &str, tree: &Tree, met: &Met) {
        if met.whole && met.counts != tree.counts {
            let (says, found) = (tree.counts, met.counts);
            let page = tree.root.unwrap_or(self.meta());
            self.fault(
                page,
                format!("page {page}, root of {name}: (branches, leaves, value pages, entries) say {says:?} and are {found:?}"),
            );
        }
    }
}

/// A value that has pages to itself, as far as the file reaches.
pub(super) fn away(file: &dyn Bytes, page_size: usize, first: u64, size: u64) -> Option<Vec<u8>> {
    let from = first.checked_mul(page_size as u64)?.checked_add(PAGE_HEADER as u64)?;
    (from.checked_add(size)? <= file.length()).then_some(())?;
    let mut value = vec![0; usize::try_from(size).ok()?];
    file.read_at(from, &mut value).then_some(value)
}

/// What is wrong with the order of a page's keys: they ascend, above all before, within what the branch above says.
fn out_of_order(
    nodes: &[Node<'_>],
    branches: bool,
    order: Order,
    at: &Next,
    last: Option<&[u8]>,
) -> Option<std::borrow::Cow<'static, str>> {
    // The first key of a branch says nothing.
    let keys: Vec<&[u8]> = nodes.iter().skip(usize::from(branches)).map(|node| node.key).collect();
    let ascend = keys.windows(2).all(|pair| matches!(pair, [low, high] if order.ascends(low, high)));
    let follow = last.is_none_or(|last| keys.first().is_none_or(|first| order.ascends(last, first)));
    if !ascend || !follow {
        return Some("its keys do not ascend".into());
    }
    let hold = keys.iter().all(|key| at.holds(order, key));
    (!hold).then_some("its keys are not where the branch above leads".into())
}

/// The pages below a branch, the first on top.
fn below(nodes: &[Node<'_>], at: &Next, next: &mut Vec<Next>) {
    let mut to = at.to.clone();
    for (place, node) in nodes.iter().enumerate().rev() {
        let Content::Child(page) = node.content else { continue };
        let from = if place == 0 { at.from.clone() } else { Some(node.key.to_vec()) };
        next.push(Next { page, by: at.page, level: at.level + 1, from: from.clone(), to });
        to = from;
    }
}
