"""biotite's AtomArray and AtomArrayStack, from and to columns.

::

    coord            coords            ins_code    insertion_code
    res_id           residue_number    altloc_id   altloc
    b_factor, occupancy, charge, hetero, element, atom_name, res_name, chain_id, label_*    as they are called
"""

from typing import TYPE_CHECKING, Any

from .. import _core
from ..errors import ValidationError
from .arrays import PlddtScale, build
from .extras import need

if TYPE_CHECKING:
    from biotite.structure import AtomArray, AtomArrayStack

__all__ = ["from_biotite", "to_biotite"]

_OPTIONAL = {
    "b_factor": "b_factor",
    "occupancy": "occupancy",
    "charge": "charge",
    "altloc_id": "altloc",
    "segment_id": "segment_id",
    "label_asym_id": "label_asym_id",
    "label_entity_id": "label_entity_id",
}
"""Annotations an array may have, and the columns they become."""


def from_biotite(atoms: "AtomArray | AtomArrayStack", plddt_scale: PlddtScale = "auto") -> _core.Structure:
    """Copies an atom array, or a stack as one model a layer.

    Raises
    ------
    ValidationError
        It is neither, or has no atoms, or holds values that cannot be stored (NaN coordinates, for instance).
    """
    array: Any = atoms
    if not (hasattr(array, "coord") and hasattr(array, "get_annotation_categories")):
        raise ValidationError(f"biotite's {type(atoms).__name__} is no structure: give an AtomArray or AtomArrayStack")
    present = set(array.get_annotation_categories())
    optional = {column: array.get_annotation(name) for name, column in _OPTIONAL.items() if name in present}
    if "altloc" in optional:
        # biotite writes a dot where a file has no alternate location.
        optional["altloc"] = ["" if code in (".", "?") else code for code in optional["altloc"].tolist()]
    return build(
        coords=array.coord,
        atom_name=array.atom_name,
        element=array.element,
        residue_name=array.res_name,
        chain_id=array.chain_id,
        residue_number=array.res_id,
        insertion_code=array.ins_code,
        hetero=array.hetero,
        plddt_scale=plddt_scale,
        **optional,
    )


def to_biotite(structure: _core.Structure) -> "AtomArray | AtomArrayStack":
    """Makes an atom array, or a stack of several models; see `Structure.to_biotite`."""
    biotite = need("biotite.structure", extra="biotite", purpose="to_biotite")
    array: Any
    if structure.n_models == 1:
        array = biotite.AtomArray(structure.n_atoms)
        array.coord = structure.coords()
    else:
        array = biotite.AtomArrayStack(structure.n_models, structure.n_atoms)
        array.coord = structure.coords_all()
    annotations = {
        "chain_id": structure.atom_text("chain_id"),
        "res_id": structure.residue_number(),
        "ins_code": structure.atom_text("insertion_code"),
        "res_name": structure.atom_text("residue_name"),
        "hetero": structure.hetero(),
        "atom_name": structure.atom_text("atom_name"),
        "element": structure.atom_text("element"),
        "altloc_id": structure.atom_text("altloc"),
        "b_factor": structure.b_factor(),
        "occupancy": structure.occupancy(),
        "charge": structure.charge(),
    }
    for name in ("segment_id", "label_asym_id", "label_entity_id"):
        column = structure.atom_text(name)
        if column.any():
            annotations[name] = column
    for name, values in annotations.items():
        # The text columns are views of read-only bytes; users of an AtomArray write into it.
        array.set_annotation(name, values.copy())
    return array
