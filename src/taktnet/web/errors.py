"""Errors as RFC 9457 problem details, the same for every route."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from taktnet.base.errors import Fault

TITLES = {
    400: "Bad request",
    401: "Token wanted",
    403: "Forbidden",
    404: "Not found",
    405: "Method not allowed",
    408: "Request took too long",
    409: "Conflict",
    411: "Length wanted",
    413: "Request too large",
    414: "Address too long",
    415: "Content type not supported",
    421: "Not the host it was meant for",
    422: "Faults in the input",
    431: "Headers too large",
    503: "Busy",
}
PROBLEM = "application/problem+json"
MOST_FAULTS = 1000


def safe_text(value: object, longest: int = 200) -> str:
    """Any value as short text that can be sent as UTF-8."""
    text = value if isinstance(value, str) else repr(value)
    return text[:longest].encode("utf-8", "replace").decode()


def fault_row(fault: Fault) -> dict[str, Any]:
    """One fault as an object: its columns and the sentence they make."""
    return {
        "where": safe_text(fault.where),
        "row": fault.row,
        "field": safe_text(fault.field),
        "found": safe_text(fault.found),
        "wanted": safe_text(fault.wanted),
        "remedy": safe_text(fault.remedy),
        "subject": safe_text(fault.subject),
        "text": safe_text(str(fault), 2000),
    }


def problem(
    status: int, detail: str, faults: Iterable[Fault] = (), **more: Any
) -> tuple[int, bytes]:
    """Status and body (`application/problem+json`); `faults` are listed, at most a thousand."""
    rows = [fault_row(f) for f in faults]
    body: dict[str, Any] = {"title": TITLES.get(status, "Error"), "status": status}
    body |= {"detail": safe_text(detail, 4000), **more}
    if rows:
        body |= {"faults": rows[:MOST_FAULTS], "fault_count": len(rows)}
    return status, msgspec.json.encode(body)
