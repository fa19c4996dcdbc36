"""How a command ends: an exit code, and at most one clean message on stderr.

====  =====================================================================
code  meaning
====  =====================================================================
0     all went well
1     it failed; stderr says which record or file, what was wrong, what would be right
2     the command line is wrong; stderr shows the usage
130   Ctrl-C; what was acknowledged stays stored
====  =====================================================================

A traceback is shown only for a fault in the program itself.
"""

import functools
import os
import sys
from collections.abc import Callable
from typing import Any, NoReturn

from ..errors import ProteusError

__all__ = ["INTERRUPTED", "complain", "interruptible", "run"]

INTERRUPTED = 130


def complain(message: str) -> None:
    """Print one message for people on stderr, in the form ``proteusdb: message``."""
    print(f"proteusdb: {message}", file=sys.stderr, flush=True)


def interruptible(command: Callable[..., None]) -> Callable[..., None]:
    """The command, which Ctrl-C ends with one message and its exit code, whatever the option parser makes of it."""

    @functools.wraps(command)
    def ended(*args: Any, **kwargs: Any) -> None:
        try:
            command(*args, **kwargs)
        except KeyboardInterrupt:
            complain("interrupted")
            sys.exit(INTERRUPTED)

    return ended


def run(app: Callable[[], Any]) -> NoReturn:
    """Call `app` and end the process.

    Parameters
    ----------
    app
        Parses the arguments of this process and runs the command; a command ends early with `SystemExit`.

    Raises
    ------
    SystemExit
        Always, with one of the codes above.
    """
    try:
        app()
    except BrokenPipeError:
        _silence_stdout()
        sys.exit(1)
    except (ProteusError, OSError) as error:
        complain(_text(error))
        sys.exit(1)
    except KeyboardInterrupt:
        complain("interrupted")
        sys.exit(INTERRUPTED)
    sys.exit(0)


def _text(error: BaseException) -> str:
    """The message; an `OSError` of the system's own is told by its file and reason."""
    if isinstance(error, OSError) and error.filename is not None and error.strerror:
        return f"{os.fsdecode(error.filename)}: {error.strerror}"
    return str(error) or type(error).__name__


def _silence_stdout() -> None:
    """Point stdout at nothing: its reader is gone, and the flush at exit would fail a second time."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
