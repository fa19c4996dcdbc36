//! Elements from what files print: symbols, padded names, bare names.
//!
//! ```text
//! symbol       " C" C    "Zn2+" Zn    "?" unknown
//! padded name  " CA " C    "CA  " Ca    "1HB " H    "HG21" H, though Hg exists    "C210" C
//! bare name    CA of ALA: C    CA of CA: Ca    1HB: H
//! ```

use crate::record::Element;

/// The element of a symbol: its first two characters where both may be part of one, else the one that may.
pub(super) fn of_symbol(symbol: &[u8]) -> Element {
    let text = match symbol {
        // Nearly every atom, without a search.
        [b' ', b'C'] => return Element::C,
        [b' ', b'N'] => return Element::N,
        [b' ', b'O'] => return Element::O,
        [b' ', b'H'] => return Element::H,
        [b' ', b'S'] => return Element::S,
        [first, second, ..] if !first.is_ascii_alphanumeric() => std::slice::from_ref(second),
        [first, second, ..] if !second.is_ascii_alphanumeric() => std::slice::from_ref(first),
        [_, _, ..] => symbol.get(..2).unwrap_or_default(),
        _ => symbol,
    };
    std::str::from_utf8(text).ok().and_then(Element::from_symbol).unwrap_or(Element::UNKNOWN)
}

/// The element of a PDB atom name: the symbol stands right-aligned in its first two columns.
pub(super) fn of_padded_name(name: [u8; 4]) -> Element {
    let [first, second, _, fourth] = name;
    if first == b' ' || first.is_ascii_digit() {
        return of_symbol(&[second]);
    }
    if second.is_ascii_digit() {
        return of_symbol(&[first]);
    }
    // Four-letter names fill all columns: hydrogens are common there, Hg, Ho, He and Dy are not.
    match first.to_ascii_uppercase() {
        symbol @ (b'H' | b'D') if fourth != b' ' => of_symbol(&[symbol]),
        _ => of_symbol(&[first, second]),
    }
}

/// The element of a name without columns: that of its first letter, but the whole symbol in a residue of one ion.
pub(super) fn of_bare_name(name: &[u8], residue: &[u8]) -> Element {
    if name.eq_ignore_ascii_case(residue) {
        return of_symbol(name);
    }
    let letter = name.iter().find(|byte| byte.is_ascii_alphabetic());
    letter.map_or(Element::UNKNOWN, |&letter| of_symbol(&[letter]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_may_be_padded_and_charged() {
        for (text, symbol) in
            [(" C", "C"), ("C ", "C"), ("zn", "ZN"), ("ZN2+", "ZN"), ("O-", "O"), ("?", "X"), ("C1", "X")]
        {
            assert_eq!(of_symbol(text.as_bytes()).symbol(), symbol, "{text:?}");
        }
        assert_eq!(of_symbol(b"D").symbol(), "D");
    }

    #[test]
    fn padding_tells_carbon_from_calcium() {
        for (name, symbol) in [
            (b" CA ", "C"),
            (b"CA  ", "CA"),
            (b"1HB ", "H"),
            (b"HG21", "H"),
            (b"HG  ", "HG"),
            (b"C210", "C"),
            (b"    ", "X"),
        ] {
            assert_eq!(of_padded_name(*name).symbol(), symbol, "{name:?}");
        }
        assert_eq!(of_bare_name(b"CA", b"ALA").symbol(), "C");
        assert_eq!(of_bare_name(b"CA", b"CA").symbol(), "CA");
        assert_eq!(of_bare_name(b"1HB", b"ALA").symbol(), "H");
    }
}
