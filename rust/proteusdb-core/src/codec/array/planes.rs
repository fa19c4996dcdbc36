//! Elements of several bytes plane by plane: all first bytes, then all second bytes, ...
//!
//! Exponents of floats and high bytes of integers are alike and compress; mantissas do not, and are left to themselves.

/// Transposes a (rows, columns) table of bytes of which `columns` bytes are one row.
pub(super) fn transpose(bytes: &[u8], columns: usize, rows: usize) -> Vec<u8> {
    if columns <= 1 || rows <= 1 {
        return bytes.to_vec();
    }
    let mut out = Vec::with_capacity(bytes.len());
    for column in 0..columns {
        out.extend(bytes.iter().skip(column).step_by(columns));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planes_gather_bytes_of_equal_weight() {
        assert_eq!(transpose(b"aAbBcC", 2, 3), b"abcABC");
        assert_eq!(transpose(b"abcABC", 3, 2), b"aAbBcC");
    }
}
