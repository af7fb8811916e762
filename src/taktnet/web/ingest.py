"""`POST /api/events`: raw bytes through the codec into the writer; answered when durable.

201: everything is durable (recorded now, or known already). 200: nothing was new. 409: some
events are in conflict or were rejected, the others are durable; each has its receipt. 422: the
input has faults and nothing of it was applied. 503: the writer is busy, try again.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec

from taktnet.app.tower import Tower
from taktnet.app.writer import Busy, Closed
from taktnet.base.errors import InputFaults, TaktnetError
from taktnet.exchange import events as formats
from taktnet.ledger.event import AnyEvent
from taktnet.ledger.ledger import Receipt
from taktnet.web.errors import PROBLEM, problem
from taktnet.web.security import HEADERS

Send = Callable[[dict[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Answer = tuple[int, bytes]

_INLINE_BYTES = 65_536  # larger bodies are decoded in a thread, off the event loop
_SLOW_S = 30.0
_JSON = b"application/json"
_ENCODE = msgspec.json.Encoder().encode


class Gate:
    """Hands batches from an event loop to the writer and brings the receipts back.

    The writer answers many batches per commit; the loop is woken once for all of them.
    """

    def __init__(self, tower: Tower, loop: asyncio.AbstractEventLoop) -> None:
        self._writer, self._loop = tower.writer, loop
        self._done: deque[tuple[asyncio.Future[Any], Any]] = deque()
        self._rung = False

    def submit(self, events: Sequence[AnyEvent]) -> asyncio.Future[tuple[Receipt, ...]]:
        """The receipts, once durable. Raises Busy when too much waits."""
        future: asyncio.Future[tuple[Receipt, ...]] = self._loop.create_future()

        def done(outcome: tuple[Receipt, ...] | BaseException) -> None:
            self._done.append((future, outcome))
            if not self._rung:
                self._rung = True
                self._loop.call_soon_threadsafe(self._deliver)

        self._writer.submit(events, done)
        return future

    def _deliver(self) -> None:
        self._rung = False
        while self._done:
            future, outcome = self._done.popleft()
            if future.cancelled():
                continue
            if isinstance(outcome, BaseException):
                future.set_exception(outcome)
            else:
                future.set_result(outcome)


class TooLarge(Exception):
    """The body is larger than the server takes."""


class Gone(Exception):
    """The client left before its body was complete."""


async def read_body(receive: Receive, limit: int) -> bytes:
    """The whole body; raises TooLarge, Gone, or TimeoutError when it trickles."""
    message = await receive()
    if message["type"] == "http.disconnect":
        raise Gone
    body: bytes = message.get("body", b"")
    if not message.get("more_body"):
        if len(body) > limit:
            raise TooLarge
        return body
    parts, size = [body], len(body)
    async with asyncio.timeout(_SLOW_S):
        while message.get("more_body"):
            if size > limit:
                raise TooLarge
            message = await receive()
            if message["type"] == "http.disconnect":
                raise Gone
            parts.append(message.get("body", b""))
            size += len(parts[-1])
    if size > limit:
        raise TooLarge
    return b"".join(parts)


class Ingest:
    """Serves the ingest route as plain ASGI: this is the hot path."""

    def __init__(self, tower: Tower) -> None:
        self._tower = tower
        self._limit = int(tower.settings.body_mb * 1_000_000)
        self._gates: dict[asyncio.AbstractEventLoop, Gate] = {}

    async def serve(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Read, decode, commit, answer."""
        content_type, length, encoding = b"", b"", b""
        for name, value in scope["headers"]:
            if name == b"content-type":
                content_type = value
            elif name == b"content-length":
                length = value
            elif name == b"content-encoding":
                encoding = value
        form = formats.format_of(content_type.decode("latin-1"))
        if form is None or (encoding and encoding.lower() != b"identity"):
            known = ", ".join(formats.CONTENT_TYPES)
            await answer(send, problem(415, f"wanted one of: {known}, not compressed"))
            return
        if length.isdigit() and int(length[:20]) > self._limit:
            await answer(send, self._too_large())
            return
        try:
            body = await read_body(receive, self._limit)
        except Gone:
            return
        except TooLarge:
            await answer(send, self._too_large())
            return
        except TimeoutError:
            await answer(send, problem(408, f"the body did not arrive within {_SLOW_S:.0f} s"))
            return
        await answer(send, await self.take(body, form))

    async def take(self, body: bytes, form: formats.Format) -> Answer:
        """Status and body for one request."""
        loop = asyncio.get_running_loop()
        gate = self._gates.get(loop)
        if gate is None:
            gate = self._gates[loop] = Gate(self._tower, loop)
        try:
            if len(body) <= _INLINE_BYTES:
                events = formats.read(body, form)
            else:
                events = await asyncio.to_thread(formats.read, body, form)
            if not events:
                return 200, _ENCODE({"recorded": 0, "duplicate": 0, "receipts": ()})
            receipts = await gate.submit(events)
        except InputFaults as faults:
            count = len(faults.faults)
            told = f"{count} fault{'s' * (count > 1)} in the input; nothing of it was applied"
            return problem(422, told, faults.faults)
        except (Busy, Closed) as error:
            return problem(503, str(error))
        except TaktnetError as error:
            return problem(503, f"not recorded: {error}")
        return _told(receipts)

    def _too_large(self) -> Answer:
        mb = self._tower.settings.body_mb
        return problem(413, f"a request may have {mb:g} MB at most; send the events in parts")


def _told(receipts: tuple[Receipt, ...]) -> Answer:
    if len(receipts) == 1 and receipts[0].outcome == "recorded":
        return 201, _ENCODE({"recorded": 1, "duplicate": 0, "receipts": receipts})
    counts = {"recorded": 0, "duplicate": 0, "conflict": 0, "rejected": 0}
    for receipt in receipts:
        counts[receipt.outcome] = counts.get(receipt.outcome, 0) + 1
    if counts["conflict"] or counts["rejected"]:
        bad = counts["conflict"] + counts["rejected"]
        told = f"{bad} of {len(receipts)} events were not recorded; see their receipts"
        return problem(409, told, receipts=receipts, counts=counts)
    status = 201 if counts["recorded"] else 200
    return status, _ENCODE({**counts, "receipts": receipts})


async def answer(send: Send, told: Answer) -> None:
    """Send status and JSON body; anything from 400 up is a problem detail.

    A good answer, which no browser shows, has few headers: each costs the hot path microseconds.
    """
    status, body = told
    headers = [
        (b"content-type", PROBLEM.encode() if status >= 400 else _JSON),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", b"no-store"),
        *(HEADERS if status >= 400 else HEADERS[:1]),
    ]
    if status == 503:
        headers.append((b"retry-after", b"1"))
    if status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
