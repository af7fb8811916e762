"""The event log: search, one event in full, and the chain from event to decision to signal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from taktnet.app.aside import Aside, set_aside
from taktnet.app.history import Sight
from taktnet.app.screens.desk import Desk
from taktnet.app.screens.model import EventLine, Level
from taktnet.app.screens.saying import reference, says, told
from taktnet.app.story import Chain, chain
from taktnet.ledger import event as e
from taktnet.ledger.chain import row_hash
from taktnet.ledger.event import kind_name
from taktnet.ledger.fact import instant, micros
from taktnet.ledger.ledger import Ledger, Recorded
from taktnet.ledger.search import Query


@dataclass(frozen=True, slots=True)
class LogQuery:
    """What to look for; empty fields match all. `since`, `until` are ISO text in UTC."""

    kind: str = ""
    site: str = ""
    item: str = ""
    ref: str = ""
    text: str = ""
    since: str = ""
    until: str = ""
    before: int = 0  # only rows with a smaller number; 0: from the newest

    @property
    def narrow(self) -> bool:
        """Whether anything at all is asked for."""
        return any(
            (
                self.kind,
                self.site,
                self.item,
                self.ref,
                self.text,
                self.since,
                self.until,
            )
        )


@dataclass(frozen=True, slots=True)
class AsideLine:
    """An event that was kept aside, and why."""

    offered: int
    zone: str
    kind: str
    source: str
    id: str
    says: str
    why: str


@dataclass(frozen=True, slots=True)
class LogScreen:
    """One page of the log, newest first. `before` continues it; 0 when the log is at its end."""

    query: LogQuery
    rows: tuple[EventLine, ...]
    before: int
    searched: int  # the smallest number looked at
    faults: tuple[str, ...] = ()
    aside: tuple[AsideLine, ...] = ()  # the newest; on the first page only
    aside_total: int = 0


@dataclass(frozen=True, slots=True)
class Proof:
    """What the hash chain says about a row."""

    level: Level
    text: str
    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class EventScreen:
    """One event: its fields (name, text, address), the chain it is part of, its proof."""

    row: EventLine
    fields: tuple[tuple[str, str, str], ...]
    chain: tuple[tuple[str, str, tuple[EventLine, ...]], ...]
    proof: Proof


_PER_PAGE = 50
_ASIDE = 10
_TIMES = ("since", "until")
_ANSWERS = (
    e.DecisionApproved,
    e.DecisionDeclined,
    e.SignalSent,
    e.SignalAcknowledged,
    e.SignalRefused,
)


def instant_of(text: str) -> datetime | None:
    """An ISO instant; without an offset it is UTC. None for empty text; raises ValueError."""
    if not text:
        return None
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def event_line(desk: Desk, row: Recorded) -> EventLine:
    """A row of the ledger in a few words."""
    event = row.event
    return EventLine(
        row.seq,
        micros(event.at),
        row.recorded,
        event.zone or desk.zone(event.site),
        kind_name(event),
        event.site,
        getattr(event, "item", ""),
        reference(event),
        says(event, desk.unit),
        event.source,
        event.id,
    )


def log_screen(desk: Desk, ledger: Ledger, seen: Sight, query: LogQuery) -> LogScreen:
    """One page of the log as `seen`; what cannot be read in the query is said, not guessed."""
    faults: list[str] = []
    bounds: list[datetime | None] = []
    for name in _TIMES:
        try:
            bounds.append(instant_of(getattr(query, name)))
        except ValueError:
            bounds.append(None)
            faults.append(f"“{getattr(query, name)}” is no time; write it as 2026-11-23T14:00.")
    wanted = Query(query.text, query.kind, query.site, query.item, query.ref, bounds[0], bounds[1])
    rows = seen.search(wanted, _PER_PAGE, query.before)
    more = len(rows) == _PER_PAGE and rows[-1].seq > 1
    low = rows[-1].seq if more else min(1, ledger.head.seq)
    lines = tuple(event_line(desk, row) for row in rows)
    kept = [] if query.narrow or query.before else _aside(ledger, seen)
    aside = tuple(_aside_line(desk, one) for one in kept[:_ASIDE])
    return LogScreen(query, lines, low if more else 0, low, tuple(faults), aside, len(kept))


def _aside(ledger: Ledger, seen: Sight) -> list[Aside]:
    return [
        one
        for one in set_aside(ledger)
        if (seen.recorded is None or one.recorded <= seen.recorded)
        and (seen.at is None or one.event.at <= seen.at)
    ]


def _aside_line(desk: Desk, one: Aside) -> AsideLine:
    event = one.event
    why = "its id was recorded with other content"
    if one.outcome == "parked":
        why = f"waits for {one.corrects}, which it corrects"
    elif one.corrects:
        why = f"its id, or the correction of {one.corrects}, was recorded before"
    zone = event.zone or desk.zone(event.site)
    what = kind_name(event), one.source, one.id, says(event, desk.unit)
    return AsideLine(one.recorded, zone, *what, why)


def event_screen(desk: Desk, ledger: Ledger, seen: Sight, seq: int) -> EventScreen:
    """One event and its chain as `seen`; raises KeyError where there is no such row."""
    story = chain(ledger, seq, seen.covers)
    if story is None:
        raise KeyError(seq)
    line = event_line(desk, story.row)
    fields = (
        *told(story.row.event),
        ("recorded", f"{instant(story.row.recorded):%Y-%m-%d %H:%M:%S.%f} UTC", ""),
    )
    return EventScreen(line, fields, _chain(desk, story), proof(ledger, story.row))


def _chain(desk: Desk, story: Chain) -> tuple[tuple[str, str, tuple[EventLine, ...]], ...]:
    def lines(rows: tuple[Recorded, ...]) -> tuple[EventLine, ...]:
        return tuple(event_line(desk, row) for row in rows)

    this = lines((story.row,))
    causes = ("cause", "Because of", lines(story.causes))
    sent = ("signal", "and went out", lines(story.signals))
    if isinstance(story.row.event, e.DecisionTaken):
        parts = (causes, ("decision", "it was decided", this), sent)
    elif isinstance(story.row.event, _ANSWERS):
        parts = (causes, ("signal", "this became of it", this))
    else:
        decided = ("decision", "so it was decided", lines(story.decisions))
        parts = (causes, ("event", "this happened", this), decided, sent)
    after = lines(story.follows)
    return (*parts, ("follow", "and then", after)) if after else parts


def proof(ledger: Ledger, row: Recorded) -> Proof:
    """Whether the row's hash follows from its content and the row before it."""
    before = ledger.read(row.seq - 2, 1) if row.seq > 1 else []
    previous = before[0].hash if before else bytes(32)
    expected = row_hash(previous, row.seq, row.recorded, row.facts, row.body)
    good = expected == row.hash
    text = (
        "Its hash follows from its content and from the row before it."
        if good
        else "Its hash does not follow from its content and the row before it: it was changed."
    )
    rows = (("Hash", row.hash.hex()), ("Previous", previous.hex()))
    return Proof("ok" if good else "crit", text, rows)
