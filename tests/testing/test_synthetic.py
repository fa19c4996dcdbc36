"""The made-up predictions are chemistry: lengths, angles, chirality, rings that close, chains that hold together."""

import itertools
from pathlib import Path

import numpy as np
import pytest

from proteusdb import Structure
from proteusdb.testing import synthetic_prediction, write_folder, write_layout
from proteusdb.testing.synthetic import LAYOUTS
from proteusdb.testing.synthetic.chain import Chain, make_chain, random_sequence
from proteusdb.testing.synthetic.place import angle, distance, handedness, place, torsion
from proteusdb.testing.synthetic.residues import ATOM_ORDER, BACKBONE, HYDROGENS, LETTERS, SIDE_CHAINS

ALL_TWENTY = "".join(LETTERS) * 6


def atoms_of(chain: Chain) -> list[dict[str, np.ndarray]]:
    residues: list[dict[str, np.ndarray]] = [{} for _ in chain.sequence]
    for name, residue, point in zip(chain.atom_name, chain.residue, chain.coords, strict=True):
        assert name not in residues[residue], f"{name} twice in residue {residue}"
        residues[residue][name] = point
    return residues


@pytest.fixture(scope="module", params=range(3))
def chain(request: pytest.FixtureRequest) -> Chain:
    random = np.random.default_rng(request.param)
    shuffled = "".join(random.permutation(list(ALL_TWENTY)))
    return make_chain(shuffled, random)


def test_a_placed_atom_has_the_internal_coordinates_asked_for() -> None:
    random = np.random.default_rng(1)
    a, b, c = random.normal(size=(3, 50, 3))
    length, bend, turn = random.uniform(1, 2, 50), random.uniform(60, 150, 50), random.uniform(-179, 179, 50)
    d = place(a, b, c, length, bend, turn)
    np.testing.assert_allclose(distance(c, d), length)
    np.testing.assert_allclose(angle(b, c, d), bend)
    np.testing.assert_allclose(torsion(a, b, c, d), turn)


def test_backbone_bonds_angles_and_chirality_are_ideal(chain: Chain) -> None:
    residues = atoms_of(chain)
    column = {name: np.array([r[name] for r in residues]) for name in ("N", "CA", "C", "O")}
    n, ca, c, o = column.values()
    for found, name in (
        (distance(n, ca), "N-CA"),
        (distance(ca, c), "CA-C"),
        (distance(c, o), "C-O"),
        (distance(c[:-1], n[1:]), "C-N"),
        (angle(n, ca, c), "N-CA-C"),
        (angle(ca, c, o), "CA-C-O"),
        (angle(ca[:-1], c[:-1], n[1:]), "CA-C-N"),
        (angle(c[:-1], n[1:], ca[1:]), "C-N-CA"),
    ):
        np.testing.assert_allclose(found, BACKBONE[name], atol=1e-6, err_msg=name)
    chiral = [handedness(r["CA"], r["N"], r["C"], r["CB"]) for r in residues if "CB" in r]
    assert min(chiral) > 2.0, "every residue is an L amino acid"


def test_neighbouring_alpha_carbons_are_as_far_apart_as_their_peptide_says(chain: Chain) -> None:
    residues = atoms_of(chain)
    for this, following in itertools.pairwise(residues):
        omega = abs(torsion(this["CA"], this["C"], following["N"], following["CA"]))
        gap = distance(this["CA"], following["CA"])
        assert gap == pytest.approx(3.8 if omega > 90 else 2.95, abs=0.08)


def test_every_residue_has_exactly_its_heavy_atoms_in_file_order(chain: Chain) -> None:
    for index, (letter, atoms) in enumerate(zip(chain.sequence, atoms_of(chain), strict=True)):
        expected = {"N", "CA", "C", "O"} | {step.atom for step in SIDE_CHAINS[LETTERS[letter]]}
        expected |= {"CB"} if letter != "G" else set()
        expected |= {"OXT"} if index == len(chain.sequence) - 1 else set()
        assert set(atoms) == expected
        assert list(atoms) == sorted(atoms, key=ATOM_ORDER.index)


def test_rings_close(chain: Chain) -> None:
    closures = {
        "F": [("CZ", "CE2", 1.38)],
        "Y": [("CZ", "CE2", 1.38)],
        "H": [("CE1", "NE2", 1.32)],
        "W": [("NE1", "CE2", 1.37), ("CZ3", "CH2", 1.40)],
        "P": [("N", "CD", 1.47)],
    }
    for letter, atoms in zip(chain.sequence, atoms_of(chain), strict=True):
        for a, b, length in closures.get(letter, ()):
            assert distance(atoms[a], atoms[b]) == pytest.approx(length, abs=0.06), f"{letter} {a}-{b}"


def test_second_chiral_centres_of_isoleucine_and_threonine(chain: Chain) -> None:
    for letter, r in zip(chain.sequence, atoms_of(chain), strict=True):
        if letter == "I":
            assert handedness(r["CB"], r["CA"], r["CG1"], r["CG2"]) > 2.0
        if letter == "T":
            # Oxygen outranks carbon, so the same hand is seen from the other side.
            assert handedness(r["CB"], r["CA"], r["OG1"], r["CG2"]) > 2.0


def test_no_two_atoms_of_a_residue_lie_on_each_other(chain: Chain) -> None:
    for atoms in atoms_of(chain):
        points = np.array(list(atoms.values()))
        gaps = distance(points[:, None], points[None]) + 9 * np.eye(len(points))
        assert gaps.min() > 1.2


