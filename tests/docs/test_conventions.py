"""What users meet is complete: names that are exported exist, and what is public is documented."""

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from typing import Any

import pytest

import proteusdb

_SECTIONS = ("Parameters", "Returns", "Yields", "Raises")


def modules() -> list[str]:
    """Every module of the package but the program's entry, whose import runs it."""
    found = pkgutil.walk_packages(proteusdb.__path__, "proteusdb.")
    return ["proteusdb", *(module.name for module in found if not module.name.endswith("__main__"))]


def public_methods(cls: type) -> Iterator[tuple[str, Any]]:
    """The methods and properties of a class that are its own and not private."""
    for name, value in vars(cls).items():
        if not name.startswith("_"):
            value = value.__func__ if isinstance(value, classmethod | staticmethod) else value
            if inspect.isfunction(value) or isinstance(value, property):
                yield name, value


@pytest.mark.parametrize("name", modules())
def test_every_name_in_all_exists(name: str) -> None:
    module = importlib.import_module(name)
    assert [n for n in getattr(module, "__all__", ()) if not hasattr(module, n)] == []


@pytest.mark.parametrize("name", [n for n in modules() if n != "proteusdb._core"])
def test_every_module_says_what_it_is(name: str) -> None:
    module = importlib.import_module(name)
    assert (module.__doc__ or "").strip(), f"{name} has no docstring"


def test_the_package_exports_what_dir_shows() -> None:
    seen = {name: getattr(proteusdb, name) for name in dir(proteusdb) if not name.startswith("_")}
    own = {name for name, value in seen.items() if getattr(value, "__module__", "").startswith("proteusdb")}
    assert own == {name for name in proteusdb.__all__ if inspect.isclass(getattr(proteusdb, name))}
    assert proteusdb.__version__


@pytest.mark.parametrize(
    "cls",
    [
        proteusdb.DatabaseManager,
        proteusdb.DatabaseMigrator,
        proteusdb.DistributedDatabaseManager,
        proteusdb.Spool,
        proteusdb.Structure,
    ],
    ids=lambda cls: cls.__name__,
)
def test_every_public_method_has_a_numpydoc_docstring(cls: type) -> None:
    assert (cls.__doc__ or "").strip()
    missing = []
    for name, value in public_methods(cls):
        doc = inspect.getdoc(value) or ""
        takes = inspect.isfunction(value) and len(inspect.signature(value).parameters) > 1
        if not doc or (takes and not any(f"\n{section}\n{'-' * len(section)}" in doc for section in _SECTIONS)):
            missing.append(name)
    assert missing == []
