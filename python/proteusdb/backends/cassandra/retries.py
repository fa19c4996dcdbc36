"""What the driver does by itself where a node fails a statement: it asks the next.

Every statement may be sent twice (see `client`), so none is given up because it may have taken place.

Invariants: each statement goes to a bounded number of nodes; what fails at all of them, `client` sends again later.
"""

from __future__ import annotations

from typing import Any

from cassandra.policies import RetryPolicy

__all__ = ["NextHost"]

_MOST = 3


class NextHost(RetryPolicy):  # type: ignore[misc]
    """The next node, a few times."""

    def on_read_timeout(self, query: Any, *_: Any, retry_num: int = 0, **__: Any) -> Any:
        """Not enough replicas answered in time."""
        return self._next(retry_num)

    def on_write_timeout(self, query: Any, *_: Any, retry_num: int = 0, **__: Any) -> Any:
        """Not enough replicas acknowledged in time."""
        return self._next(retry_num)

    def on_unavailable(self, query: Any, *_: Any, retry_num: int = 0, **__: Any) -> Any:
        """The node knows of too few replicas; another may know better."""
        return self._next(retry_num)

    def on_request_error(self, query: Any, consistency: Any, error: Any, retry_num: int) -> Any:
        """The node failed, or the connection to it."""
        return self._next(retry_num)

    def _next(self, before: int) -> Any:
        return (self.RETRY_NEXT_HOST, None) if before < _MOST else (self.RETHROW, None)
