"""A predicted structure, as users see it: files and arrays in, numpy columns out.

::

    Structure.from_file("ranked_0.pdb")      from_text, from_arrays, from_atom37, from_gemmi, from_biotite
        .coords          (n_atoms, 3)  float32, Å          one row an atom, in file order, of the first model
        .atom_name       (n_atoms,)    "N", "CA", ...
        .residue_number  (n_atoms,)    1, 1, ...           residue columns are repeated for each atom
        .plddt           (n_residues,) 0-100, or None
        .sequence        "MKT...:GSH..."
        .to_mmcif()  .to_pdb()  .to_bcif()  .to_gemmi()  .to_biotite()  .atom37()

A structure never changes: its arrays are read-only (copy one to write into it), computed when first asked for and kept.
"""

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import _core
from .columns import Columns
from .formats import arrays, atom37, bcif, biotite, files, gemmi
from .formats.arrays import PlddtScale, Text

if TYPE_CHECKING:
    from biotite.structure import AtomArray, AtomArrayStack
    from gemmi import Model as GemmiModel
    from gemmi import Structure as GemmiStructure

__all__ = ["Structure"]

Format = Literal["pdb", "mmcif", "bcif"]


class Structure(Columns):
    """An immutable structure: one or more models of atoms, with the bytes it was read from.

    Make one with a `from_...` method. Two structures are equal where every column of every model is; title, software
    and original bytes do not matter.

    Examples
    --------
    >>> from proteusdb import Structure
    >>> structure = Structure.from_file("ranked_0.pdb")
    >>> structure.coords[structure.atom_name == "CA"].shape
    (60, 3)
    """

    __slots__ = ("_original", "_original_name")

    def __init__(
        self,
        core: _core.Structure,
        *,
        original: bytes | Callable[[], bytes | None] | None = None,
        original_name: str | None = None,
        plddt: Callable[[], NDArray[np.float32] | None] | None = None,
    ) -> None:
        """Wraps a structure of the core.

        `original` may be a function that fetches the bytes when asked for; `plddt` gives the pLDDT of residues where a
        file beside the structure tells it more exactly than the B-factors.
        """
        super().__init__(core, plddt)
        self._original = original
        self._original_name = original_name

    @classmethod
    def from_file(
        cls, path: str | os.PathLike[str], *, format: Format | None = None, plddt_scale: PlddtScale = "auto"
    ) -> "Structure":
        """Reads a PDB, mmCIF or BinaryCIF file, plain or as .gz, .bz2, .zst or .xz.

        Parameters
        ----------
        path : str or path
            The file. Its content decides how it is read, not its suffix.
        format : {"pdb", "mmcif", "bcif"}, optional
            Reads it as this format, whatever it looks like.
        plddt_scale : {"auto", 1, 100, None}
            What the B-factor column is: pLDDT on 0-1, on 0-100, or none. "auto" decides by what the file says.

        Raises
        ------
        ValidationError
            The file is absent, unreadable, or no structure; the message names file, line and reason.
        """
        data, shown = files.load(path)
        core = files.read(data, name=shown, format=format, plddt_scale=plddt_scale)
        return cls(core, original=data, original_name=os.path.basename(shown))

    @classmethod
    def from_text(
        cls,
        text: "str | bytes | bytearray | memoryview",
        format: Format | None = None,
        *,
        plddt_scale: PlddtScale = "auto",
    ) -> "Structure":
        """Reads PDB or mmCIF text, or the bytes of any file that `from_file` reads.

        The parameters are those of `from_file`. `original` is the text as UTF-8.

        Raises
        ------
        ValidationError
            It is no structure; the message names line and reason.
        """
        data = text.encode("utf-8", "surrogateescape") if isinstance(text, str) else bytes(text)
        core = files.read(data, name="structure text", format=format, plddt_scale=plddt_scale)
        return cls(core, original=data, original_name=files.name_for(data, format))

    @classmethod
    def from_arrays(
        cls,
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
        title: str = "",
        plddt_scale: PlddtScale = "auto",
    ) -> "Structure":
        """Makes a structure of per-atom columns. A residue is a run of atoms with equal residue columns.

        Parameters
        ----------
        coords : array, (n_atoms, 3) or (n_models, n_atoms, 3)
            Positions in Å; kept as float32, exactly.
        atom_name, element, residue_name, chain_id : sequence of str, or one str for all atoms
            `CA`, `C`, `ALA`, `A`. The element is a chemical symbol in any case; "X" or "" is an unknown one.
        residue_number : array of int, (n_atoms,)
            Author numbering.
        insertion_code, altloc : sequence of str, optional
            One character, or empty for none (the default).
        hetero : array of bool, (n_atoms,), optional
            HETATM or ATOM; by default, HETATM where the residue is no standard amino acid or nucleotide.
        charge : array of int, (n_atoms,), optional
            Formal charge, 0 by default.
        b_factor, occupancy : array, (n_atoms,) or (n_models, n_atoms), or one number, optional
            0 and 1 by default.
        segment_id, label_asym_id, label_entity_id : sequence of str, optional
            Empty by default.
        label_seq_id : array of int, (n_atoms,), optional
            -2147483648 where there is none, the default.
        ter : array of bool, (n_atoms,), optional
            Whether a chain ends after the atom's residue though the next has the same chain name.
        model_numbers : sequence of int, optional
            1, 2, ... by default.
        title : str
            What it is a structure of.
        plddt_scale : {"auto", 1, 100, None}
            What `b_factor` is: pLDDT on 0-1, on 0-100, or none. "auto" leaves it to the model it is stored under.

        Raises
        ------
        ValidationError
            A column has another length or type than needed, or a value that is not allowed (NaN, an unknown element,
            a name that is too long); the message names the column and the atom.
        """
        core = arrays.build(
            coords=coords,
            atom_name=atom_name,
            element=element,
            residue_name=residue_name,
            chain_id=chain_id,
            residue_number=residue_number,
            insertion_code=insertion_code,
            altloc=altloc,
            hetero=hetero,
            charge=charge,
            b_factor=b_factor,
            occupancy=occupancy,
            segment_id=segment_id,
            label_asym_id=label_asym_id,
            label_seq_id=label_seq_id,
            label_entity_id=label_entity_id,
            ter=ter,
            model_numbers=model_numbers,
            title=title,
            plddt_scale=plddt_scale,
        )
        return cls(core)

    @classmethod
    def from_atom37(
        cls,
        positions: ArrayLike,
        mask: ArrayLike,
        sequence: str,
        plddt: ArrayLike | None = None,
        chain_id: Text | ArrayLike | None = None,
        residue_number: ArrayLike | None = None,
    ) -> "Structure":
        """Makes a structure of a model's dense output, in AlphaFold's order of 37 atoms. Torch tensors are taken too.

        Parameters
        ----------
        positions : array, (L, 37, 3)
            Positions in Å; those of absent atoms are not looked at.
        mask : array, (L, 37)
            1 or True where the atom is present (above 0.5).
        sequence : str
            L one-letter codes, `:` between chains; X is an unknown residue (UNK).
        plddt : array, (L,) or (L, 37), optional
            Goes to the B-factor column on 0-100. Where no present value is above 1 it is taken as 0-1 and multiplied
            by 100.
        chain_id : str, or one name (or chain index, 0 is A) a chain or a residue, optional
            A, B, ... by default.
        residue_number : array of int, (L,), optional
            1, 2, ... in each chain by default.

        Raises
        ------
        ValidationError
            A shape, a letter or a value is wrong; the message names the parameter and what is needed.
        """
        return cls(atom37.from_atom37(positions, mask, sequence, plddt, chain_id, residue_number))

    @classmethod
    def from_gemmi(cls, structure: "GemmiStructure | GemmiModel", *, plddt_scale: PlddtScale = "auto") -> "Structure":
        """Copies a `gemmi.Structure` (all models) or a `gemmi.Model`.

        Raises
        ------
        ValidationError
            It has no atoms, or a value that cannot be stored.
        """
        return cls(gemmi.from_gemmi(structure, plddt_scale))

    @classmethod
    def from_biotite(cls, atoms: "AtomArray | AtomArrayStack", *, plddt_scale: PlddtScale = "auto") -> "Structure":
        """Copies a biotite `AtomArray`, or an `AtomArrayStack` with one model a layer.

        Raises
        ------
        ValidationError
            It has no atoms, or a value that cannot be stored (NaN positions, for instance).
        """
        return cls(biotite.from_biotite(atoms, plddt_scale))

    @property
    def original(self) -> bytes | None:
        """The file it was read or stored from, byte for byte, still compressed if it was; None where there is none."""
        if callable(self._original):
            self._original = self._original()
        return self._original

    @property
    def original_name(self) -> str | None:
        """The name of that file."""
        return self._original_name

    def model(self, index: int) -> "Structure":
        """One model as a structure, counted from 0; negative numbers count from the end.

        Raises
        ------
        ValidationError
            There is no such model.
        """
        index = int(index)
        return Structure(self.core.model(index + self.n_models if -self.n_models <= index < 0 else index))

    def with_plddt_scale(self, plddt_scale: PlddtScale) -> "Structure":
        """The same structure, its B-factor column taken as pLDDT on another scale.

        Parameters
        ----------
        plddt_scale : {"auto", 1, 100, None}
            What the column holds: pLDDT on 0-1 or on 0-100, `None` for no pLDDT, or decided from the values.

        Raises
        ------
        ValidationError
            The scale is none of these.
        """
        core = self.core.with_plddt_scale(arrays.scale_name(plddt_scale))
        return Structure(core, original=self._original, original_name=self._original_name)

    def atom37(self) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Dense positions in AlphaFold's order of 37 atoms, of the first model.

        Returns
        -------
        positions : float32, (L, 37, 3)
            Å; 0 where an atom is absent. L counts the letters of `sequence` without `:`, so row i belongs to letter i;
            rows of nucleotides are empty. Of alternate locations the most occupied is taken.
        mask : bool, (L, 37)
            Whether the atom is present.
        """
        return atom37.to_atom37(self.core)

    def to_pdb(self) -> str:
        """PDB text of all models.

        Raises
        ------
        ValidationError
            PDB cannot hold it (a chain name of three letters, for instance); mmCIF can.
        """
        return self.core.to_pdb()

    def to_mmcif(self) -> str:
        """mmCIF text of all models; reading it gives an equal structure.

        Models that share a number are numbered anew from 1, because mmCIF tells them apart by it.
        """
        return self.core.to_mmcif()

    def to_bcif(self) -> bytes:
        """BinaryCIF bytes of all models, with the content of `to_mmcif`. Needs the extra `bcif`."""
        return bcif.to_bcif(self.core)

    def to_gemmi(self, *, merge_chain_parts: bool = True) -> "GemmiStructure":
        """A `gemmi.Structure` of all models. Needs the extra `gemmi`.

        Parameters
        ----------
        merge_chain_parts : bool
            Brings the ligands and water of a chain to its end, as `gemmi.read_structure` does. Without it, the atoms
            keep the order of the columns.
        """
        return gemmi.to_gemmi(self.core, merge_chain_parts=merge_chain_parts)

    def to_biotite(self) -> "AtomArray | AtomArrayStack":
        """A biotite `AtomArray`, or an `AtomArrayStack` of several models. Needs the extra `biotite`.

        Raises
        ------
        ValidationError
            The models have different atoms; take one with `model`.
        """
        return biotite.to_biotite(self.core)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Structure):
            return NotImplemented
        return self.core == other.core

    def __hash__(self) -> int:
        return hash((self.n_models, self.n_atoms, self.sequence))

    def __repr__(self) -> str:
        types = ", ".join(self.chain_types) or "no polymer"
        plddt = self.plddt
        parts = [
            f"{len(self.chain_types)} chains ({types})" if len(self.chain_types) != 1 else f"1 chain ({types})",
            f"{self.n_residues} residues",
            f"{self.n_atoms} atoms",
            *([f"{self.n_models} models"] if self.n_models > 1 else []),
            *([] if plddt is None else [f"mean pLDDT {plddt.mean(dtype=np.float64):.1f}"]),
        ]
        return f"<Structure: {', '.join(parts)}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (_core.encode_structure(self.core), self.original, self.original_name)


def _restore(blob: bytes, original: bytes | None, original_name: str | None) -> Structure:
    """Rebuilds a pickled structure."""
    return Structure(_core.decode_structure(blob), original=original, original_name=original_name)
