"""Ids that need no look-up: those that sort behind all that is recorded of their series."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import NOW, used

from taktnet.store import series
from taktnet.store.series import Series
from taktnet.store.sqlite import SqliteLedger

_STEMS = st.sampled_from(["", "A", "A-", "A-1x", "B/", "ü"])
_NUMBERS = st.one_of(
    st.integers(0, 40).map(lambda n: f"{n:06d}"),
    st.integers(0, 40).map(lambda n: f"{n + 999_980}"),
    st.integers(0, 9).map(str),
)
_KEYS = st.tuples(st.integers(1, 2), st.integers(1, 2), st.builds(str.__add__, _STEMS, _NUMBERS))


class Recorded:
    """A store of keys that counts how often it is asked."""

    def __init__(self) -> None:
        self.keys: set[series.Numbered] = set()
        self.asked = 0

    def greatest(self, tenant: int, source: int, low: str, high: str) -> str:
        """See `Series`."""
        self.asked += 1
        own = (id for t, s, id in self.keys if (t, s) == (tenant, source))
        return max((id for id in own if low <= id < high), default="")


@given(st.lists(_KEYS, max_size=60))
def test_what_is_recorded_is_never_called_new(keys: list[series.Numbered]) -> None:
    """Whatever the order, with repeats, and with digits more or fewer."""
    store = Recorded()
    known = Series(store.greatest)
    for key in keys:
        assert not (known.is_new(key) and key in store.keys)
        store.keys.add(key)
        known.take(key)


def test_numbers_that_go_on_are_looked_up_once() -> None:
    """Also from where they were before; what comes late, or is no long number, is not new."""
    store = Recorded()
    store.keys = {(1, 1, f"A-{n:06d}") for n in range(100)}
    known = Series(store.greatest)
    for n in range(100, 300):
        assert known.is_new((1, 1, f"A-{n:06d}"))
        known.take((1, 1, f"A-{n:06d}"))
    assert store.asked == 1
    assert not known.is_new((1, 1, "A-000299"))
    assert not known.is_new((1, 1, "A-00300"))
    assert known.is_new((1, 2, "A-000299"))


def test_no_more_series_are_kept_than_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ids at random end in digits too."""
    monkeypatch.setattr(series, "MOST", 10)
    known = Series(Recorded().greatest)
    for n in range(100):
        assert known.is_new((1, 1, f"{n}x000001"))
    assert len(known._known) <= 10


def test_a_ledger_takes_numbers_in_any_order_once(tmp_path: Path) -> None:
    """Repeats are repeats, before and after the ledger is opened again and after a batch undone."""
    path, ids = tmp_path / "a.db", [f"M-{n * 7 % 50:08d}" for n in range(50)]
    ledger = SqliteLedger(path)
    assert {ledger.append([used(id)], NOW)[0].outcome for id in ids} == {"recorded"}
    assert {ledger.append([used(id)], NOW)[0].outcome for id in ids} == {"duplicate"}
    ledger.admit([used("M-00000099")], NOW)
    ledger.abandon()
    assert ledger.append([used("M-00000099")], NOW)[0].outcome == "recorded"
    assert ledger.append([used("M-00000099", qty=2.0)], NOW)[0].outcome == "conflict"
    ledger.close()
    ledger = SqliteLedger(path)
    outcomes = [r.outcome for r in ledger.append([used(id) for id in (*ids, "M-00000100")], NOW)]
    assert outcomes == ["duplicate"] * 50 + ["recorded"]
    ledger.close()
