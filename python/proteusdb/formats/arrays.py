"""Per-atom columns, as users have them, to the exact columns of the core.

::

    coords (n, 3) or (m, n, 3) of any float      -> float32 (m, n, 3)
    chain_id "A", ["A", ...], array of U, S or O -> list of str
    hetero None                                  -> True where the residue is no standard monomer

Shapes and types are settled here; the core compares the lengths and checks every value.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import _core
from ..errors import ValidationError

if TYPE_CHECKING:
    from .._core import _PlddtScale as ScaleName

__all__ = ["NO_LABEL_SEQ", "PlddtScale", "Text", "build", "floats", "host", "integers", "scale_name"]

PlddtScale: TypeAlias = Literal["auto", 1, 100] | None
Text: TypeAlias = str | Sequence[str] | NDArray[Any]

NO_LABEL_SEQ = -(2**31)
"""A `label_seq_id` that is not given."""

_STANDARD = frozenset(
    "ALA ARG ASN ASP CYS GLN GLU GLY HIS ILE LEU LYS MET PHE PRO SER THR TRP TYR VAL SEC PYL ASX GLX XLE UNK "
    "A C G U I N DA DC DG DT DU DI DN".split()
)
"""Residues that stand in ATOM records."""


def build(
    *,
    coords: ArrayLike,
    atom_name: Text,
    element: Text,
    residue_name: Text,
    chain_id: Text,
    residue_number: ArrayLike,
    insertion_code: Text | None = None,
    altloc: Text | None = None,
    hetero: ArrayLike | None = None,
    charge: ArrayLike | None = None,
    b_factor: ArrayLike | None = None,
    occupancy: ArrayLike | None = None,
    segment_id: Text | None = None,
    label_asym_id: Text | None = None,
    label_seq_id: ArrayLike | None = None,
    label_entity_id: Text | None = None,
    ter: ArrayLike | None = None,
    model_numbers: Sequence[int] | None = None,
    entry_id: str = "",
    title: str = "",
    software: Sequence[tuple[str, str]] = (),
    plddt_scale: PlddtScale = "auto",
) -> _core.Structure:
    """Builds a structure from columns; the parameters are those of `Structure.from_arrays`.

    Raises
    ------
    ValidationError
        A column has another length, shape or type than needed, or a value that is not allowed.
    """
    positions = floats("coords", coords)
    if positions.ndim == 2:
        positions = positions[np.newaxis]
    if positions.ndim != 3 or positions.shape[-1] != 3:
        raise ValidationError(
            f"coords has the shape {np.shape(coords)}; allowed are (n_atoms, 3) and (n_models, n_atoms, 3)"
        )
    models, atoms = positions.shape[:2]
    residues = _text("residue_name", residue_name, atoms)
    if hetero is None:
        hetero = [name.strip().upper() not in _STANDARD for name in residues]

    def text(name: str, value: Text | None) -> list[str]:
        return _text(name, "" if value is None else value, atoms)

    return _core.Structure.from_columns(
        coords=positions,
        atom_name=text("atom_name", atom_name),
        element=text("element", element),
        residue_name=residues,
        chain_id=text("chain_id", chain_id),
        residue_number=integers("residue_number", residue_number, np.int32),
        insertion_code=text("insertion_code", insertion_code),
        altloc=text("altloc", altloc),
        hetero=_booleans("hetero", hetero),
        charge=integers("charge", np.zeros(atoms, np.int8) if charge is None else charge, np.int8),
        b_factor=_per_model("b_factor", b_factor, 0.0, models, atoms),
        occupancy=_per_model("occupancy", occupancy, 1.0, models, atoms),
        segment_id=text("segment_id", segment_id),
        label_asym_id=text("label_asym_id", label_asym_id),
        label_seq_id=integers(
            "label_seq_id", np.full(atoms, NO_LABEL_SEQ) if label_seq_id is None else label_seq_id, np.int32
        ),
        label_entity_id=text("label_entity_id", label_entity_id),
        ter=_booleans("ter", np.zeros(atoms, np.bool_) if ter is None else ter),
        model_numbers=range(1, models + 1) if model_numbers is None else [int(number) for number in model_numbers],
        entry_id=entry_id,
        title=title,
        software=list(software),
        plddt_scale=scale_name(plddt_scale),
    )


def scale_name(scale: PlddtScale) -> "ScaleName":
    """The core's name of a pLDDT scale.

    Raises
    ------
    ValidationError
        For anything but "auto", 1, 100 and None.
    """
    if scale is None:
        return "none"
    if isinstance(scale, str) and scale in ("auto", "1", "100"):
        return scale
    if not isinstance(scale, bool | str) and scale == 1:
        return "1"
    if not isinstance(scale, bool | str) and scale == 100:
        return "100"
    raise ValidationError(
        f"plddt_scale {scale!r}: allowed are 'auto', 1 (the B-factor column is pLDDT on 0-1), 100 (on 0-100) and None"
    )


def host(value: Any) -> Any:
    """The value with a torch tensor replaced by a numpy array in main memory."""
    if hasattr(value, "detach") and hasattr(value, "cpu"):
        value = value.detach().cpu()
        # numpy has no bfloat16, and float32 holds each of its values.
        return (value.float() if "bfloat16" in str(value.dtype) else value).numpy()
    return value


def floats(name: str, value: ArrayLike) -> NDArray[np.float32]:
    """The value as a new or the same float32 array of any shape.

    Raises
    ------
    ValidationError
        It holds something else than real numbers.
    """
    array = _array(name, value)
    if array.dtype.kind not in "fiu":
        raise ValidationError(f"{name} holds {array.dtype}; real numbers are needed")
    with np.errstate(over="ignore"):
        return np.asarray(array, dtype=np.float32)


def integers(name: str, value: ArrayLike, dtype: type[np.signedinteger[Any]]) -> NDArray[Any]:
    """The value as a one-dimensional array of `dtype`.

    Raises
    ------
    ValidationError
        It holds no integers, or one out of range, or has more dimensions.
    """
    array = _flat(name, value)
    if array.dtype.kind not in "iu" and array.size:
        raise ValidationError(f"{name} holds {array.dtype}; integers are needed")
    limits = np.iinfo(dtype)
    wrong = np.flatnonzero((array < limits.min) | (array > limits.max))
    if wrong.size:
        raise ValidationError(
            f"{name} of atom {wrong[0]} (counted from 0) is {array[wrong[0]]}; allowed are {limits.min} to {limits.max}"
        )
    return array.astype(dtype)


def _booleans(name: str, value: ArrayLike) -> NDArray[np.bool_]:
    array = _flat(name, value)
    if array.dtype.kind not in "biu" and array.size:
        raise ValidationError(f"{name} holds {array.dtype}; booleans are needed")
    return array.astype(np.bool_)


def _per_model(name: str, value: ArrayLike | None, default: float, models: int, atoms: int) -> NDArray[np.float32]:
    array = floats(name, default if value is None else value)
    if array.ndim == 0:
        return np.full((models, atoms), array)
    if array.ndim == 1:
        return np.repeat(array[np.newaxis], models, axis=0)
    if array.ndim == 2:
        return array
    raise ValidationError(
        f"{name} has the shape {array.shape}; allowed are (n_atoms,), (n_models, n_atoms) and a single number"
    )


def _text(name: str, value: Text, atoms: int) -> list[str]:
    if isinstance(value, str):
        return [value] * atoms
    array = _flat(name, value)
    if array.dtype.kind == "S":
        array = np.char.decode(array, "latin-1")
    rows: list[Any] = array.tolist()
    if array.dtype.kind in "UT" or not rows:
        return rows
    rows = [row.decode("latin-1") if isinstance(row, bytes) else "" if row is None else row for row in rows]
    wrong = next((atom for atom, row in enumerate(rows) if not isinstance(row, str)), None)
    if wrong is not None:
        raise ValidationError(f"{name} of atom {wrong} (counted from 0) is {rows[wrong]!r}; text is needed")
    return rows


def _flat(name: str, value: Any) -> NDArray[Any]:
    array = _array(name, value)
    if array.ndim != 1:
        raise ValidationError(f"{name} has the shape {array.shape}; one value an atom is needed, (n_atoms,)")
    return array


def _array(name: str, value: Any) -> NDArray[Any]:
    try:
        return np.asarray(host(value))
    except (TypeError, ValueError, RuntimeError) as error:
        raise ValidationError(f"{name} is no array: {error}") from error
