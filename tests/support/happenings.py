"""Plain events for tests of the ledger: what happens at a few plants, in a fixed order."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from taktnet.ledger.event import (
    AnyEvent,
    CardPulled,
    GoodsShipped,
    OrderPlaced,
    StockConsumed,
    StockProduced,
)

START = datetime(2026, 3, 2, 6, 0, tzinfo=timezone(timedelta(hours=1)))
START_US = 1_772_427_600_000_000
SITES = ("OPO", "KRK", "PUN", "MTY")


def happening(n: int, source: str = "mes") -> AnyEvent:
    """Event number `n`: every kind of fact row occurs, shipments with cards among them."""
    at, site = START + timedelta(seconds=n), SITES[n % 4]
    key = {"source": source, "id": f"e-{n:06d}", "at": at, "site": site}
    item = f"ITM-{n % 17:03d}"
    match n % 5:
        case 0:
            return StockProduced(**key, item=item, qty=float(n % 40 + 1), resource=f"R{n % 3}")
        case 1:
            return StockConsumed(**key, item=item, qty=n % 7 + 0.25)
        case 2:
            return CardPulled(**key, loop=f"KB-{site}", card=f"KB-{site}#{n % 9}")
        case 3:
            cards = (f"C{n}", f"C{n + 1}")
            return GoodsShipped(
                **key, shipment=f"S{n}", to="HUB", item=item, qty=12.0, cards=cards, loop="KB-HUB"
            )
        case _:
            end = at + timedelta(days=3)
            return OrderPlaced(
                **key, order=f"O{n}", party="ACME", item=item, qty=4.0, window_start=at,
                window_end=end, price=19.9,
            )  # fmt: skip


def happenings(count: int, first: int = 0, source: str = "mes") -> list[AnyEvent]:
    """`count` consecutive ones."""
    return [happening(n, source) for n in range(first, first + count)]
