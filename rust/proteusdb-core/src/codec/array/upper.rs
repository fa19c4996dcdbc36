//! A symmetric matrix as the part right of its diagonal, diagonal by diagonal.
//!
//! ```text
//! 0 1 3
//! 1 4 2     ->   0 4 6 | 1 2 | 3          places equally far from the diagonal are alike
//! 3 2 6
//! ```

/// The length of the sides, if this is the shape of a square matrix.
pub(super) fn side(shape: &[u64]) -> Option<usize> {
    match shape {
        [rows, columns] if rows == columns && *rows > 1 => usize::try_from(*rows).ok(),
        _ => None,
    }
}

/// Whether a matrix of elements of `size` bytes is its own mirror.
pub(super) fn is_symmetric(data: &[u8], side: usize, size: usize) -> bool {
    let element = |row: usize, column: usize| {
        let at = (row * side + column) * size;
        data.get(at..at + size)
    };
    (1..side).all(|row| (0..row).all(|column| element(row, column) == element(column, row)))
}

/// The part right of the diagonal.
pub(super) fn take(data: &[u8], side: usize, size: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(places(side) * size);
    for distance in 0..side {
        let diagonal = data.chunks_exact(size).skip(distance).step_by(side + 1).take(side - distance);
        diagonal.for_each(|element| out.extend_from_slice(element));
    }
    out
}

/// The whole matrix.
pub(super) fn mirror(part: &[u8], side: usize, size: usize) -> Vec<u8> {
    let mut out = vec![0; side * side * size];
    let mut elements = part.chunks_exact(size);
    for distance in 0..side {
        for (row, element) in elements.by_ref().take(side - distance).enumerate() {
            for at in [row * side + row + distance, (row + distance) * side + row] {
                if let Some(place) = out.get_mut(at * size..(at + 1) * size) {
                    place.copy_from_slice(element);
                }
            }
        }
    }
    out
}

/// Places from the diagonal to the right.
pub(super) fn places(side: usize) -> usize {
    side * (side + 1) / 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_picture_is_right() {
        let matrix = [0, 1, 3, 1, 4, 2, 3, 2, 6];
        assert!(is_symmetric(&matrix, 3, 1));
        assert_eq!(take(&matrix, 3, 1), [0, 4, 6, 1, 2, 3]);
        assert_eq!(mirror(&[0, 4, 6, 1, 2, 3], 3, 1), matrix);
    }

    #[test]
    fn elements_of_several_bytes_stay_whole() {
        let matrix = b"aabbbbcc";
        assert!(is_symmetric(matrix, 2, 2));
        assert!(!is_symmetric(b"aabbbdcc", 2, 2), "one byte differs");
        assert_eq!(mirror(&take(matrix, 2, 2), 2, 2), matrix);
        assert_eq!(take(matrix, 2, 2).len(), places(2) * 2);
    }

    #[test]
    fn only_square_matrices_have_a_mirror() {
        assert_eq!(side(&[3, 3]), Some(3));
        assert_eq!([side(&[3, 4]), side(&[9]), side(&[]), side(&[2, 2, 2]), side(&[0, 0])], [None; 5]);
    }
}
