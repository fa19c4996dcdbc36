"""What notebooks show, and plots."""

import re
import sys
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest

from proteusdb import DatabaseManager
from proteusdb.core.prediction import Prediction
from proteusdb.errors import ValidationError
from proteusdb.views.colours import BANDS, PAE_LIMIT, band_of
from views.conftest import HOSTILE


class Balanced(HTMLParser):
    """Fails on a tag that is not closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.texts: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: Any) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_bands_of_values() -> None:
    values = np.array([100, 90.01, 90, 70.5, 70, 50.1, 50, 0, np.nan])
    assert band_of(values).tolist() == [0, 0, 1, 1, 2, 2, 3, 3, -1]


def test_a_manager_shows_what_it_holds(db: DatabaseManager) -> None:
    texts = Balanced(db._repr_html_()).texts
    assert texts[texts.index("predictions") + 1] == str(db.count())
    assert db.url in texts
    other = DatabaseManager(database_path=db.url.removeprefix("lmdb://"), read_only=True)
    other.close()
    assert "closed" in Balanced(other._repr_html_()).texts


@pytest.mark.parametrize("name", ["whole", "ligand", "bare", HOSTILE])
def test_a_prediction_shows_its_header(db: DatabaseManager, name: str) -> None:
    prediction = db.get_prediction(name)
    shown = prediction._repr_html_()
    texts = Balanced(shown).texts
    assert texts[texts.index("id") + 1] == name
    assert HOSTILE not in shown
    assert ("<svg" in shown) == (prediction.structure is not None)


def test_the_strip_has_the_colours_of_the_residues(db: DatabaseManager) -> None:
    prediction = db.get_prediction("whole")
    strip = re.findall(r'<rect x="(\d+)" width="(\d+)" height="1" fill="(#\w+)"/>', prediction._repr_html_())
    colours = [colour for _, width, colour in strip for _ in range(int(width))]
    assert prediction.structure is not None
    bands = band_of(np.asarray(prediction.structure.plddt))
    assert colours == [BANDS[band][1] for band in bands]


def test_a_result_shows_rows(db: DatabaseManager) -> None:
    texts = Balanced(db.query_predictions()._repr_html_()).texts
    assert {"whole", "ligand", "bare", HOSTILE} <= set(texts)


def test_plots_show_the_values(db: DatabaseManager) -> None:
    matplotlib = pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    matplotlib.use("agg")
    from matplotlib import pyplot

    prediction = db.get_prediction("whole")
    assert prediction.structure is not None
    axes = prediction.plot_plddt()
    np.testing.assert_array_equal(axes.lines[0].get_ydata(), prediction.structure.plddt)
    axes.figure.canvas.draw()  # type: ignore[attr-defined]
    given = pyplot.subplots()[1]
    assert prediction.plot_pae(given) is given
    np.testing.assert_array_equal(given.images[0].get_array(), prediction.arrays["pae"])
    assert given.images[0].get_clim() == (0, PAE_LIMIT)
    assert len(given.lines) == 2  # where chain B begins
    pyplot.close("all")
    bare = db.get_prediction("bare")
    with pytest.raises(ValidationError, match=r"'bare' tells no pLDDT"):
        bare.plot_plddt()
    with pytest.raises(ValidationError, match=r"'whole' has no matrix 'pde'; its matrices: pae"):
        prediction.plot_pae(name="pde")
    pyplot.close("all")


def test_show_colours_residues_by_their_band(db: DatabaseManager) -> None:
    pytest.importorskip("py3Dmol", reason="py3Dmol is not installed")
    shown = db.get_prediction("ligand").show(width=300)._make_html()
    assert "width: 300px" in shown
    styles = re.findall(r'setStyle\((\{"chain".*?\}\})\);', shown)
    colours = {re.findall(r'"resi": \[(.*?)\]', style)[0]: re.findall(r"#\w+", style)[0] for style in styles}
    assert colours == {
        '"1-1"': BANDS[0][1],
        '"2-3"': BANDS[1][1],
        '"11-12"': BANDS[2][1],
        '"13-13"': BANDS[3][1],
    }
    with pytest.raises(ValidationError, match=r"'bare' has no structure"):
        db.get_prediction("bare").show()


@pytest.mark.parametrize(
    ("module", "extra", "call"),
    [
        ("matplotlib", "plots", Prediction.plot_plddt),
        ("matplotlib", "plots", Prediction.plot_pae),
        ("py3Dmol", "notebook", Prediction.show),
    ],
)
def test_a_missing_extra_is_named(
    db: DatabaseManager, monkeypatch: pytest.MonkeyPatch, module: str, extra: str, call: Callable[[Prediction], Any]
) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == module]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ValidationError, match=rf"needs the library {module}.*pip install 'proteusdb\[{extra}\]'"):
        call(db.get_prediction("whole"))
