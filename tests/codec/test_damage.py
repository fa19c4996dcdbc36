"""No damage passes: each byte of each blob, changed, is an error that says what is wrong."""

import pytest

from proteusdb import _core
from proteusdb.errors import CorruptionError
from proteusdb.testing.synthetic import synthetic_prediction


@pytest.mark.parametrize("seed", range(200))
def test_a_flipped_bit_anywhere_is_found(seed: int) -> None:
    options = {"chains": 1 + seed % 2, "hydrogens": seed in (3, 9, 15, 21), "decimals": None if seed % 5 == 0 else 3}
    structure = synthetic_prediction(2 + seed % 7, seed, **options)["structure"].core
    blob = _core.encode_structure(structure, compression=("none", "fast", "small")[seed % 3])
    for at in range(len(blob)):
        damaged = bytearray(blob)
        damaged[at] ^= 1 << (at + seed) % 8
        with pytest.raises(CorruptionError):
            _core.decode_structure(bytes(damaged))
    for cut in range(0, len(blob), 7):
        with pytest.raises(CorruptionError):
            _core.decode_structure(blob[:cut])
