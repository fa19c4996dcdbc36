//! Residue names of polymers and the one-letter codes of their parents.
//!
//! ```text
//! ALA -> A protein standard     MSE -> M protein modified     A -> A nucleotide (RNA or DNA by its atoms)
//! ```
//!
//! Names and parents are those of the wwPDB chemical component dictionary, with the names that molecular dynamics
//! force fields give to protonation states and chain ends.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::record::ResidueKind;

/// What a residue name says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Monomer {
    /// Protein, RNA or DNA.
    pub kind: ResidueKind,
    /// The letter of the residue or its parent; X where it has none.
    pub letter: u8,
    /// Whether the name stands in ATOM records: the 20 amino acids, their protonation states, the plain nucleotides.
    pub standard: bool,
    /// Whether RNA and DNA share the name, so that O2' decides.
    pub either: bool,
}

/// Amino acids in ATOM records.
const STANDARD: &[(u8, &str)] = &[
    (b'A', "ALA"),
    (b'R', "ARG ARN"),
    (b'N', "ASN"),
    (b'D', "ASP ASH"),
    (b'C', "CYS CYX CYM CYZ"),
    (b'Q', "GLN"),
    (b'E', "GLU GLH"),
    (b'G', "GLY"),
    (b'H', "HIS HID HIE HIP HSD HSE HSP"),
    (b'I', "ILE"),
    (b'L', "LEU"),
    (b'K', "LYS LYN LYP"),
    (b'M', "MET"),
    (b'F', "PHE"),
    (b'P', "PRO"),
    (b'S', "SER"),
    (b'T', "THR"),
    (b'W', "TRP"),
    (b'Y', "TYR TYM"),
    (b'V', "VAL"),
    (b'U', "SEC"),
    (b'O', "PYL"),
    (b'B', "ASX"),
    (b'Z', "GLX"),
    (b'J', "XLE"),
    (b'X', "UNK XAA"),
];

/// Modified amino acids by parent, the mirror-image ones included.
const MODIFIED: &[(u8, &str)] = &[
    (b'A', "2AG ABA AIB ALC ALM ALN ALS ALT AYA DAL DHA DNP FLA HAC MAA NAL ORN TIH TPQ UMA"),
    (b'R', "2MR AGM ARM ARO DAR DA2 HAR HMR NMM CIR BOR"),
    (b'N', "AHB DSG MEN SNN B3X AFA"),
    (b'D', "0A0 ASA ASB ASK ASL ASQ BHD DAS IAS PHD BFD PAS"),
    (
        b'C',
        "BCS BUC C5C C6C CAF CAS CCS CEA CME CMH CML CMT CS1 CS3 CS4 CSB CSD CSO CSP CSR CSS CSU CSW CSX CSZ CY1 \
         CY3 CY4 CYD CYF CYG CYQ CYR CZ2 CZZ DCY EFC JJJ JJK JJL K1R NPH OCS OCY P1L PEC PR3 QCS SCH SCS SCY SHC \
         SMC SNC TSY XCN YCM",
    ),
    (b'Q', "DGN GHG MEQ MGN PCA NLQ QMM"),
    (b'E', "5HP AR4 CGU CGA DGL GMA LME MEG EME GSU"),
    (b'G', "GL3 GLZ GSC MEU MPQ NMC SAR IGL LPG"),
    (b'H', "2HF 3AH DDE DHI HBN HIC HIQ HS8 HS9 HSO MHS NEM NEP NZH OHI PVH"),
    (b'I', "DIL IIL ILX B2I IML QIL TS9 I2M"),
    (b'L', "2ML BLE BTA CLE DLE EXY FLE HLU LEF LEN MK8 MLE MLL MNL NLE NLN NLO NLP"),
    (
        b'K',
        "5CT ALY AZK BLY BTK CLG DLS DLY FDL FHL GPL KBE KCR KCX KFP KPI KST KYQ LA2 LCK LCX LDH LET LGY LLP LLY \
         LP6 LSO LYF LYM LYR LYX LYZ M2L M3L MLY MLZ MYK PRK SHR SLL TRG XX1",
    ),
    (b'M', "CXM FME KOR MED MHO MME MSE MSO OMT SME MT2 ESC M2S MSL"),
    (b'F', "1PA 23F 4BF 4CF 4PH DAH DPN FCL HPH HPQ MEA PBF PCS PF5 PFF PHA PHI PHL PPN SMF TFQ WFP"),
    (b'P', "2MT 4FB DPR FP9 H5M HY3 HYP HZP MP8 N7P PLJ POM PR4 PR7 PR9 PXU"),
    (
        b'S',
        "DSN FGP FHO GVL MC1 MIS NC1 OAS OSE PG1 SAC SBL SDP SEL SEM SEN SEP SET SGB SUN SVA SVV SVW SVX SVY SVZ \
         SXE TIS TNR",
    ),
    (b'T', "ALO BMT CTH DTH OLT TBM THC TMD TPO TMB DBU TH5 TH6"),
    (b'W', "0AF 1TQ 4FW 4HT 6CW BTR DTR FTR HRP HT7 HTR LTR PAT TCR TOX TPL TRF TRN TRO TRQ TRW TRX TTQ"),
    (
        b'Y',
        "1TY 2TY 4HL AGQ DBY DPQ DTY ESB FLT FTY MBQ MTY NBQ NIY OMX OMY PAQ PTH PTM PTR STY TTS TY2 TY3 TY5 TY8 \
         TYB TYC TYI TYJ TYN TYO TYQ TYS TYT TYY YOF YPZ",
    ),
    (b'V', "DVA FVA LVN MNV MVA NVA VAD VAF B2V TBG"),
    (b'U', "CSE PSW UOX"),
];

