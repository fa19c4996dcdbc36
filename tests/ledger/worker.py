"""A worker that takes tasks of a ledger until none is left, and may be killed at any moment.

::

    python worker.py URL LEASE        one line a task that it was the first to complete: its id
"""

from __future__ import annotations

import sys
import time

from proteusdb import DatabaseManager


def work(url: str, lease: str) -> None:
    """Claims, stores, completes; ends when nothing is open and nobody holds anything."""
    with DatabaseManager.from_url(url, durability="relaxed") as db:
        ledger = db.ledger()
        while True:
            for task in ledger.claim(7, lease=lease):
                made = {"structure": None, "arrays": {"pae": [[float(len(task.sequence))]]}}
                db.store_prediction(**task.record(), **made)
                if ledger.complete(task):
                    print(task.prediction_id, flush=True)
            status = ledger.status()
            if not status.open + status.claimed:
                return
            time.sleep(0.05)


if __name__ == "__main__":
    work(*sys.argv[1:])
