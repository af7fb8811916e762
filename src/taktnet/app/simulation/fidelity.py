"""How far the twin can be trusted: the last weeks simulated again and laid beside what happened.

The twin starts where the ledger stood then and gets the history it could not decide (`lived`).
Everything else is drawn, many times over. What happened is one draw of the same plants: a
faithful twin has it inside its 90 % band on nine days of ten, and errs by little on average.

Error of stock: sum over days of |mean of the replications - what happened| / sum of what happened
(weighted absolute percentage error, Hyndman and Koehler 2006, "MAD/mean"); the network's is over
sites and days. Error of a lead time: relative. Error of a share (OTIF, part-days out of stock):
in points. KPIs are read from the facts that the twin writes by the definitions of `kpi`.
"""

# ruff: noqa: PLR0917  (a public call that is read by position)

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from taktnet.app import home
from taktnet.app.parts import Parts, open_tower_ledger
from taktnet.app.settings import Settings
from taktnet.app.simulation.lived import Lived, lived_days
from taktnet.kpi.kpis import Kpis
from taktnet.ledger.fact import instant
from taktnet.twin import Model, Sim
from taktnet.twin.intervals import interval
from taktnet.twin.layout import CHANGE, Table
from taktnet.twin.start import Start
from taktnet.twin.trace import names_of, numbered

KEPT = "twin.fidelity"
_BAND = (0.05, 0.95)
_OUTSIDE = 1 << 50  # millionths; a point with more is an outside party with any amount
#: (KPI, variant) -> measure, its unit, and whether its error is relative to what happened.
_READ: dict[tuple[str, str], tuple[str, str, bool]] = {
    ("lead_time", "mean"): ("lead time", "d", True),
    ("otif", "strict.accepted"): ("OTIF to production", "share", False),
    ("otif", "customer"): ("OTIF to customers", "share", False),
    ("stockout", "part_days"): ("part-days out of stock", "share", False),
}
Progress = Callable[[int, int], object]


class Measured(msgspec.Struct, frozen=True):
    """One measure at one place: what happened, what the twin said, and how far it was off.

    `low` and `high` bound 90 % of the replications, `bias` is their mean less what happened with
    its 95 % interval; `error` is never negative. `inside` is the share of days (1 or 0 for a
    figure of the whole time) on which what happened lay inside the band.
    """

    measure: str
    unit: str
    happened: float
    simulated: float
    low: float
    high: float
    bias: float
    bias_low: float
    bias_high: float
    error: float
    inside: float


class Place(msgspec.Struct, frozen=True):
    """The measures of one site; of the network where `site` is blank."""

    site: str
    measured: tuple[Measured, ...]


class Fidelity(msgspec.Struct, frozen=True):
    """The last check of the twin: over [start, end) (microseconds since 1970 UTC), at row `seq`."""

    seq: int
    start: int
    end: int
    days: int
    replications: int
    seed: int
    network: Place
    sites: tuple[Place, ...]

    @property
    def error(self) -> float:
        """The figure: the largest error among the measures of the whole network."""
        return max((m.error for m in self.network.measured), default=float("inf"))

    @property
    def worst(self) -> str:
        """The measure with that error."""
        rows = self.network.measured
        return max(rows, key=lambda m: m.error).measure if rows else ""


@dataclass(frozen=True, eq=False)
class _Told:
    """What replications told: stock by day and point, and KPI values by name."""

    stock: np.ndarray
    values: list[dict[tuple[str, str], float]]


def check(
    parts: Parts,
    weeks: float = 4.0,
    replications: int = 20,
    seed: int = 1,
    on_progress: Progress | None = None,
    kept: bool = True,
) -> Fidelity:
    """Replay the last weeks of the ledger in the twin, and keep how far it was off.

    `on_progress(done, of)` may raise to stop. Raises TaktnetError where the ledger is too short.
    """
    lived = lived_days(parts, max(1, round(7 * weeks)))
    start = lived.begin()
    model = start.model
    told = _replay(lived, start, replications, seed, on_progress)
    places = dict(_stock(lived, model, told.stock))
    for site, row in _figures(lived, told.values):
        places.setdefault(site, []).append(row)
    made = Fidelity(
        seq=parts.ledger.head.seq,
        start=lived.start,
        end=lived.end,
        days=lived.days,
        replications=replications,
        seed=seed,
        network=Place("", tuple(places.pop("", ()))),
        sites=tuple(Place(site, tuple(rows)) for site, rows in sorted(places.items())),
    )
    if kept:
        parts.ledger.save_snapshot(KEPT, made.seq, msgspec.json.encode(made))
    return made


def keep(place: Path, settings: Settings, made: Fidelity) -> None:
    """Keep a check with the tower of a folder, which does not run."""
    ledger = open_tower_ledger(home.resolve(place).place, settings, read_only=False)
    try:
        ledger.save_snapshot(KEPT, made.seq, msgspec.json.encode(made))
    finally:
        ledger.close()


def as_told(made: Fidelity) -> dict[str, Any]:
    """A check as plain values, with its figure."""
    told = msgspec.to_builtins(made)
    for name in ("start", "end"):
        told[name] = instant(told[name]).isoformat()
    return told | {"error": made.error, "worst": made.worst}


