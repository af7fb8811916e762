"""What can go wrong right now, the likeliest first: late shipments, what is down, all the rest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec

from taktnet.network import Network
from taktnet.state import State
from taktnet.state.rows import Transit
from taktnet.twin.changes import AnyChange, Delay, Demand, Down

Level = Literal["crit", "warn", "ok"]
_MOST = 200
_DELAY_H, _DOWN_H = 72.0, 72.0


class Disturbance(msgspec.Struct, frozen=True):
    """One thing that may go wrong: what it is called, and the changes that make it happen.

    `kind` is shipment, resource, site, lane or demand; `subject` its name; `detail` is what is
    known of it; `level` says whether it has gone wrong already.
    """

    kind: str
    subject: str
    name: str
    detail: str
    level: Level
    changes: tuple[AnyChange, ...]


def disturbances(
    network: Network, state: State, now: int, text: str = "", most: int = _MOST
) -> list[Disturbance]:
    """What may go wrong, late shipments first; `text` keeps those whose words hold it."""
    wanted = text.strip().lower()
    found: list[Disturbance] = []
    for rows in (_shipments(state, now), _resources(network, state), _sites(network, state),
                 _lanes(network, state), _demand(network)):  # fmt: skip
        for row in rows:
            if wanted in f"{row.name} {row.detail} {row.subject}".lower():
                found.append(row)
            if len(found) >= most:
                return found
    return found


def _shipments(state: State, now: int) -> Iterator[Disturbance]:
    """Shipments on the road, the latest first, one row for each."""
    loads: dict[str, list[Transit]] = {}
    rows = sorted(state.transit(now), key=lambda r: (-r.late_h, r.shipment))
    for row in rows:
        loads.setdefault(row.shipment, []).append(row)
    for shipment, load in loads.items():
        yield _shipment(shipment, load)


def _shipment(shipment: str, load: Sequence[Transit]) -> Disturbance:
    first = load[0]
    items = ", ".join(f"{r.qty:g} {r.item}" for r in load[:3])
    more = f" and {len(load) - 3} more" if len(load) > 3 else ""
    late = f", {first.late_h:.0f} h late" if first.late_h > 0 else ""
    return Disturbance(
        "shipment",
        shipment,
        f"{shipment} comes {_DELAY_H:.0f} h later",
        f"{first.origin} to {first.to}, {items}{more}{late}",
        "crit" if first.late_h > 24 else "warn" if first.late_h > 0 else "ok",
        (Delay(shipment=shipment, hours=_DELAY_H),),
    )


def _resources(network: Network, state: State) -> Iterator[Disturbance]:
    down = {r.resource: r for r in state.resources() if not r.up}
    for row in sorted(network.resources, key=lambda r: (r.id not in down, r.id)):
        stands = down.get(row.id)
        why = f"stands: {stands.reason}" if stands is not None else "runs"
        change = Down(kind="resource", name=row.id, end=_DOWN_H)
        yield Disturbance(
            "resource", row.id, f"{row.id} stands for {_DOWN_H:.0f} h", f"{row.site}, {why}",
            "warn" if stands is not None else "ok", (change,),
        )  # fmt: skip


def _closed(state: State, kind: str) -> set[str]:
    return {row.name for row in state.closures() if row.kind == kind}


def _sites(network: Network, state: State) -> Iterator[Disturbance]:
    """Sites, those first that are closed and may stay so for longer."""
    closed = _closed(state, "site")
    for row in sorted(network.sites, key=lambda r: r.id not in closed):
        if row.kind != "customer":
            kind: Literal["supplier", "site"] = "supplier" if row.kind == "supplier" else "site"
            shut = row.id in closed
            yield Disturbance(
                "site", row.id, f"{row.id} is down for {_DOWN_H:.0f} h",
                f"{row.name}, {row.kind}{', closed' if shut else ''}", "crit" if shut else "ok",
                (Down(kind=kind, name=row.id, end=_DOWN_H),),
            )  # fmt: skip


def _lanes(network: Network, state: State) -> Iterator[Disturbance]:
    """Lanes, those first that are closed and may stay so for longer."""
    closed = _closed(state, "lane")
    for row in sorted(network.lanes, key=lambda r: r.id not in closed):
        shut = row.id in closed
        yield Disturbance(
            "lane", row.id, f"{row.id} is closed for {_DOWN_H:.0f} h",
            f"{row.origin} to {row.destination}, {row.mode}{', closed' if shut else ''}",
            "warn" if shut else "ok", (Down(kind="lane", name=row.id, end=_DOWN_H),),
        )  # fmt: skip


def _demand(network: Network) -> Iterator[Disturbance]:
    for row in network.demand:
        subject = f"{row.site}|{row.item}|{row.supplier}"
        change = Demand(factor=1.3, site=row.site, item=row.item, supplier=row.supplier)
        yield Disturbance(
            "demand", subject, f"{row.site} takes 30 % more {row.item}",
            f"from {row.supplier}, {row.rate_day:g} a day", "ok", (change,),
        )  # fmt: skip
