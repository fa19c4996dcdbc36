"""Columns as gemmi reads them, walked atom by atom: the independent reader the tests compare with."""

import bz2
import gzip
import io
import lzma
from pathlib import Path
from typing import Any

import gemmi
import numpy as np

COLUMNS = (
    "coords", "atom_name", "element", "altloc", "hetero", "charge", "b_factor", "occupancy", "residue_name",
    "chain_id", "residue_number", "insertion_code", "segment_id", "label_asym_id", "label_entity_id", "label_seq_id",
    "residue_starts",
)  # fmt: skip
"""Every column both readers have."""

LABELS = ("label_asym_id", "label_entity_id", "label_seq_id")
"""Columns that PDB files do not have; gemmi may still make them up."""


def decompressed(data: bytes) -> bytes:
    """Plain bytes, by the magic number of the compressor."""
    if data.startswith(b"\x1f\x8b"):
        return gzip.decompress(data)
    if data.startswith(b"BZh"):
        return bz2.decompress(data)
    return lzma.decompress(data) if data.startswith(b"\xfd7zXZ") else data


def read(path: Path, scratch: Path) -> gemmi.Structure:
    """The file as gemmi reads it, which wants it plain and named by what it holds."""
    plain = decompressed(path.read_bytes())
    is_cif = any(line[:5].lower() == b"data_" for line in plain.splitlines()[:200])
    copy = scratch / ("plain.cif" if is_cif else "plain.pdb")
    copy.write_bytes(plain)
    return gemmi.read_structure(str(copy), merge_chain_parts=False)


def columns(model: gemmi.Model) -> dict[str, np.ndarray[Any, Any]]:
    """The columns of one model, as `Structure` names them."""
    residues = [(chain, residue) for chain in model for residue in chain if len(residue)]
    sizes = [len(residue) for _, residue in residues]
    atoms = [atom for _, residue in residues for atom in residue]

    def per_residue(values: list[Any]) -> np.ndarray[Any, Any]:
        return np.repeat(np.array(values), sizes)

    return {
        "coords": np.array([atom.pos.tolist() for atom in atoms]).astype(np.float32),
        "atom_name": np.array([atom.name for atom in atoms]),
        "element": np.array([atom.element.name.upper() for atom in atoms]),
        "altloc": np.array([atom.altloc.strip("\0 ") for atom in atoms]),
        "hetero": per_residue([residue.het_flag == "H" for _, residue in residues]),
        "charge": np.array([atom.charge for atom in atoms]),
        "b_factor": np.array([atom.b_iso for atom in atoms], dtype=np.float32),
        "occupancy": np.array([atom.occ for atom in atoms], dtype=np.float32),
        "residue_name": per_residue([residue.name for _, residue in residues]),
        "chain_id": per_residue([chain.name for chain, _ in residues]),
        "residue_number": per_residue([residue.seqid.num for _, residue in residues]),
        "insertion_code": per_residue([residue.seqid.icode.strip() for _, residue in residues]),
        "segment_id": per_residue([residue.segment for _, residue in residues]),
        "label_asym_id": per_residue([residue.subchain for _, residue in residues]),
        "label_entity_id": per_residue([residue.entity_id for _, residue in residues]),
        "label_seq_id": per_residue([-(2**31) if r.label_seq is None else r.label_seq for _, r in residues]),
        "residue_starts": np.cumsum([0, *sizes]),
    }


def has_labels(structure: gemmi.Structure) -> bool:
    """Whether the file itself gives the `label_*` columns."""
    return structure.input_format == gemmi.CoorFormat.Mmcif


def n_atoms(structure: gemmi.Structure) -> int:
    """Atoms of all models."""
    return sum(len(residue) for model in structure for chain in model for residue in chain)


def binary_cif(path: Path) -> dict[str, np.ndarray[Any, Any]]:
    """The first model's columns of a BinaryCIF file as biotite decodes them, and the row of each of our atoms."""
    from biotite.structure.io import pdbx

    file = pdbx.BinaryCIFFile.read(io.BytesIO(decompressed(path.read_bytes())))
    site = file.block["atom_site"]

    def text(name: str) -> np.ndarray[Any, Any]:
        column = site[name]
        values = column.as_array(str)
        return values if column.mask is None else np.where(column.mask.array == 0, values, "")

    def number(name: str, dtype: type) -> np.ndarray[Any, Any]:
        return np.array([0 if value == "" else value for value in text(name)]).astype(dtype)

    first = text("pdbx_PDB_model_num") == text("pdbx_PDB_model_num")[0]
    keys = list(zip(*(text(name)[first] for name in ("auth_asym_id", "auth_seq_id", "auth_comp_id")), strict=True))
    icode = text("pdbx_PDB_ins_code")[first]
    runs: dict[Any, int] = {}
    stretch, ranks = 0, []
    for row, key in enumerate(keys):
        stretch += row > 0 and keys[row - 1][0] != key[0]
        ranks.append(runs.setdefault((stretch, *key, icode[row]), len(runs)))
    columns = {
        "coords": np.stack([number(f"Cartn_{axis}", np.float64).astype(np.float32) for axis in "xyz"], axis=1),
        "atom_name": text("auth_atom_id"),
        "element": np.char.upper(text("type_symbol")),
        "altloc": text("label_alt_id"),
        "hetero": text("group_PDB") == "HETATM",
        "charge": number("pdbx_formal_charge", np.int8),
        "b_factor": number("B_iso_or_equiv", np.float64).astype(np.float32),
        "occupancy": number("occupancy", np.float64).astype(np.float32),
        "residue_name": text("auth_comp_id"),
        "chain_id": text("auth_asym_id"),
        "residue_number": number("auth_seq_id", np.int32),
        "insertion_code": text("pdbx_PDB_ins_code"),
        "label_asym_id": text("label_asym_id"),
        "label_entity_id": text("label_entity_id"),
    }
    return {name: values[first] for name, values in columns.items()} | {"order": np.argsort(ranks, kind="stable")}
