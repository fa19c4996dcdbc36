"""Dense model output in and out, in AlphaFold's order of 37 atoms."""

import re
from typing import Any

import numpy as np
import pytest

from formats.made import columns
from proteusdb.errors import ValidationError
from proteusdb.formats.atom37 import ATOM_TYPES
from proteusdb.structure import Structure

BACKBONE = [ATOM_TYPES.index(name) for name in ("N", "CA", "C", "O")]


def dense(length: int, places: list[int] = BACKBONE) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    positions = np.random.default_rng(7).normal(size=(length, 37, 3)).astype(np.float32)
    mask = np.zeros((length, 37), np.float32)
    mask[:, places] = 1
    positions[mask == 0] = np.nan
    return positions, mask


def test_the_order_is_that_of_alphafold() -> None:
    assert len(set(ATOM_TYPES)) == 37
    assert ATOM_TYPES[:6] == ("N", "CA", "C", "CB", "O", "CG")
    assert (ATOM_TYPES[10], ATOM_TYPES[18], ATOM_TYPES[36]) == ("SG", "SD", "OXT")


def test_dense_positions_come_back_bit_for_bit() -> None:
    positions, mask = dense(5)
    structure = Structure.from_atom37(positions, mask, "MGSXW", plddt=[90, 80, 70, 60.5, 50])
    again, present = structure.atom37()
    np.testing.assert_array_equal(present, mask == 1)
    np.testing.assert_array_equal(again, np.nan_to_num(positions))
    assert structure.sequence == "MGSXW"
    assert structure.residue_name[structure.residue_starts[:-1]].tolist() == ["MET", "GLY", "SER", "UNK", "TRP"]
    assert structure.residue_number[structure.residue_starts[:-1]].tolist() == [1, 2, 3, 4, 5]
    assert structure.element[:4].tolist() == ["N", "C", "C", "O"]
    np.testing.assert_array_equal(structure.plddt, np.float32([90, 80, 70, 60.5, 50]))


def test_a_colon_splits_chains_and_numbers_each_from_one() -> None:
    structure = Structure.from_atom37(*dense(5), "mg:sxw")
    starts = structure.residue_starts[:-1]
    assert structure.sequence == "MG:SXW"
    assert structure.chain_id[starts].tolist() == ["A", "A", "B", "B", "B"]
    assert structure.residue_number[starts].tolist() == [1, 2, 1, 2, 3]
    assert structure.plddt is None


@pytest.mark.parametrize(
    ("chain_id", "expected"),
    [
        (["H", "L"], ["H", "H", "L", "L"]),
        (["H", "H", "L", "L"], ["H", "H", "L", "L"]),
        ([7, 7, 25, 25], ["H", "H", "Z", "Z"]),
        ([0, 62], ["A", "A", "AA", "AA"]),
    ],
)
def test_chains_are_named_by_name_or_index_of_chain_or_residue(chain_id: Any, expected: list[str]) -> None:
    structure = Structure.from_atom37(*dense(4), "MG:SW", chain_id=chain_id)
    assert structure.chain_id[structure.residue_starts[:-1]].tolist() == expected
    assert structure.sequence == "MG:SW"


def test_chain_names_a_residue_split_a_sequence_without_colons() -> None:
    structure = Structure.from_atom37(*dense(4), "MGSW", chain_id=["A", "A", "B", "B"], residue_number=[5, 6, 5, 9])
    assert structure.sequence == "MG:SW"
    assert structure.residue_number[structure.residue_starts[:-1]].tolist() == [5, 6, 5, 9]


@pytest.mark.parametrize("shape", [(3,), (3, 37)])
def test_plddt_on_0_to_1_is_brought_to_0_to_100(shape: tuple[int, ...]) -> None:
    structure = Structure.from_atom37(*dense(3), "MGS", plddt=np.full(shape, 0.875))
    np.testing.assert_array_equal(structure.plddt, np.float32([87.5] * 3))
    assert (structure.b_factor == 87.5).all()
    assert structure.plddt_scale == 100


def test_a_residue_without_atoms_leaves_a_gap() -> None:
    positions, mask = dense(3)
    mask[1] = 0
    structure = Structure.from_atom37(positions, mask, "MGS")
    assert structure.sequence == "MS"
    assert structure.residue_number[structure.residue_starts[:-1]].tolist() == [1, 3]


