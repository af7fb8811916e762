"""What an event must mean, beyond the types of its fields; and its one canonical form as a value.

Types, ranges and lengths are in `event`; here are the rules between fields, the limits of time and
digits, and which kinds need a site. `check` says all that is wrong with one event.
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from operator import attrgetter
from typing import Any, cast

import msgspec
from msgspec import Struct, inspect

from taktnet.base.errors import Fault
from taktnet.ledger import event as e
from taktnet.ledger.event import AnyEvent
from taktnet.ledger.wording import Finding, did_you_mean, quote, shown

#: Kinds that may come without a site: they name an order, a shipment, a card of a loop, a
#: decision, a lane or the whole network, which knows its place.
NEEDS_NO_SITE: frozenset[type[e.Event]] = frozenset(
    {
        e.OrderChanged,
        e.OrderCancelled,
        e.CardPulled,
        e.CardReturned,
        e.CardIssued,
        e.CardWithdrawn,
        e.GoodsPosition,
        e.NetworkChanged,
        e.CostCharged,
        e.PeriodClosed,
        e.EventVoided,
        e.DecisionApproved,
        e.DecisionDeclined,
        e.SignalSent,
        e.SignalAcknowledged,
        e.SignalRefused,
        e.PlanProposed,
        e.PlanTried,
        e.PlanApproved,
        e.PlanRefused,
        e.PlanWithdrawn,
        e.LaneClosed,
        e.LaneOpened,
    }
)
#: (start, end) fields of a kind: the end is not before the start.
SPANS: dict[type[e.Event], tuple[str, str]] = {
    e.OrderPlaced: ("window_start", "window_end"),
    e.OrderChanged: ("window_start", "window_end"),
    e.CalloffPlaced: ("window_start", "window_end"),
    e.ScheduleFrozen: ("start", "end"),
    e.DecisionTaken: ("due_from", "due"),
}
_FIRST_YEAR, _LAST_YEAR = 1971, 2199
LONGEST_LIST = 10_000
_MILLION = 1e6
_EXACT = 2.0**33  # above it a double cannot hold seven decimals anyway
#: Fields that are measured, not counted: kept to six decimals without complaint.
_MEASURED = {"latitude", "longitude"}
_MEMBERS = {"cards", "evidence", "values"}


class _Plan(Struct, frozen=True):
    """What to look at in one kind, found once."""

    members: tuple[str, ...]
    measured: bool
    site: bool
    times: Callable[[Any], tuple[datetime | None, ...]]
    numbers: Callable[[Any], tuple[float | None, ...]]
    time_names: tuple[str, ...]
    number_names: tuple[str, ...]
    floats: tuple[str, ...]
    defaults: tuple[tuple[str, object], ...]
    between: Callable[[Any], list[Finding]] | None


def _types(kind: inspect.Type) -> tuple[inspect.Type, ...]:
    return kind.types if isinstance(kind, inspect.UnionType) else (kind,)


def _named(fields: list[inspect.Field], wanted: type[inspect.Type]) -> tuple[str, ...]:
    return tuple(f.name for f in fields if any(isinstance(t, wanted) for t in _types(f.type)))


def _pick(names: tuple[str, ...]) -> Callable[[Any], tuple[Any, ...]]:
    """All named attributes as a tuple, in one call of C."""
    if not names:
        return lambda _: ()
    if len(names) == 1:
        name = names[0]
        return lambda event: (getattr(event, name),)
    return attrgetter(*names)


def _plan(kind: type[e.Event]) -> _Plan:
    info = inspect.type_info(kind)
    assert isinstance(info, inspect.StructType)
    fields = list(info.fields)
    times = _named(fields, inspect.DateTimeType)
    floats = _named(fields, inspect.FloatType)
    exact = tuple(n for n in floats if n not in _MEASURED)
    # msgspec leaves out a default only when it is the very same object, as "", None and the two
    # booleans always are.
    defaults = tuple(
        (f.name, f.default)
        for f in fields
        if isinstance(f.default, float | int | str)
        and f.default != ""
        and not isinstance(f.default, bool)
    )
    return _Plan(
        members=tuple(f.name for f in fields if f.name in _MEMBERS),
        measured=not _MEASURED.isdisjoint(floats),
        site=kind not in NEEDS_NO_SITE,
        times=_pick(times),
        numbers=_pick(exact),
        time_names=times,
        number_names=exact,
        floats=floats,
        defaults=defaults,
        between=_BETWEEN.get(kind),
    )


def is_plain(event: AnyEvent) -> bool:
    """Whether `event` is canonical and sound as it is: the quick look that nearly all pass.

    False where `tidy` or `check` must look closer. Field types are taken for granted (whole numbers
    apart); control characters are not looked for.
    """
    kind = type(event)
    doubtful = _DOUBTFUL.get(kind)
    if doubtful is None:
        doubtful = _DOUBTFUL[kind] = _doubtful(kind)
    return not doubtful(event)


def _doubtful(kind: type[e.Event]) -> Callable[[AnyEvent], bool]:
    """The function that tells whether an event of a kind must be looked at closely.

    Its text is made from the fields of the kind, which takes half the time of loops over them.
    """
    plan = _PLANS[kind]
    known: dict[str, Any] = {"zones": zones, "utc": UTC, "inexact": _is_inexact}
    doubts = ["not event.site"] if plan.site else []
    doubts += ["event.corrects", "event.zone and event.zone not in zones()"]
    for name in plan.time_names:
        years = f"{_FIRST_YEAR} <= v.year <= {_LAST_YEAR}"
        wrong = f"(v.tzinfo is not utc or not {years})"
        doubts.append(f"(v := event.{name}) is not None and {wrong}")
    doubts += [f"(v := event.{n}) is not None and inexact(v)" for n in plan.number_names]
    for name, default in plan.defaults:
        known[f"default_{name}"] = default
        doubts.append(f"event.{name} is not default_{name} and event.{name} == default_{name}")
    if plan.members:
        known |= {"long_lists": _long_lists, "members": plan.members}
        doubts.append("long_lists(event, members)")
    if plan.between:
        known["between"] = plan.between
        doubts.append("between(event)")
    text = "True" if plan.measured else f"bool({' or '.join(doubts)})"
    return eval(f"lambda event: {text}", known)  # noqa: S307 - of names of our own fields


def _is_inexact(number: object) -> bool:
    """Whether it is no float of at most six decimals, as nearly all whole numbers are."""
    if type(number) is not float:
        return True
    if number and number.is_integer():
        return False
    return round(number * _MILLION) / _MILLION != number or str(number) == "-0.0"


def tidy(event: AnyEvent) -> AnyEvent:
    """The canonical value of `event`: instants in UTC, numbers as floats, defaults as defaults.

    The event itself if it is canonical already. Raises OverflowError for an instant that UTC
    cannot hold.
    """
    plan = _PLANS[type(event)]
    changed: dict[str, object] = {}
    for name, instant in zip(plan.time_names, plan.times(event), strict=True):
        if instant is not None and instant.tzinfo is not UTC:
            changed[name] = _utc(instant)
    for name in plan.floats:
        value = getattr(event, name)
        if type(value) is not float or value == 0.0:
            changed |= _plain_number(name, value)
    for name, default in plan.defaults:
        value = getattr(event, name)
        if value is not default and value == default:
            changed[name] = default
    return msgspec.structs.replace(event, **changed) if changed else event


def _utc(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError("an instant has no offset")
    return instant.astimezone(UTC)


def _plain_number(name: str, value: object) -> dict[str, object]:
    """A whole number becomes a float, -0.0 becomes 0.0."""
    if value is None or (isinstance(value, float) and str(value) == "0.0"):
        return {}
    if isinstance(value, int | float) and not isinstance(value, bool):
        return {name: float(value) + 0.0}
    raise ValueError(f"{name} is not a number")


@cache
def zones() -> frozenset[str]:
    """Every IANA time zone there is."""
    return frozenset(zoneinfo.available_timezones())


def check(event: AnyEvent, where: str = "event", row: int = 0, escapes: bool = True) -> list[Fault]:
    """Everything wrong with the meaning of `event`; empty if it is sound.

    `escapes`: whether its JSON had a backslash; without one it holds no control character.
    """
    plan = _PLANS[type(event)]
    found: list[Finding] = []
    if plan.site and not event.site:
        found.append(("site", "missing", "the site where it happened", "Add it."))
    if event.zone and event.zone not in zones():
        remedy = did_you_mean(event.zone, sorted(zones()))
        found.append(("zone", quote(event.zone), "an IANA time zone", remedy))
    for n, instant in enumerate(plan.times(event)):
        if instant is not None and not _FIRST_YEAR <= instant.year <= _LAST_YEAR:
            wanted = f"a time in the years {_FIRST_YEAR} to {_LAST_YEAR}"
            found.append((plan.time_names[n], instant.isoformat(), wanted, ""))
    for n, value in enumerate(plan.numbers(event)):
        if value is not None and round(value * _MILLION) / _MILLION != value:
            found += _digits(plan.number_names[n], value)
    if event.corrects and event.corrects == event.id:
        wanted = "the id of an earlier event"
        found.append(("corrects", quote(event.corrects), wanted, "It names itself."))
    if plan.between is not None:
        found += plan.between(event)
    if plan.members:
        found += _long_lists(event, plan.members)
    if escapes:
        found += _control_characters(event)
    if not found:
        return []
    subject = f"{e.kind_name(event)} {quote(event.id)}"
    return [Fault(where, row, *fault, subject) for fault in found]


def _digits(name: str, value: float) -> list[Finding]:
    if abs(value) >= _EXACT:
        return []
    remedy = f"Did you mean {round(value, 6)!r}?"
    return [(name, repr(value), "at most six decimals", remedy)]


def _long_lists(event: AnyEvent, names: tuple[str, ...]) -> list[Finding]:
    found: list[Finding] = []
    for name in names:
        members = getattr(event, name)
        if len(members) > LONGEST_LIST:
            found.append((name, f"{len(members)} long", f"at most {LONGEST_LIST}", ""))
    cards = getattr(event, "cards", ())
    if len(set(cards)) != len(cards):
        found.append(("cards", "naming one card twice", "each card once", ""))
    return found


def _control_characters(event: AnyEvent) -> list[Finding]:
    """Names hold none; texts may hold tabs and line ends, but no NUL (PostgreSQL keeps none)."""
    found: list[Finding] = []
    for name in event.__struct_fields__:
        value = getattr(event, name)
        allowed = "\t\n\r" if name in ("reason", "note") else ""
        found += [
            (name, quote(text), "text without control characters", "")
            for text in _texts(value)
            if any(c < " " and c not in allowed for c in text)
        ]
    return found


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, tuple):
        return [text for text in cast(tuple[object, ...], value) if isinstance(text, str)]
    if isinstance(value, dict):
        return [text for pair in cast(dict[str, str], value).items() for text in pair]
    return []


def _span(start: str, end: str) -> Callable[[Any], list[Finding]]:
    def rule(event: Any) -> list[Finding]:
        first, last = getattr(event, start), getattr(event, end)
        if first is None or last is None or first <= last:
            return []
        wanted = f"not before {start} ({first.isoformat()})"
        return [(end, last.isoformat(), wanted, "Are the two swapped?")]

    return rule


def _rejected(event: e.GoodsReceived) -> list[Finding]:
    if event.rejected <= event.qty:
        return []
    return [("rejected", shown(event.rejected), f"at most qty ({event.qty:g})", "")]


def _closed(event: e.PeriodClosed) -> list[Finding]:
    if event.until <= event.at:
        return []
    wanted = f"not after at ({event.at.isoformat()})"
    return [("until", event.until.isoformat(), wanted, "A period is closed after it has ended.")]


def _opens(event: e.SiteClosed | e.LaneClosed) -> list[Finding]:
    if event.until is None or event.until > event.at:
        return []
    wanted = f"after at ({event.at.isoformat()})"
    remedy = "It is when opening is expected; leave it out where nobody knows."
    return [("until", event.until.isoformat(), wanted, remedy)]


def _voided(event: e.EventVoided) -> list[Finding]:
    if event.corrects:
        return []
    return [("corrects", "missing", "the id of the event to undo", "Add it.")]


_BETWEEN: dict[type[e.Event], Callable[[Any], list[Finding]]] = {
    **{kind: _span(*names) for kind, names in SPANS.items()},
    e.GoodsReceived: _rejected,
    e.PeriodClosed: _closed,
    e.EventVoided: _voided,
    e.SiteClosed: _opens,
    e.LaneClosed: _opens,
}
_PLANS: dict[type[e.Event], _Plan] = {kind: _plan(kind) for kind in e.KINDS}
_DOUBTFUL: dict[type[e.Event], Callable[[AnyEvent], bool]] = {}
