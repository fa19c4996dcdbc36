"""How a store of rows grew is told from samples that it keeps."""

from pathlib import Path

import pytest

from backends.engines import ENGINES, open_engine
from proteusdb.backends.shared.growth import MOST, Sample, thinned

ROWS = [name for name in ENGINES if name != "lmdb"]


@pytest.mark.parametrize("engine", ROWS)
def test_growth_is_told_since_an_earlier_write(engine: str, tmp_path: Path) -> None:
    with open_engine(engine, tmp_path) as db:
        assert db.stats()["growth"] == {}
        for number in range(3):
            db.store_prediction("MKT" * 100, None, {"text": f"{number}" * 50_000}, prediction_id=f"p{number}")
        db.update_prediction("p0", {"seed": 1})
    with open_engine(engine, tmp_path) as again:
        growth = again.stats()["growth"]
    assert (growth["predictions"], growth["versions"], len(growth["samples"])) == (3, 4, 1)
    assert (growth["samples"][0]["predictions"], growth["samples"][0]["versions"]) == (0, 0)
    assert growth["since"] == growth["samples"][0]["time"]
    if engine == "sqlite":
        assert growth["bytes"] > 150_000
        assert growth["bytes_per_day"] > growth["bytes"]


def test_the_first_and_the_last_samples_stay_when_others_go() -> None:
    samples: list[Sample] = []
    for time in range(1_000):
        samples = thinned([*samples, [time, 0, 0, 0]])
        assert len(samples) <= MOST
    assert samples[0][0] == 0
    assert [sample[0] for sample in samples[-30:]] == list(range(970, 1_000))
