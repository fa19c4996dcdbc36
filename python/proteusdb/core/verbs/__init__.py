"""What a manager can be asked to do, by road.

::

    write.py    store, update, delete, load
    read.py     get by id, stream
    query.py    ask by criteria
    indexes.py  indexes of one's own
    models.py   models and analyses
    past.py     history, revert, tags, differences, cleanup
    rules.py    a schema for metadata, a quota
    care.py     statistics, compaction, integrity
    keep.py     backups, restoring, archives
    exchange.py copies, exports
    ledger.py   what is to be predicted

Each file is a class of methods that `DatabaseManager` inherits; all reach the database through `Verbs.session`.
"""

from .care import CareVerbs
from .exchange import ExchangeVerbs
from .indexes import IndexVerbs
from .keep import KeepVerbs
from .ledger import LedgerVerbs
from .models import ModelVerbs
from .past import PastVerbs
from .query import QueryVerbs
from .read import ReadVerbs
from .rules import RuleVerbs
from .write import WriteVerbs

__all__ = [
    "CareVerbs",
    "ExchangeVerbs",
    "IndexVerbs",
    "KeepVerbs",
    "LedgerVerbs",
    "ModelVerbs",
    "PastVerbs",
    "QueryVerbs",
    "ReadVerbs",
    "RuleVerbs",
    "WriteVerbs",
]
