"""Events for the tests of the ledger, by hand and, for laws, of every kind."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hypothesis import strategies as st
from msgspec import inspect

from taktnet.ledger import event as e
from taktnet.ledger.rules import check, tidy

AT = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
NOW = 1_772_431_201_000_000  # one second after AT


def used(id: str, qty: float = 1.0, **more: Any) -> e.StockConsumed:
    """A consumption at Porto; the plainest event there is."""
    fields: dict[str, Any] = {"at": AT, "site": "OPO", "item": "GEAR", "source": "mes", **more}
    return e.StockConsumed(id=id, qty=qty, **fields)


def closed(id: str, until: datetime, **more: Any) -> e.PeriodClosed:
    """A closed period."""
    fields: dict[str, Any] = {"at": AT, "source": "erp", **more}
    return e.PeriodClosed(id=id, until=until, **fields)


_TEXT = st.text(st.characters(min_codepoint=32, exclude_categories=["Cs"]), min_size=1, max_size=9)
_OFFSETS = st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30))])
_INSTANTS = st.builds(
    lambda s, us, zone: (AT + timedelta(seconds=s, microseconds=us)).astimezone(zone),
    st.integers(0, 10**7),
    st.integers(0, 999_999),
    _OFFSETS,
)


def _numbers(kind: inspect.FloatType) -> st.SearchStrategy[float]:
    least = 1 if kind.gt is not None else int((kind.ge or 0) * 1_000_000)
    most = int(min(kind.le or 1e6, 1e6) * 1_000_000)
    return st.integers(least, most).map(lambda n: n / 1_000_000)


def _texts(kind: inspect.StrType) -> st.SearchStrategy[str]:
    if kind.pattern:
        return st.sampled_from(["EUR", "INR", "PLN"])
    return _TEXT if kind.min_length else st.just("") | _TEXT


_STRATEGIES: dict[type[inspect.Type], Any] = {
    inspect.UnionType: lambda kind: st.one_of([_values(t) for t in kind.types]),
    inspect.NoneType: lambda _: st.none(),
    inspect.StrType: _texts,
    inspect.DateTimeType: lambda _: _INSTANTS,
    inspect.FloatType: _numbers,
    inspect.IntType: lambda _: st.integers(0, 1000),
    inspect.LiteralType: lambda kind: st.sampled_from(kind.values),
    inspect.BoolType: lambda _: st.booleans(),
    inspect.VarTupleType: lambda kind: st.lists(
        _values(kind.item_type), max_size=3, unique=True
    ).map(tuple),
    inspect.DictType: lambda _: st.dictionaries(_TEXT, _TEXT, max_size=3),
}


def _values(kind: inspect.Type) -> st.SearchStrategy[Any]:
    return _STRATEGIES[type(kind)](kind)


def _of_kind(kind: type[e.Event]) -> st.SearchStrategy[e.Event]:
    info = inspect.type_info(kind)
    assert isinstance(info, inspect.StructType)
    fields = {f.name: _values(f.type) for f in info.fields}
    fields |= {"corrects": st.just(""), "zone": st.sampled_from(["", "Europe/Lisbon"])}
    fields["site"] = _TEXT
    if kind is e.EventVoided:
        fields["corrects"] = st.just("another")
        fields["id"] = _TEXT.filter(lambda text: text != "another")
    return st.builds(kind, **fields)


#: Any sound event of any kind, instants in any offset.
EVENTS: st.SearchStrategy[Any] = st.one_of([_of_kind(kind) for kind in e.KINDS]).filter(
    lambda event: not check(tidy(event))
)
