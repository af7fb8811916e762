"""How suppliers are judged: scorecard, Altman's Z, and the tiers behind a part (methods E1 to E3).

None of it is a probability: a score says how it came about, a Z is a screen.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

Zone = Literal["safe", "grey", "distress"]
Node = tuple[str, str]
#: A statement older than this many months is marked stale.
STALE_MONTHS = 15


@dataclass(frozen=True, slots=True)
class Score:
    """A weighted score of 0..100; `weights` as used, `missing` had no value and no weight."""

    value: float | None
    weights: dict[str, float]
    missing: tuple[str, ...]


def score(weights: Mapping[str, float], values: Mapping[str, float | None]) -> Score:
    """Sum of w s over what is known; the weight of what is missing goes to the rest.

    Weights sum to 1, values are 0..100. Nothing known is no score, never 100 and never 0.
    """
    if abs(sum(weights.values()) - 1) > 1e-9 or min(weights.values(), default=0) < 0:
        raise ValueError("weights are not below zero and sum to 1")
    known = {n: v for n, w in weights.items() if (v := values.get(n)) is not None and w > 0}
    if any(not 0 <= v <= 100 for v in known.values()):
        raise ValueError("a score lies between 0 and 100")
    total = sum(weights[name] for name in known)
    used = {name: weights[name] / total for name in known}
    value = sum(used[name] * known[name] for name in known) if known else None
    return Score(value, used, tuple(name for name in weights if name not in known))


def curve(points: Sequence[tuple[float, float]], x: float) -> float:
    """A score from a measure by a published piecewise-linear curve, level beyond its ends."""
    if len(points) < 2 or any(a[0] >= b[0] for a, b in pairwise(points)):
        raise ValueError("a curve has two points or more, in rising order")
    if x <= points[0][0]:
        return points[0][1]
    for (x0, y0), (x1, y1) in pairwise(points):
        if x <= x1:
            return y0 + (y1 - y0) * (x - x0) / (x1 - x0)
    return points[-1][1]


@dataclass(frozen=True, slots=True)
class Statement:
    """Figures of one balance sheet and year, in one currency; equity at market or book value."""

    total_assets: float
    working_capital: float
    retained_earnings: float
    ebit: float
    total_liabilities: float
    sales: float = 0.0
    market_equity: float | None = None
    book_equity: float | None = None
    age_months: float = 0.0


@dataclass(frozen=True, slots=True)
class Z:
    """Altman's Z of a model, its zone by that model's own cut-offs, and what to mind."""

    model: str
    value: float | None
    zone: Zone | None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Model:
    x: tuple[float, ...]  # weights of WC/TA, RE/TA, EBIT/TA, equity/TL, sales/TA
    safe: float
    distress: float
    market: bool


#: Coefficients and cut-offs belong together: pages that mix them are wrong (methods E2).
_MODELS = {
    "public manufacturer": _Model((1.2, 1.4, 3.3, 0.6, 0.999), 2.99, 1.81, True),
    "private manufacturer": _Model((0.717, 0.847, 3.107, 0.420, 0.998), 2.90, 1.23, False),
    "non-manufacturer": _Model((6.56, 3.26, 6.72, 1.05, 0.0), 2.60, 1.10, False),
}


def altman(of: Statement, model: str) -> Z:
    """Altman's Z (1968), Z' (private) or Z'' (non-manufacturer); a screen, no probability.

    The public model takes equity at market value, the others at book value. Without liabilities
    or that equity there is no Z; it is not for banks and insurers.
    """
    if model not in _MODELS:
        raise ValueError(f"the model is one of {', '.join(_MODELS)}")
    if of.total_assets <= 0:
        raise ValueError("total assets are above zero")
    m = _MODELS[model]
    equity = of.market_equity if m.market else of.book_equity
    notes: list[str] = []
    if of.age_months > STALE_MONTHS:
        notes.append(f"the statement is {of.age_months:g} months old")
    if equity is None or of.total_liabilities <= 0:
        kind = "market" if m.market else "book"
        lacking = f"{kind} value of equity" if equity is None else "liabilities"
        return Z(model, None, None, (*notes, f"no Z without {lacking}"))
    if equity < 0:
        notes.append("equity is negative")
    ratios = (
        of.working_capital / of.total_assets,
        of.retained_earnings / of.total_assets,
        of.ebit / of.total_assets,
        equity / of.total_liabilities,
        of.sales / of.total_assets,
    )
    value = sum(w * x for w, x in zip(m.x, ratios, strict=True))
    zone: Zone = "safe" if value > m.safe else "distress" if value < m.distress else "grey"
    return Z(model, value, zone, tuple(notes))


def tiers(edges: Iterable[tuple[str, str]], buyer: str) -> dict[str, int]:
    """Distance of every site from the buyer along (receiver, supplier) edges of one part."""
    ways: dict[str, list[str]] = {}
    for receiver, supplier in edges:
        ways.setdefault(receiver, []).append(supplier)
    found, queue = {buyer: 0}, deque([buyer])
    while queue:
        here = queue.popleft()
        for other in ways.get(here, ()):
            if other not in found:
                found[other] = found[here] + 1
                queue.append(other)
    return found


def single_points(edges: Iterable[tuple[str, str]], buyer: str) -> tuple[str, ...]:
    """Sites through which every path from a raw source to the buyer passes (dominators).

    Taking such a site away cuts the buyer off from every source of the part.
    """
    rows = list(edges)
    suppliers = {s for _, s in rows}
    sources = suppliers - {r for r, _ in rows}
    out: list[str] = []
    for site in sorted(suppliers):
        left = [(r, s) for r, s in rows if site not in (r, s)]
        if not (sources - {site}) & tiers(left, buyer).keys():
            out.append(site)
    return tuple(out)