/// Nucleotides that stand in ATOM records; the kind is that of a nucleotide whose sugar is not seen.
const NUCLEOTIDES: &[(u8, ResidueKind, &str)] = &[
    (b'A', ResidueKind::Dna, "DA DA5 DA3 DAN"),
    (b'C', ResidueKind::Dna, "DC DC5 DC3 DCN"),
    (b'G', ResidueKind::Dna, "DG DG5 DG3"),
    (b'T', ResidueKind::Dna, "DT DT5 DT3 DTN"),
    (b'U', ResidueKind::Dna, "DU"),
    (b'I', ResidueKind::Dna, "DI"),
    (b'X', ResidueKind::Dna, "DN"),
    (b'A', ResidueKind::Rna, "RA RA5 RA3 RAN"),
    (b'C', ResidueKind::Rna, "RC RC5 RC3 RCN"),
    (b'G', ResidueKind::Rna, "RG RG5 RG3 RGN"),
    (b'U', ResidueKind::Rna, "RU RU5 RU3 RUN"),
];

/// Nucleotides named without their sugar.
const EITHER: &[(u8, ResidueKind, &str)] = &[
    (b'A', ResidueKind::Rna, "A ADE A5 A3 AN"),
    (b'C', ResidueKind::Rna, "C CYT C5 C3"),
    (b'G', ResidueKind::Rna, "G GUA G5 G3 GN"),
    (b'U', ResidueKind::Rna, "U URA URI U5 U3 UN"),
    (b'T', ResidueKind::Dna, "T THY T5 T3"),
    (b'I', ResidueKind::Rna, "I INO"),
    (b'X', ResidueKind::Rna, "N"),
];

/// Modified nucleotides by parent.
const MODIFIED_NUCLEOTIDES: &[(u8, ResidueKind, &str)] = &[
    (b'A', ResidueKind::Rna, "12A 1MA 2MA 6MZ 8AN A23 A2M A44 A5O AET MA6 MIA MTU P5P PPU RIA T6A ZAD"),
    (b'C', ResidueKind::Rna, "10C 4OC 5HM 5MC A5M B8T C5L CAR CBV CCC CH LC OMC RSQ S4C ZBC"),
    (b'G', ResidueKind::Rna, "1MG 23G 2MG 7MG 7SN 8OS B8K B9B G46 G48 G7M GAO GDO GRB LG M2G O2G OMG QUO YG YYG ZGU"),
    (
        b'U',
        ResidueKind::Rna,
        "125 126 127 2MU 3AU 3TD 4SU 5BU 5FU 5MU 70U 85Y B8N FHU H2U IU LHU MNU OMU PSU PYO RUS SSU U2L U34 UAR \
         UBD UD5 UR3 US5",
    ),
    (b'A', ResidueKind::Dna, "2AR 6MA 6HA A40 A43 AS DZM E EDA MA7 R SMP TCY 2DA"),
    (b'C', ResidueKind::Dna, "1CC 4PC 5CM 5FC 5HC 5NC 5PC C38 C42 C43 C45 CBR CFL CMR DNR GCK I5C IMC MCY SC TC1"),
    (
        b'G',
        ResidueKind::Dna,
        "2PR 6OG 7GU 8FG 8MG 8OG FMG G31 G38 G42 GF2 GMS GN7 GSR GSS LCG MG1 MRG P PG7 PPW S4G XUG",
    ),
    (
        b'T',
        ResidueKind::Dna,
        "2AT 2BT 2GT 2NT 2ST 5HT 64T ATD ATL ATM BOE CTG D3T EIT NMS NMT NTT P2T PST T32 T38 T39 T41 T48 T49 T4S \
         T5S TA3 TAF TCP TDY TFE TFT TLC TP1 TTM",
    ),
    (b'U', ResidueKind::Dna, "BRU UZR"),
];

