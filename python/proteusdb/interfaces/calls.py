"""Calls a predictor, within a time.

::

    timeout=None                      on the caller's thread
    timeout=60                        on a thread; after 60 s the caller goes on, and the thread is left behind
    timeout=60, isolation="process"   in a process of its own, which is killed and begun anew

What is promised: the caller goes on when the time is up, and an answer that comes later is dropped. A thread cannot be
stopped, so what it holds (a GPU's memory) stays held; where `MOST_LEFT` hang at once no more are begun. A process can,
and one that crashes takes nothing with it.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import pickle
import signal
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from queue import Empty, SimpleQueue
from typing import Any, Protocol

from ..errors import TimeoutError, ValidationError

__all__ = ["MOST_LEFT", "Call", "Expired", "Stuck", "Unfit", "caller"]

MOST_LEFT = 3
"""Threads of one predictor that may hang at a time."""


class Expired(TimeoutError):
    """A call did not end in its time."""


class Stuck(TimeoutError):
    """Too many calls hang, so no other was begun."""


class Unfit(ValidationError):
    """The predictor cannot be called this way at all, whatever the sequence."""


class Call(Protocol):
    """A function that is called with one argument, in some place."""

    def __call__(self, argument: Any) -> Any:
        """What the function returns or raises; or Expired, Stuck, Unfit."""

    def close(self) -> None:
        """Ends what was begun for it."""


def caller(function: Callable[[Any], Any], timeout: float | None, isolation: str) -> Call:
    """The place to call `function` in."""
    if isolation == "process":
        return _Elsewhere(function, timeout)
    return _Here(function) if timeout is None else _Beside(function, timeout)


class _Here:
    def __init__(self, function: Callable[[Any], Any]) -> None:
        self._function = function

    def __call__(self, argument: Any) -> Any:
        return self._function(argument)

    def close(self) -> None:
        """Nothing was begun."""


class _Beside:
    """On a thread."""

    def __init__(self, function: Callable[[Any], Any], timeout: float) -> None:
        self._function = function
        self._timeout = timeout
        self._left: list[threading.Thread] = []

    def __call__(self, argument: Any) -> Any:
        self._left = [thread for thread in self._left if thread.is_alive()]
        if len(self._left) >= MOST_LEFT:
            raise Stuck(
                f"not tried: {len(self._left)} calls of the predictor hang, each for more than {self._timeout:g} s; "
                "isolation='process' kills a call that hangs"
            )
        answers: SimpleQueue[tuple[Any, BaseException | None]] = SimpleQueue()
        thread = threading.Thread(target=self._work, args=(argument, answers), name="proteusdb-predict", daemon=True)
        # Also what Ctrl-C leaves behind counts.
        self._left.append(thread)
        thread.start()
        try:
            answer, error = answers.get(timeout=self._timeout)
        except Empty:
            raise _expired(self._timeout) from None
        self._left.remove(thread)
        if error is not None:
            raise error
        return answer

    def _work(self, argument: Any, answers: SimpleQueue[tuple[Any, BaseException | None]]) -> None:
        try:
            answers.put((self._function(argument), None))
        except BaseException as error:
            answers.put((None, error))

    def close(self) -> None:
        """A thread that hangs cannot be ended; it ends with the program."""


class _Elsewhere:
    """In a process, which is begun when it is needed and serves one call after another."""

    def __init__(self, function: Callable[[Any], Any], timeout: float | None) -> None:
        self._function = function
        self._timeout = timeout
        self._process: multiprocessing.process.BaseProcess | None = None
        self._pipe: Connection | None = None

    def __call__(self, argument: Any) -> Any:
        try:
            pipe = self._begin()
            pipe.send(argument)
            if not pipe.poll(self._timeout):
                raise _expired(self._timeout or 0.0)
            went, answer = pipe.recv()
        except (EOFError, BrokenPipeError, ConnectionResetError):
            raise RuntimeError(f"the predictor's process ended{self._ending()}") from None
        except BaseException:
            self.close()
            raise
        if not went:
            raise answer
        return answer

    def _begin(self) -> Connection:
        if self._pipe is None or self._process is None or not self._process.is_alive():
            self.close()
            context = multiprocessing.get_context("spawn")
            ours, theirs = context.Pipe()
            process = context.Process(
                target=_serve, args=(theirs, self._function), name="proteusdb-predict", daemon=True
            )
            try:
                process.start()
            except (pickle.PicklingError, TypeError, AttributeError) as error:
                raise Unfit(
                    f"predictor: {error}; isolation='process' needs one that can be pickled, as a function of a module"
                ) from None
            theirs.close()
            self._process, self._pipe = process, ours
            # To start it and to load the predictor is no call, and has no limit.
            self._pipe.recv()
        return self._pipe

    def _ending(self) -> str:
        process = self._process
        if process is not None:
            process.join(5)
        code = None if process is None else process.exitcode
        self.close()
        if code is None:
            return ""
        return f" with {code}" if code >= 0 else f" by the signal {signal.Signals(-code).name}"

    def close(self) -> None:
        """Kills it, if it was begun."""
        process, pipe, self._process, self._pipe = self._process, self._pipe, None, None
        if process is not None:
            process.kill()
            process.join()
        if pipe is not None:
            pipe.close()


def _serve(pipe: Connection, function: Callable[[Any], Any]) -> None:
    """The life of the process: a call, an answer. Ctrl-C is the parent's to handle."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(EOFError, BrokenPipeError):
        pipe.send(None)
        while True:
            argument = pipe.recv()
            try:
                answer = (True, function(argument))
            except Exception as error:
                answer = (False, _portable(error))
            try:
                pipe.send(answer)
            except (pickle.PicklingError, TypeError, AttributeError) as error:
                pipe.send((False, TypeError(f"the predictor's answer cannot be pickled: {error}")))


def _portable(error: Exception) -> Exception:
    """The error, or its text where it would not survive the way."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


def _expired(timeout: float) -> Expired:
    return Expired(f"the predictor did not answer within {timeout:g} s")
