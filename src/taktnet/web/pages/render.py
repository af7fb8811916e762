"""Templates: one environment, everything escaped, the same frame around every page."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from taktnet.app.plans.gantt import Gantt, gantt
from taktnet.app.screens.loops import STATUSES
from taktnet.ledger.event import KINDS, kind_name
from taktnet.web.pages import draw
from taktnet.web.pages import format as text
from taktnet.web.pages.assets import address

TEMPLATES = Path(__file__).resolve().parents[1] / "templates"
_FILTERS = (
    text.num,
    text.qty,
    text.rate,
    text.hours,
    text.span,
    text.money,
    text.ago,
    text.moment,
    text.offset,
    text.rule,
    text.kind,
    text.goal,
    text.site_url,
    text.item_url,
    text.decision_url,
    text.kpi_url,
    text.events_url,
    text.query_of,
    draw.spark,
    draw.deviation,
    draw.meter,
    draw.lab_data,
    draw.map_data,
    draw.buffer_map,
    draw.trend_data,
)


def environment() -> Environment:
    """The templates with their filters; an unknown name is an error, never empty text."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {f.__name__: f for f in _FILTERS}
    made.filters["when"] = _when
    made.filters["gantt"] = _gantt
    made.filters["with_page"] = partial(_with, name="page")
    made.filters["with_before"] = partial(_with, name="before")
    made.globals |= {
        "asset": address,
        "statuses": STATUSES,
        "kinds": tuple(kind_name(k) for k in KINDS),
    }
    return made


def _with(url: str, value: object, name: str) -> str:
    return text.with_parameter(url, name, value)


def _gantt(details: Mapping[str, Any], zone: str) -> Gantt | None:
    return gantt(details, text.zone_of(zone))


@pass_context
def _when(context: Context, us: int, zone: str) -> Markup:
    return text.when(us, zone, context["head"].now)
