"""The page in a browser: drawn, linked, harmless, and without a request."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest

from proteusdb import DatabaseManager
from proteusdb.views.colours import BANDS, PAE_COLOURS
from views.browser import Browser, share_near
from views.conftest import HOSTILE

pytest.importorskip("matplotlib", reason="pictures are read by matplotlib, which is not installed")

pytestmark = pytest.mark.timeout(900)

MARK = "#d6006e"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    made = Browser(tmp_path_factory.mktemp("browser"))
    yield made
    made.close()


def said(browser: Browser) -> tuple[list[str], list[str], str]:
    """Faults, requests, and how many canvases were drawn."""
    requests = "performance.getEntriesByType('resource').map((entry) => entry.name)"
    return browser.run("faults"), browser.run(requests), browser.run("document.body.dataset.drawn")


def over(browser: Browser) -> str:
    return str(browser.run("document.getElementById('over').textContent"))


def test_a_whole_prediction_is_drawn(browser: Browser, db: DatabaseManager) -> None:
    prediction = db.get_prediction("whole")
    browser.show(prediction.to_html())
    assert said(browser) == ([], [], "3")
    assert browser.keep("whole").startswith(b"\x89PNG")
    assert browser.run("document.title") == "whole"
    assert prediction.structure is not None
    plddt = np.asarray(prediction.structure.plddt)
    bars, ribbon = browser.picture("plddt"), browser.picture("structure")
    upper = np.inf
    for limit, colour, name in BANDS:
        there = bool(((plddt > limit) & (plddt <= upper)).any())
        assert (share_near(bars, colour, 8) > 0.0005) == there, name
        upper = limit
    assert sum(share_near(ribbon, colour, 60) for _, colour, _ in BANDS) > 0.02
    assert share_near(browser.picture("pae"), PAE_COLOURS[0], 20) > 0.002


def test_mouse_and_keys_move_it_and_each_plot_marks_the_others(browser: Browser, db: DatabaseManager) -> None:
    browser.show(db.get_prediction("whole").to_html())
    first = browser.picture("structure")
    browser.point("structure", 0.5, 0.5, "mousePressed", button="left", buttons=1, clickCount=1)
    browser.point("structure", 0.6, 0.55, buttons=1)
    browser.point("structure", 0.6, 0.55, "mouseReleased", button="left", clickCount=1)
    turned = browser.picture("structure")
    browser.point("structure", 0.5, 0.5, "mouseWheel", deltaX=0, deltaY=-300)
    zoomed = browser.picture("structure")
    browser.run("document.getElementById('structure').focus()")
    browser.call("Input.dispatchKeyEvent", type="keyDown", key="ArrowLeft", code="ArrowLeft")
    browser.painted()
    pictures = [first, turned, zoomed, browser.picture("structure")]
    assert all(not np.array_equal(*pair) for pair in pairwise(pictures))
    for count in (1, 2):
        for kind in ("mousePressed", "mouseReleased"):
            browser.point("structure", 0.5, 0.5, kind, button="left", clickCount=count)
    np.testing.assert_array_equal(browser.picture("structure"), first)
    assert share_near(first, MARK, 60) == 0
    browser.point("plddt", 0.3, 0.5)
    assert over(browser).count("chain A, pLDDT ") == 1
    assert share_near(browser.picture("structure"), MARK, 60) > 0
    assert share_near(browser.picture("pae"), MARK, 10) > 0
    browser.point("pae", 0.4, 0.2)
    assert "aligned on A " in over(browser)
    assert over(browser).endswith(" Å")
    assert share_near(browser.picture("plddt"), MARK, 10) > 0
    assert said(browser)[0] == []


def test_ligands_gaps_and_what_is_missing(browser: Browser, db: DatabaseManager) -> None:
    browser.show(db.get_prediction("ligand").to_html())
    browser.keep("ligand")
    assert said(browser) == ([], [], "2")
    assert "no array of predicted aligned errors" in browser.run("document.body.innerText")
    picture = browser.picture("structure")
    assert share_near(picture, "#e62828", 60) > 0.0002  # oxygen
    columns = np.flatnonzero((picture[..., 3] > 0).any(axis=0))
    assert np.diff(columns).max() > picture.shape[1] * 0.1  # the gap


@pytest.mark.parametrize("name", ["bare", HOSTILE])
def test_no_structure_and_names_that_are_markup(browser: Browser, db: DatabaseManager, name: str) -> None:
    browser.show(db.get_prediction(name).to_html())
    assert said(browser) == ([], [], "0")
    assert browser.run("document.title") == name
    text = browser.run("document.body.innerText")
    assert name in text
    assert "has no structure yet" in text
