"""A network between a client and a server on the loopback that can fall silent, or be cut after so
many bytes from the client."""

from __future__ import annotations

import contextlib
import select
import socket
import threading


class Proxy:
    """Passes on what connections to `port` send to another port of this machine. `cut_after` is how
    many more bytes the client sends before the line is cut; nothing gets through while `silent`.
    `answers` are those that a client waited for."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._door.getsockname()[1])
        self.cut_after: int | None = None
        self.silent = False
        self.sent = self.received = self.answers = 0
        self._lines: set[socket.socket] = set()
        threading.Thread(target=self._serve, daemon=True).start()

    def __enter__(self) -> Proxy:
        return self

    def __exit__(self, *_: object) -> None:
        self._door.close()
        self.cut()

    def cut(self) -> None:
        """Cut all connections."""
        for line in [*self._lines]:
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._door.accept()
                threading.Thread(target=self._pass_on, args=(client,), daemon=True).start()

    def _pass_on(self, client: socket.socket) -> None:
        with (
            contextlib.suppress(OSError),
            client,
            socket.create_connection(("127.0.0.1", self._target)) as server,
        ):
            pair = {client: server, server: client}
            self._lines |= pair.keys()
            asked = False
            while True:
                for line in select.select([*pair], [], [])[0]:
                    data = line.recv(65536)
                    if not data:
                        return
                    if self.silent:
                        continue
                    if line is server:
                        self.received += len(data)
                        self.answers += asked
                        asked = False
                        client.sendall(data)
                        continue
                    self.sent += len(data)
                    asked = True
                    if self.cut_after is not None and self.cut_after <= len(data):
                        server.sendall(data[: self.cut_after])
                        self.cut_after = None
                        return
                    if self.cut_after is not None:
                        self.cut_after -= len(data)
                    server.sendall(data)
