"""The meanings of the library, one small test each, for every back end.

A back end proves itself in a few lines::

    class TestLmdb(Conformance):
        def make_manager(self, tmp_path):
            return DatabaseManager("lmdb", tmp_path / "proteus.db")

Groups: storing, reading, changing, past, rules, patterns, criteria, where, ordering, indexes, hierarchy, transactions,
lifecycle, injection, histories, ledgers. A test that needs what a back end cannot keep is skipped with the reason.
Needs pytest (extra `test`).
"""

from .base import Base, folded
from .changing import Changing
from .criteria import Criteria
from .hierarchy import Hierarchy
from .histories import Histories
from .indexes import Indexes
from .injection import Injection
from .ledgers import Ledgers
from .lifecycle import Lifecycle
from .ordering import Ordering
from .past import Past
from .patterns import Patterns
from .reading import Reading
from .rules import Rules
from .storing import Storing
from .transactions import Transactions
from .where import Where

__all__ = ["Base", "Conformance", "folded"]


class Conformance(
    Storing,
    Reading,
    Changing,
    Past,
    Rules,
    Patterns,
    Criteria,
    Where,
    Ordering,
    Indexes,
    Hierarchy,
    Transactions,
    Lifecycle,
    Injection,
    Histories,
    Ledgers,
):
    """Every meaning of the library; subclasses give `make_manager(tmp_path)`."""
