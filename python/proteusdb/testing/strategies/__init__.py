"""Hypothesis strategies for everything a database is given: needs `hypothesis` (extra `test`).

::

    basics      ids, sequences, moments, metadata, arrays, and what lies just outside the limits
    structures  structures with every oddity mixed
    records     arguments of store_prediction and update_prediction
    queries     criteria, patterns, orders
"""

from .basics import (
    arrays,
    bad_metadata,
    bad_sequences,
    few_ids,
    ids,
    metadata,
    metadata_values,
    moments,
    names,
    sequences,
)
from .queries import (
    best_arguments,
    criteria,
    expressions,
    globs,
    order_by,
    patterns,
    prosite_patterns,
    regular_expressions,
)
from .records import bad_records, changes, records
from .structures import structure_columns, structures

__all__ = [
    "arrays",
    "bad_metadata",
    "bad_records",
    "bad_sequences",
    "best_arguments",
    "changes",
    "criteria",
    "expressions",
    "few_ids",
    "globs",
    "ids",
    "metadata",
    "metadata_values",
    "moments",
    "names",
    "order_by",
    "patterns",
    "prosite_patterns",
    "records",
    "regular_expressions",
    "sequences",
    "structure_columns",
    "structures",
]