def test_a_tensor_on_another_device_is_fetched() -> None:
    class Tensor:
        """What torch's tensors are to us: detach, cpu, numpy."""

        def __init__(self, array: np.ndarray[Any, Any]) -> None:
            self.array, self.dtype, self.steps = array, "torch.float32", []

        def detach(self) -> "Tensor":
            self.steps.append("detach")
            return self

        def cpu(self) -> "Tensor":
            self.steps.append("cpu")
            return self

        def numpy(self) -> np.ndarray[Any, Any]:
            return self.array

        def __array__(self, *_: Any, **__: Any) -> None:
            raise TypeError("can't convert cuda:0 device type tensor to numpy")

    positions, mask = dense(2)
    tensor = Tensor(positions)
    structure = Structure.from_atom37(tensor, Tensor(mask), "MG")
    assert tensor.steps == ["detach", "cpu"]
    assert structure.n_atoms == 8


def test_nucleotides_and_ligands_have_no_dense_atoms() -> None:
    names = ["DA", "DA", "CA", "CA"]
    structure = Structure.from_arrays(**columns(residue_name=names, atom_name=["P", "C1'", "CA", "CA"], chain_id="C"))
    positions, mask = structure.atom37()
    assert len(positions) == len(structure.sequence)
    assert not mask.any()


def test_of_alternate_locations_the_most_occupied_is_shown() -> None:
    structure = Structure.from_arrays(
        coords=[[0, 0, 0], [1, 1, 1], [2, 2, 2], [3, 3, 3]],
        atom_name=["CA", "CA", "N", "N"],
        element=["C", "C", "N", "N"],
        residue_name="ALA",
        chain_id="A",
        residue_number=[1] * 4,
        altloc=["A", "B", "A", "B"],
        occupancy=[0.3, 0.7, 0.5, 0.5],
    )
    positions, mask = structure.atom37()
    assert mask.sum() == 2
    assert positions[0, ATOM_TYPES.index("CA")].tolist() == [1, 1, 1]
    assert positions[0, ATOM_TYPES.index("N")].tolist() == [2, 2, 2], "of equals, the first in the file"


def test_selenomethionine_stands_in_the_place_of_methionine() -> None:
    made = columns(residue_name="MSE", residue_number=[1] * 4, atom_name=["N", "CA", "C", "SE"])
    structure = Structure.from_arrays(**made | {"element": ["N", "C", "C", "SE"]}, ter=[True] * 4)
    _, mask = structure.atom37()
    assert (structure.sequence, mask[0, ATOM_TYPES.index("SD")]) == ("M", True)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"positions": np.zeros((1, 3, 37, 3))}, "(3, 37, 3) is needed for a sequence of 3; take one sample"),
        ({"positions": np.zeros((3, 14, 3))}, "positions has the shape (3, 14, 3)"),
        ({"mask": np.ones((2, 37))}, "mask has the shape (2, 37); (3, 37) is needed"),
        ({"mask": np.zeros((3, 37))}, "mask has no atom"),
        ({"sequence": "MG"}, "(2, 37, 3) is needed for a sequence of 2"),
        ({"sequence": "M1S"}, "sequence: '1' at position 1 is no amino acid"),
        ({"sequence": "M::GS"}, "a chain is empty"),
        ({"sequence": b"MGS"}, "sequence is bytes; a str"),
        ({"plddt": [1, 2]}, "plddt has the shape (2,); (3,) or (3, 37) is needed"),
        ({"plddt": [50, 60, 101]}, "plddt: every value of a present atom must lie in 0-1 or in 0-100"),
        ({"plddt": [50, 60, np.nan]}, "plddt: every value"),
        ({"chain_id": ["A", "B"]}, "chain_id has 2 values; needed are one a chain (1) or one a residue (3)"),
        ({"chain_id": [1.5]}, "chain_id holds something else than text or chain indices"),
        ({"chain_id": [-1]}, "chain_id -1: a chain index is 0 or more"),
        ({"residue_number": [1, 2]}, "residue_number has 2 values; 3 are needed"),
        ({"sequence": "GGG", "residue_number": [4, 4, 4]}, "residue_number: two residues that follow each other"),
        ({"mask": np.full((3, 37), 1)}, "coords of atom 3 (counted from 0) in model 1 is NaN"),
    ],
)
def test_wrong_input_is_named_with_what_is_needed(change: dict[str, Any], message: str) -> None:
    positions, mask = dense(3)
    with pytest.raises(ValidationError, match=re.escape(message)):
        Structure.from_atom37(**({"positions": positions, "mask": mask, "sequence": "MGS"} | change))
