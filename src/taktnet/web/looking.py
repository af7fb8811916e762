"""`at` and `known` of the reading routes: the look at another time, or how far its folding is.

The folding is a job like any other: listed, followed and stopped under `/api/jobs`. Who sends
`Prefer: respond-async` (RFC 7240) gets 202 and the job where the answer takes longer than a second.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Header, HTTPException, Query, Request
from fastapi.responses import Response

from taktnet.app.encode import to_json
from taktnet.app.looks import Folding, Look
from taktnet.web.progress import told

At = Annotated[datetime | None, Query(description="As it was at this business time")]
Known = Annotated[datetime | None, Query(description="As it was known at this recorded time")]
_ASYNC = "respond-async"
_WAIT_S = 1.0
#: What a route with `Seen` may answer beside its own.
LATER: dict[int | str, dict[str, Any]] = {
    202: {"description": "Asked with `Prefer: respond-async`: the job that folds that time"}
}


def aware(when: datetime | None) -> datetime | None:
    """The time; one without an offset is refused."""
    if when is not None and when.tzinfo is None:
        raise HTTPException(422, f"{when.isoformat()} has no offset; add Z or, say, +01:00")
    return when


def _seen(
    request: Request,
    at: At = None,
    known: Known = None,
    prefer: Annotated[
        str | None, Header(description="`respond-async`: 202 and a job where folding takes long")
    ] = None,
) -> Look:
    later = _ASYNC in [word.strip().lower() for word in (prefer or "").split(",")]
    return request.app.looks.get(aware(at), aware(known), _WAIT_S if later else None)


Seen = Annotated[Look, Depends(_seen)]


def answer(folding: Folding) -> Response:
    """202: the job, where to follow it, and when to ask again."""
    headers = {
        "Location": f"/api/jobs/{folding.job.id}",
        "Preference-Applied": _ASYNC,
        "Retry-After": "1",
        "Cache-Control": "no-store",
    }
    return Response(to_json(told(folding.job)), 202, headers, media_type="application/json")
