"""A network of two plants, a supplier and a customer, and events in it, for the wiring's tests."""

from datetime import UTC, datetime, timedelta

from taktnet.ledger.event import OrderPlaced, StockConsumed, StockCounted
from taktnet.network import Network
from taktnet.network import components as c

AT = datetime(2026, 1, 5, 8, tzinfo=UTC)
_PLACES = (
    ("OPO", "plant", 41.15, -8.61, "PT", "Europe/Lisbon", "ACME"),
    ("KRK", "plant", 50.06, 19.94, "PL", "Europe/Warsaw", "ACME"),
    ("S1", "supplier", 48.78, 9.18, "DE", "Europe/Berlin", ""),
    ("C1", "customer", 52.37, 4.89, "NL", "Europe/Amsterdam", ""),
)


def two_plants() -> Network:
    """S1 ships coils to KRK (base stock), KRK makes motors, OPO pulls them in a loop of cards."""
    lanes = (("L1", "S1", "KRK"), ("L2", "KRK", "OPO"), ("L3", "OPO", "C1"))
    return Network(
        sites=tuple(
            c.Site(id=i, kind=k, latitude=la, longitude=lo, country=co, zone=z, company=own)
            for i, k, la, lo, co, z, own in _PLACES
        ),
        items=(
            c.Item(id="COIL", cost=2.0, container_qty=10),
            c.Item(id="MOTOR", cost=20.0, container_qty=5),
        ),
        bom=(c.BomLine(parent="MOTOR", component="COIL", qty=2),),
        stock_points=(
            c.StockPoint(site="S1", item="COIL"),
            c.StockPoint(site="KRK", item="COIL", policy="base_stock", base_stock=100),
            c.StockPoint(site="KRK", item="MOTOR"),
            c.StockPoint(site="OPO", item="MOTOR", policy="kanban"),
        ),
        resources=(c.Resource(id="KRK-1", site="KRK"),),
        processes=(c.Process(site="KRK", item="MOTOR", resource="KRK-1", cycle_s=60),),
        lanes=tuple(
            c.Lane(id=i, origin=a, destination=b, transit_h=24) for i, a, b in lanes
        ),
        sources=(
            c.Source(site="KRK", item="COIL", origin="S1", lane="L1"),
            c.Source(site="OPO", item="MOTOR", origin="KRK", lane="L2"),
        ),
        loops=(
            c.Loop(
                id="M", kind="withdrawal", site="OPO", item="MOTOR", origin="KRK", lane="L2",
                cards=6, container_qty=5,
            ),
        ),
        demand=(c.Demand(site="C1", item="MOTOR", supplier="OPO", rate_day=10, price=50),),
    )  # fmt: skip


def counted(n: int, site: str = "OPO", item: str = "MOTOR", qty: float = 30.0) -> StockCounted:
    """Opening stock."""
    return StockCounted(source="wms", id=f"count-{n}", at=AT, site=site, item=item, qty=qty)


def used(n: int, qty: float = 5.0, site: str = "OPO", item: str = "MOTOR") -> StockConsumed:
    """Stock used, a minute later for each number."""
    at = AT + timedelta(minutes=n)
    return StockConsumed(source="mes", id=f"use-{n}", at=at, site=site, item=item, qty=qty)


def ordered(n: int, qty: float = 5.0) -> OrderPlaced:
    """A customer's order."""
    return OrderPlaced(
        source="erp", id=f"order-{n}", at=AT, site="OPO", order=f"SO{n}/1", party="C1",
        item="MOTOR", qty=qty, window_start=AT, window_end=AT + timedelta(days=2),
    )  # fmt: skip
