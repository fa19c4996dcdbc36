"""A folder's files to predictions: each structure with the companions that belong to it.

::

    run/                          Bundle  run/ranked_1.pdb ...
      relaxed_model_1_pred_0.pdb  Bundle ─ structure   relaxed_model_1_pred_0.pdb
      ranked_0.pdb                       ├ aliases     ranked_0.pdb, the same bytes
      pae_model_1_pred_0.json            ├ companions  pae_model_1_pred_0.json, ranking_debug.json
      ranking_debug.json                 └ told        job run, sample 1, relaxed
      result_model_1_pred_0.pkl   Found with a problem: skipped

Invariants: every file is given out once: as a structure, a companion, an alias, or with the reason why it is not
loaded; a companion of several structures (`ranking_debug.json`) belongs to each; the files of a folder come in the
order of names.
"""

from __future__ import annotations

import fnmatch
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePath

from ..errors import ProteusError
from .names import COMPRESSIONS, is_companion, is_spooled, is_structure, plain_name, stem_of, unwanted
from .recognise import TOOLS, TWIN, Companion, Recognised, Tool, recognise, tool_of_companion
from .trees import Found, Listing, Tree

__all__ = ["Attached", "Bundle", "bundles"]

_ORPHAN = "no structure was found that it belongs to"
_INPUT = "a template that a prediction was made from"
_COPIES = [tool.copies for tool in TOOLS if tool.copies is not None]
_INPUTS = [tool.inputs for tool in TOOLS if tool.inputs is not None]
_NOTHING = "neither a structure nor scores of one by its name"


@dataclass(slots=True)
class Attached:
    """A companion: where it is, how it is read, and whose it is."""

    found: Found
    companion: Companion
    tool: Tool | None


@dataclass(slots=True)
class Bundle:
    """One prediction as files.

    Attributes
    ----------
    structure : Found
        The structure file.
    tool : Tool or None
        The predictor, where the name tells it.
    told : Recognised or None
        What the name tells.
    companions : list of Attached
        In the order they are read.
    aliases : list of Found
        Files with the same bytes under other names.
    """

    structure: Found
    tool: Tool | None = None
    told: Recognised | None = None
    companions: list[Attached] = field(default_factory=list)
    aliases: list[Found] = field(default_factory=list)


def bundles(tree: Tree, asked: Sequence[str] | None = None) -> Iterator[Bundle | Found]:
    """The predictions in a tree, and the files that are none.

    Parameters
    ----------
    tree : Tree
        Where to look.
    asked : sequence of str, optional
        The files of the root that were asked for by name, whatever their suffix; what else lies there is looked at only
        as companions. Everything, and all folders below, unless given.
    """
    yield from _Walk(tree, asked).folder("")


