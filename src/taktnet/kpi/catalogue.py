"""The catalogue: every KPI and variant with its unit, formula, version and definition in words.

One table: values carry it, the reference in the docs is made from it.
"""

from __future__ import annotations

from msgspec import Struct


class Variant(Struct, frozen=True):
    """One way to compute a KPI. `formula` is the stable id; a change of meaning is a new version.

    `better` says which way is good, for colours and arrows: 1 up, -1 down, 0 neither.
    """

    key: str
    name: str
    unit: str
    words: str
    better: int
    version: int = 1

    @property
    def formula(self) -> str:
        """Stable id with version, for example `otif.strict.accepted/1`."""
        return f"{self.key}.{self.name}/{self.version}"


class Kpi(Struct, frozen=True):
    """One KPI: its title, its first (leading) variant and the others."""

    key: str
    title: str
    source: str
    variants: tuple[Variant, ...]

    @property
    def leading(self) -> Variant:
        """The variant to show where there is room for one."""
        return self.variants[0]


_LINE = (
    "Unit: a delivery line (call-off or decision with a due window, as frozen). Time of record:"
    " gate-in, else receipt. A line counts when its window has ended by as-of, so a line past due"
    " and not delivered is a miss."
)


def _kpi(
    key: str, title: str, source: str, better: int, *variants: tuple[str, str, str, int | None]
) -> Kpi:
    made = (Variant(key, n, u, w, better if b is None else b) for n, u, w, b in variants)
    return Kpi(key, title, source, tuple(made))


OTIF = _kpi(
    "otif",
    "On time in full to production",
    "SCOR RL.1.1, per line: a line is hit or missed as a whole",
    1,
    (
        "strict.accepted",
        "share",
        f"Lines whose accepted quantity inside the window is exactly the ordered one / lines."
        f" {_LINE}",
        None,
    ),
    (
        "strict.received",
        "share",
        f"As strict.accepted, with quantities as received before inspection. {_LINE}",
        None,
    ),
    (
        "strict.net",
        "share",
        "strict.accepted without the lines that the buyer changed or cancelled after they were"
        " frozen (excused).",
        None,
    ),
    (
        "contract",
        "share",
        f"Lines whose quantity inside the window, widened by the declared grace, is within the"
        f" declared tolerance / lines. {_LINE}",
        None,
    ),
    (
        "contract.net",
        "share",
        "contract without the lines that the buyer changed or cancelled after they were frozen.",
        None,
    ),
    (
        "weighted.accepted",
        "share",
        "Sum of min(ordered, accepted inside the window) / sum of ordered.",
        None,
    ),
    (
        "weighted.received",
        "share",
        "Sum of min(ordered, received inside the window) / sum of ordered.",
        None,
    ),
    (
        "orders",
        "share",
        "Orders all of whose due lines are strict.accepted hits / orders. An order is the line's"
        " name before the last separator.",
        None,
    ),
    (
        "customer",
        "share",
        "strict.accepted over customers' order lines. Where a customer reports the gate but no"
        " receipt, the shipped quantity counts at the gate.",
        None,
    ),
    (
        "customer.contract",
        "share",
        "contract over customers' order lines.",
        None,
    ),
    (
        "consigned",
        "share",
        "Consigned stock is not measured by line: time at or above the reorder point / time since"
        " the first movement, over consigned stock points.",
        None,
    ),
)

TURNS = _kpi(
    "turns",
    "Inventory turns",
    "SCOR inventory days of supply",
    1,
    (
        "daily",
        "1/year",
        "Cost of goods sold at standard cost, scaled to 365 days / average own stock (exact time"
        " integral) with stock in transit between own sites. Network: only what leaves the group"
        " counts as sold. Site: everything shipped out. Item: shipped out of the group or"
        " consumed. Consigned stock is left out.",
        None,
    ),
    (
        "five_point",
        "1/year",
        "As daily, with the average of stock at five points: start, quarters and end of the"
        " window.",
        None,
    ),
    ("days", "d", "Days of supply: 365 / turns, daily average.", -1),
    ("days.five_point", "d", "Days of supply: 365 / turns, five-point average.", -1),
    ("stock", "EUR", "Average own stock with transit at standard cost, exact time integral.", -1),
    (
        "units",
        "1/year",
        "Units issued, scaled to 365 days / average units in stock; only per item.",
        None,
    ),
)

LEAD_TIME = _kpi(
    "lead_time",
    "Lead-time variability",
    "coefficient of variation; Kaplan and Meier (1958) while orders are open",
    -1,
    (
        "cv",
        "share",
        "Standard deviation (n - 1) / mean of lead time. Lead time: request (order, call-off,"
        " decision) to the receipt that completes the accepted quantity, in calendar days; lines"
        " completed in the window.",
        None,
    ),
    ("mean", "d", "Mean lead time in calendar days, lines completed in the window.", None),
    ("sd", "d", "Standard deviation of lead time (n - 1), calendar days.", None),
    ("p50", "d", "Median lead time, type-7 quantile.", None),
    (
        "p95",
        "d",
        "95 % quantile of lead time, type 7; by Kaplan-Meier with delayed entry where more than"
        " the declared share of lines is still open (open lines are censored at as-of).",
        None,
    ),
    (
        "reliability",
        "share",
        "Lines whose lead time is at most the quoted one (preparation + longest wait for a"
        " departure + agreed transit) / lines with a quote.",
        1,
    ),
    (
        "within",
        "d2",
        "Variance of lead time within suppliers (law of total variance, divisor n).",
        None,
    ),
    (
        "between",
        "d2",
        "Variance of the suppliers' mean lead times around the common mean (divisor n); within +"
        " between = variance.",
        None,
    ),
)