/// Chain caps: in the polymer's entity of a file, yet no residue with a letter.
const CAPS: &str = "ACE NH2 NME NMA FOR NHE ETA BOC MYR PLM IVA CBX";

/// What a residue name says, in any case; `None` for a name in no table.
#[must_use]
pub fn monomer(name: &str) -> Option<Monomer> {
    static TABLE: LazyLock<HashMap<&str, Monomer>> = LazyLock::new(build);
    TABLE.get(name).or_else(|| TABLE.get(name.to_ascii_uppercase().as_str())).copied()
}

/// Whether a residue of this name only caps a chain's end.
pub(super) fn is_cap(name: &str) -> bool {
    CAPS.split(' ').any(|cap| cap.eq_ignore_ascii_case(name))
}

fn build() -> HashMap<&'static str, Monomer> {
    let protein =
        |standard| move |&(letter, names): &(u8, &'static str)| (letter, ResidueKind::Protein, names, standard);
    let amino = STANDARD.iter().map(protein(true)).chain(MODIFIED.iter().map(protein(false)));
    let nucleic =
        |standard| move |&(letter, kind, names): &(u8, ResidueKind, &'static str)| (letter, kind, names, standard);
    let nucleotides = NUCLEOTIDES.iter().chain(EITHER).map(nucleic(true));
    let modified = MODIFIED_NUCLEOTIDES.iter().map(nucleic(false));
    let either: Vec<&str> = EITHER.iter().flat_map(|(_, _, names)| names.split(' ')).collect();
    let mut table = HashMap::new();
    for (letter, kind, names, standard) in amino.chain(nucleotides).chain(modified) {
        for name in names.split_ascii_whitespace() {
            let either = either.contains(&name);
            table.entry(name).or_insert(Monomer { kind, letter, standard, either });
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_to_their_parents() {
        for (name, letter, kind) in [
            ("ALA", 'A', ResidueKind::Protein),
            ("mse", 'M', ResidueKind::Protein),
            ("SEP", 'S', ResidueKind::Protein),
            ("TPO", 'T', ResidueKind::Protein),
            ("PTR", 'Y', ResidueKind::Protein),
            ("CSO", 'C', ResidueKind::Protein),
            ("HYP", 'P', ResidueKind::Protein),
            ("M3L", 'K', ResidueKind::Protein),
            ("SEC", 'U', ResidueKind::Protein),
            ("PYL", 'O', ResidueKind::Protein),
            ("HIE", 'H', ResidueKind::Protein),
            ("PSU", 'U', ResidueKind::Rna),
            ("5MC", 'C', ResidueKind::Rna),
            ("OMG", 'G', ResidueKind::Rna),
            ("DT", 'T', ResidueKind::Dna),
            ("RA5", 'A', ResidueKind::Rna),
            ("5CM", 'C', ResidueKind::Dna),
        ] {
            let found = monomer(name).unwrap();
            assert_eq!((char::from(found.letter), found.kind), (letter, kind), "{name}");
        }
        assert_eq!(monomer("HOH"), None);
        assert_eq!(monomer("CA"), None, "calcium");
    }

    #[test]
    fn no_name_stands_twice_and_every_letter_is_allowed() {
        let tables = STANDARD.iter().chain(MODIFIED).map(|(_, names)| *names);
        let nucleic = NUCLEOTIDES.iter().chain(EITHER).chain(MODIFIED_NUCLEOTIDES).map(|(_, _, names)| *names);
        let mut names: Vec<&str> = tables.chain(nucleic).flat_map(str::split_ascii_whitespace).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
        assert!(names.iter().all(|name| monomer(name).unwrap().letter.is_ascii_uppercase()));
    }
}
