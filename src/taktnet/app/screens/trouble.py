"""Open exceptions, worst first: what a planner should see before anything else."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from taktnet.app.screens.desk import HOUR_US, Desk, us
from taktnet.app.screens.model import ClosedLine, PaceRow, Trouble
from taktnet.app.screens.saying import amount
from taktnet.network.cells import did_you_mean

_ORDER = {"closed": 0, "stopped": 1, "late": 2, "short": 3, "stale": 4, "waiting": 5, "alert": 6}
_SOON_US = 24 * HOUR_US
_FEW = 3


def span(hours: float) -> str:
    """Hours or days, short."""
    if hours < 1:
        return f"{hours * 60:.0f} min"
    return f"{hours:.0f} h" if hours < 72 else f"{hours / 24:.0f} d"


def _page(site: str) -> str:
    return f"/sites/{quote(site, safe='')}"


def opening(row: ClosedLine, now: int) -> str:
    """Why something is closed, and when it is expected to open, in words."""
    why = f"{row.reason}; " if row.reason else ""
    return why + _until(row, now)


def _until(row: ClosedLine, now: int) -> str:
    if not row.until:
        return "nobody said until when"
    left = (row.until - now) / HOUR_US
    if left <= 0:
        return f"should have opened {span(-left)} ago"
    return f"expected to open in {span(left)}"


def _closed(desk: Desk) -> list[Trouble]:
    rows: list[Trouble] = []
    for c in desk.closed:
        opens, page = opening(c, desk.now), _page(c.destination)
        if c.kind == "site":
            title, detail, level = f"{c.name} is closed", opens, "crit"
        else:
            title, level = f"Lane {c.name} is closed", "warn"
            detail = f"{c.origin} to {c.destination}, {opens}"
        rows.append(Trouble("closed", level, title, detail, c.since, c.zone, page))
    return rows


def _stopped(desk: Desk) -> list[Trouble]:
    rows = []
    for r in desk.stopped:
        cause = f"{r.reason} of {r.item}" if r.item else r.reason or "no cause given"
        rows.append(
            Trouble(
                "stopped", "crit", f"{r.id} stopped at {r.site}", cause, r.since, r.zone,
                _page(r.site),
            )
        )  # fmt: skip
    return rows


def _late(desk: Desk) -> list[Trouble]:
    rows = []
    for w in desk.late_shipments:
        what = f"{amount(w.qty)} {w.unit} {w.item} from {w.origin} to {w.destination}"
        title = f"{w.shipment} is {span(w.late_h)} late"
        href = f"/events?{urlencode({'ref': w.shipment})}"
        since = desk.now - round(w.late_h * HOUR_US)
        rows.append(Trouble("late", w.level, title, what, since, w.zone, href))
    return rows


def _stale(desk: Desk) -> list[Trouble]:
    rows = []
    for f in desk.late_feeds:
        usual = f", usually every {span(f.usual_h)}" if f.usual_h else ""
        text = f"last heard {span(f.silent_h)} ago{usual}"
        title = f"{f.source} is late at {f.site}" if f.site else f"{f.source} is late"
        href = _page(f.site) if f.site else "/events"
        rows.append(Trouble("stale", "warn", title, text, us(f.last), desk.zone(f.site), href))
    return rows


def _waiting(desk: Desk) -> list[Trouble]:
    if not desk.waiting:
        return []
    count, first = len(desk.waiting), desk.waiting[-1]
    title = f"{count} decision{'s wait' if count > 1 else ' waits'} for you"
    places = sorted({d.site for d in desk.waiting})
    text = (
        "at " + ", ".join(places[:4]) + (f" and {len(places) - 4} more" if len(places) > 4 else "")
    )
    zone = desk.zone(first.site)
    return [
        Trouble("waiting", "warn", title, text, us(first.taken_at), zone, "/loops?show=waiting")
    ]


def _short(pace: tuple[PaceRow, ...], now: int) -> list[Trouble]:
    rows = []
    for p in pace:
        if p.runs == "dry" and p.line and p.runs_at - now < _SOON_US:
            text = f"{amount(p.buffer or 0.0)} {p.unit} left behind {p.line} at present rates"
            left = (p.runs_at - now) / HOUR_US
            end = f"runs dry in {span(left)}" if left > 0 and p.buffer else "has run dry"
            title = f"{p.item} at {p.site} {end}"
            rows.append(Trouble("short", "warn", title, text, 0, p.zone, _page(p.site)))
    return rows


def _unknown(desk: Desk) -> list[Trouble]:
    """Stock that is on record under names that the network does not have."""
    sites, items = desk.state.stocked() if desk.sites else ([], [])
    names = [("site", name, desk.sites) for name in sites if name not in desk.sites]
    names += [("item", name, desk.units) for name in items if name not in desk.units]
    if not names:
        return []
    what, name, known = names[0]
    title = f"There is no {what} {name} in the network"
    if more := len(names) - 1:
        title += f", nor {'another name' if more == 1 else f'{more} other names'} on record"
    near = did_you_mean(name, list(known))
    detail = f"stock is on record under it. {near}".rstrip()
    return [Trouble("alert", "warn", title, detail, 0, "UTC", f"/events?{urlencode({what: name})}")]


def troubles(desk: Desk, pace: tuple[PaceRow, ...]) -> tuple[Trouble, ...]:
    """All of them, critical ones first, then by kind, within a kind as the desk has them."""
    rows = [
        *_closed(desk), *_stopped(desk), *_late(desk), *_short(pace, desk.now), *_stale(desk),
        *_waiting(desk), *_unknown(desk),
    ]  # fmt: skip
    return tuple(sorted(rows, key=lambda t: (t.level != "crit", _ORDER[t.kind])))


def gathered(rows: tuple[Trouble, ...]) -> tuple[Trouble, ...]:
    """The same for the first screen: many late feeds are one row, or they would hide the rest."""
    stale = [t for t in rows if t.kind == "stale"]
    if len(stale) <= _FEW:
        return rows
    first = stale[0]
    text = f"{first.title}: {first.detail}; the others were heard later"
    one = Trouble(
        "stale", "warn", f"{len(stale)} feeds are late", text, first.since, first.zone,
        "/sites?level=attention",
    )  # fmt: skip
    at = rows.index(first)
    return (*rows[:at], one, *(t for t in rows[at:] if t.kind != "stale"))


def troubles_of(all_: tuple[Trouble, ...], site: str) -> tuple[Trouble, ...]:
    """Those that lead to the page of one site."""
    return tuple(t for t in all_ if t.href == _page(site))
