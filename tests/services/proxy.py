"""A network between a client and a server that can be slow, silent or cut.

::

    with Proxy(server.port) as proxy:      clients connect to proxy.port
        proxy.hold()                       bytes wait, connections stay: a server that does not answer
        proxy.release()
        proxy.cut()                        every connection is lost; new ones are taken
"""

import contextlib
import select
import socket
import threading

from .server import LOOPBACK

__all__ = ["Proxy"]

_PIECE = 1 << 16


class Proxy:
    """Passes bytes on, on threads of its own."""

    def __init__(self, port: int) -> None:
        self._behind = port
        self._listener = socket.create_server((LOOPBACK, 0))
        self.port = int(self._listener.getsockname()[1])
        self._flowing = threading.Event()
        self._flowing.set()
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def hold(self) -> None:
        """From now on no byte passes."""
        self._flowing.clear()

    def release(self) -> None:
        """Bytes pass again."""
        self._flowing.set()

    def cut(self) -> None:
        """Ends every connection there is."""
        with self._lock:
            pairs, self._pairs = self._pairs, []
        for end in (end for pair in pairs for end in pair):
            _end(end)

    def __enter__(self) -> "Proxy":
        return self

    def __exit__(self, *_: object) -> None:
        self.release()
        _end(self._listener)
        self.cut()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
                server = socket.create_connection((LOOPBACK, self._behind))
            except OSError:
                return
            with self._lock:
                self._pairs.append((client, server))
            threading.Thread(target=self._pass_on, args=(client, server), daemon=True).start()

    def _pass_on(self, client: socket.socket, server: socket.socket) -> None:
        other = {client: server, server: client}
        try:
            while True:
                ready, _, _ = select.select(list(other), [], [])
                for end in ready:
                    data = end.recv(_PIECE)
                    if not data:
                        return
                    self._flowing.wait()
                    other[end].sendall(data)
        except (OSError, ValueError):
            return
        finally:
            _end(client)
            _end(server)


def _end(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()