class _Walk:
    """What is known on the way through a tree.

    Nothing is kept for each structure of a folder, of which there may be millions.
    """

    def __init__(self, tree: Tree, asked: Sequence[str] | None) -> None:
        self._tree = tree
        self._asked = asked
        self._claimed: dict[str, set[str]] = {}
        self._aliases: dict[tuple[str, str], list[Found]] = {}

    def folder(self, folder: str) -> Iterator[Bundle | Found]:
        listing = self._tree.listing(folder)
        claimed = self._claimed.setdefault(folder, set())
        names = listing.names if self._asked is None else self._asked
        inner = listing.folders if self._asked is None else ()
        self._find_copies(folder, names)
        for below in _copied_folders(inner):
            below = _join(folder, below)
            self._find_copies(below, self._tree.listing(below).names)
        for name in names:
            if self._is_structure(folder, name) and name not in claimed and not self._is_twin(folder, name, listing):
                yield self._bundle(folder, name, listing)
        # Folders below may claim files of this one.
        for below in inner:
            yield from self.folder(_join(folder, below))
        taken = self._claimed.pop(folder)
        for name in names:
            if name not in taken and not self._is_structure(folder, name):
                yield self._left(folder, name)

    def _is_structure(self, folder: str, name: str) -> bool:
        if unwanted(name) is not None:
            return False
        if self._asked is not None:
            return is_structure(name) or not is_companion(name)
        return is_structure(name) and not _is_input(folder, name)

    # --- structures ---------------------------------------------------------------------------------------------------

    def _tell(self, folder: str, name: str, listing: Listing) -> tuple[Tool, Recognised] | None:
        path = self._tree.path(folder, name)
        told = recognise(path, lambda other: _variant(other, listing) is not None)
        if told is None:
            return None
        tool, said = told
        return tool, replace(said, texts={"stem": stem_of(path), **said.texts})

    def _bundle(self, folder: str, name: str, listing: Listing) -> Bundle:
        tool, said = self._tell(folder, name, listing) or (None, None)
        bundle = Bundle(self._tree.found(folder, name), tool, said)
        if tool is not None and said is not None:
            self._attach(bundle, folder, tool, said)
        for other in self._beside(name, listing):
            self._attach_named(bundle, folder, name, other)
        bundle.aliases += self._aliases.pop((folder, name), ())
        if tool is not None and tool.two_formats:
            self._attach_twin(bundle, folder, name, listing)
        return bundle

    def _is_twin(self, folder: str, name: str, listing: Listing) -> bool:
        """Whether a PDB file is the same prediction as an mmCIF file that is loaded."""
        if not plain_name(name).lower().endswith(".pdb"):
            return False
        other = _variant(stem_of(PurePath(name)) + ".cif", listing)
        if other is None or (self._asked is not None and other not in self._asked):
            return False
        told = self._tell(folder, name, listing)
        return told is not None and told[0].two_formats

    def _attach_twin(self, bundle: Bundle, folder: str, name: str, listing: Listing) -> None:
        """Adds the PDB file beside an mmCIF file, and the copies of it."""
        twin = _variant(stem_of(PurePath(name)) + ".pdb", listing)
        if twin is None or not plain_name(name).lower().endswith(".cif"):
            return
        self._claim(folder, twin)
        copies = self._aliases.pop((folder, twin), [])
        bundle.companions += (Attached(each, TWIN, bundle.tool) for each in (self._tree.found(folder, twin), *copies))

    def _attach(self, bundle: Bundle, folder: str, tool: Tool, said: Recognised) -> None:
        """The companions that the tool names for this structure."""
        for companion in tool.companions:
            wanted = companion.file_name(said)
            if wanted is None:
                continue
            where, _, wanted = wanted.rpartition("/")
            there = _resolve(folder, where)
            name = None if there is None else _variant(wanted, self._tree.listing(there))
            if there is None or name is None:
                continue
            self._claim(there, name)
            if all(each.companion.name != companion.name for each in bundle.companions):
                bundle.companions.append(Attached(self._tree.found(there, name), companion, tool))

    def _beside(self, name: str, listing: Listing) -> Iterator[str]:
        """Files named after this structure, and after no other whose name is longer."""
        stem = stem_of(PurePath(name))
        for mark in "._-":
            for other in listing.beginning(stem + mark):
                if is_companion(other) and not self._nearer(other, stem, listing):
                    yield other

    def _nearer(self, other: str, stem: str, listing: Listing) -> bool:
        plain = plain_name(other)
        ends = [index for index in range(len(stem) + 1, len(plain)) if plain[index] in "._-"]
        return any(
            f"{plain[:end]}{suffix}{packed}" in listing
            for end in ends
            for suffix in (".pdb", ".cif")
            for packed in ("", ".gz")
        )

    def _attach_named(self, bundle: Bundle, folder: str, name: str, other: str) -> None:
        known = {each.found.name for each in bundle.companions}
        rest = plain_name(other)[len(stem_of(PurePath(name))) :]
        kind = tool_of_companion(rest, bundle.tool)
        found = self._tree.found(folder, other)
        if kind is None or found.name in known:
            return
        # A file that another structure has claimed by its tool's naming is not this one's too.
        if other in self._claimed[folder] and kind[1] is None:
            return
        self._claim(folder, other)
        bundle.companions.append(Attached(found, *kind))

    def _claim(self, folder: str, name: str) -> None:
        self._claimed.setdefault(folder, set()).add(name)

    # --- copies -------------------------------------------------------------------------------------------------------

    def _find_copies(self, folder: str, names: Sequence[str]) -> None:
        """Makes each structure that is a copy of another an alias of that."""
        listing = self._tree.listing(folder)
        for name in names:
            if not self._is_structure(folder, name) or not any(
                each.fullmatch(stem_of(PurePath(name))) for each in _COPIES
            ):
                continue
            told = self._tell(folder, name, listing)
            if told is not None and told[0].copies_of is not None:
                self._find_original(folder, name, *told, told[0].copies_of(told[1]))

    def _find_original(self, folder: str, name: str, tool: Tool, said: Recognised, patterns: Sequence[str]) -> None:
        copy = self._tree.found(folder, name)
        for there, other in (place for pattern in patterns for place in self._matching(folder, pattern, name)):
            known = (there, other) != (folder, name) and other not in self._claimed.get(there, ())
            if known and _same_bytes(copy, self._tree.found(there, other)):
                self._aliases.setdefault((there, other), []).append(copy)
                self._claim(folder, name)
                # Its companions are copies too.
                self._attach(Bundle(copy), folder, tool, said)
                return

    def _matching(self, folder: str, pattern: str, name: str) -> Iterator[tuple[str, str]]:
        """Structures that fit a pattern and are in the same format as `name`."""
        where, _, stem = pattern.rpartition("/")
        start = folder
        if where.startswith("../"):
            start, where = _resolve(folder, "..") or "", where[3:]
        suffix = name[len(stem_of(PurePath(name))) :]
        if self._asked is not None:
            # Only what is loaded too has aliases.
            yield from (("", other) for other in fnmatch.filter(self._asked, pattern + suffix))
            return
        folders = fnmatch.filter(self._tree.listing(start).folders, where) if where else [""]
        for inner in folders:
            there = _join(start, inner)
            for other in fnmatch.filter(self._tree.listing(there).names, stem + suffix):
                yield there, other

    # --- what is left -------------------------------------------------------------------------------------------------

    def _left(self, folder: str, name: str) -> Found:
        found = self._tree.found(folder, name)
        if found.problem is None:
            reason = _INPUT if is_structure(name) else _ORPHAN if is_companion(name) else _NOTHING
            found.problem = unwanted(name) or (None if is_spooled(name) else ("skipped", reason))
        return found


def _is_input(folder: str, name: str) -> bool:
    place = f"{folder.rpartition('/')[2]}/{name}"
    return any(pattern.fullmatch(place) for pattern in _INPUTS)


def _variant(name: str, listing: Listing) -> str | None:
    """The file of this name, or that of it which is compressed."""
    if name in listing:
        return name
    return next((name + end for end in COMPRESSIONS if name + end in listing), None)


def _resolve(folder: str, where: str) -> str | None:
    """The folder at a relative path; None above the root."""
    if where == "..":
        return folder.rpartition("/")[0] if folder else None
    return _join(folder, where)


def _join(folder: str, inner: str) -> str:
    return "/".join(part for part in (folder, inner) if part)


def _copied_folders(folders: Sequence[str]) -> Iterator[str]:
    """Folders that hold copies of what lies in others beside them."""
    patterns = [tool.copied_folders for tool in TOOLS if tool.copied_folders]
    return (name for name in folders if any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns))


def _same_bytes(one: Found, other: Found) -> bool:
    if one.size != other.size or one.problem is not None or other.problem is not None:
        return False
    try:
        return hashlib.sha256(one.read()).digest() == hashlib.sha256(other.read()).digest()
    except ProteusError:
        return False
