//! One page as it lies in the file, its nodes held against its bounds.

use std::borrow::Cow;

use crate::store::pages::{BIG_DATA, BRANCH, LEAF, PAGE_HEADER, SUB_TREE, u16_at, u64_at};

const NODE_HEADER: usize = 8;
/// The longest key that LMDB takes.
const LONGEST_KEY: usize = 511;

/// A page of a tree.
pub(super) struct Page<'p> {
    bytes: &'p [u8],
    /// Whether it leads to other pages.
    pub(super) branches: bool,
}

/// A key and what it leads to.
pub(super) struct Node<'p> {
    pub(super) key: &'p [u8],
    pub(super) content: Content<'p>,
    /// Where it begins and ends in its page.
    place: (usize, usize),
}

/// What a key leads to.
pub(super) enum Content<'p> {
    /// The page below.
    Child(u64),
    /// A value.
    Here(&'p [u8]),
    /// A value that has pages to itself, from this one on.
    Away { first: u64, size: u64 },
    /// The root of a named table.
    Tree(&'p [u8]),
}

type Fault = Cow<'static, str>;

impl<'p> Page<'p> {
    /// A page that says it is this one and part of a tree; else what is wrong with it.
    pub(super) fn open(bytes: &'p [u8], number: u64) -> Result<Self, Fault> {
        let says = u64_at(bytes, 0).unwrap_or(0);
        if says != number {
            return Err(format!("it says it is page {says}").into());
        }
        let branches = match u16_at(bytes, 10).unwrap_or(0) {
            BRANCH => true,
            LEAF => false,
            other => return Err(format!("its flags are {other:#x}, those of no page of a tree").into()),
        };
        Ok(Self { bytes, branches })
    }

    /// A page taken for a leaf, whatever it says.
    pub(super) fn leaf(bytes: &'p [u8]) -> Self {
        Self { bytes, branches: false }
    }

    /// The nodes that lie within the page, in order, and what is wrong with the rest.
    pub(super) fn nodes(&self) -> (Vec<Node<'p>>, Option<Fault>) {
        let [lower, upper] = [12, 14].map(|at| usize::from(u16_at(self.bytes, at).unwrap_or(0)));
        // In the largest page LMDB has, the bounds do not fit their fields.
        let bounded = lower >= PAGE_HEADER && lower <= upper && upper <= self.bytes.len() && lower % 2 == 0;
        let end = if bounded { lower } else { lower.clamp(PAGE_HEADER, self.bytes.len()) };
        let mut fault = (!bounded).then_some(Fault::Borrowed("its bounds are no bounds"));
        let mut nodes = Vec::new();
        for at in (PAGE_HEADER..end).step_by(2) {
            let place = usize::from(u16_at(self.bytes, at).unwrap_or(0));
            match self.node(place).filter(|_| place >= upper || !bounded) {
                Some(node) => nodes.push(node),
                None => fault = Some("a node reaches past its bounds".into()),
            }
        }
        if nodes.len() < if self.branches { 2 } else { 1 } {
            fault.get_or_insert("it has too few nodes".into());
        }
        if overlap(&nodes) {
            fault.get_or_insert("its nodes overlap".into());
        }
        (nodes, fault)
    }

    fn node(&self, at: usize) -> Option<Node<'p>> {
        let [low, high, flags, length] = [0, 2, 4, 6].map(|more| u16_at(self.bytes, at + more));
        let (size, flags, length) = (u64::from(low?) | u64::from(high?) << 16, flags?, usize::from(length?));
        let key_end = at + NODE_HEADER + length;
        let key = self.bytes.get(at + NODE_HEADER..key_end)?;
        if length > LONGEST_KEY || length == 0 && !self.branches {
            return None;
        }
        if self.branches {
            let content = Content::Child(size | u64::from(flags) << 32);
            return Some(Node { key, content, place: (at, key_end) });
        }
        let stored = if flags == BIG_DATA { 8 } else { usize::try_from(size).ok()? };
        let value = self.bytes.get(key_end..key_end.checked_add(stored)?)?;
        let content = match flags {
            0 => Content::Here(value),
            BIG_DATA => Content::Away { first: u64_at(value, 0)?, size },
            SUB_TREE => Content::Tree(value),
            _ => return None,
        };
        Some(Node { key, content, place: (at, key_end + stored) })
    }
}

fn overlap(nodes: &[Node<'_>]) -> bool {
    let mut places: Vec<(usize, usize)> = nodes.iter().map(|node| node.place).collect();
    places.sort_unstable();
    places.windows(2).any(|pair| matches!(pair, [(_, end), (next, _)] if end > next))
}
