//! Telling formats apart by content.
//!
//! ```text
//! "ATOM  ..", "HEADER ..", "REMARK .."      PDB
//! "# comment\ndata_1CRN\n"                  mmCIF
//! 0x83 0xA7 "version" / a map with "dataBlocks"   BinaryCIF (msgpack)
//! ```

use super::shown;
use crate::error::Error;

/// A structure format that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// The fixed-column Protein Data Bank format.
    Pdb,
    /// PDBx/mmCIF text.
    Mmcif,
    /// BinaryCIF: mmCIF as msgpack with encoded columns.
    BinaryCif,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 3] = [Self::Pdb, Self::Mmcif, Self::BinaryCif];

    /// The name users type: `pdb`, `mmcif`, `bcif`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pdb => "pdb",
            Self::Mmcif => "mmcif",
            Self::BinaryCif => "bcif",
        }
    }

    /// The format with this name or usual suffix, in any case; `None` for another name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "pdb" | "ent" => Some(Self::Pdb),
            "mmcif" | "cif" | "pdbx" => Some(Self::Mmcif),
            "bcif" | "binarycif" => Some(Self::BinaryCif),
            _ => None,
        }
    }
}

/// Record names that begin a line of a PDB file, as far as they tell it from other text.
const PDB_RECORDS: [&[u8]; 48] = [
    b"ATOM", b"HETATM", b"HEADER", b"TITLE", b"REMARK", b"CRYST1", b"MODEL", b"COMPND", b"SOURCE", b"KEYWDS",
    b"EXPDTA", b"AUTHOR", b"REVDAT", b"JRNL", b"SEQRES", b"HELIX", b"SHEET", b"SSBOND", b"LINK", b"DBREF", b"ORIGX1",
    b"SCALE1", b"MTRIX1", b"MODRES", b"HET ", b"HETNAM", b"FORMUL", b"SITE", b"CISPEP", b"PARENT", b"PFRMAT",
    b"TARGET", b"OBSLTE", b"SPLIT", b"CAVEAT", b"NUMMDL", b"MDLTYP", b"SPRSDE", b"SEQADV", b"HETSYN", b"TURN",
    b"CONECT", b"MASTER", b"TER", b"END", b"USER", b"METHOD", b"SIGATM",
];

/// The format of these bytes, or `None` where no format accepts them.
#[must_use]
pub fn sniff(bytes: &[u8]) -> Option<Format> {
    if foreign(bytes).is_some() {
        return None;
    }
    if is_binary_cif(bytes) {
        return Some(Format::BinaryCif);
    }
    let text = strip_bom(bytes);
    let mut lines = text.split(|&byte| byte == b'\n' || byte == b'\r').take(10_000);
    let first = lines.by_ref().find(|line| !line.trim_ascii().is_empty() && !line.trim_ascii().starts_with(b"#"))?;
    if first.trim_ascii_start().get(..5).is_some_and(|start| start.eq_ignore_ascii_case(b"data_")) {
        return Some(Format::Mmcif);
    }
    // Programs put their own lines in front of the first record ("REMARK" without columns, a title, a banner).
    std::iter::once(first).chain(lines).any(is_pdb_record).then_some(Format::Pdb)
}

fn is_pdb_record(line: &[u8]) -> bool {
    PDB_RECORDS.iter().any(|record| {
        let (start, rest) = line.split_at(record.len().min(line.len()));
        start.eq_ignore_ascii_case(record)
            && (record.len() == 6 || record.ends_with(b" ") || rest.first().is_none_or(|b| !b.is_ascii_alphanumeric()))
    })
}

/// A msgpack map whose first kilobyte names a key of BinaryCIF's outermost map.
fn is_binary_cif(bytes: &[u8]) -> bool {
    let is_map = matches!(bytes.first(), Some(0x81..=0x8F | 0xDE | 0xDF));
    let head = bytes.get(..bytes.len().min(1024)).unwrap_or_default();
    let names = |name: &[u8]| memchr::memmem::find(head, name).is_some();
    is_map && (names(b"dataBlocks") || (names(b"encoder") && names(b"version") && !names(b"mmtf")))
}

/// The text without a UTF-8 byte order mark.
pub(super) fn strip_bom(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes)
}

