//! Chemical elements as their atomic number.

/// A chemical element: 1 is H, 118 is Og, 0 is unknown (`X`). Deuterium (`D`) is 119, because files tell it from H.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Element(u8);

/// Symbols by stored number.
const SYMBOLS: [&str; 120] = [
    "X", "H", "HE", "LI", "BE", "B", "C", "N", "O", "F", "NE", "NA", "MG", "AL", "SI", "P", "S", "CL", "AR", "K", "CA",
    "SC", "TI", "V", "CR", "MN", "FE", "CO", "NI", "CU", "ZN", "GA", "GE", "AS", "SE", "BR", "KR", "RB", "SR", "Y",
    "ZR", "NB", "MO", "TC", "RU", "RH", "PD", "AG", "CD", "IN", "SN", "SB", "TE", "I", "XE", "CS", "BA", "LA", "CE",
    "PR", "ND", "PM", "SM", "EU", "GD", "TB", "DY", "HO", "ER", "TM", "YB", "LU", "HF", "TA", "W", "RE", "OS", "IR",
    "PT", "AU", "HG", "TL", "PB", "BI", "PO", "AT", "RN", "FR", "RA", "AC", "TH", "PA", "U", "NP", "PU", "AM", "CM",
    "BK", "CF", "ES", "FM", "MD", "NO", "LR", "RF", "DB", "SG", "BH", "HS", "MT", "DS", "RG", "CN", "NH", "FL", "MC",
    "LV", "TS", "OG", "D",
];

impl Element {
    /// An atom whose element is not known.
    pub const UNKNOWN: Self = Self(0);
    /// Hydrogen.
    pub const H: Self = Self(1);
    /// Carbon.
    pub const C: Self = Self(6);
    /// Nitrogen.
    pub const N: Self = Self(7);
    /// Oxygen.
    pub const O: Self = Self(8);
    /// Sulfur.
    pub const S: Self = Self(16);

    /// The element with this symbol, in any case; `None` for a text that is no symbol.
    #[must_use]
    pub fn from_symbol(symbol: &str) -> Option<Self> {
        match symbol.as_bytes() {
            // The four elements of nearly every atom, without a search.
            [b'C' | b'c'] => Some(Self::C),
            [b'N' | b'n'] => Some(Self::N),
            [b'O' | b'o'] => Some(Self::O),
            [b'H' | b'h'] => Some(Self::H),
            _ => SYMBOLS.iter().position(|known| known.eq_ignore_ascii_case(symbol)).map(|index| Self(index as u8)),
        }
    }

    /// The element with this stored number.
    #[must_use]
    pub fn from_u8(number: u8) -> Option<Self> {
        (usize::from(number) < SYMBOLS.len()).then_some(Self(number))
    }

    /// The stored number.
    #[must_use]
    pub fn as_u8(self) -> u8 {
        self.0
    }

    /// The symbol in upper case.
    #[must_use]
    pub fn symbol(self) -> &'static str {
        SYMBOLS[usize::from(self.0)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_symbol_round_trips() {
        for number in 0..SYMBOLS.len() as u8 {
            let element = Element::from_u8(number).unwrap();
            assert_eq!(Element::from_symbol(element.symbol()), Some(element));
            assert_eq!(Element::from_symbol(&element.symbol().to_lowercase()), Some(element));
        }
        assert_eq!(Element::from_u8(SYMBOLS.len() as u8), None);
        assert_eq!(Element::from_symbol("Qq"), None);
    }
}
