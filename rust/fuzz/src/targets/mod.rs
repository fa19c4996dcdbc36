//! The targets, as a list.
//!
//! ```text
//! NAME.rs      seeds() -> good inputs      run(bytes): panics where an invariant breaks
//! ```
//!
//! This folder is compiled twice: into the fuzzing binary, and into the tests of the core, which run a bounded number
//! of mutations. So it uses the public interface of the core and nothing else.

pub mod blob;
pub mod original;
pub mod sample;

pub mod array;
mod bcif;
mod criteria;
mod decompress;
mod file;
mod glob;
mod json;
mod mmcif;
mod msgpack;
mod pages;
mod pdb;
mod prosite;
mod regular;
mod structure;
mod text;
mod r#where;

/// A parser or decoder and what must hold of it.
pub struct Target {
    /// The name of its file.
    pub name: &'static str,
    /// Good inputs, to begin with.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// Takes any bytes; panics where an invariant breaks.
    pub run: fn(&[u8]),
}

/// Every target.
pub const ALL: &[Target] = &[
    Target { name: "array", seeds: array::seeds, run: array::run },
    Target { name: "bcif", seeds: bcif::seeds, run: bcif::run },
    Target { name: "criteria", seeds: criteria::seeds, run: criteria::run },
    Target { name: "decompress", seeds: decompress::seeds, run: decompress::run },
    Target { name: "file", seeds: file::seeds, run: file::run },
    Target { name: "glob", seeds: glob::seeds, run: glob::run },
    Target { name: "json", seeds: json::seeds, run: json::run },
    Target { name: "mmcif", seeds: mmcif::seeds, run: mmcif::run },
    Target { name: "msgpack", seeds: msgpack::seeds, run: msgpack::run },
    Target { name: "original", seeds: original::seeds, run: original::run },
    Target { name: "pages", seeds: pages::seeds, run: pages::run },
    Target { name: "pdb", seeds: pdb::seeds, run: pdb::run },
    Target { name: "prosite", seeds: prosite::seeds, run: prosite::run },
    Target { name: "regular", seeds: regular::seeds, run: regular::run },
    Target { name: "structure", seeds: structure::seeds, run: structure::run },
    Target { name: "text", seeds: text::seeds, run: text::run },
    Target { name: "where", seeds: r#where::seeds, run: r#where::run },
];
