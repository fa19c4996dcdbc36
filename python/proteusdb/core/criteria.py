"""The arguments of a query, gathered into one dict of the contract's names.

::

    query_predictions({"model_name": "esmfold"}, limit=10)   ->   {"model_name": "esmfold", "limit": 10}

What the values mean, and whether they are allowed, is decided in the core, once for all back ends.
"""

from collections.abc import Mapping
from typing import Any

from ..errors import QueryError

__all__ = ["gather"]


def gather(criteria: Mapping[str, Any] | None, keywords: Mapping[str, Any]) -> dict[str, Any]:
    """Merges a dict of criteria with keyword arguments; `None` is not given.

    Raises
    ------
    QueryError
        `criteria` is no dict with str keys, or a name is given both ways.
    """
    if criteria is None:
        criteria = {}
    if not isinstance(criteria, Mapping) or not all(isinstance(name, str) for name in criteria):
        raise QueryError(
            f"criteria {criteria!r:.60}: a dict of criteria by name is needed, such as "
            "{'sequence_pattern': 'MKV*', 'confidence_threshold': 0.8}"
        )
    merged = {name: value for name, value in criteria.items() if value is not None}
    given = {name: value for name, value in keywords.items() if value is not None}
    twice = sorted(merged.keys() & given.keys())
    if twice:
        raise QueryError(f"{', '.join(twice)}: given both in criteria and as a keyword; give it once")
    return {**merged, **given}
