//! Compressed files: plain bytes within the bound, or an error. Seeds are empty streams and short ones of each kind.

use proteusdb_core::formats::decompress;

/// `hello` by the usual programs.
const GZIP: &[u8] =
    &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 3, 0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0xe7, 2, 0, 0x20, 0x30, 0x3a, 0x36, 6, 0, 0, 0];
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd, 0, 0x58, 0x31, 0, 0, b'h', b'e', b'l', b'l', b'o', b'\n'];
const BZIP2: &[u8] = &[b'B', b'Z', b'h', b'9', 0x17, 0x72, 0x45, 0x38, 0x50, 0x90, 0, 0, 0, 0];
const XZ: &[u8] = &[
    0xfd, b'7', b'z', b'X', b'Z', 0, 0, 4, 0xe6, 0xd6, 0xb4, 0x46, 0, 0, 0, 0, 0x1c, 0xdf, 0x44, 0x21, 0x1f, 0xb6,
    0xf3, 0x7d, 1, 0, 0, 0, 0, 4, b'Y', b'Z',
];

pub fn seeds() -> Vec<Vec<u8>> {
    [GZIP, ZSTD, BZIP2, XZ, b"plain"].map(<[u8]>::to_vec).to_vec()
}

pub fn run(data: &[u8]) {
    match decompress(data) {
        Ok(plain) => assert!(plain.len() as u64 <= (16 << 20).max(data.len() as u64 * 2_000 * 2_000)),
        Err(error) => assert!(!error.message().is_empty()),
    }
}
