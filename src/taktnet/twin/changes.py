"""What a scenario may change, as data: each a frozen value that names what it changes.

A time (`start`, `end`) is hours after the start of the run, or an instant with its zone; None as
an end is the end of the run. Quantities are in the item's own unit.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

#: Hours after the start of the run, or an instant.
When = float | datetime
#: What a cell of a network's row may be written as.
Cell = str | int | float


class _Change(
    msgspec.Struct,
    frozen=True,
    tag_field="change",
    tag=str.lower,
    forbid_unknown_fields=True,
    omit_defaults=True,
):
    """One change."""


class Delay(_Change, frozen=True):
    """A shipment on the road arrives so many hours later; negative hours are earlier."""

    shipment: str
    hours: float


class Lose(_Change, frozen=True):
    """A shipment on the road never arrives; what it carried is ordered again."""

    shipment: str


class Cancel(_Change, frozen=True):
    """An order that is open at a live start, and on which no work has begun, is taken back.

    Later, what of it is not sent by then; of an order to make all, or nothing once work has begun.
    """

    order: str
    start: When = 0.0


class Begin(_Change, frozen=True):
    """An order to make that is open at a live start goes to a resource, not before `start`.

    A plan of lots is played so: orders without a change go by the usual rule, at once. For a
    customer's order that is made to order `qty` is made (None: all of it). The last change of an
    order counts.
    """

    order: str
    resource: str
    start: When = 0.0
    qty: float | None = None


class Down(_Change, frozen=True):
    """A site, supplier, lane or resource is down for a time."""

    kind: Literal["site", "supplier", "lane", "resource"]
    name: str
    start: When = 0.0
    end: When | None = None


class Capacity(_Change, frozen=True):
    """A resource, or all of a site's, works a share of its time; `to_share` ramps it linearly.

    The share is worked at the beginning of each hour, or of each of 200 equal parts of a period
    of more than 200 hours, and jobs are resumed where they stopped.
    """

    kind: Literal["site", "resource"]
    name: str
    share: float
    end: When
    to_share: float | None = None
    start: When = 0.0


class Demand(_Change, frozen=True):
    """Customers take `factor` times as much; blank site, item or supplier means any."""

    factor: float
    site: str = ""
    item: str = ""
    supplier: str = ""
    start: When = 0.0
    end: When | None = None


class Point(_Change, frozen=True):
    """Another base stock, s and S, or R and Q, of a point; None stays as it is.

    `level` is the base stock or S, `reorder` s or R, `lot` Q, `onhand` the stock at the start.
    """

    site: str
    item: str
    level: float | None = None
    reorder: float | None = None
    lot: float | None = None
    onhand: float | None = None


class Link(_Change, frozen=True):
    """Another supply of a point by a loop or an origin (`name`); None stays as it is.

    `lane` sends it by another lane from the same origin. A share above 0 makes a backup active;
    shares count in proportion. `price` is EUR per unit.
    """

    site: str
    item: str
    name: str
    cards: int | None = None
    share: float | None = None
    lane: str | None = None
    signal_at: int | None = None
    lot_cards: int | None = None
    price: float | None = None


class Move(_Change, frozen=True):
    """An extra shipment: stock of `origin` is set aside and sent to `site` over a lane.

    It leaves at `start` and pays the lane's rates. An outside supplier has what is asked for, at
    the price of its source.
    """

    item: str
    qty: float
    origin: str
    site: str
    lane: str
    start: When = 0.0


class Duty(_Change, frozen=True):
    """Prices of sources are higher by a rate; blank origin, destination or item means any.

    `origin` and `destination` are countries (two letters) or sites.
    """

    rate: float
    origin: str = ""
    destination: str = ""
    item: str = ""


class Row(_Change, frozen=True):
    """A row of the network is set (columns not named stay as they were), or removed when empty.

    `table` and `key` are those of `Network.set_row`; a new key adds a row: a supplier, a plant.
    """

    table: str
    key: str
    values: dict[str, Cell] = msgspec.field(default_factory=dict[str, Cell])


AnyChange = (
    Delay | Lose | Cancel | Begin | Down | Capacity | Demand | Point | Link | Move | Duty | Row
)
#: The kinds of changes by the name they have in files.
KINDS: dict[str, type[_Change]] = {
    kind.__name__.lower(): kind
    for kind in (Delay, Lose, Cancel, Begin, Down, Capacity, Demand, Point, Link, Move, Duty, Row)
}
