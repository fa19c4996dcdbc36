"""The command line: ``proteusdb COMMAND --db PATH_OR_URL``.

::

    shell ── app.py (the list of commands) ── one file a command ── DatabaseManager
                                                   │
              options.py  what the words of the command line mean
              filters.py  the filters every selecting command shares, as criteria
              opening.py  --db to an open manager
              output.py   rows for people, tab-separated lines for pipes, JSON for programs
              piping.py   - to stdin or stdout
              progress.py a bar on stderr, where it is a terminal
              exits.py    errors to one clean line on stderr and an exit code

A command holds no logic of its own: what it can do, `DatabaseManager` can do.
"""

from .exits import run

__all__ = ["main"]


def main() -> None:
    """Run the command line with the arguments of this process; always ends in `SystemExit`.

    Raises
    ------
    SystemExit
        0 when all went well, 1 after a failure (told in one line on stderr), 2 when the command line itself is
        wrong, 130 after Ctrl-C.
    """
    run(_parsed)


def _parsed() -> None:
    """The imports are a part of the run: Ctrl-C may come while they last."""
    from .app import app

    app()
