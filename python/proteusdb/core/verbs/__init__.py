"""What a manager can be asked to do, by road.

::

    write.py    store, update, delete, load
    read.py     get by id, stream
    query.py    ask by criteria
    models.py   models and analyses
    care.py     history, revert, statistics, integrity

Each file is a class of methods that `DatabaseManager` inherits; all reach the database through `Verbs.session`.
"""

from .care import CareVerbs
from .models import ModelVerbs
from .query import QueryVerbs
from .read import ReadVerbs
from .write import WriteVerbs

__all__ = ["CareVerbs", "ModelVerbs", "QueryVerbs", "ReadVerbs", "WriteVerbs"]