def last_check(parts: Parts) -> Fidelity | None:
    """The check that was kept last; None where there was none, or of another version."""
    kept = parts.ledger.load_snapshot(KEPT)
    if kept is None:
        return None
    try:
        return msgspec.json.decode(kept[1], type=Fidelity)
    except msgspec.DecodeError:
        return None


def _replay(
    lived: Lived, start: Start, replications: int, seed: int, on_progress: Progress | None
) -> _Told:
    model = start.model
    fresh = model.sim()
    # What is closed opens when it did, not when that was expected.
    fresh.resize({Table.CHANGE: np.zeros(0, CHANGE)})
    fresh.head["changes"] = 0
    fresh.patch(lived.stops())
    kpis = Kpis(lived.network, lived.names)
    kpis.update(lived.before)
    before = kpis.to_bytes()
    sim = fresh.fork()
    stock = np.zeros((replications, lived.days, len(model.points)))
    values: list[dict[tuple[str, str], float]] = []
    for r in range(replications):
        sim.load(fresh)
        sim.begin(seed, r, trace=True)
        _live(sim, stock[r])
        mine = Kpis.from_bytes(before, lived.network, names_of(sim, start.own_names))
        values.append(_values(mine, numbered(sim.trace(), kpis.seq), lived))
        if on_progress is not None:
            on_progress(r + 1, replications)
    return _Told(stock, values)


def _live(sim: Sim, stock: np.ndarray) -> None:
    """Run day by day; stock of every point at the end of each, in units."""
    for day in range(len(stock)):
        sim.run_to(day + 1)
        points = sim.tables[Table.POINT]
        stock[day] = (points["onhand"] + points["inspecting"]) / 1e6


def _values(kpis: Kpis, facts: np.ndarray, lived: Lived) -> dict[tuple[str, str], float]:
    """KPI values by (site, measure); the network's with a blank site."""
    kpis.update(facts)
    keys = {key for key, _ in _READ}
    found: dict[tuple[str, str], float] = {}
    for by in ("network", "site"):
        for v in kpis.report(lived.start, lived.end, by=by, keys=keys):
            read = _READ.get((v.key, v.variant))
            if read is not None and v.value is not None:
                found[v.scope.name, read[0]] = v.value
    return found


def _stock(lived: Lived, model: Model, stock: np.ndarray) -> Iterable[tuple[str, list[Measured]]]:
    """Stock at cost: of each site that had any, and of all of them."""
    network = lived.network
    costs = [network.item(i) for _, i in model.points]
    cost = np.array([row.cost / network.per_eur(row.currency) for row in costs])
    inside = model.fresh[Table.POINT]["onhand"] < _OUTSIDE
    happened = lived.stock(model.points) * cost
    simulated = stock * cost
    sums: list[tuple[np.ndarray, np.ndarray]] = []
    for site in model.sites:
        mine = np.array([s == site for s, _ in model.points]) & inside
        past_days, twin_days = happened[:, mine].sum(1), simulated[:, :, mine].sum(2)
        if past_days.sum() > 0:
            sums.append((past_days, twin_days))
            off = np.abs(twin_days.mean(0) - past_days).sum() / past_days.sum()
            yield site, [_measured("stock", "EUR", past_days, twin_days, float(off))]
    if sums:
        total = sum(p.sum() for p, _ in sums)
        off = sum(np.abs(t.mean(0) - p).sum() for p, t in sums) / total
        whole = (sum(p for p, _ in sums), sum(t for _, t in sums))
        yield "", [_measured("stock", "EUR", *whole, float(off))]  # type: ignore[arg-type]


def _figures(
    lived: Lived, values: list[dict[tuple[str, str], float]]
) -> Iterable[tuple[str, Measured]]:
    """KPIs at every site that has both: what happened, and most replications."""
    kpis = Kpis(lived.network, lived.names)
    kpis.update(lived.before)
    happened = _values(kpis, lived.facts, lived)
    for (site, name), fact in happened.items():
        told = np.array([v[site, name] for v in values if (site, name) in v])
        if len(told) * 2 > len(values):
            unit, relative = next((u, r) for n, u, r in _READ.values() if n == name)
            off = abs(float(told.mean()) - fact) / (abs(fact) if relative and fact else 1.0)
            yield site, _measured(name, unit, np.array([fact]), told[:, None], off)


def _measured(
    name: str, unit: str, happened: np.ndarray, told: np.ndarray, error: float
) -> Measured:
    """One row from what happened by day, and what each replication told by day."""
    low, high = np.quantile(told, _BAND, axis=0)
    bias = interval((told - happened).mean(1))
    within = (happened >= low - 1e-9) & (happened <= high + 1e-9)
    means = told.mean(1)
    return Measured(
        measure=name,
        unit=unit,
        happened=float(happened.mean()),
        simulated=float(means.mean()),
        low=float(np.quantile(means, _BAND[0])),
        high=float(np.quantile(means, _BAND[1])),
        bias=bias.mean,
        bias_low=bias.low,
        bias_high=bias.high,
        error=error,
        inside=float(within.mean()),
    )