SCHEDULE = _kpi(
    "schedule",
    "Production schedule adherence",
    "Ford build-to-schedule, guidebook 2.0 (1999)",
    1,
    (
        "bts",
        "share",
        "Build to schedule: volume x mix x sequence, each sum over sum. Plan: the first frozen"
        " version of a schedule; built: lots finished on its resources during its time.",
        None,
    ),
    (
        "volume",
        "share",
        "Sum of min(built, planned) / sum of planned, per schedule and resource; building more"
        " does not count.",
        None,
    ),
    ("mix", "share", "Sum over items of min(built, planned) / sum of min(built, planned).", None),
    (
        "sequence",
        "share",
        "Lots built in planned order (longest rising sequence) / lots built to mix.",
        None,
    ),
    (
        "attainment",
        "share",
        "Lots whose built quantity is within the declared tolerance of the planned / lots.",
        None,
    ),
    (
        "sequence_adherence",
        "share",
        "Longest rising sequence of planned positions / scheduled lots.",
        None,
    ),
    (
        "stability",
        "share",
        "1 - lots changed after they were frozen / lots frozen.",
        None,
    ),
)

COST = _kpi(
    "cost",
    "Total delivered cost",
    "landed cost by component; price index after Laspeyres",
    -1,
    (
        "unit",
        "EUR/unit",
        "Total delivered cost / units delivered (quantity on price charges; where there is none,"
        " quantity received).",
        None,
    ),
    (
        "total",
        "EUR",
        "Price, origin, freight, insurance, duty, fees, broker, demurrage, inland, handling,"
        " expediting, quality, currency difference and carrying cost. Estimates count when posted;"
        " the first invoice of the same shipment and component trues them up when posted.",
        None,
    ),
    (
        "carrying",
        "EUR",
        "Own stock and transit to own sites, time integral at standard cost x holding rate.",
        None,
    ),
    (
        "index",
        "share",
        "Laspeyres: sum of cost per unit now x base quantity / sum of base cost per unit x base"
        " quantity, over items in both; exchange rates held constant.",
        None,
    ),
    (
        "split.price",
        "EUR",
        "Change of price and quality cost at base quantities.",
        None,
    ),
    (
        "split.mode",
        "EUR",
        "Change of origin, freight, insurance, inland, handling, demurrage at base quantities.",
        None,
    ),
    ("split.duty", "EUR", "Change of duty, fees and broker at base quantities.", None),
    ("split.carrying", "EUR", "Change of carrying cost at base quantities.", None),
    ("split.expedite", "EUR", "Change of expediting at base quantities.", None),
    ("split.fx", "EUR", "Change of booked currency differences at base quantities.", None),
    (
        "split.volume",
        "EUR",
        "Change of volume and mix at present costs per unit, with items that are new or gone;"
        " all splits add up to the change of total cost.",
        None,
    ),
)

STOCKOUT = _kpi(
    "stockout",
    "Network stockout rate",
    "stops for want of a part; SCOR has no such metric",
    -1,
    (
        "lost_hours",
        "share",
        "Hours in which lines stood for want of a part (or for stock on hold), overlaps on a line"
        " merged, inside planned working time / planned hours.",
        None,
    ),
    ("lost_hours.root", "share", "As lost_hours, root events only.", None),
    ("stops", "1/1000 h", "Root stops for want of a part per 1,000 planned hours.", None),
    ("stops.site", "1/1000 h", "All stops, induced ones too, per 1,000 planned hours.", None),
    (
        "part_days",
        "share",
        "Days (local) on which a part stopped a line at a plant / parts kept at plants x days.",
        None,
    ),
)

#: The six, in the order in which they are shown.
CATALOGUE: tuple[Kpi, ...] = (OTIF, TURNS, LEAD_TIME, SCHEDULE, COST, STOCKOUT)
VARIANTS: dict[tuple[str, str], Variant] = {
    (v.key, v.name): v for kpi in CATALOGUE for v in kpi.variants
}


def reference_markdown() -> str:
    """The reference of all KPIs and variants as Markdown, for the docs."""
    parts: list[str] = []
    for kpi in CATALOGUE:
        parts += [f"## {kpi.title} (`{kpi.key}`)", "", f"Source: {kpi.source}.", ""]
        parts += ["| variant | unit | better | formula | definition |", "|---|---|---|---|---|"]
        for v in kpi.variants:
            way = {1: "up", -1: "down", 0: "neither"}[v.better]
            parts.append(f"| `{v.name}` | {v.unit} | {way} | `{v.formula}` | {v.words} |")
        parts.append("")
    return "\n".join(parts)
