"""The columns of a structure as read-only numpy arrays, made when first asked for and kept.

Text columns are numpy's fixed-width `U` arrays, so `structure.chain_id == "A"` selects atoms at numpy's speed.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from . import _core
from .formats.arrays import PlddtScale

if TYPE_CHECKING:
    from ._core import _TextColumn

__all__ = ["Columns"]

_T = TypeVar("_T")


class Columns:
    """Everything a structure holds, column by column; the base of `Structure`."""

    __slots__ = ("_cache", "_told_plddt", "core")

    core: _core.Structure
    """The compiled core's structure: what the database stores."""

    def __init__(
        self, core: _core.Structure, told_plddt: Callable[[], NDArray[np.float32] | None] | None = None
    ) -> None:
        self.core = core
        self._cache: dict[str, Any] = {}
        self._told_plddt = told_plddt

    @property
    def n_atoms(self) -> int:
        """Atoms of the first model."""
        return self.core.n_atoms

    @property
    def n_residues(self) -> int:
        """Residues of the first model, ligands and water included."""
        return self.core.n_residues

    @property
    def n_models(self) -> int:
        """Models, at least 1."""
        return self.core.n_models

    @property
    def model_numbers(self) -> list[int]:
        """The number of each model as printed in the file."""
        return self.core.model_numbers

    @property
    def entry(self) -> dict[str, Any]:
        """What identifies the file: `id`, `title`, `software` (list of (name, version)), `declares_plddt`."""
        return self.core.entry

    @property
    def sequence(self) -> str:
        """Polymer chains in file order joined by `:`, one upper-case letter a residue.

        Ligands, ions and water are not in it; a modified residue is its parent's letter, else X.
        """
        return self._kept("sequence", lambda: self.core.sequence)

    @property
    def chain_types(self) -> list[str]:
        """`protein`, `rna` or `dna` for each chain of `sequence`."""
        return list(self._kept("chain_types", lambda: self.core.chain_types))

    @property
    def coords(self) -> NDArray[np.float32]:
        """Positions in Å, float32 (n_atoms, 3), of the first model."""
        return self._array("coords", self.core.coords)

    @property
    def coords_all(self) -> NDArray[np.float32]:
        """Positions in Å of all models, float32 (n_models, n_atoms, 3).

        Raises
        ------
        ValidationError
            The models have different atoms; take one with `model`.
        """
        return self._array("coords_all", self.core.coords_all)

    @property
    def atom_name(self) -> NDArray[np.str_]:
        """Atom names without padding, (n_atoms,): `CA`, `O5'`."""
        return self._text("atom_name")

    @property
    def element(self) -> NDArray[np.str_]:
        """Chemical symbols in upper case, (n_atoms,); `X` where unknown."""
        return self._text("element")

    @property
    def altloc(self) -> NDArray[np.str_]:
        """Alternate location of each atom, (n_atoms,); empty where there is none."""
        return self._text("altloc")

    @property
    def hetero(self) -> NDArray[np.bool_]:
        """Whether each atom stood in a HETATM record, bool (n_atoms,)."""
        return self._array("hetero", self.core.hetero)

    @property
    def charge(self) -> NDArray[np.int8]:
        """Formal charge in elementary charges, int8 (n_atoms,)."""
        return self._array("charge", self.core.charge)

    @property
    def b_factor(self) -> NDArray[np.float32]:
        """The B-factor column as it is, float32 (n_atoms,), whatever the predictor keeps in it."""
        return self._array("b_factor", self.core.b_factor)

    @property
    def occupancy(self) -> NDArray[np.float32]:
        """Occupancy, float32 (n_atoms,)."""
        return self._array("occupancy", self.core.occupancy)

    @property
    def residue_name(self) -> NDArray[np.str_]:
        """Residue name of each atom, (n_atoms,): `ALA`, `DG`, `HOH`."""
        return self._text("residue_name")

    @property
    def chain_id(self) -> NDArray[np.str_]:
        """Author chain name of each atom, (n_atoms,); may be empty or longer than one letter."""
        return self._text("chain_id")

    @property
    def residue_number(self) -> NDArray[np.int32]:
        """Author residue number of each atom, int32 (n_atoms,)."""
        return self._array("residue_number", self.core.residue_number)

    @property
    def insertion_code(self) -> NDArray[np.str_]:
        """Insertion code of each atom's residue, (n_atoms,); empty where there is none."""
        return self._text("insertion_code")

    @property
    def segment_id(self) -> NDArray[np.str_]:
        """PDB segment name of each atom's residue, (n_atoms,); mostly empty."""
        return self._text("segment_id")

    @property
    def label_asym_id(self) -> NDArray[np.str_]:
        """mmCIF's own chain name of each atom, (n_atoms,); empty where the file has none."""
        return self._text("label_asym_id")

    @property
    def label_entity_id(self) -> NDArray[np.str_]:
        """mmCIF entity of each atom, (n_atoms,); empty where the file has none."""
        return self._text("label_entity_id")

    @property
    def label_seq_id(self) -> NDArray[np.int32]:
        """mmCIF's own residue number of each atom, int32 (n_atoms,); -2147483648 where there is none."""
        return self._array("label_seq_id", self.core.label_seq_id)

    @property
    def residue_starts(self) -> NDArray[np.uint32]:
        """First atom of each residue, and n_atoms at the end: uint32 (n_residues + 1,).

        `structure.residue_name[structure.residue_starts[:-1]]` is one name a residue.
        """
        return self._array("residue_starts", self.core.residue_starts)

    @property
    def residue_kinds(self) -> NDArray[np.str_]:
        """`protein`, `rna`, `dna` or `non-polymer`, (n_residues,)."""
        return self._array("residue_kinds", lambda: np.array(self.core.residue_kinds()))

    @property
    def sequence_residues(self) -> NDArray[np.uint32]:
        """The residue (as an index into the n_residues) of each letter of `sequence`, `:` not counted: uint32 (L,)."""
        return self._array("sequence_residues", self.core.sequence_residues)

    @property
    def plddt_scale(self) -> PlddtScale:
        """What the B-factor column says: pLDDT on 0-`1`, on 0-`100`, `None` for no pLDDT, or `"auto"`.

        `"auto"`: it is a pLDDT if the file declares one or names a predictor that writes one; storing a structure
        under the name of such a predictor decides it too.
        """
        scales: dict[str, PlddtScale] = {"auto": "auto", "1": 1, "100": 100, "none": None}
        return scales[self.core.plddt_scale]

    @property
    def plddt(self) -> NDArray[np.float32] | None:
        """pLDDT of each residue on 0-100, float32 (n_residues,), or None where the B-factor column is no pLDDT.

        The value of CA, in nucleotides of C1'; else the mean over the residue's atoms. Where a stored prediction has a
        pLDDT from a file of its predictor, that: B-factors are printed with fewer digits.
        """
        return self._array("plddt", self._residue_plddt)

    def _residue_plddt(self) -> NDArray[np.float32] | None:
        told = None if self._told_plddt is None else self._told_plddt()
        return self.core.plddt() if told is None else told

    @property
    def plddt_atom(self) -> NDArray[np.float32] | None:
        """pLDDT of each atom on 0-100, float32 (n_atoms,), or None where the B-factor column is no pLDDT."""
        return self._array("plddt_atom", self.core.plddt_atom)

    def _text(self, column: "_TextColumn") -> NDArray[np.str_]:
        return self._array(column, lambda: self.core.atom_text(column))

    def _array(self, name: str, build: Callable[[], _T]) -> _T:
        """The kept array, read-only because every caller gets the same one."""
        array = self._kept(name, build)
        if isinstance(array, np.ndarray):
            array.flags.writeable = False
        return array

    def _kept(self, name: str, build: Callable[[], _T]) -> _T:
        # Two threads may both build a column; they build the same, and one of the two is kept.
        if name not in self._cache:
            self._cache.setdefault(name, build())
        kept: _T = self._cache[name]
        return kept
