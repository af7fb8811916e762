"""Chromium for tests: one process a session, a fresh context a test, everything it says kept."""

from __future__ import annotations

import os
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import pytest
import uvicorn

INSTALL = "apt-get install chromium (or your system's package of Chromium)"
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@cache
def chromium() -> str:
    """The path of the installed Chromium, "" where there is none."""
    given = os.environ.get("TAKTNET_CHROMIUM", "")
    return given or next((p for name in NAMES if (p := shutil.which(name))), "")


def need_chromium() -> str:
    """The path of Chromium; skips the test (fails in CI) where it is not installed."""
    path = chromium()
    if path:
        return path
    reason = f"Chromium is not installed: {INSTALL}"
    if os.environ.get("CI", "").lower() in ("1", "true", "yes"):
        pytest.fail(reason)
    pytest.skip(reason)


@contextmanager
def serving(app: Any, port: int = 0) -> Iterator[str]:
    """An ASGI application on a port of loopback (0: a free one); gives its address."""
    if not port:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
    config = uvicorn.Config(
        app, port=port, log_level="warning", timeout_graceful_shutdown=1, lifespan="on"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    end = time.monotonic() + 20
    while not server.started and time.monotonic() < end:
        time.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        server.force_exit = True
        thread.join(10)


@dataclass
class Tab:
    """One page and what it complained about: console errors, refusals of the policy, 5xx."""

    page: Any
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda e: self.complaints.append(f"error: {e}"))
        self.page.on("response", self._response)

    def until(self, expression: str, seconds: float = 15.0) -> None:
        """Wait until a JavaScript expression is true, asked from outside: the policy of the
        pages forbids evaluating text inside them."""
        end = time.monotonic() + seconds
        while not self.page.evaluate(expression):
            if time.monotonic() > end:
                raise AssertionError(f"not within {seconds} s: {expression}")
            self.page.wait_for_timeout(50)

    def _console(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.type}: {message.text}")

    def _response(self, response: Any) -> None:
        if response.status >= 500:
            self.complaints.append(f"{response.status} {response.url}")


@contextmanager
def browser() -> Iterator[Any]:
    """A running Chromium without a window."""
    from playwright.sync_api import sync_playwright

    path = need_chromium()
    with sync_playwright() as play:
        running = play.chromium.launch(executable_path=path, args=list(FLAGS))
        try:
            yield running
        finally:
            running.close()


@contextmanager
def tab(running: Any, width: int = 1440, dark: bool = False) -> Iterator[Tab]:
    """A fresh page of a given width, in the light or dark theme."""
    context = running.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if dark else "light",
        has_touch=width < 600,
    )
    try:
        yield Tab(context.new_page())
    finally:
        context.close()
