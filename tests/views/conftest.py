"""A database of what the views must cope with."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from proteusdb import DatabaseManager, Structure
from proteusdb.testing.synthetic import synthetic_prediction

HOSTILE = "</script><script>document.title='hit'</script>&<b>\"'"
"""What a page must show as it is."""


def ligand_and_gap() -> Structure:
    """A chain of six with a gap after the third, a carbon monoxide beside it, and water."""
    ca = [[3.8 * step + (20.0 if step > 2 else 0.0), 0.0, 0.0] for step in range(6)]
    names = ["CA"] * 6 + ["C", "O", "O"]
    return Structure.from_arrays(
        coords=np.array([*ca, [0, 5, 0], [1.13, 5, 0], [0, 9, 0]]),
        atom_name=names,
        element=[name[0] for name in names],
        residue_name=["ALA"] * 6 + ["CMO"] * 2 + ["HOH"],
        chain_id=["A"] * 6 + ["B"] * 3,
        residue_number=[1, 2, 3, 11, 12, 13, 1, 1, 2],
        b_factor=[95, 85, 75, 65, 55, 45, 80, 80, 10],
        plddt_scale=100,
    )


@pytest.fixture(scope="session")
def db(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DatabaseManager]:
    """`whole` has everything, `ligand` no PAE, `bare` no structure, and the last one a name that is markup."""
    with DatabaseManager(database_path=tmp_path_factory.mktemp("views") / "views.db") as manager:
        record: dict[str, Any] = synthetic_prediction(40, 3, chains=2, pae=True)
        manager.store_prediction(**record, prediction_id="whole")
        manager.store_prediction("AAAAAA", ligand_and_gap(), prediction_id="ligand", check_sequence=False)
        manager.store_prediction("MKV:ACGU", None, prediction_id="bare")
        manager.store_prediction("MKV", None, {HOSTILE: {"x": HOSTILE}}, prediction_id=HOSTILE, model=HOSTILE)
        yield manager
