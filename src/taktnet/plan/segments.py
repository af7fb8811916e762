"""Which items deserve which care: ABC by value, XYZ by variability, Kraljic by risk.

Sources: methods D6; Kraljic, *Harvard Business Review* 61(5), 1983. Thresholds differ from book to
book (XYZ .5/1.0, .1/.25, .2/.5, .3/.56), so they are arguments and stay with the result.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from taktnet.base.errors import Fault, InputFaults
from taktnet.base.exact import exact


@dataclass(frozen=True, slots=True)
class Use:
    """One item: `value` used a year (money), demand of past periods, and 0..1 marks of people.

    `demand` is per bucket (units); `criticality` 1 means that the line stops without the item;
    `risk` 1 means that supply may fail at any time. An item younger than the history is `new`.
    `cv` is taken where there is no `demand`.
    """

    item: str
    value: float
    demand: Sequence[float] = ()
    criticality: float = 0.0
    risk: float = 0.0
    new: bool = False
    cv: float | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """Where classes end: cumulative share of value (A, B), CV (X, Y), and the Kraljic cut.

    Kraljic's profit impact is the share of value of the item's class: A counts 1, B .5, C 0,
    weighed with criticality by `impact_weight`.
    """

    a: float = 0.80
    b: float = 0.95
    x: float = 0.5
    y: float = 1.0
    cut: float = 0.5
    impact_weight: float = 0.5

    def __post_init__(self) -> None:
        if not 0 < self.a <= self.b <= 1:
            raise ValueError("limits of value are rising shares: 0 < a <= b <= 1")
        if not 0 < self.x <= self.y:
            raise ValueError("limits of variability rise: 0 < x <= y")
        if not 0 < self.cut < 1 or not 0 <= self.impact_weight <= 1:
            raise ValueError("the Kraljic cut lies between 0 and 1, and so does the weight")


@dataclass(frozen=True, slots=True)
class Segment:
    """An item's classes and the policy that suits them by default.

    `abc` is A, B, C or N (no use); `xyz` X, Y, Z or "" (no history to judge by); `cv` the
    coefficient of variation with n - 1, None where undefined; `quadrant` is Kraljic's; `policy` and
    `service`, a fill rate (share of units met from stock), are the default, `why` says it in words.
    """

    item: str
    value: float
    share_before: float | None
    abc: str
    cv: float | None
    xyz: str
    quadrant: str
    policy: str
    service: float | None
    why: str


@dataclass(frozen=True, slots=True)
class Segments:
    """All items, in falling order of value, with the limits they were judged by."""

    limits: Limits
    rows: tuple[Segment, ...]

    @property
    def counts(self) -> dict[str, int]:
        """Items of each pair of classes, such as AX."""
        return dict(Counter(row.abc + row.xyz for row in self.rows))

    def of(self, item: str) -> Segment:
        """The segment of an item; raises KeyError for an unknown one."""
        for row in self.rows:
            if row.item == item:
                return row
        raise KeyError(item)


def segment(uses: Iterable[Use], limits: Limits | None = None) -> Segments:
    """Classify every item; raises InputFaults for values and marks that cannot be.

    An item is A while the share of value *before* it is below `a`, B while it is below `b`. Equal
    values are ordered by name. Returns more than issues (negative value) count as no use.
    """
    rules = limits or Limits()
    rows = sorted(uses, key=lambda u: (-u.value if math.isfinite(u.value) else 0.0, u.item))
    faults = [f for u in rows for f in _faults(u)]
    if faults:
        raise InputFaults(faults)
    total = sum((exact(u.value) for u in rows if u.value > 0), Fraction(0))
    before, out = Fraction(0), list[Segment]()
    for use in rows:
        share = before / total if use.value > 0 else None
        out.append(_classify(use, share, rules))
        before += max(Fraction(0), exact(use.value))
    return Segments(rules, tuple(out))


def variation(demand: Sequence[float]) -> float | None:
    """Coefficient of variation with n - 1; None for fewer than 2 periods or a mean of 0."""
    n = len(demand)
    mean = math.fsum(demand) / n if n else 0.0
    if n < 2 or mean <= 0:
        return None
    return math.sqrt(math.fsum((x - mean) ** 2 for x in demand) / (n - 1)) / mean


def kraljic(impact: float, risk: float, cut: float = 0.5) -> str:
    """Strategic (high, high), bottleneck (low, high), leverage (high, low) or non-critical."""
    if risk >= cut:
        return "strategic" if impact >= cut else "bottleneck"
    return "leverage" if impact >= cut else "non-critical"


def _classify(use: Use, share: Fraction | None, rules: Limits) -> Segment:
    if share is None:
        abc = "N"
    else:
        abc = "A" if share < exact(rules.a) else "B" if share < exact(rules.b) else "C"
    cv = None if use.new else variation(use.demand) if use.demand else use.cv
    xyz = "" if cv is None else "X" if cv < rules.x else "Y" if cv < rules.y else "Z"
    weight = rules.impact_weight
    impact = (1 - weight) * {"A": 1.0, "B": 0.5}.get(abc, 0.0) + weight * use.criticality
    quadrant = kraljic(impact, use.risk, rules.cut)
    policy, service, why = _default(abc, xyz, quadrant, use.new)
    before = None if share is None else float(share)
    return Segment(use.item, use.value, before, abc, cv, xyz, quadrant, policy, service, why)


_LUMPY = {
    True: ("base_stock", "dear and lumpy: one for one, sized by simulation"),
    False: ("sS", "lumpy: order up to a level when stock falls to a point"),
}
_CARDS = {"X": "steady use: cards", "Y": "use varies: cards sized by simulation"}


def _default(abc: str, xyz: str, quadrant: str, new: bool) -> tuple[str, float | None, str]:
    """Policy, fill rate and reason of a segment."""
    risky = quadrant in ("strategic", "bottleneck")
    level = {"A": 0.95, "B": 0.97, "C": 0.98}.get(abc)
    if level is not None and risky:
        level = 0.99
    if abc == "N":
        return "none", None, "nothing was used: keep no stock"
    if new or not xyz:
        policy, why = "base_stock", "no history yet: base stock, looked at every week"
    elif xyz == "Z":
        policy, why = _LUMPY[abc == "A"]
    elif abc == "C":
        policy, why = "two_bin", "cheap and steady: two bins, no count"
    else:
        policy, why = "kanban", _CARDS[xyz]
    tail = f"; {quadrant}: supply may fail, so 99 % of units from stock" if risky else ""
    return policy, level, why + tail


def _faults(use: Use) -> Iterable[Fault]:
    for name, low, high in (("criticality", 0.0, 1.0), ("risk", 0.0, 1.0)):
        value = getattr(use, name)
        if not low <= value <= high:
            yield Fault("items", 0, name, str(value), "0 to 1", "", f'item "{use.item}"')
    if not math.isfinite(use.value):
        yield Fault("items", 0, "value", str(use.value), "a number", "", f'item "{use.item}"')
