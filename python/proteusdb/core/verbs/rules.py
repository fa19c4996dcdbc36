"""What the database asks of those who write: a schema for metadata, a limit of its size."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..rules import define_schema, quota, schema, set_quota
from .base import Verbs

__all__ = ["RuleVerbs"]


class RuleVerbs(Verbs):
    """Rules that lie in the database, so that every process obeys them."""

    def define_schema(
        self, fields: Mapping[str, Any] | None, required: Iterable[str] = (), *, check_existing: bool = True
    ) -> None:
        """Declares what metadata must be like from now on, in the place of what was declared.

        Every write of every process is held against it, after merging; fields that are not declared are free. It is
        about current predictions: older versions stay as they are, and reverting to one is a write.

        Parameters
        ----------
        fields : dict of str to type, or None
            `metadata.<key>` (dotted into nested dicts) to bool, int, float, str, datetime, list or dict; several as
            `str | None` or a tuple. An int is a float too. None, or an empty dict, removes the schema.
        required : iterable of str
            Fields that must be there.
        check_existing : bool
            Whether the schema is refused where stored predictions break it. With False they stay until they are
            written again, and `verify_integrity` names them.

        Raises
        ------
        ValidationError
            A field or type is not allowed; or stored predictions break it, the first of which are named.

        Examples
        --------
        >>> db.define_schema({"metadata.organism": str, "metadata.ph": float | None}, ["metadata.organism"])
        >>> db.store_prediction("MKV", None, {"organism": 562})
        Traceback (most recent call last):
            ...
        proteusdb.errors.ValidationError: ...metadata.organism...
        """
        define_schema(self._session, fields, required, check_existing)

    def schema(self) -> dict[str, Any]:
        """The schema, as the arguments of `define_schema`.

        Returns
        -------
        dict
            `fields` (dict of str to type or union of types) and `required` (list of str); both empty where there is
            none.
        """
        return schema(self._session)

    def set_quota(self, max_bytes: int | None, *, warn_at: int | None = None) -> None:
        """Limits the size of the database, for every process that writes it.

        A write that would take it above is refused with a StorageError that says so, and nothing of it is stored; what
        deletes or cleans up always goes through. Measured are the pages in use (`file_bytes - free_bytes` of `stats`):
        free pages are used before the file grows.

        Parameters
        ----------
        max_bytes : int or None
            The most bytes; None sets no limit.
        warn_at : int, optional
            Bytes from which on a writer gets a `QuotaWarning`; nine tenths of the limit unless given. It may be set
            without a limit.

        Raises
        ------
        ValidationError
            A number is not allowed.
        """
        set_quota(self._session, max_bytes, warn_at)

    def quota(self) -> dict[str, int | None]:
        """The limit of the size, and how near the database is.

        Returns
        -------
        dict
            `max_bytes`, `warn_at` (None where not set) and `used_bytes`.
        """
        return quota(self._session)
