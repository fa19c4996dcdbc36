//! A decoded column as CIF values, row by row.

use super::super::cif::Value as CifValue;
use super::super::print;
use super::encoding::{self, Data};
use super::msgpack::Value;
use crate::record::Numbers;

/// A column as text: what a CIF file of the same table would print.
pub(super) struct TextColumn {
    text: String,
    /// Where the text of each row ends.
    ends: Vec<usize>,
    /// 0 for a value, 1 for `.`, 2 for `?`; empty where every row has a value.
    mask: Vec<i32>,
}

impl TextColumn {
    /// Decodes a column of a category, its mask included.
    ///
    /// # Errors
    /// A text that names what is damaged.
    pub(super) fn decode(column: &Value<'_>, limit: usize) -> Result<Self, String> {
        let data = encoding::decode(column.get("data").ok_or("column has no `data`")?, limit)?;
        let mask = match column.get("mask") {
            None | Some(Value::Nil) => Vec::new(),
            Some(mask) => match encoding::decode(mask, limit)? {
                Data::Ints(mask) => mask,
                _ => return Err("mask does not hold integers".to_owned()),
            },
        };
        let mut read = Self { text: String::new(), ends: Vec::new(), mask };
        read.print(data, limit)?;
        Ok(read)
    }

    fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.ends.push(self.text.len());
    }

    fn print(&mut self, data: Data<'_>, limit: usize) -> Result<(), String> {
        match data {
            Data::Bytes(_) => return Err("column is not decoded to values".to_owned()),
            Data::Ints(values) => values.iter().for_each(|value| self.push(&value.to_string())),
            Data::Floats32(values) => values.iter().for_each(|value| self.push(&value.to_string())),
            Data::Floats64(values) => values.iter().for_each(|value| self.push(&value.to_string())),
            Data::Decimals(values, decimals) => {
                let column = Numbers::Fixed { decimals, values };
                for row in 0..column.len() {
                    print::push(&mut self.text, &column, row);
                    self.ends.push(self.text.len());
                }
            }
            Data::Texts(text, offsets, indices) => {
                let offsets = in_bytes(text, offsets).ok_or("a text's offsets lie outside its data")?;
                for index in indices {
                    let word = usize::try_from(index).ok().map(|index| word(text, &offsets, index));
                    let word = word.unwrap_or(Some("")).ok_or("a text's offsets lie outside its data")?;
                    // A long text that many rows share must not grow without bound either.
                    if self.text.len() + word.len() > 16 * limit {
                        return Err("texts are longer than the file allows".to_owned());
                    }
                    self.push(word);
                }
            }
        }
        Ok(())
    }

    /// The number of rows.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The value of a row; encoders that write no mask spell a missing one `.` or `?`.
    pub(super) fn value(&self, row: usize) -> CifValue<'_> {
        // What a mask calls present is a text, as if it were quoted.
        let quoted = match self.mask.get(row) {
            None => false,
            Some(0) => true,
            Some(1) => return CifValue { text: b".", quoted: false },
            Some(_) => return CifValue { text: b"?", quoted: false },
        };
        let start = row.checked_sub(1).map_or(0, |before| self.ends.get(before).copied().unwrap_or(0));
        let text = self.ends.get(row).and_then(|&end| self.text.get(start..end)).unwrap_or_default();
        CifValue { text: text.as_bytes(), quoted }
    }
}

/// Offsets of characters, as encoders count them, to offsets of bytes.
fn in_bytes(text: &str, mut offsets: Vec<u32>) -> Option<Vec<u32>> {
    if text.is_ascii() {
        return Some(offsets);
    }
    let starts: Vec<u32> =
        text.char_indices().map(|(start, _)| start as u32).chain([u32::try_from(text.len()).ok()?]).collect();
    for offset in &mut offsets {
        *offset = *starts.get(*offset as usize)?;
    }
    Some(offsets)
}

fn word<'a>(text: &'a str, offsets: &[u32], index: usize) -> Option<&'a str> {
    let (start, end) = (*offsets.get(index)?, *offsets.get(index + 1)?);
    text.get(start as usize..end as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The Python encoder counts characters: "ö" is one of them and two bytes.
    /// Read as bytes, the second word of "öAB" began inside or one byte before where it should.
    #[test]
    fn offsets_count_characters() {
        let offsets = in_bytes("öABç", vec![0, 1, 3, 4]).unwrap();
        assert_eq!(offsets, [0, 2, 4, 6]);
        let words: Vec<_> = (0..3).map(|index| word("öABç", &offsets, index).unwrap()).collect();
        assert_eq!(words, ["ö", "AB", "ç"]);
        assert_eq!(in_bytes("ö", vec![0, 2]), None, "past the end");
    }
}
