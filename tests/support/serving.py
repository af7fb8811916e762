"""A tower behind a real server in a thread, and a client for it."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import httpx

from taktnet.app.settings import Settings
from taktnet.app.tower import Tower
from taktnet.web import server


@contextmanager
def served(tower: Tower, settings: Settings | None = None) -> Iterator[httpx.Client]:
    """A client of the tower's server; the server stops at the end."""
    settings = settings or tower.settings
    listener = server.bind(settings)
    running = server.make_server(tower, settings)
    thread = Thread(target=running.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not running.started:
        time.sleep(0.01)
    url = server.address(listener, settings)
    with httpx.Client(base_url=url, trust_env=False, timeout=10) as client:
        yield client
        running.should_exit = True
        thread.join(10)
    listener.close()
    assert not thread.is_alive(), "the server did not stop"


def raw(url: httpx.URL, data: bytes, seconds: float = 5.0) -> bytes:
    """What the server answers to bytes sent just as they are; b"" if it hangs up."""
    with socket.create_connection((url.host, url.port), timeout=seconds) as wire:
        wire.sendall(data)
        wire.shutdown(socket.SHUT_WR)
        parts = []
        try:
            while part := wire.recv(65536):
                parts.append(part)
        except (TimeoutError, ConnectionResetError):
            pass
    return b"".join(parts)
