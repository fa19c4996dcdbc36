//! A numpy array as bytes: dtype, shape, little-endian C-order data.

/// What one element is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dtype {
    /// numpy's `bool`.
    Bool,
    /// Signed integer of this many bytes (1, 2, 4, 8).
    Int(u8),
    /// Unsigned integer of this many bytes (1, 2, 4, 8).
    Uint(u8),
    /// Floating point of this many bytes (2, 4, 8).
    Float(u8),
    /// Two floats, the real and the imaginary part, of this many bytes together (8, 16).
    Complex(u8),
    /// UTF-32 text of this many characters (numpy's `U`).
    Text(u32),
    /// Raw bytes of this length (numpy's `S`).
    Bytes(u32),
}

impl Dtype {
    /// The dtype with this numpy code without byte order: `f4`, `i8`, `b1`, `U4`, `S8`.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        let (letter, size) = (code.chars().next()?, code.get(1..)?.parse::<u32>().ok()?);
        match (letter, size) {
            ('b', 1) => Some(Self::Bool),
            ('i', 1 | 2 | 4 | 8) => Some(Self::Int(size as u8)),
            ('u', 1 | 2 | 4 | 8) => Some(Self::Uint(size as u8)),
            ('f', 2 | 4 | 8) => Some(Self::Float(size as u8)),
            ('c', 8 | 16) => Some(Self::Complex(size as u8)),
            ('U', _) => Some(Self::Text(size)),
            ('S', _) => Some(Self::Bytes(size)),
            _ => None,
        }
    }

    /// The numpy code: `f4`, `i8`, `b1`, `U4`, `S8`.
    #[must_use]
    pub fn code(self) -> String {
        match self {
            Self::Bool => "b1".to_owned(),
            Self::Int(size) => format!("i{size}"),
            Self::Uint(size) => format!("u{size}"),
            Self::Float(size) => format!("f{size}"),
            Self::Complex(size) => format!("c{size}"),
            Self::Text(size) => format!("U{size}"),
            Self::Bytes(size) => format!("S{size}"),
        }
    }

    /// Bytes an element takes.
    #[must_use]
    pub fn size(self) -> usize {
        match self {
            Self::Bool => 1,
            Self::Int(size) | Self::Uint(size) | Self::Float(size) | Self::Complex(size) => usize::from(size),
            Self::Text(size) => 4 * size as usize,
            Self::Bytes(size) => size as usize,
        }
    }
}

/// An n-dimensional array.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Array {
    /// What one element is.
    pub dtype: Dtype,
    /// Length of each axis; empty for a scalar.
    pub shape: Vec<u64>,
    /// The elements, little-endian, C order.
    pub data: Vec<u8>,
}
