//! Text fields to dictionary codes, a few nanoseconds each.
//!
//! Nearly every field of an atom row repeats one of a few dozen short texts. They are packed into a `u64` and found in a
//! small direct-mapped table; only a text seen for the first time, or longer than seven bytes, meets the real dictionary.

use std::collections::HashMap;

use compact_str::CompactString;

use crate::record::Coded;

const SLOTS: usize = 256;

/// Texts looked up before the table is worth its memory, which a file of a million small models would multiply.
const SMALL: u32 = 32;

/// A dictionary under construction: bytes in, codes in the order of first use out.
pub(super) struct Interner {
    values: Vec<CompactString>,
    index: HashMap<CompactString, u32>,
    slots: Vec<(u64, u32)>,
    looked_up: u32,
}

impl Interner {
    pub(super) fn new() -> Self {
        Self { values: Vec::new(), index: HashMap::new(), slots: Vec::new(), looked_up: 0 }
    }

    /// The code of a text; bytes that are no UTF-8 are read as Latin-1, which loses nothing.
    pub(super) fn code(&mut self, text: &[u8]) -> u32 {
        let Some(key) = packed(text) else { return self.look_up(text) };
        let slot = (key.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as usize % SLOTS;
        match self.slots.get(slot) {
            Some(&(known, code)) if known == key => code,
            _ => {
                let code = self.look_up(text);
                self.looked_up = self.looked_up.saturating_add(1);
                if self.looked_up == SMALL {
                    self.slots = vec![(u64::MAX, 0); SLOTS];
                }
                if let Some(entry) = self.slots.get_mut(slot) {
                    *entry = (key, code);
                }
                code
            }
        }
    }

    fn look_up(&mut self, text: &[u8]) -> u32 {
        let text = decode(text);
        if let Some(&code) = self.index.get(&text) {
            return code;
        }
        let code = self.values.len() as u32;
        self.values.push(text.clone());
        self.index.insert(text, code);
        code
    }

    /// The column with these codes; rebuilt where reordering left the dictionary out of the order of first use.
    pub(super) fn column(&self, codes: Vec<u32>) -> Coded {
        Coded::from_parts(self.values.clone(), codes.clone()).unwrap_or_else(|| {
            codes.iter().map(|&code| self.values.get(code as usize).map_or("", CompactString::as_str)).collect()
        })
    }
}

/// Up to seven bytes and their number in one integer; never `u64::MAX`, which marks a free slot.
fn packed(text: &[u8]) -> Option<u64> {
    if text.len() > 7 {
        return None;
    }
    Some(text.iter().fold(text.len() as u64, |key, &byte| key << 8 | u64::from(byte)))
}

/// UTF-8 as it is, anything else as Latin-1.
pub(super) fn decode(text: &[u8]) -> CompactString {
    match std::str::from_utf8(text) {
        Ok(text) => CompactString::new(text),
        Err(_) => text.iter().map(|&byte| char::from(byte)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_share_a_code_whatever_their_length() {
        let mut interner = Interner::new();
        let texts: [&[u8]; 7] = [b"CA", b"", b"A_LONG_CHAIN_NAME", b"CA", b"\0", b"A_LONG_CHAIN_NAME", b"\xe9"];
        let codes: Vec<u32> = texts.iter().map(|text| interner.code(text)).collect();
        assert_eq!(codes, [0, 1, 2, 0, 3, 2, 4]);
        let column = interner.column(codes);
        assert_eq!(column.get(2), "A_LONG_CHAIN_NAME");
        assert_eq!(column.get(6), "é", "Latin-1");
    }

    #[test]
    fn colliding_slots_only_cost_time() {
        let mut interner = Interner::new();
        let texts: Vec<String> = (0..2000).map(|number| format!("{number}")).collect();
        for _ in 0..2 {
            for (expected, text) in texts.iter().enumerate() {
                assert_eq!(interner.code(text.as_bytes()) as usize, expected);
            }
        }
    }
}
