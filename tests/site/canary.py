"""A listener that nobody should ever connect to."""

import socket
import threading


class Canary:
    """Listens on a loopback address at a free port, counts connections, answers none.

    As a context manager; `connections` is what to assert on. It does for a server that accepts
    and never says a word, too.
    """

    def __init__(self, address: str = "127.0.0.1") -> None:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self._listener = socket.create_server((address, 0), family=family)
        self._accepted: list[socket.socket] = []
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self.address = address
        self.port: int = self._listener.getsockname()[1]

    @property
    def connections(self) -> int:
        return len(self._accepted)

    def __enter__(self) -> "Canary":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        # `shutdown` wakes the thread out of `accept`, which `close` alone does not on Linux.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()
        for connection in self._accepted:
            connection.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:  # closed
                return
            self._accepted.append(connection)
