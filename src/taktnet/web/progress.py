"""`GET /api/jobs/{id}/events`: a job as server-sent events, from where it is to its end.

Three kinds: `progress` says how far it is, `result` what came out so far, `end` the whole job
once it has ended. The id is the job's version; a reader that comes back with `Last-Event-ID`
gets what changed since, and the end as often as it asks for it.
"""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi.responses import Response

from taktnet.app.encode import plain, to_json
from taktnet.app.jobs import Job
from taktnet.web.errors import MOST_FAULTS, fault_row
from taktnet.web.stream import ALIVE_S, START, Bell, Reader, Receive, Send, body

PAUSE_S = 0.05  # between two frames of one stream


def told(job: Job) -> dict[str, Any]:
    """A job as the API shows it."""
    rows = [fault_row(fault) for fault in job.faults[:MOST_FAULTS]]
    return brief(job) | {"faults": rows, "result": plain(job.result)}


def brief(job: Job) -> dict[str, Any]:
    """A job without what came out, as lists show it."""
    return {
        "id": job.id,
        "kind": job.kind,
        "state": job.state,
        "done": job.done,
        "total": job.total,
        "error": job.error,
    }


class JobStreams:
    """Serves the streams of jobs; `close` ends every open one, so that a server can stop."""

    def __init__(self) -> None:
        self._bells: set[Bell] = set()
        self._closing = False

    def close(self) -> None:
        """End every stream; may be called from any thread or a signal handler."""
        self._closing = True
        for bell in list(self._bells):
            bell.ring()

    async def serve(self, job: Job, receive: Receive, send: Send, seen: int) -> None:
        """Send what changes after version `seen` until the job or the reader is gone."""
        loop = asyncio.get_running_loop()
        bell = Bell(job, loop)
        self._bells.add(bell)
        reader = Reader(bell)
        watch = loop.create_task(reader.watch(receive))
        try:
            await send(START)
            await send(body(b"retry: 1000\n\n"))
            await self._follow(job, reader, send, seen)
        except asyncio.CancelledError:
            if not self._closing:
                raise
            return
        finally:
            watch.cancel()
            bell.leave()
            self._bells.discard(bell)
        if not reader.gone:
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _follow(self, job: Job, reader: Reader, send: Send, seen: int) -> None:
        results = 0
        while not (self._closing or reader.gone):
            version, results_now, state = job.version, job.told, job.state
            if state != "running":
                await send(body(frame(version, "end", told(job))))
                return
            if results_now != results:
                await send(body(frame(version, "result", {"result": job.result})))
            elif version > seen:
                progress = {"done": job.done, "total": job.total}
                await send(body(frame(version, "progress", progress)))
            elif await reader.sleep(
                lambda seen=seen: job.version > seen or job.state != "running", ALIVE_S
            ):
                await send(body(b": alive\n\n"))
            if version > seen or results_now != results:
                await reader.pause(PAUSE_S)
            seen, results = max(seen, version), results_now


def frame(version: int, kind: str, value: Any) -> bytes:
    """One server-sent event; its data is one line of JSON."""
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (version, kind.encode(), to_json(value))


class JobStream(Response):
    """The answer that is the stream of one job."""

    media_type = "text/event-stream"

    def __init__(self, streams: JobStreams, job: Job, seen: int = -1) -> None:
        super().__init__()
        self._streams, self._job, self._seen = streams, job, seen

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve it."""
        await self._streams.serve(self._job, receive, send, self._seen)


def version_of(last_event_id: str | None) -> int:
    """The version that a reader saw last; -1 for none or for what is no version."""
    text = (last_event_id or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else -1