/// What these bytes are, where they are recognisably something that is no structure text.
fn foreign(bytes: &[u8]) -> Option<&'static str> {
    let starts = |magic: &[u8]| bytes.starts_with(magic);
    let text = strip_bom(bytes).trim_ascii_start();
    let text_starts = |start: &[u8]| text.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start));
    let head = bytes.get(..bytes.len().min(4096)).unwrap_or_default();
    let holds = |name: &[u8]| memchr::memmem::find(head, name).is_some();
    let msgpack_map = matches!(bytes.first(), Some(0x81..=0x8F | 0xDE | 0xDF));
    Some(match bytes {
        _ if starts(b"FCMP") || starts(b"FCZ") => "a Foldcomp (FCZ) file; decompress it with `foldcomp decompress`",
        _ if starts(b"SQLite format 3\0") => "an SQLite database",
        _ if bytes.get(16..20) == Some(&[0xDE, 0xC0, 0xEF, 0xBE]) => "an LMDB database",
        [0x80, 2..=5, ..] => "a Python pickle, which is never read because loading one can run any code",
        _ if starts(b"PK\x03\x04") => "a ZIP archive (also .npz and .pt)",
        _ if starts(b"\x93NUMPY") => "a NumPy array",
        _ if starts(b"\x89HDF") => "an HDF5 file",
        _ if starts(b"%PDF") => "a PDF document",
        _ if bytes.get(257..262) == Some(b"ustar") => "a tar archive",
        _ if msgpack_map && (holds(b"mmtfVersion") || holds(b"mmtfProducer") || holds(b"groupTypeList")) => {
            "an MMTF file, a format retired in 2024"
        }
        _ if text_starts(b"<!doctype") || text_starts(b"<html") || text_starts(b"<?xml") => "an HTML or XML page",
        [..] if matches!(text.first(), Some(b'{' | b'[')) => "a JSON file",
        [..] if text.first() == Some(&b'>') => "a FASTA file",
        [..] if text_starts(b"@<TRIPOS>") => "a MOL2 file",
        _ => return None,
    })
}

/// The error for bytes that no reader accepts.
pub(super) fn unrecognised(bytes: &[u8]) -> Error {
    const ACCEPTED: &str = "accepted are PDB, mmCIF and BinaryCIF, plain or as .gz, .bz2, .zst or .xz";
    let first_line = bytes.split(|&byte| byte == b'\n').next().unwrap_or_default();
    Error::validation(match foreign(bytes) {
        Some(what) => format!("this is {what}; {ACCEPTED}"),
        None if bytes.trim_ascii().is_empty() => format!("empty: no structure; {ACCEPTED}"),
        None => format!("not a structure file (it begins with {}); {ACCEPTED}", shown(first_line)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_decides_the_format() {
        let pdb = b"REMARK made by hand\nATOM      1  N   ALA A   1       0.000   0.000   0.000\n";
        assert_eq!(sniff(pdb), Some(Format::Pdb));
        assert_eq!(sniff(b"\xEF\xBB\xBF\r\n# hand-made\r\nDATA_x\r\n"), Some(Format::Mmcif));
        assert_eq!(sniff(b"my title\natom      1  N   ALA A   1 "), Some(Format::Pdb));
        assert_eq!(sniff(b"\x83\xA7encoder\xA1x\xA7version\xA50.3.0\xAAdataBlocks\x90"), Some(Format::BinaryCif));
        assert_eq!(sniff(b"MODELLING is fun\nTERRIBLE"), None);
        assert_eq!(sniff(b""), None);
    }

    #[test]
    fn what_is_something_else_is_named() {
        let mut lmdb = vec![0_u8; 24];
        lmdb[16..20].copy_from_slice(&[0xDE, 0xC0, 0xEF, 0xBE]);
        let cases: [(&[u8], &str); 8] = [
            (b"FCMPxxxx", "Foldcomp"),
            (b"\x80\x04\x95rest", "pickle"),
            (b"{\"data\": 1}", "JSON"),
            (b"  <!DOCTYPE html>", "HTML"),
            (b"\x85\xABmmtfVersion\xA31.0\xACmmtfProducer", "MMTF"),
            (b"SQLite format 3\0", "SQLite"),
            (&lmdb, "LMDB"),
            (b"MKTAYIAK", "begins with \"MKTAYIAK\""),
        ];
        for (bytes, what) in cases {
            assert_eq!(sniff(bytes), None);
            let message = unrecognised(bytes).message().to_owned();
            assert!(message.contains(what) && message.contains("accepted are PDB"), "{message}");
        }
    }

    #[test]
    fn names_round_trip() {
        for format in Format::ALL {
            assert_eq!(Format::from_name(format.name()), Some(format));
        }
        assert_eq!(Format::from_name("mmtf"), None);
    }
}
