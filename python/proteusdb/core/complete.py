"""Whether a structure file is all there, or was cut short while it was written or copied.

::

    0 bytes                              still to be written
    .part .tmp .crdownload               still being written
    MODEL without ENDMDL                 cut between lines
    "ATOM   1042  CA  LEU A 13"          cut within a line: shorter than the atom lines before, and no newline
    "ATOM 1042 C CA . LEU"               cut within a row of mmCIF: fewer values, or others end with a newline and #
    a predictor's PDB without END        cut between lines
    gzip, bzip2, xz without its end      cut anywhere

Only what cannot be a whole file is called incomplete: a file without END or final newline may be whole, if it is not
known that its writer ends so.
"""

import bz2
import lzma
import zlib

__all__ = ["TEMPORARY", "cut_short", "stream_cut_short"]

TEMPORARY = (".part", ".tmp", ".crdownload", ".partial")
"""Suffixes of files that are still being written."""

_ATOMS = (b"ATOM ", b"HETATM")
_RECORDS = (*_ATOMS, b"HEADER", b"TITLE", b"REMARK", b"MODEL ", b"PARENT", b"CRYST1")
_IN_A_LINE = "it ends in the middle of a line"


def cut_short(data: bytes, *, known: bool = False) -> str | None:
    """Why plain bytes are no whole structure file; None where nothing speaks against it.

    Parameters
    ----------
    data : bytes
        The file.
    known : bool
        Whether a predictor is known to have written it: all of them end a PDB file with END, and an mmCIF whose parts
        end with `#` so too.
    """
    if not data.strip():
        return "it is empty so far"
    tail = data[-1000:].splitlines(keepends=True)
    ended = tail[-1].endswith((b"\n", b"\r"))
    if b"_atom_site." in data:
        parted = data.count(b"\n#") + data.startswith(b"#") > 1
        if not ended and (parted or _row_is_cut(tail)):
            return _IN_A_LINE
        whole = data[-1000:].rstrip().rpartition(b"\n")[2].startswith(b"#")
        return "it does not end with #, as its parts do" if known and parted and not whole else None
    if data.startswith(b"MODEL ") and b"ENDMDL" not in data:
        return "its MODEL has no ENDMDL: it ends early"
    if not ended and len(tail) > 1 and _line_is_cut(tail):
        return _IN_A_LINE
    if known and data.startswith(_RECORDS) and not any(line.startswith(b"END") for line in tail):
        return "it has no END: it ends early"
    return None


def _line_is_cut(tail: list[bytes]) -> bool:
    """Whether the last line of atoms in columns is shorter than those before."""
    atoms = [line.rstrip() for line in tail[-5:] if line.startswith(_ATOMS)]
    if len(atoms) < 2 or not tail[-1].startswith(_ATOMS):
        return False
    *before, last = atoms
    return len(last) < min(len(before[-1]), 66) or (
        len({len(line) for line in before}) == 1 and len(last) < len(before[0])
    )


def _row_is_cut(tail: list[bytes]) -> bool:
    """Whether the last row of an mmCIF has too few values."""
    rows = [line.split() for line in tail if line.startswith(_ATOMS)]
    return tail[-1].startswith(_ATOMS) and len(rows) > 1 and len(rows[-1]) < len(rows[-2])


def stream_cut_short(data: bytes) -> str | None:
    """Why compressed bytes that cannot be read are cut short; None where they are damaged otherwise."""
    if data.startswith(b"\x1f\x8b"):
        return _unfinished("gzip", zlib.decompressobj(31), data)
    if data.startswith(b"BZh"):
        return _unfinished("bzip2", bz2.BZ2Decompressor(), data)
    if data.startswith(b"\xfd7zXZ\x00"):
        return _unfinished("xz", lzma.LZMADecompressor(), data)
    return None


def _unfinished(
    name: str, decompressor: "zlib._Decompress | bz2.BZ2Decompressor | lzma.LZMADecompressor", data: bytes
) -> str | None:
    view = memoryview(data)
    try:
        for start in range(0, len(view), 1 << 16):
            decompressor.decompress(view[start : start + (1 << 16)])
            if decompressor.eof:
                return None
    except (zlib.error, OSError, lzma.LZMAError, EOFError):
        return None
    return f"its {name} stream ends early"
