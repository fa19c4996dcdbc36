"""Indexes of one's own: a field that is asked for often is found without looking at every prediction."""

from __future__ import annotations

from .base import Verbs

__all__ = ["IndexVerbs"]


class IndexVerbs(Verbs):
    """Declaring, listing and dropping indexes. They change how long an answer takes, never what it is."""

    def create_index(self, field: str) -> bool:
        """Declares an index on a field and builds it over what is stored.

        `where`, `metadata=` and `count` use it for `==`, `in`, ranges, `is null`, `exists` and a glob that begins with
        letters; `explain` tells. Every later write keeps it. It is built in one transaction: after a crash it is there
        whole or not at all, and other writers wait meanwhile, some seconds for a million predictions.

        Parameters
        ----------
        field : str
            `metadata.` and a dotted path, or `ranking_score`, `seed`, `sample`, `rank`. The other fields that are asked
            for often always have an index.

        Returns
        -------
        bool
            Whether it is new; declaring it again does nothing.

        Raises
        ------
        QueryError
            The field is unknown, needs no index or cannot have one, or 64 are declared already.
        StorageError
            The database is open with `read_only=True`.

        Examples
        --------
        >>> db.create_index("metadata.organism")
        True
        """
        self._session.check_writable()
        return self._session.outside("create_index").create_index(field)

    def drop_index(self, field: str) -> None:
        """Removes an index that was declared.

        Raises
        ------
        QueryError
            No index is declared on the field; the message lists those that are.
        StorageError
            The database is open with `read_only=True`.
        """
        self._session.check_writable()
        self._session.outside("drop_index").drop_index(field)

    def list_indexes(self) -> dict[str, int]:
        """The declared indexes.

        Returns
        -------
        dict of str to int
            Field to the number of current predictions that have a value there, in the order of declaration.
        """
        return dict(self._session.outside("list_indexes").list_indexes())
