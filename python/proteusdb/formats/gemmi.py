"""gemmi's Structure and Model, from and to columns.

::

    gemmi.Structure -> Model -> Chain -> Residue -> Atom      walked in order: one row an atom
    columns -> mmCIF text -> gemmi's own reader               every field arrives as gemmi reads it from a file
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import _core
from ..errors import ValidationError
from .arrays import NO_LABEL_SEQ, PlddtScale, build
from .extras import need

if TYPE_CHECKING:
    import gemmi

__all__ = ["from_gemmi", "to_gemmi"]


def from_gemmi(structure: "gemmi.Structure | gemmi.Model", plddt_scale: PlddtScale = "auto") -> _core.Structure:
    """Copies a gemmi structure, or one model of it, column by column.

    Raises
    ------
    ValidationError
        It is neither, or has no atoms, or holds values that cannot be stored.
    """
    kind = type(structure).__name__
    if kind not in ("Structure", "Model"):
        raise ValidationError(f"gemmi.{kind} is no structure: give a gemmi.Structure or gemmi.Model")
    whole: Any = structure if kind == "Structure" else None
    about = _about(whole) if whole is not None else {}
    models = [_model(model, about, plddt_scale) for model in (whole if whole is not None else [structure])]
    if not models:
        raise ValidationError("gemmi.Structure has no models: at least one atom is needed")
    return models[0] if len(models) == 1 else _core.Structure.join(models)


def to_gemmi(structure: _core.Structure, *, merge_chain_parts: bool = True) -> "gemmi.Structure":
    """Makes a gemmi structure; see `Structure.to_gemmi`."""
    library: Any = need("gemmi", extra="gemmi", purpose="to_gemmi")
    block = library.cif.read_string(structure.to_mmcif()).sole_block()
    made: gemmi.Structure = library.make_structure_from_block(block)
    made.name = structure.entry["id"] or made.name
    _set_segments(made, structure)
    if merge_chain_parts:
        made.merge_chain_parts()
    return made


def _about(structure: Any) -> dict[str, Any]:
    info = dict(structure.info.items())
    return {
        "entry_id": info.get("_entry.id", structure.name),
        "title": info.get("_struct.title", ""),
        "software": [(item.name, item.version) for item in structure.meta.software],
    }


def _model(model: Any, about: dict[str, Any], plddt_scale: PlddtScale) -> _core.Structure:
    residues = [(chain, residue, ends) for chain in model for residue, ends in _with_ends(chain)]
    sizes = [len(residue) for _, residue, _ in residues]
    atoms = [atom for _, residue, _ in residues for atom in residue]
    if not atoms:
        raise ValidationError(f"gemmi model {model.num} has no atoms: at least one is needed")

    def spread(values: list[Any]) -> Any:
        return np.repeat(np.array(values), sizes)

    return build(
        coords=[atom.pos.tolist() for atom in atoms],
        atom_name=[atom.name for atom in atoms],
        element=[atom.element.name for atom in atoms],
        residue_name=spread([residue.name for _, residue, _ in residues]),
        chain_id=spread([chain.name for chain, _, _ in residues]),
        residue_number=spread([_number(chain, residue) for chain, residue, _ in residues]),
        insertion_code=spread([residue.seqid.icode.strip() for _, residue, _ in residues]),
        altloc=[atom.altloc.strip("\0 ") for atom in atoms],
        hetero=spread([residue.het_flag == "H" for _, residue, _ in residues]),
        charge=[atom.charge for atom in atoms],
        b_factor=[atom.b_iso for atom in atoms],
        occupancy=[atom.occ for atom in atoms],
        segment_id=spread([residue.segment for _, residue, _ in residues]),
        label_asym_id=spread([residue.subchain for _, residue, _ in residues]),
        label_seq_id=spread(
            [NO_LABEL_SEQ if residue.label_seq is None else residue.label_seq for _, residue, _ in residues]
        ),
        label_entity_id=spread([residue.entity_id for _, residue, _ in residues]),
        ter=spread([ends for _, _, ends in residues]),
        model_numbers=[model.num],
        plddt_scale=plddt_scale,
        **about,
    )


def _with_ends(chain: Any) -> Iterator[tuple[Any, bool]]:
    """Each residue, and whether gemmi knows a polymer to end after it."""
    residues = list(chain)
    polymer = [residue.entity_type.name == "Polymer" for residue in residues]
    last = max((index for index, part in enumerate(polymer) if part), default=-1)
    return ((residue, index == last) for index, residue in enumerate(residues) if len(residue))


def _number(chain: Any, residue: Any) -> int:
    number: int | None = residue.seqid.num
    if number is None:
        raise ValidationError(f"gemmi residue {residue.name} of chain {chain.name!r} has no number (seqid.num)")
    return number


def _set_segments(made: Any, structure: _core.Structure) -> None:
    """mmCIF has no segment names, so they are set afterwards, residue by residue."""
    for index, model in enumerate(made):
        columns = structure.model(index)
        segments = columns.atom_text("segment_id")[columns.residue_starts()[:-1]]
        residues = [residue for chain in model for residue in chain]
        if segments.any() and len(segments) == len(residues):
            for residue, segment in zip(residues, segments, strict=True):
                residue.segment = str(segment)
