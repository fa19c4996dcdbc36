"""The twenty residues: how side chains are built, where their hydrogens sit, which rotamers are common.

A line of `SIDE_CHAINS` places one atom from three that stand already (see `place`)::

    atom   a   b   c   length/Å  angle/°  torsion
    CG     N   CA  CB  1.502     113.8    chi1          a free torsion
    CD2    CA  CB  CG  1.384     120.7    chi2+180      the same torsion, turned
    CE1    CB  CG  CD1 1.382     120.7    180           a fixed one

Lengths and angles are the usual averages of small-molecule crystals, rounded; chirality is L throughout (isoleucine's
and threonine's second centre too). Invariant: an atom is placed after the atoms it is placed from.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "ABUNDANCE",
    "ATOM_ORDER",
    "BACKBONE",
    "HYDROGENS",
    "LETTERS",
    "ROTAMERS",
    "SIDE_CHAINS",
    "Placement",
]

#: The backbone's internal coordinates, Å and degrees.
BACKBONE = {
    "N-CA": 1.458,
    "CA-C": 1.525,
    "C-N": 1.329,
    "C-O": 1.231,
    "CA-CB": 1.530,
    "N-CA-C": 111.0,
    "CA-C-N": 117.2,
    "C-N-CA": 121.7,
    "CA-C-O": 120.1,
    "CA-C-OXT": 117.0,
    "N-CA-CB": 110.5,
    # Torsion C-N-CA-CB: its sign makes the residue an L amino acid.
    "C-N-CA-CB": -122.4,
}

#: One-letter code to residue name.
LETTERS = {
    "A": "ALA", "R": "ARG", "N": "ASN", "D": "ASP", "C": "CYS", "Q": "GLN", "E": "GLU", "G": "GLY", "H": "HIS",
    "I": "ILE", "L": "LEU", "K": "LYS", "M": "MET", "F": "PHE", "P": "PRO", "S": "SER", "T": "THR", "W": "TRP",
    "Y": "TYR", "V": "VAL",
}  # fmt: skip

#: How often a residue occurs in proteins, percent.
ABUNDANCE = {
    "A": 8.3, "R": 5.5, "N": 4.1, "D": 5.5, "C": 1.4, "Q": 3.9, "E": 6.7, "G": 7.1, "H": 2.3, "I": 5.9, "L": 9.7,
    "K": 5.8, "M": 2.4, "F": 3.9, "P": 4.7, "S": 6.6, "T": 5.3, "W": 1.1, "Y": 2.9, "V": 6.9,
}  # fmt: skip

#: The order in which predictors write a residue's heavy atoms.
ATOM_ORDER = (
    "N CA C CB O CG CG1 CG2 OG OG1 SG CD CD1 CD2 ND1 ND2 OD1 OD2 SD CE CE1 CE2 CE3 NE NE1 NE2 OE1 OE2 CH2 NH1 NH2 OH "
    "CZ CZ2 CZ3 NZ OXT"
).split()


@dataclass(frozen=True, slots=True)
class Placement:
    """One line of `SIDE_CHAINS`."""

    atom: str
    references: tuple[str, str, str]
    length: float
    angle: float
    chi: int
    """Number of the free torsion, 0 where the torsion is fixed."""
    offset: float
    """What is added to the free torsion, or the fixed one itself; degrees."""


_TABLE = """
ARG CG  N  CA CB  1.520 114.1 chi1
ARG CD  CA CB CG  1.520 111.3 chi2
ARG NE  CB CG CD  1.460 112.0 chi3
ARG CZ  CG CD NE  1.329 124.2 chi4
ARG NH1 CD NE CZ  1.326 120.0 0
ARG NH2 CD NE CZ  1.326 119.7 180
ASN CG  N  CA CB  1.516 112.6 chi1
ASN OD1 CA CB CG  1.231 120.8 chi2
ASN ND2 CA CB CG  1.328 116.4 chi2+180
ASP CG  N  CA CB  1.516 112.6 chi1
ASP OD1 CA CB CG  1.249 118.4 chi2
ASP OD2 CA CB CG  1.249 118.4 chi2+180
CYS SG  N  CA CB  1.808 114.4 chi1
GLN CG  N  CA CB  1.520 114.1 chi1
GLN CD  CA CB CG  1.516 112.6 chi2
GLN OE1 CB CG CD  1.231 120.8 chi3
GLN NE2 CB CG CD  1.328 116.4 chi3+180
GLU CG  N  CA CB  1.520 114.1 chi1
GLU CD  CA CB CG  1.516 112.6 chi2
GLU OE1 CB CG CD  1.249 118.4 chi3
GLU OE2 CB CG CD  1.249 118.4 chi3+180
HIS CG  N  CA CB  1.497 113.8 chi1
HIS ND1 CA CB CG  1.378 122.7 chi2
HIS CD2 CA CB CG  1.354 131.2 chi2+180
HIS CE1 CB CG ND1 1.321 109.0 180
HIS NE2 CB CG CD2 1.374 107.0 180
ILE CG1 N  CA CB  1.530 110.4 chi1
ILE CG2 N  CA CB  1.521 110.5 chi1-122
ILE CD1 CA CB CG1 1.513 113.8 chi2
LEU CG  N  CA CB  1.530 116.3 chi1
LEU CD1 CA CB CG  1.521 110.7 chi2
LEU CD2 CA CB CG  1.521 110.7 chi2+122
LYS CG  N  CA CB  1.520 114.1 chi1
LYS CD  CA CB CG  1.520 111.3 chi2
LYS CE  CB CG CD  1.520 111.3 chi3
LYS NZ  CG CD CE  1.489 111.9 chi4
MET CG  N  CA CB  1.520 114.1 chi1
MET SD  CA CB CG  1.803 112.7 chi2
MET CE  CB CG SD  1.791 100.9 chi3
PHE CG  N  CA CB  1.502 113.8 chi1
PHE CD1 CA CB CG  1.384 120.7 chi2
PHE CD2 CA CB CG  1.384 120.7 chi2+180
PHE CE1 CB CG CD1 1.382 120.7 180
PHE CE2 CB CG CD2 1.382 120.7 180
PHE CZ  CG CD1 CE1 1.382 120.0 0
PRO CG  N  CA CB  1.492 104.5 chi1
PRO CD  CA CB CG  1.503 104.3 chi2
SER OG  N  CA CB  1.417 111.1 chi1
THR OG1 N  CA CB  1.433 109.6 chi1
THR CG2 N  CA CB  1.521 110.5 chi1-121
TRP CG  N  CA CB  1.498 113.6 chi1
TRP CD1 CA CB CG  1.365 126.9 chi2
TRP CD2 CA CB CG  1.433 126.8 chi2+180
TRP NE1 CB CG CD1 1.374 110.2 180
TRP CE2 CB CG CD2 1.409 107.2 180
TRP CE3 CB CG CD2 1.398 133.9 0
TRP CZ2 CG CD2 CE2 1.394 122.4 180
TRP CZ3 CG CD2 CE3 1.382 118.6 180
TRP CH2 CD2 CE2 CZ2 1.368 117.5 0
TYR CG  N  CA CB  1.512 113.9 chi1
TYR CD1 CA CB CG  1.389 120.8 chi2
TYR CD2 CA CB CG  1.389 120.8 chi2+180
TYR CE1 CB CG CD1 1.382 121.2 180
TYR CE2 CB CG CD2 1.382 121.2 180
TYR CZ  CG CD1 CE1 1.378 119.6 0
TYR OH  CD1 CE1 CZ 1.376 119.9 180
VAL CG1 N  CA CB  1.521 110.5 chi1
VAL CG2 N  CA CB  1.521 110.5 chi1+122
"""


def _parse(line: str) -> tuple[str, Placement]:
    residue, atom, a, b, c, length, angle, torsion = line.split()
    chi = int(torsion[3]) if torsion.startswith("chi") else 0
    offset = float((torsion[4:] if chi else torsion) or 0)
    return residue, Placement(atom, (a, b, c), float(length), float(angle), chi, offset)


def _side_chains() -> dict[str, tuple[Placement, ...]]:
    table: dict[str, tuple[Placement, ...]] = dict.fromkeys(LETTERS.values(), ())
    for line in _TABLE.strip().splitlines():
        residue, placement = _parse(line)
        table[residue] += (placement,)
    return table


#: Residue name to the atoms beyond CB, in the order they are placed.
SIDE_CHAINS = _side_chains()

#: Residue name to (heavy atom, its hydrogens); hydrogens of N, CA and the side chain, PDB version 3 names.
HYDROGENS: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    residue: tuple((heavy, tuple(names.split(","))) for heavy, names in (item.split(":") for item in text.split()))
    for residue, text in {
        "ALA": "CB:HB1,HB2,HB3",
        "ARG": "CB:HB2,HB3 CG:HG2,HG3 CD:HD2,HD3 NE:HE NH1:HH11,HH12 NH2:HH21,HH22",
        "ASN": "CB:HB2,HB3 ND2:HD21,HD22",
        "ASP": "CB:HB2,HB3",
        "CYS": "CB:HB2,HB3 SG:HG",
        "GLN": "CB:HB2,HB3 CG:HG2,HG3 NE2:HE21,HE22",
        "GLU": "CB:HB2,HB3 CG:HG2,HG3",
        "GLY": "",
        "HIS": "CB:HB2,HB3 ND1:HD1 CD2:HD2 CE1:HE1",
        "ILE": "CB:HB CG1:HG12,HG13 CG2:HG21,HG22,HG23 CD1:HD11,HD12,HD13",
        "LEU": "CB:HB2,HB3 CG:HG CD1:HD11,HD12,HD13 CD2:HD21,HD22,HD23",
        "LYS": "CB:HB2,HB3 CG:HG2,HG3 CD:HD2,HD3 CE:HE2,HE3 NZ:HZ1,HZ2,HZ3",
        "MET": "CB:HB2,HB3 CG:HG2,HG3 CE:HE1,HE2,HE3",
        "PHE": "CB:HB2,HB3 CD1:HD1 CD2:HD2 CE1:HE1 CE2:HE2 CZ:HZ",
        "PRO": "CB:HB2,HB3 CG:HG2,HG3 CD:HD2,HD3",
        "SER": "CB:HB2,HB3 OG:HG",
        "THR": "CB:HB OG1:HG1 CG2:HG21,HG22,HG23",
        "TRP": "CB:HB2,HB3 CD1:HD1 NE1:HE1 CE3:HE3 CZ2:HZ2 CZ3:HZ3 CH2:HH2",
        "TYR": "CB:HB2,HB3 CD1:HD1 CD2:HD2 CE1:HE1 CE2:HE2 OH:HH",
        "VAL": "CB:HB CG1:HG11,HG12,HG13 CG2:HG21,HG22,HG23",
    }.items()
}

_SP3 = ((0.55, -65.0), (0.33, 180.0), (0.12, 62.0))
_CHAIN = ((0.70, 180.0), (0.17, -67.0), (0.13, 67.0))
_RING = ((0.5, 90.0), (0.5, -90.0))
_FLAT = ((0.6, -20.0), (0.4, 20.0))

#: Residue name to, for each chi, the common values with their weights, degrees.
ROTAMERS: dict[str, tuple[tuple[tuple[float, float], ...], ...]] = {
    "ARG": (_SP3, _CHAIN, _CHAIN, ((0.4, 180.0), (0.3, 85.0), (0.3, -85.0))),
    "ASN": (_SP3, _FLAT),
    "ASP": (_SP3, _FLAT),
    "CYS": (_SP3,),
    "GLN": (_SP3, _CHAIN, _FLAT),
    "GLU": (_SP3, _CHAIN, _FLAT),
    "HIS": (_SP3, ((0.5, -70.0), (0.5, 80.0))),
    "ILE": (((0.75, -62.0), (0.12, 180.0), (0.13, 62.0)), _CHAIN),
    "LEU": (((0.65, -65.0), (0.35, 180.0)), ((0.65, 175.0), (0.35, 65.0))),
    "LYS": (_SP3, _CHAIN, _CHAIN, _CHAIN),
    "MET": (_SP3, _CHAIN, _CHAIN),
    "PHE": (_SP3, _RING),
    # The two puckers; `sidechains` derives chi2, as the ring closes only where it goes with chi1.
    "PRO": (((0.5, -28.0), (0.5, 28.0)),),
    "SER": (((0.3, -65.0), (0.23, 180.0), (0.47, 62.0)),),
    "THR": (((0.45, -60.0), (0.08, 180.0), (0.47, 62.0)),),
    "TRP": (_SP3, ((0.6, 95.0), (0.4, -90.0))),
    "TYR": (_SP3, _RING),
    "VAL": (((0.7, 175.0), (0.2, -60.0), (0.1, 64.0)),),
}
