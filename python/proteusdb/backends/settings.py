"""What a store was told to do: indexes, tags, the schema of metadata, the quota; as one record of its history.

::

    {"indexes": ["metadata.organism"], "tags": [["paper", 1711368000000000]],
     "schema": [["metadata.organism", ["str"], True]], "quota": [None, None]}
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["apply_settings", "settings_of"]


def settings_of(backend: Any) -> dict[str, Any]:
    """The settings of a back end."""
    can = backend.capabilities
    settings: dict[str, Any] = {"indexes": [field for field, _ in backend.list_indexes()]}
    if can.past:
        settings["tags"] = [[name, moment] for name, moment, _ in backend.tags()]
    if can.schema:
        settings["schema"] = [[field, list(types), required] for field, types, required in backend.schema()]
    if can.quota:
        settings["quota"] = list(backend.quota()[:2])
    return settings


def apply_settings(backend: Any, settings: Mapping[str, Any], fresh: bool) -> bool:
    """Gives a back end settings, and whether that changed some; one that goes on gets the indexes only.

    What a store that is being filled has beside them is taken away.
    """
    before = settings_of(backend)
    for field in before["indexes"] if fresh else ():
        if field not in settings["indexes"]:
            backend.drop_index(field)
    for field in settings["indexes"]:
        backend.create_index(field)
    if fresh:
        _rules(backend, before, settings)
    return settings_of(backend) != before


def _rules(backend: Any, before: Mapping[str, Any], settings: Mapping[str, Any]) -> None:
    tags = settings.get("tags", [])
    for name, moment in before.get("tags", []):
        if [name, moment] not in tags:
            backend.drop_tag(name)
    for name, moment in tags if "tags" in before else ():
        if [name, moment] not in before["tags"]:
            backend.create_tag(name, moment)
    if "schema" in before:
        declared = settings.get("schema", [])
        fields = [(field, types) for field, types, _ in declared]
        backend.define_schema(fields, [field for field, _, required in declared if required], False)
    if "quota" in before:
        backend.set_quota(*settings.get("quota", (None, None)))
