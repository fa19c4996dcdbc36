"""Output dicts of ESMFold and OpenFold, as tensors and arrays, right and wrong."""

from collections import OrderedDict
from typing import Any

import numpy as np
import pytest

from interfaces.predictors import coordinates, esmfold, openfold, structure
from proteusdb import DatabaseManager
from proteusdb.errors import ValidationError
from proteusdb.interfaces import ModelInterface, from_esmfold, from_openfold


class Tensor:
    """What of a torch tensor is used: it leaves its device before it becomes an array."""

    def __init__(self, array: Any) -> None:
        self._array = np.asarray(array)
        self.dtype = f"torch.{self._array.dtype}"

    def detach(self) -> "Tensor":
        return self

    def cpu(self) -> "Tensor":
        return self

    def numpy(self) -> Any:
        return self._array

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError("can't convert a cuda tensor to numpy")


def tensors(output: dict[str, Any]) -> "OrderedDict[str, Any]":
    """The same on a device."""
    return OrderedDict((name, Tensor(value)) for name, value in output.items())


@pytest.mark.parametrize("sequence", ["MKTAYIAK", "MKT:AY", "A:A:A"])
@pytest.mark.parametrize("wrap", [dict, tensors])
def test_openfold(db: DatabaseManager, sequence: str, wrap: Any) -> None:
    interface = ModelInterface("openfold", db, predictor=lambda s: wrap(openfold(s)))
    stored = interface.predict(sequence)
    length = len(sequence.replace(":", ""))
    expected = np.linspace(50, 90, length).astype(np.float32)
    assert stored.sequence == sequence
    assert np.array_equal(stored.structure.plddt, expected)
    assert np.array_equal(stored.structure.atom37()[0][:, 1], coordinates(sequence)[:, 1])
    assert np.array_equal(stored.arrays["pae"], openfold(sequence)["predicted_aligned_error"])
    assert (stored.metadata["ptm"], stored.metadata["iptm"]) == (0.5, 0.25)
    assert stored.ranking_score == pytest.approx(0.3)
    assert stored.confidence == pytest.approx(float(expected.mean()) / 100)


@pytest.mark.parametrize("sequence", ["MKTAYIAK", "MKT:AY", "AC:DEF:GH"])
@pytest.mark.parametrize("linker", [25, 0])
@pytest.mark.parametrize("wrap", [dict, tensors])
def test_esmfold_leaves_out_linkers_and_padding(sequence: str, linker: int, wrap: Any) -> None:
    output = wrap(esmfold(["MKTAYIAKQRMKTAYIAKQR", sequence], linker))
    record = from_esmfold(output, sequence, 1)
    assert record["structure"] == structure(sequence, 70.0)
    assert record["metadata"]["ptm"] == pytest.approx(0.6)
    rows, start = [], 0
    for part in sequence.split(":"):
        rows += range(start, start + len(part))
        start += len(part) + linker
    assert np.allclose(record["arrays"]["pae"], np.add.outer(rows, np.array(rows) / 100))


def test_plddt_on_either_scale_and_of_residues() -> None:
    output = esmfold(["MKT"])
    output["plddt"] = output["plddt"] * 100
    assert from_esmfold(output, "MKT")["structure"] == structure("MKT", 70.0)
    output["plddt"] = output["plddt"][:, :, 0]
    assert from_esmfold(output, "MKT")["structure"] == structure("MKT", 70.0)
    del output["plddt"], output["predicted_aligned_error"], output["ptm"]
    record = from_esmfold(output, "MKT")
    assert (record["structure"].plddt, record["arrays"], record["metadata"]) == (None, {}, {})


def test_alphafold_2_nests_its_structure_module() -> None:
    output = openfold("MKT")
    inner = {name: output.pop(name) for name in ("final_atom_positions", "final_atom_mask")}
    features = {"aatype": output.pop("aatype"), "asym_id": output.pop("asym_id"), "msa": "left alone"}
    assert from_openfold({**output, "structure_module": inner}, "MKT", features)["sequence"] == "MKT"
    with pytest.raises(ValidationError, match=r"residue 2 .* is T, and K was asked for"):
        from_openfold({**output, "structure_module": inner}, "MKK", features)


def broken(**changes: Any) -> dict[str, Any]:
    output = {**openfold("MKT"), **changes}
    return {name: value for name, value in output.items() if value is not None}


@pytest.mark.parametrize(
    ("output", "part"),
    [
        (broken(final_atom_positions=np.zeros((3, 14, 3))), "residx_atom37_to_atom14 is missing"),
        (broken(final_atom_positions=np.zeros((3, 37))), r"has the shape \(3, 37\)"),
        (broken(final_atom_positions=np.zeros((4, 37, 3))), "mask of atoms has the shape"),
        (broken(final_atom_positions=np.full((3, 37, 3), np.nan, np.float32)), "(?i)nan|finite"),
        (broken(final_atom_mask=None), "no mask of atoms"),
        (broken(final_atom_mask=np.zeros((3, 37))), "no atom"),
        (broken(plddt=np.full(3, np.nan)), "plddt"),
        (broken(plddt=np.zeros((3, 50))), "plddt has the shape"),
        (broken(predicted_aligned_error=np.zeros((3, 4))), "predicted_aligned_error has the shape"),
        (broken(predicted_aligned_error=np.full((3, 3), np.nan)), "holds NaN"),
        (broken(ptm_score=np.zeros(3)), "one number a sequence"),
        (broken(ptm_score=np.float32("nan")), "ptm"),
        ({**openfold("MKTA"), "asym_id": np.ones(4)}, "4 residues, 4 with atoms; 3 are needed"),
        ({"structure_module": {}}, "no final_atom_positions or positions"),
    ],
)
def test_what_does_not_fit_is_an_error_and_not_stored(db: DatabaseManager, output: Any, part: str) -> None:
    with pytest.raises(ValidationError, match=part):
        ModelInterface("openfold", db, predictor=lambda s: output).predict("MKT")
    assert db.count(where="structure exists") == 0


def test_the_member_must_be_there() -> None:
    with pytest.raises(ValidationError, match="is of 1 sequences"):
        from_esmfold(esmfold(["MKT"]), "MKT", 1)
