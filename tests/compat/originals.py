"""Files rebuilt from their structures, from FORMAT.md alone: the PDB and mmCIF methods of originals.

It shares no line with the Rust core, nor with any reader or writer of the package.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import zstandard

if TYPE_CHECKING:
    from compat.reader import Bytes

Row = tuple[dict[str, Any], int, int]
"""A model, the number of an atom in it, a serial number."""

_ELEMENTS = (
    "X H HE LI BE B C N O F NE NA MG AL SI P S CL AR K CA SC TI V CR MN FE CO NI CU ZN GA GE AS SE BR KR RB SR Y ZR NB "
    "MO TC RU RH PD AG CD IN SN SB TE I XE CS BA LA CE PR ND PM SM EU GD TB DY HO ER TM YB LU HF TA W RE OS IR PT AU "
    "HG TL PB BI PO AT RN FR RA AC TH PA U NP PU AM CM BK CF ES FM MD NO LR RF DB SG BH HS MT DS RG CN NH FL MC LV "
    "TS OG D"
).split()
_LETTERS = dict(
    zip(
        "ALA ARG ASN ASP CYS GLN GLU GLY HIS ILE LEU LYS MET PHE PRO SER THR TRP TYR VAL".split(),
        "ARNDCQEGHILKMFPSTWYV",
        strict=True,
    )
)
_TEXTS = {4: "atom_name", 6: "residue_name", 7: "label_asym_id", 8: "label_entity_id", 18: "chain_id"}
_NUMBERS = {11: ("coords", 0), 12: ("coords", 1), 13: ("coords", 2), 14: ("occupancy", 0), 15: ("b_factor", 0)}
_DECIMALS = {0: 3, 1: 2, 2: 1, 3: 0, 8: 5}
_NO_LABEL_SEQ = -(2**31)
#: What each of the frames begins with that need an exemplar, and is not stored.
_FRAME = bytes.fromhex("28b52ffd0088")


def unpacked(packed: Bytes, exemplar: Callable[[int], bytes]) -> bytes:
    """What a section would hold that is packed by an array of its file's own, which `exemplar` gives by its place."""
    length, words = packed.varint(), exemplar(packed.varint())
    dictionary = zstandard.ZstdCompressionDict(words, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
    frame = _FRAME + packed.data[packed.at :]
    return zstandard.ZstdDecompressor(dict_data=dictionary).decompress(frame, max_output_size=length)


class TablesError(Exception):
    """The file has tables that need more than its atoms."""


def rebuild(method: int, data: Bytes, structure: Callable[[], dict[str, Any]]) -> bytes:
    """The file that a section stands for, by methods 0, 1 and 2."""
    if method == 0:
        return data.data
    layout: Pdb | Cif = {1: Pdb, 2: Cif}[method](data)
    models = structure()["models"]
    atoms = [(model, atom) for model in models for atom in range(len(model["atom_name"]))]
    out: list[bytes] = []
    at, serial = 0, 1
    while data.at < len(data.data):
        for _ in range(data.varint()):
            model, atom = atoms[at]
            out.append(layout.row((model, atom, serial)))
            at, serial = at + 1, serial + 1
        if method == 2 and data.varint():
            raise TablesError("tables told by residues or columns are not read here")
        literal = data.blob()
        out.append(literal)
        for line in literal.split(b"\n"):
            row = line.startswith((b"ATOM ", b"HETATM"))
            at, serial = at + row, serial + row
            if row or line.startswith(b"TER"):
                borne = layout.serial(line)
                serial = serial if borne is None else borne + 1
    return b"".join(out)


class Pdb:
    """Method 1."""

    def __init__(self, data: Bytes) -> None:
        self.tail = data.blob()
        self.padded = {data.text(): data.take(4) for _ in range(data.varint())}

    def serial(self, line: bytes) -> int | None:
        """The number in columns 7 to 11."""
        return _integer(line[6:11].strip()) if len(line) >= 11 else None

    def row(self, row: Row) -> bytes:
        """One line."""
        model, atom, serial = row
        name, element = model["atom_name"][atom], _ELEMENTS[model["element"][atom]]
        two = len(element) == 2 and name.startswith(element)
        columns = f"{name}" if len(name) >= 4 or two else f" {name}"
        line = b"HETATM" if model["hetero"][atom] else b"ATOM  "
        line += f"{serial:>5} ".encode()
        line += self.padded.get(name, columns[:4].ljust(4).encode())
        line += _code(model["altloc"][atom]) or b" "
        line += (
            f"{model['residue_name'][atom]:>3}{model['chain_id'][atom]:>2}{model['residue_number'][atom]:>4}".encode()
        )
        line += (_code(model["insertion_code"][atom]) or b" ") + b"   "
        for column, index, style, width in (
            *((("coords"), 3 * atom + axis, 0, 8) for axis in range(3)),
            ("occupancy", atom, 1, 6),
            ("b_factor", atom, 1, 6),
        ):
            line += _number(model["numbers"][column], index, style).rjust(width).encode()
        charge = model["charge"][atom].astype(np.int8)
        shown = f"{abs(charge)}{'+' if charge > 0 else '-'}" if charge else "  "
        return line + self.tail.replace(b"\0", f"{element:>2}".encode()).replace(b"\1", shown.encode())


class Cif:
    """Method 2."""

    def __init__(self, data: Bytes) -> None:
        self.cells = [(data.unpack("B"), data.unpack("B"), data.blob(), data.varint()) for _ in range(data.varint())]
        self.width, self.wrap, self.end = data.varint(), data.varint(), data.blob()

    def serial(self, line: bytes) -> int | None:
        """The number in the cell of source 2."""
        places = [place for place, (source, *_) in enumerate(self.cells) if source == 2]
        cells = list(_cells(line))
        return _integer(cells[places[0]]) if places and places[0] < len(cells) else None

    def row(self, row: Row) -> bytes:
        """One row."""
        line, done = b"", 0
        for number, (source, style, absent, start) in enumerate(self.cells):
            gap = len(line)
            line = (line + b" " * (number > 0)).ljust(start)
            line += _cell(source, style, row) or absent
            if self.wrap and number and len(line) - done > self.wrap:
                line, done = line[:gap] + b"\n" + line[gap + 1 :], gap + 1
        return line.ljust(self.width) + self.end


def _cell(source: int, style: int, row: Row) -> bytes:
    model, atom, serial = row
    if source in _TEXTS:
        return _quoted(model[_TEXTS[source]][atom]).encode()
    if source in _NUMBERS:
        column, axis = _NUMBERS[source]
        return _number(model["numbers"][column], (3 if column == "coords" else 1) * atom + axis, style).encode()
    if source in (5, 10):
        return _code(model["altloc" if source == 5 else "insertion_code"][atom])
    element = _ELEMENTS[model["element"][atom]]
    charge, label = model["charge"][atom].astype(np.int8), model["label_seq_id"][atom]
    shown = {
        0: "",
        1: "HETATM" if model["hetero"][atom] else "ATOM",
        2: serial,
        3: element,
        9: "" if label == _NO_LABEL_SEQ else label,
        16: charge or "",
        17: model["residue_number"][atom],
        19: model["number"],
        20: _LETTERS.get(model["residue_name"][atom], ""),
        21: element.capitalize(),
    }
    return str(shown[source]).encode()


def _number(numbers: Any, index: int, style: int) -> str:
    decimals, values = numbers
    if decimals is None:
        return {6: lambda v: f"{v:.9g}", 7: lambda v: _plain(str(v))}.get(style, lambda v: "")(values[index])
    value = int(values[index])
    least = _DECIMALS.get(style, 0 if style == 5 else 1)
    digits = f"{abs(value):0{decimals + 1}d}"
    whole, fraction = digits[: len(digits) - decimals], digits[len(digits) - decimals :]
    if style not in _DECIMALS:
        fraction = fraction.rstrip("0")
    fraction = fraction.ljust(least, "0")
    return "-" * (value < 0) + whole + ("." + fraction if fraction else "")


def _plain(text: str) -> str:
    assert "e" not in text, "numbers of structures need no exponent"
    return text if "." in text else text + ".0"


def _quoted(text: str) -> str:
    if not (set("'\" ") & set(text) or text.startswith(("#", "$", "[", ";", "_"))):
        return text
    return f"'{text}'" if '"' in text else f'"{text}"'


def _code(code: int) -> bytes:
    return bytes([code]) if code else b""


def _cells(line: bytes) -> Iterator[bytes]:
    """Cells between blanks; one that begins with a quote ends with that quote before a blank."""
    for match in re.finditer(rb"""'.*?'(?!\S)|".*?"(?!\S)|\S+""", line):
        yield match[0]


def _integer(text: bytes) -> int | None:
    return int(text) if re.fullmatch(rb"[+-]?[0-9]+", text) else None
