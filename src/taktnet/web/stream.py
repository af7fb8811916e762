"""`GET /api/stream`: every committed row as a server-sent event, in order, none skipped.

A reader resumes by `Last-Event-ID` (or `after`), which is the sequence number. Each commit is
encoded once for all readers; whoever falls behind the ring of recent commits is served from the
ledger, and a slow connection only holds itself up. `pulse=1` tells only how far the ledger has
come, at most four times a second: enough for a page that asks for itself again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Protocol
from urllib.parse import parse_qs

from taktnet.app.hub import frame
from taktnet.app.tower import Tower
from taktnet.ledger.ledger import Ledger
from taktnet.web.security import HEADERS

Send = Callable[[dict[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[dict[str, Any]]]

ROWS = 500  # read from the ledger at a time
ALIVE_S = 15.0
PULSE_S = 0.25
START: dict[str, Any] = {
    "type": "http.response.start",
    "status": 200,
    "headers": [
        (b"content-type", b"text/event-stream; charset=utf-8"),
        (b"cache-control", b"no-store"),
        (b"x-accel-buffering", b"no"),
        *HEADERS,
    ],
}


class BadPosition(ValueError):
    """`Last-Event-ID` or `after` is no row number of this ledger."""


class News(Protocol):
    """What can be waited for: the hub of commits, or a job."""

    def subscribe(self, wake: Callable[[], None]) -> Callable[[], None]:
        """Call `wake` whenever there is something new; returns the end of it."""
        ...


class Bell:
    """Wakes the readers of one event loop; rung from the thread that has news."""

    def __init__(self, news: News, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting: set[asyncio.Future[None]] = set()
        self._rung = False
        self.leave = news.subscribe(self.ring)

    def ring(self) -> None:
        """Wake everybody; may be called from any thread."""
        if self._rung:
            return
        self._rung = True
        try:
            self._loop.call_soon_threadsafe(self._wake)
        except RuntimeError:  # the loop has ended, and with it every reader
            self._rung = False

    def future(self) -> asyncio.Future[None]:
        """Done at the next ring; take it before looking at the hub, or a ring may be missed."""
        future = self._loop.create_future()
        self._waiting.add(future)
        return future

    def drop(self, future: asyncio.Future[None]) -> None:
        """The future is not waited for any more."""
        self._waiting.discard(future)

    def _wake(self) -> None:
        self._rung = False
        waiting, self._waiting = self._waiting, set()
        for future in waiting:
            if not future.done():
                future.set_result(None)


class Streams:
    """Serves the stream route; `close` ends every open one, so that a server can stop."""

    def __init__(self, tower: Tower) -> None:
        self._ledger: Ledger = tower.ledger
        self._hub = tower.hub
        self._bells: dict[asyncio.AbstractEventLoop, Bell] = {}
        self._closing = False
        self.open = 0  #: streams that are open now

    def close(self) -> None:
        """End every stream; may be called from any thread or a signal handler."""
        self._closing = True
        for bell in list(self._bells.values()):
            bell.ring()

    def start(self, scope: dict[str, Any]) -> tuple[int, bool]:
        """Where a request wants to begin, and whether it wants only the pulse.

        Raises BadPosition for what is no number or lies beyond the head.
        """
        query = parse_qs(scope["query_string"].decode("latin-1"))
        offered = next((v for k, v in scope["headers"] if k == b"last-event-id"), b"")
        text = offered.decode("latin-1").strip() or (query.get("after") or [""])[0]
        pulse = (query.get("pulse") or ["0"])[0] not in ("", "0")
        head = self._ledger.head.seq
        if not text:
            return head, pulse
        if not (text.isascii() and text.isdigit() and len(text) < 19):
            raise BadPosition(f"{text[:40]!r} is no row number")
        if int(text) > head:
            raise BadPosition(f"this ledger has {head} rows; row {text} is not among them")
        return int(text), pulse

    async def serve(self, receive: Receive, send: Send, after: int, pulse: bool) -> None:
        """Send rows after `after` until the reader leaves or the server stops."""
        loop = asyncio.get_running_loop()
        if loop not in self._bells:
            self._bells[loop] = Bell(self._hub, loop)
        reader = Reader(self._bells[loop])
        watch = loop.create_task(reader.watch(receive))
        await send(START)
        await send(body(b"retry: 1000\n: taktnet\n\n"))
        self.open += 1
        try:
            while not (self._closing or reader.gone):
                after, frames = await self._next(after, pulse)
                if frames:
                    await send(body(frames))
                    if pulse:
                        await reader.pause(PULSE_S)
                elif await reader.sleep(lambda seen=after: self._hub.head > seen, ALIVE_S):
                    await send(body(b": alive\n\n"))
        except asyncio.CancelledError:
            if not self._closing:
                raise
            return  # the server stops and this reader takes nothing any more
        finally:
            self.open -= 1
            watch.cancel()
        if not reader.gone:
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _next(self, after: int, pulse: bool) -> tuple[int, bytes]:
        if pulse:
            head = self._hub.head
            if head <= after:
                return after, b""
            return head, b'id: %d\ndata: {"seq":%d}\n\n' % (head, head)
        bursts = self._hub.after(after)
        if bursts is None:
            return await asyncio.to_thread(self._from_ledger, after)
        if not bursts:
            return after, b""
        return bursts[-1].last, b"".join([burst.frames for burst in bursts])

    def _from_ledger(self, after: int) -> tuple[int, bytes]:
        rows = self._ledger.rows(after, ROWS)
        if not rows:
            return after, b""
        return rows[-1].seq, b"".join([frame(r.seq, r.recorded, r.body) for r in rows])


class Reader:
    """One open connection: sleeps until there is news, it is time, or the reader has left."""

    def __init__(self, bell: Bell) -> None:
        self._bell = bell
        self._future: asyncio.Future[None] | None = None
        self.gone = False

    async def sleep(self, news: Callable[[], bool], seconds: float) -> bool:
        """Until the next ring, at most `seconds`; True when the time ran out.

        `news` is asked once the bell can no longer be missed.
        """
        loop = asyncio.get_running_loop()
        self._future = self._bell.future()
        alarm = loop.call_later(seconds, self._end)
        try:
            if not (self.gone or news()):
                await self._future
            return loop.time() >= alarm.when()
        finally:
            alarm.cancel()
            self._bell.drop(self._future)

    async def pause(self, seconds: float) -> None:
        """A fixed time, cut short when the reader leaves."""
        end = asyncio.get_running_loop().time() + seconds
        while not self.gone and (left := end - asyncio.get_running_loop().time()) > 0:
            await asyncio.sleep(min(left, 0.1))

    async def watch(self, receive: Receive) -> None:
        """Notice that the reader has left."""
        while (await receive())["type"] != "http.disconnect":
            pass
        self.gone = True
        self._end()

    def _end(self) -> None:
        if self._future is not None and not self._future.done():
            self._future.set_result(None)


def body(data: bytes) -> dict[str, Any]:
    """A piece of an answer that goes on."""
    return {"type": "http.response.body", "body": data, "more_body": True}
