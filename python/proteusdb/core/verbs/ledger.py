"""A list of what is to be predicted."""

from __future__ import annotations

from ..ledger import Ledger
from .base import Verbs

__all__ = ["LedgerVerbs"]


class LedgerVerbs(Verbs):
    """Work that many processes share."""

    def ledger(self, name: str = "default", *, shard: tuple[int, int] | None = None) -> Ledger:
        """A list of what is to be predicted, which workers share without doing anything twice.

        It lies in the database, so workers share it who reach the database: of an LMDB or SQLite file those of one
        host, of a server all. A ledger that nobody has added to is empty.

        A task that was handed out is under a lease. In a file, leases are measured by the host's clock since it was
        started, which nobody sets; when the host starts anew, they are over. At a server, the server's clock and the
        wall clocks of the hosts must both say that one is over; where only one does, the task stays with its worker,
        and a `ClockWarning` and `status()` say why.

        Backups of the whole file have it; archives, incremental backups and `copy_to` have predictions only. Adding the
        tasks again elsewhere gives those that are missing.

        Parameters
        ----------
        name : str
            Letters, digits, `-`, `_` and `.`.
        shard : (int, int), optional
            (i, n): of all tasks that are added, only those that fall to host i of n, for hosts that share nothing and
            each have a database of their own.

        Returns
        -------
        Ledger

        Raises
        ------
        ValidationError
            The name or the shard is not allowed.

        Examples
        --------
        >>> ledger = db.ledger()
        >>> ledger.add(["MKTAYIAK", "MLSDEDFK"], model="my-fold", seeds=(1, 2))
        Added(added=4, reopened=0, known=0, stored=0)
        >>> while tasks := ledger.claim(10):
        ...     for task in tasks:
        ...         key = db.store_prediction(structure=fold(task.sequence), **task.record())
        ...         first = ledger.complete(task)
        >>> ledger.status().done
        4
        """
        return Ledger(self._session, name, shard=shard)
