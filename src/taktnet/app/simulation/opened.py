"""A simulated run as a tower of its own: every screen opens it as if it had happened.

The ledger is copied, and the facts that the twin wrote are recorded behind it as the events they
are lowered from. The copy never sends anything, and its clock stands at its last row.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from taktnet.app import home
from taktnet.app.parts import CLOCK, SIMULATED, Parts
from taktnet.app.settings import Settings
from taktnet.app.simulation.forks import traced
from taktnet.app.simulation.question import Question
from taktnet.base.errors import TaktnetError
from taktnet.base.names import Domain, Names
from taktnet.ledger.event import KINDS, NUMBER, AnyEvent, Event, NetworkChanged
from taktnet.ledger.fact import MILLION, instant, micros
from taktnet.ledger.ledger import Ledger
from taktnet.ledger.slots import SLOTS

SOURCE = "twin"
_PIECE_US = 3_600_000_000  # recorded together: an hour of simulated time
_SETTINGS = """\
# A simulated run: nothing of it is sent to anybody.
tenant = {tenant}

[channels.default]
kind = "none"
"""
_BY_NUMBER = {NUMBER[kind]: kind for kind in KINDS}


def write_run(parts: Parts, folder: Path, question: Question, replication: int = 0) -> int:
    """Write one run of what happens (`question.base`) to a new folder; how many events it has.

    Raises TaktnetError where the folder is there already, or the ledger is not kept in SQLite.
    """
    from taktnet.store import open_ledger
    from taktnet.store.copy import copy_ledger

    if folder.exists():
        raise TaktnetError(f"{folder} is there already; name a folder that is not")
    source = ledger_file(parts.place, parts.settings)
    start = parts.forks.start(parts, question.days)
    run = traced(start, question.base, question.seed, replication, question.days)
    folder.mkdir(parents=True)
    copy = folder / home.LEDGER
    copy_ledger(source, copy)
    tenant = msgspec.json.encode(parts.settings.tenant).decode()
    (folder / home.SETTINGS).write_text(_SETTINGS.format(tenant=tenant), "utf-8")
    ledger = open_ledger(f"sqlite:{copy}")
    try:
        events = [
            *_changed(parts, run.network, start.at),
            *events_of(run.facts, run.names, parts.settings.tenant),
        ]
        _record(ledger, events)
        ledger.save_snapshot(CLOCK, ledger.head.seq, SIMULATED)
    finally:
        ledger.close()
    return len(events)


def ledger_file(place: Path | None, settings: Settings) -> Path:
    """The file of a tower's ledger; raises TaktnetError for one that is kept elsewhere."""
    scheme, colon, rest = settings.ledger.partition(":")
    if settings.ledger and colon and len(scheme) > 1 and scheme != "sqlite":
        raise TaktnetError("a run can be written for a tower whose ledger is kept in SQLite")
    if settings.ledger:
        return Path(rest if scheme == "sqlite" else settings.ledger)
    if place is None:
        raise TaktnetError("a run can be written for a tower that is kept in a folder")
    return place / home.LEDGER


def events_of(facts: np.ndarray, names: Names, tenant: str) -> Iterator[AnyEvent]:
    """The events that these facts are lowered from, one for each, in order."""
    for number, row in enumerate(facts, start=1):
        kind = _BY_NUMBER[int(row["kind"])]
        values: dict[str, Any] = {
            "source": SOURCE,
            "id": f"{SOURCE}-{int(row['at'])}-{number}",
            "at": instant(int(row["at"])),
            "site": names.text(Domain.SITE, int(row["site"])),
            "tenant": tenant,
        }
        for slot, (field, how) in SLOTS[kind].items():
            value = _value(int(row[slot]), how, names)
            if value is not None:
                values[field] = value
        yield _event(kind, values)


def _value(raw: int, how: object, names: Names) -> Any:
    """A slot as the field it was lowered from; None for one that is not told."""
    if isinstance(how, Domain):
        return names.text(how, raw) or None
    if isinstance(how, dict):
        return next(text for text, code in how.items() if code == raw)
    if how == "time":
        return instant(raw) if raw else None
    return raw if how == "int" else raw / MILLION


def _event(kind: type[Event], values: dict[str, Any]) -> AnyEvent:
    fields = {f.name: f for f in msgspec.structs.fields(kind)}
    if "reason" in fields and fields["reason"].required and "reason" not in values:
        values["reason"] = "decided in the twin"
    return kind(**values)  # type: ignore[return-value]


def _changed(parts: Parts, network: Any, at: int) -> Iterator[AnyEvent]:
    """The rows of the network that the scenario changes, as events."""
    when: datetime = instant(at)
    for n, change in enumerate(parts.revisions.network.diff(network)):
        yield NetworkChanged(
            source=SOURCE, id=f"{SOURCE}-network-{n}", at=when, tenant=parts.settings.tenant,
            table=change.table, key=change.key, values=dict(change.values),
            digest=network.digest, by="scenario",
        )  # fmt: skip


def _record(ledger: Ledger, events: list[AnyEvent]) -> None:
    """Record the events hour by hour at the times they have in the simulation."""
    for _, piece in groupby(events, key=lambda event: micros(event.at) // _PIECE_US):
        batch = list(piece)
        for receipt in ledger.append(batch, ledger.stamp(micros(batch[-1].at))):
            if receipt.outcome != "recorded":
                raise TaktnetError(f"a simulated event was not recorded: {receipt.detail}")