def test_a_chain_is_a_ball_and_not_a_stick() -> None:
    chain = make_chain(random_sequence(300, np.random.default_rng(5)), np.random.default_rng(5))
    radius = np.sqrt((chain.coords**2).sum(-1).mean())
    assert radius < 45.0, "300 residues laid out as one strand would have 300 Å"


def test_hydrogens_are_complete_and_bonded_to_one_heavy_atom() -> None:
    chain = make_chain(ALL_TWENTY[:40], np.random.default_rng(2), hydrogens=True)
    for index, (letter, atoms) in enumerate(zip(chain.sequence, atoms_of(chain), strict=True)):
        side = {h for _, names in HYDROGENS[LETTERS[letter]] for h in names}
        own = {"HA2", "HA3"} if letter == "G" else {"HA"}
        amide = {"H1", "H2", "H3"} if index == 0 else set() if letter == "P" else {"H"}
        assert {name for name in atoms if name[0] == "H"} == side | own | amide
        heavy = np.array([p for name, p in atoms.items() if name[0] != "H"])
        for name in side | own | amide:
            gaps = np.sort(distance(heavy, atoms[name]))
            assert 0.95 < gaps[0] < 1.4 < gaps[1], f"{letter}{index} {name}"


@pytest.mark.parametrize("length", [1, 2, 3, 5, 17])
def test_short_chains_can_be_made(length: int) -> None:
    chain = make_chain("M" * length, np.random.default_rng(0))
    assert len(chain.plddt) == length
    assert np.isfinite(chain.coords).all()


def test_plddt_is_smooth_and_within_its_scale() -> None:
    chain = make_chain(random_sequence(400, np.random.default_rng(3)), np.random.default_rng(3))
    assert ((chain.plddt >= 0) & (chain.plddt <= 100)).all()
    shuffled = np.random.default_rng(0).permutation(chain.plddt)
    assert np.abs(np.diff(chain.plddt)).mean() < 0.6 * np.abs(np.diff(shuffled)).mean()


def test_the_seed_alone_decides() -> None:
    one, two, other = (make_chain("MKVLAAGIT" * 5, np.random.default_rng(seed)) for seed in (4, 4, 5))
    np.testing.assert_array_equal(one.coords, two.coords)
    assert not np.array_equal(one.coords, other.coords)


def test_a_record_agrees_with_itself() -> None:
    record = synthetic_prediction(25, 4, chains=2, hydrogens=True, pae=True)
    structure = record["structure"]
    assert structure.sequence == record["sequence"]
    assert structure.chain_types == ["protein", "protein"]
    assert record["arrays"]["pae"].shape == (50, 50)
    assert structure.plddt.shape == (50,)
    assert "H" in set(structure.element)
    np.testing.assert_array_equal(np.round(structure.coords.astype(float), 3).astype(np.float32), structure.coords)


def test_coordinates_may_lie_off_any_grid() -> None:
    raw = synthetic_prediction(20, 4, decimals=None)["structure"].coords
    assert (np.round(raw.astype(float), 4).astype(np.float32) != raw).mean() > 0.5


@pytest.mark.parametrize("wrong", [{"length": 0}, {"length": 5, "chains": 0}, {"length": 5, "chains": 27}])
def test_impossible_sizes_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="at least 1 residue"):
        synthetic_prediction(seed=1, **wrong)


def test_a_folder_holds_files_of_three_predictors_in_both_formats(tmp_path: Path) -> None:
    files = write_folder(tmp_path / "made", 12, seed=3, length=(20, 40))
    assert sorted(files) == sorted((tmp_path / "made").iterdir())
    kinds = {(file.name[:2] == "AF", "rank" in file.name, ".ef." in file.name, file.suffix) for file in files}
    assert len(kinds) == 6
    for file in files:
        structure = Structure.from_file(file, plddt_scale=1 if ".ef." in file.name else 100)
        assert 20 <= structure.n_residues <= 40
        assert 1.0 < structure.plddt.max() <= 100.0


def test_the_same_seed_writes_the_same_folder(tmp_path: Path) -> None:
    one, two = (write_folder(tmp_path / name, 4, seed=9, length=(10, 20)) for name in ("one", "two"))
    assert [file.read_bytes() for file in one] == [file.read_bytes() for file in two]
    with pytest.raises(ValueError, match="pdb, cif"):
        write_folder(tmp_path, 1, formats=("bcif",))


@pytest.mark.parametrize("tool", LAYOUTS)
def test_a_layout_is_the_same_everywhere(tool: str, tmp_path: Path) -> None:
    made = [write_layout(tmp_path / name, tool, seed=5) for name in ("a", "b")]
    files = [
        {
            file.relative_to(tmp_path / name): file.read_bytes()
            for file in (tmp_path / name).rglob("*")
            if file.is_file()
        }
        for name in ("a", "b")
    ]
    # A zip archive, as an NPZ is, holds the time of its making.
    assert files[0].keys() == files[1].keys()
    assert all(files[1][name] == data for name, data in files[0].items() if name.suffix != ".npz")
    for one in made[0]:
        assert all(file.is_file() for file in [one.structure, *one.companions, *one.aliases])
        assert all(alias.read_bytes() == one.structure.read_bytes() for alias in one.aliases)
        assert Structure.from_file(one.structure).n_residues == len(one.arrays.get("pae", [None] * 48))


def test_a_layout_of_nobody_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="alphafold3"):
        write_layout(tmp_path, "alphafold9")
