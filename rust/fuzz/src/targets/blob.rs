//! Blobs with a checksum that fits, so that what is behind it is reached.
//!
//! ```text
//! input  codec u8 | version u8 | body          blob  codec | version | xxh3-64 of these and the body | body
//! ```

use xxhash_rust::xxh3::Xxh3;

/// The blob of an input; the input as it is where it is too short to be one.
pub fn sealed(data: &[u8]) -> Vec<u8> {
    let Some((head, body)) = data.split_first_chunk::<2>() else { return data.to_vec() };
    let mut hasher = Xxh3::new();
    hasher.update(head);
    hasher.update(body);
    [head.as_slice(), &hasher.digest().to_le_bytes(), body].concat()
}

/// The input whose blob this is.
pub fn unsealed(blob: &[u8]) -> Vec<u8> {
    match blob.split_at_checked(10) {
        Some((head, body)) => [&head[..2], body].concat(),
        None => blob.to_vec(),
    }
}
