"""The holder: the same digits however the facts came, closed periods, snapshots, definitions."""

from __future__ import annotations

import json
import subprocess
import sys
from random import Random

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from kpi_story import Story, network, us

from taktnet.kpi import CATALOGUE, Kpis, KpiSettings, KpiValue, recompute, reference_markdown
from taktnet.kpi.catalogue import VARIANTS
from taktnet.kpi.definition import DIMENSIONS
from taktnet.kpi.kpis import SnapshotRefused
from taktnet.ledger import event as e
from taktnet.network import components as c

NET = network(
    resources=(c.Resource(id="LINE", site="OPO"), c.Resource(id="CELL", site="KRK")),
    stock_points=(
        c.StockPoint(site="OPO", item="M1", reorder_point=50.0),
        c.StockPoint(site="OPO", item="P2", reorder_point=5.0, owner="consigned"),
    ),
    sources=(c.Source(site="OPO", item="M1", origin="MOTOR", lane="MOTOR-OPO", prep_h=1.0),),
    rates=(c.Rate(currency="USD", per_eur=1.07),),
)
SITES, ITEMS = ("OPO", "KRK"), ("M1", "P1", "P2")
LINES, TRUCKS = ("A/1", "A/2", "B/1", "C", "D"), ("S1", "S2", "S3")


