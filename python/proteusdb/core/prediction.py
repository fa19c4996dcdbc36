"""One prediction, as callers get it.

::

    Prediction ─ columns          sequence, confidence, ...     read with the header
               ├ structure        decoded on first use
               ├ arrays           name -> numpy array, each decoded on first use
               └ originals        file name -> bytes, each decoded on first use

Invariants: it shows one version for ever, whatever is written later; decoded parts are kept, so a second look is
free.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from .. import _core
from .._core import Stored
from .times import from_micros

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from ..structure import Structure
    from .session import Session

__all__ = ["FIELDS", "Parts", "Prediction", "stored_of"]

T = TypeVar("T")

FIELDS = (
    "prediction_id",
    "sequence",
    "chain_types",
    "structure",
    "structure_data",
    "plddt",
    "metadata",
    "model",
    "model_id",
    "model_version",
    "job",
    "seed",
    "sample",
    "rank",
    "ranking_score",
    "confidence",
    "created_at",
    "updated_at",
    "version",
    "arrays",
    "originals",
)
"""The attributes of a prediction, as `iter_predictions(fields=...)` names them."""


class Prediction:
    """One version of a stored prediction.

    Made by the manager. Attributes are read-only; change a prediction with `DatabaseManager.update_prediction`.
    """

    __slots__ = ("_arrays", "_metadata", "_originals", "_plddt", "_session", "_stored", "_structure")

    def __init__(self, session: Session, stored: Stored) -> None:
        self._session = session
        self._stored = stored
        self._structure: Structure | None = None
        self._plddt: tuple[NDArray[np.float32] | None] | None = None
        self._metadata: dict[str, Any] | None = None
        # Made when asked for: most predictions of a large answer are looked at by their columns alone.
        self._arrays: Parts[NDArray[Any]] | None = None
        self._originals: Parts[bytes] | None = None

    @property
    def prediction_id(self) -> str:
        """The caller's id or a UUIDv7."""
        return self._stored.prediction_id

    @property
    def version(self) -> int:
        """Counts up from 1 for each id."""
        return self._stored.version

    @property
    def sequence(self) -> str:
        """Polymer chains in file order joined by `:`, upper case."""
        return self._stored.sequence

    @property
    def chain_types(self) -> list[str]:
        """`protein`, `rna` or `dna` of each chain in `sequence`."""
        return self._stored.chain_types

    @property
    def length(self) -> int:
        """Residues in `sequence`."""
        return self._stored.length

    @property
    def metadata(self) -> dict[str, Any]:
        """Free-form metadata; a dict of this object's own, changing it changes nothing stored."""
        if self._metadata is None:
            self._metadata = self._stored.metadata
        return self._metadata

    @property
    def model_id(self) -> str | None:
        """The model's id, if the prediction names a model."""
        return self._stored.model_id

    @property
    def model(self) -> str | None:
        """The model's name."""
        record = self._model_record()
        return None if record is None else record["name"]

    @property
    def model_version(self) -> str | None:
        """The model's version."""
        record = self._model_record()
        return None if record is None else record["version"]

    @property
    def job(self) -> str | None:
        """What the prediction was a part of."""
        return self._stored.job

    @property
    def seed(self) -> int | None:
        """The random seed."""
        return self._stored.seed

    @property
    def sample(self) -> int | None:
        """The sample of that seed."""
        return self._stored.sample

    @property
    def rank(self) -> int | None:
        """The predictor's own rank."""
        return self._stored.rank

    @property
    def ranking_score(self) -> float | None:
        """`metadata["ranking_score"]`, on the predictor's own scale."""
        return self._stored.ranking_score

    @property
    def confidence(self) -> float | None:
        """0-1: `metadata["confidence"]` if given, else the mean pLDDT over polymer residues / 100, else None."""
        return self._stored.confidence

    @property
    def created_at(self) -> datetime:
        """Time of the prediction, UTC: that of its first storing unless given."""
        return from_micros(self._stored.created_at)

    @property
    def updated_at(self) -> datetime:
        """When this version was committed, UTC."""
        return from_micros(self._stored.updated_at)

    @property
    def structure(self) -> Structure | None:
        """The structure, or None in a row without one."""
        if self._structure is None:
            self.decoded(self._session.structures([self._stored], keep=True)[0])
        return self._structure

    @property
    def structure_data(self) -> bytes | None:
        """The structure's stored form."""
        return self._session.part(self._stored, "structure", "") if self._has_structure() else None

    @property
    def plddt(self) -> NDArray[np.float32] | None:
        """The structure's pLDDT, 0-100, float32 (n_residues,), or None; coordinates are not decoded for it."""
        if self._structure is not None or self._tells_plddt():
            return None if self.structure is None else self.structure.plddt
        if self._plddt is None:
            data = self.structure_data
            found = None if data is None else _core.decode_plddt(data)
            if found is not None:
                found[0].flags.writeable = False
            self._plddt = (None if found is None else found[0],)
        return self._plddt[0]

    @property
    def arrays(self) -> Mapping[str, NDArray[np.generic]]:
        """Arrays by name."""
        if self._arrays is None:
            self._arrays = Parts(self._stored, "array", self._decode_array)
        return self._arrays

    @property
    def originals(self) -> Mapping[str, bytes]:
        """Files the prediction was stored from, by name, byte for byte."""
        if self._originals is None:
            self._originals = Parts(self._stored, "original", self._decode_original)
        return self._originals

    def to_dict(self) -> dict[str, Any]:
        """Every attribute by name; the structure as a `Structure`, arrays and originals as dicts.

        Returns
        -------
        dict
            Keys as `FIELDS` but `structure_data` and `plddt`, which are the structure's.
        """
        values = {name: getattr(self, name) for name in FIELDS if name not in ("structure_data", "plddt")}
        return {**values, "arrays": dict(self.arrays), "originals": dict(self.originals)}

    # --- for people ---------------------------------------------------------------------------------------------------

    def show(self, *, width: int = 640, height: int = 480) -> Any:
        """The structure in three dimensions, coloured by pLDDT, for a notebook. Needs py3Dmol.

        Parameters
        ----------
        width, height : int
            Pixels.

        Returns
        -------
        py3Dmol.view
            Shown by the notebook as the last value of a cell; it loads 3Dmol.js from the network.

        Raises
        ------
        ValidationError
            There is no structure, or py3Dmol is not installed.
        """
        from ..views.notebook import show

        return show(self, width=width, height=height)

    def plot_plddt(self, ax: Axes | None = None) -> Axes:
        """pLDDT along the sequence, over the colours of its bands. Needs matplotlib.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; else in a new figure.

        Returns
        -------
        matplotlib.axes.Axes

        Raises
        ------
        ValidationError
            There is no pLDDT, or matplotlib is not installed.
        """
        from ..views.plots import plot_plddt

        return plot_plddt(self, ax)

    def plot_pae(self, ax: Axes | None = None, *, name: str = "pae") -> Axes:
        """The predicted aligned error, in Å, of each residue or token aligned on each. Needs matplotlib.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; else in a new figure.
        name : str
            The array: another matrix, as `pde`, is drawn alike.

        Returns
        -------
        matplotlib.axes.Axes

        Raises
        ------
        ValidationError
            There is no such matrix, or matplotlib is not installed.
        """
        from ..views.plots import plot_pae

        return plot_pae(self, ax, name=name)

    def to_html(self) -> str:
        """A page with the structure to turn, pLDDT, PAE, header and sequence; one file that loads nothing.

        Returns
        -------
        str
            HTML, to be written as UTF-8.
        """
        from ..views.page import page_of

        return page_of(self)

    def _repr_html_(self) -> str:
        from ..views.summary import prediction_html

        return prediction_html(self)

    def __repr__(self) -> str:
        name = "" if self.model is None else f", {self.model}"
        confidence = "" if self.confidence is None else f", confidence {self.confidence:.2f}"
        return f"<Prediction {self.prediction_id!r} v{self.version}: {self.length} residues{name}{confidence}>"

    # --- parts --------------------------------------------------------------------------------------------------------

    def _has_structure(self) -> bool:
        return any(kind == "structure" for kind, _, _ in self._stored.parts)

    def decoded(self, core: _core.Structure | None) -> None:
        """Keeps the structure, which somebody decoded for this prediction."""
        from ..structure import Structure

        if core is None:
            return
        parts = self._stored.parts
        if len(parts) == 1:
            # A structure and nothing beside it, as most are.
            self._structure = Structure(core)
            return
        kinds = {kind for kind, _, _ in parts}
        name = self._original_name() if "original" in kinds else None
        original = None if name is None else lambda: self.originals[name]
        plddt = (lambda: self._told_plddt(core)) if "array" in kinds else None
        self._structure = Structure(core, original=original, original_name=name, plddt=plddt)

    def _told_plddt(self, core: _core.Structure) -> NDArray[np.float32] | None:
        """pLDDT of residues from the array that the loader found to be the most exact."""
        from .tokens import residue_plddt

        name = self._plddt_source()
        if name is None or name not in self.arrays:
            return None
        found = residue_plddt(core, name, self.arrays[name])
        return None if found is None else found[0]

    def _plddt_source(self) -> str | None:
        source = self.metadata.get("source")
        name = source.get("plddt_from") if isinstance(source, dict) else None
        return name if isinstance(name, str) else None

    def _tells_plddt(self) -> bool:
        """Whether an array may tell it, which needs the structure to be understood."""
        return any(kind == "array" for kind, _, _ in self._stored.parts) and self._plddt_source() is not None

    def _decode_array(self, name: str) -> NDArray[Any]:
        return _core.decode_array(*self._session.array(self._stored, "array", name))

    def _decode_original(self, name: str) -> bytes:
        # A file is stored as what is not predicted from the structure and from arrays of the file's own.
        data = self._session.part(self._stored, "original", name)
        sources: list[tuple[bytes, bytes | None]] = []
        there = {part for kind, part, _ in self._stored.parts if kind == "source"}
        while (source := f"{name}#{len(sources)}") in there:
            sources.append(self._session.array(self._stored, "source", source))
        return _core.decode_original(data, self.structure_data, sources)

    def _original_name(self) -> str | None:
        """The file the structure was read from: the one that `metadata.source` names, else the only one."""
        names = list(self.originals)
        source = self.metadata.get("source")
        named = source.get("name") if isinstance(source, dict) else None
        if named in names:
            return str(named)
        return names[0] if len(names) == 1 else None

    def _model_record(self) -> dict[str, Any] | None:
        return None if self.model_id is None else self._session.model(self.model_id)


def stored_of(prediction: Prediction) -> Stored:
    """What the core holds of it, for the core to read."""
    return prediction._stored


class Parts(Mapping[str, T], Generic[T]):
    """Parts of one kind by name, each fetched and decoded on first use."""

    __slots__ = ("_decode", "_decoded", "_kind", "_names", "_stored")

    def __init__(self, stored: Stored, kind: str, decode: Callable[[str], T]) -> None:
        self._stored = stored
        self._kind = kind
        self._decode = decode
        self._names: tuple[str, ...] | None = None
        self._decoded: dict[str, T] = {}

    def __getitem__(self, name: str) -> T:
        if name not in self._decoded:
            if name not in self._all_names():
                raise KeyError(name)
            self._decoded[name] = self._decode(name)
        return self._decoded[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all_names())

    def __len__(self) -> int:
        return len(self._all_names())

    def __contains__(self, name: object) -> bool:
        return name in self._all_names()

    def __repr__(self) -> str:
        return f"<{self._kind}s: {', '.join(map(repr, self._all_names())) or 'none'}>"

    def _all_names(self) -> tuple[str, ...]:
        if self._names is None:
            self._names = tuple(name for kind, name, _ in self._stored.parts if kind == self._kind)
        return self._names
