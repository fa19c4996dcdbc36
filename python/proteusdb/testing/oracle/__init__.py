"""What every criterion means, in the plainest Python: the answer the other back ends are held against.

::

    values    equality, ranges, paths        moments   dates and times
    pattern   globs, re:, prosite:           where     the one-line grammar
    indexes   declared, and never used       schema    types of metadata
    row       one version as criteria see it select    keep, sort, cut the page; best of a group

Nothing here is shared with the Rust core but the check that the criteria are well formed.
"""

from .indexes import DeclaredIndexes
from .moments import first_moment, last_moment
from .row import Row
from .schema import Schema
from .select import best, count, select
from .values import same

__all__ = ["DeclaredIndexes", "Row", "Schema", "best", "count", "first_moment", "last_moment", "same", "select"]