def happening(story: Story, luck: Random) -> None:
    """One event of any kind that a KPI reads, at a random time; one in ten is undone."""
    at, qty = float(luck.randrange(24 * 14)), float(luck.randint(1, 200))
    site, item, name = luck.choice(SITES), luck.choice(ITEMS), luck.choice(LINES)
    truck = luck.choice(TRUCKS)
    window = {"window_start": at + 24, "window_end": at + 48}
    goods = {"item": item, "qty": qty}
    charge = {"amount": qty * 3, "shipment": truck, "origin": "MOTOR", **goods}
    kind, fields = luck.choice(
        [
            (e.OrderPlaced, {"order": name, "party": "BIKES", **goods, **window}),
            (e.CalloffPlaced, {"order": name, "origin": "MOTOR", **goods, **window}),
            (e.OrderChanged, {"order": name, "qty": qty}),
            (e.OrderCancelled, {"order": name}),
            (e.StockCounted, goods),
            (e.StockConsumed, goods),
            (e.StockProduced, {**goods, "resource": "LINE"}),
            (e.StockMoved, {**goods, "to": "KRK"}),
            (e.StockHeld, goods),
            (e.GoodsShipped, {"shipment": truck, "to": "OPO", "order": name, **goods}),
            (e.GoodsShipped, {"shipment": truck, "to": "BIKES", **goods}),
            (e.GoodsArrived, {"shipment": truck}),
            (e.GoodsReceived, {"shipment": truck, **goods, "rejected": qty // 3}),
            (e.GoodsReceived, {"shipment": "none", **goods}),
            (e.ResourceStopped, {"resource": "LINE", "reason": "stockout", "item": item}),
            (e.ResourceStarted, {"resource": "LINE"}),
            (
                e.ScheduleFrozen,
                {"schedule": "W", "resource": "LINE", "position": int(qty) % 4, **goods}
                | {"start": at + 1, "end": at + 9},
            ),
            (e.LotFinished, {"order": "WO", "resource": "LINE", **goods}),
            (e.CostCharged, {"component": "price", "basis": "estimate", **charge}),
            (e.CostCharged, {"component": "price", "currency": "USD", **charge}),
            (e.CostCharged, {"component": "duty", **charge}),
        ]
    )
    told = story.tell(kind, at, site, **fields)
    if luck.random() < 0.1:
        story.tell(e.EventVoided, at, site, corrects=told)


def tale(seed: int) -> Story:
    """60 events out of order, some undone, with up to two closes on the way."""
    luck, story = Random(seed), Story(NET)
    for n in range(60):
        happening(story, luck)
        if n in (20, 40) and luck.random() < 0.5:
            story.tell(e.PeriodClosed, n * 4, until=float(n * 4))
    return story


def reports(kpis: Kpis) -> list[KpiValue]:
    """Two weeks of everything, by every dimension and day."""
    out: list[KpiValue] = []
    for by in DIMENSIONS:
        found = kpis.report(us(0), us(24 * 14), by=by, as_of=us(24 * 15), step="day")
        out += sorted(found, key=lambda v: (v.key, v.variant, v.scope.name))
    return out


def chunks(facts: np.ndarray, cuts: list[int]) -> list[np.ndarray]:
    """The facts cut at these places."""
    return np.split(facts, sorted({c % (len(facts) + 1) for c in cuts}))


@settings(max_examples=30)
@given(st.integers(0, 10**9))
def test_kept_and_recomputed_values_agree_to_the_last_digit(seed: int) -> None:
    """Any chunking, with reports and a restart in between, ends in the values of one pass."""
    story, luck = tale(seed), Random(seed)
    kept = Kpis(NET, story.names)
    for chunk in chunks(story.facts, [luck.randrange(60) for _ in range(luck.randrange(6))]):
        kept.update(chunk)
        if luck.random() < 0.5:
            kept.report(us(0), us(24 * 14), by=luck.choice(DIMENSIONS))
        if luck.random() < 0.3:
            kept = Kpis.from_bytes(kept.to_bytes(), NET, story.names)
    whole = recompute([story.facts], NET, story.names)
    assert reports(kept) == reports(whole)
    assert kept.seq == whole.seq


@settings(max_examples=30)
@given(st.integers(0, 10**9))
def test_nothing_changes_a_closed_report(seed: int) -> None:
    """What comes after a close leaves every value of a window before it as it was."""
    story = tale(seed)
    facts = story.facts
    closed = facts[facts["kind"] == e.NUMBER[e.PeriodClosed]]
    assume(len(closed))
    until, seq = int(closed["t1"][0]), int(closed["seq"][0])
    then = recompute([facts[facts["seq"] <= seq]], NET, story.names)
    now = recompute([facts], NET, story.names)
    keys = ("otif", "turns", "schedule", "cost", "stockout")
    before = _amounts(then.report(us(0), until, keys=keys))
    assert _amounts(now.report(us(0), until, keys=keys)) == before


def _amounts(report: list[KpiValue]) -> dict[tuple[str, str], object]:
    return {(v.key, v.variant): (v.numerator, v.denominator, v.value) for v in report}


def test_a_day_sums_up_to_the_network() -> None:
    """Aggregates are sums over sums: the sites' numerators and denominators add up."""
    story = Story()
    for n, site in enumerate(("OPO", "OPO", "KRK")):
        story.tell(
            e.CalloffPlaced, 0, site, order=f"L{n}", origin="MOTOR", item="M1", qty=10 + n,
            window_start=8, window_end=10,
        )  # fmt: skip
        story.tell(e.GoodsReceived, 9, site, shipment=f"S{n}", item="M1", qty=11, order=f"L{n}")
    kpis = story.kpis()
    whole = next(v for v in kpis.report(us(0), us(24)) if v.variant == "weighted.received")
    parts = [v for v in kpis.report(us(0), us(24), by="site") if v.variant == "weighted.received"]
    assert whole.numerator == sum(v.numerator or 0 for v in parts) == 10 + 11 + 11
    assert whole.denominator == sum(v.denominator or 0 for v in parts) == 33


def test_no_facts_are_no_data() -> None:
    """An empty ledger gives every KPI of the network without a value, not 0 or 100 %."""
    values = Story().values()
    assert {key for key, _ in values} == {kpi.key for kpi in CATALOGUE}
    assert all(v.value is None for v in values.values()), values


def test_every_value_explains_itself() -> None:
    """A value carries formula with version, words, unit, window and as-of, and becomes JSON."""
    story = Story(NET)
    story.tell(e.StockCounted, 0, "OPO", item="M1", qty=10)
    report = story.kpis().report(us(0), us(24 * 14), step="week")
    for v in report:
        variant = VARIANTS[v.key, v.variant]
        assert v.formula == variant.formula
        assert v.definition == variant.words
        assert v.unit == variant.unit
        told = json.loads(json.dumps(v.as_dict()))
        assert told["start"] == "2026-03-02T00:00:00+00:00"
        assert told["scope"] == {"dimension": "network", "name": ""}
    series = {(v.key, v.variant): v.trend for v in report}
    assert len(series["turns", "stock"]) == 2


def test_reference_names_every_variant() -> None:
    """The reference for the docs is made from the catalogue and leaves nothing out."""
    text = reference_markdown()
    for variant in VARIANTS.values():
        assert f"`{variant.formula}`" in text
        assert variant.words in text


def test_every_variant_is_reported() -> None:
    """Each variant of the catalogue comes out of a report of the network or of an item."""
    story = Story(NET)
    story.tell(e.StockCounted, 0, "OPO", item="M1", qty=10)
    found = {(v.key, v.variant) for v in reports(story.kpis())}
    assert found == set(VARIANTS)


def test_a_snapshot_of_other_settings_is_refused() -> None:
    """A snapshot under other declared choices would mix two definitions."""
    story = Story()
    story.tell(e.StockCounted, 0, "OPO", item="M1", qty=10)
    blob = story.kpis().to_bytes()
    with pytest.raises(SnapshotRefused, match="Recompute it from the ledger"):
        Kpis.from_bytes(blob, story.network, story.names, KpiSettings(early_min=5))


def test_an_empty_window_is_refused() -> None:
    """A window must end after it starts."""
    with pytest.raises(ValueError, match="must end after it starts"):
        Story().kpis().report(us(5), us(5))


def test_import_is_light() -> None:
    """The package loads neither numba nor polars, and its definitions not even numpy's kin."""
    code = "import sys, taktnet.kpi.kpis; print({'numba', 'polars', 'scipy'} & set(sys.modules))"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "set()"
