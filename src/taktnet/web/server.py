"""The server process: uvicorn over the application, streams ended at shutdown."""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType

import uvicorn

from taktnet.app import ready
from taktnet.app.jobs import Job
from taktnet.app.settings import Settings
from taktnet.app.tower import Tower
from taktnet.base.errors import TaktnetError
from taktnet.web.api import TowerApp, create_app
from taktnet.web.security import check_address, is_loopback

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_SWITCH_S = 0.001  # threads change places often: a commit must not wait for a page
_COLLECT_AFTER = (50_000, 50, 1000)  # rarely through everything: events leave no cycles


class TowerServer(uvicorn.Server):
    """Ends the open streams as soon as it is told to stop; uvicorn would wait for them."""

    def __init__(self, config: uvicorn.Config, app: TowerApp) -> None:
        super().__init__(config)
        self._app = app

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Stop at SIGINT and SIGTERM, and then return: the tower is still to be closed."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {one: signal.signal(one, self.handle_exit) for one in _SIGNALS}
        try:
            yield
        finally:
            for one, handler in before.items():
                signal.signal(one, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """A signal: close the streams, then as uvicorn does."""
        self._app.close_streams()
        super().handle_exit(sig, frame)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Told by other means: the same."""
        self._app.close_streams()
        await super().shutdown(sockets)


def bind(settings: Settings) -> socket.socket:
    """A listening socket; raises TaktnetError where the address is taken or not allowed."""
    check_address(settings)
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        listener.close()
        remedy = "another program listens there; use --port with another number, or 0 for any"
        raise TaktnetError(
            f"{settings.host}:{settings.port}: {error.strerror}; {remedy}"
        ) from error
    listener.listen(2048)
    return listener


def address(listener: socket.socket, settings: Settings) -> str:
    """The address to print and to open in a browser."""
    host, port = listener.getsockname()[:2]
    shown = host if is_loopback(host) or host not in ("0.0.0.0", "::") else socket.gethostname()  # noqa: S104
    return f"http://{f'[{shown}]' if ':' in shown else shown}:{port}"


def make_server(tower: Tower, settings: Settings, starting: Job | None = None) -> TowerServer:
    """A server over the tower, not yet running; until `starting` ends, pages tell of it."""
    app = create_app(tower, settings, starting)
    config = uvicorn.Config(
        app,
        http="httptools",
        loop="uvloop" if sys.platform != "win32" else "asyncio",
        lifespan="off",
        proxy_headers=False,
        access_log=False,
        log_level="warning",
        server_header=False,
        date_header=True,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=max(1, round(settings.grace_s)),
        h11_max_incomplete_event_size=65_536,
        backlog=2048,
    )
    return TowerServer(config, app)


def serve(tower: Tower, settings: Settings, listener: socket.socket) -> None:
    """Serve until a signal comes."""
    sys.setswitchinterval(_SWITCH_S)
    server = make_server(tower, settings, ready.start(tower))
    # What is loaded by now stays: the collector need not walk through it while events come in.
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECT_AFTER)
    with asyncio.Runner(loop_factory=server.config.get_loop_factory()) as runner:
        runner.run(server.serve(sockets=[listener]))
