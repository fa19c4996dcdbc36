"""Whether a structure file is all there, or was cut short while it was written or copied.

::

    0 bytes                              still to be written
    .part .tmp .crdownload               still being written
    MODEL without ENDMDL                 cut between lines
    "ATOM   1042  CA  LEU A 13"          cut within a line: shorter than the atom line before, and no newline
    gzip, bzip2, xz without its end      cut anywhere

Only what cannot be a whole file is called incomplete: a file without END or final newline may be whole.
"""

import bz2
import lzma
import zlib

__all__ = ["TEMPORARY", "cut_short", "stream_cut_short"]

TEMPORARY = (".part", ".tmp", ".crdownload", ".partial")
"""Suffixes of files that are still being written."""

_ATOMS = (b"ATOM  ", b"HETATM")


def cut_short(data: bytes) -> str | None:
    """Why plain bytes are no whole structure file; None where nothing speaks against it."""
    if not data.strip():
        return "it is empty so far"
    if data.startswith(b"MODEL ") and b"ENDMDL" not in data:
        return "its MODEL has no ENDMDL: it ends early"
    lines = data[-400:].splitlines(keepends=True)
    if len(lines) < 2:
        return None
    before, last = lines[-2].rstrip(), lines[-1]
    if last.endswith((b"\n", b"\r")) or not (last.startswith(_ATOMS) and before.startswith(_ATOMS)):
        return None
    return "it ends in the middle of a line" if len(last.rstrip()) < min(len(before), 66) else None


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
