"""Writes the network of Kestrel Drives (`design.py`) as a folder of CSV files.

Run: `python examples/drivetrain/make_network.py`. Sizes of loops and stock follow from the rates
that `taktnet takt` computes for the same network.
"""

from __future__ import annotations

import csv
import math
from collections import defaultdict
from datetime import date
from pathlib import Path

import design

from taktnet.network import Network
from taktnet.network.rates import NetworkTakt, network_takt

HERE = Path(__file__).parent
Rows = list[dict[str, object]]
COMPANY = "Kestrel Drives"
SEA_H = {("PEN", "RTM"): 720, ("PEN", "LGB"): 576, ("SUZ", "LGB"): 432, ("T03", "PEN"): 216}
PREP_H = {"road": 20, "air": 24, "sea": 30}
SHIFTS = {"CN": "08:00-20:00,20:00-08:00", "MY": "07:00-19:00,19:00-07:00"}
EARTH_KM = 6371.0


def distance_km(origin: str, destination: str) -> float:
    """Great-circle distance between two sites."""
    _, _, _, lat1, lon1, *_ = design.SITES[origin]
    _, _, _, lat2, lon2, *_ = design.SITES[destination]
    p1, p2 = math.radians(lat1), math.radians(lat2)
    half = (
        math.sin((p2 - p1) / 2) ** 2
        + math.cos(p1) * math.cos(p2) * math.sin(math.radians(lon2 - lon1) / 2) ** 2
    )
    return 2 * EARTH_KM * math.asin(math.sqrt(half))


def lane(origin: str, destination: str, mode: str) -> dict[str, object]:
    """One lane: transit by mode and distance, departures, costs, emissions."""
    km = distance_km(origin, destination)
    row: dict[str, object] = {
        "id": f"{origin}-{destination}-{mode}",
        "origin": origin,
        "destination": destination,
        "mode": mode,
    }
    if mode == "sea":
        hours = SEA_H[origin, destination]
        return row | {
            "transit_kind": "gamma",
            "transit_h": hours,
            "transit_sd_h": round(hours * 0.11, 1),
            "departures": "Wed,Sat 18:00",
            "distance_km": round(km * 1.6),
            "cost_shipment": 420,
            "cost_m3": 38,
            "co2_kg_tkm": 0.011,
            "agreed_h": round(hours * 1.1),
            "window_h": 144,
        }
    if mode == "air":
        hours = 60 + round(km / 700)
        return row | {
            "transit_kind": "lognormal",
            "transit_h": hours,
            "transit_sd_h": round(hours * 0.2, 1),
            "departures": "Mon-Sat 21:00",
            "distance_km": round(km * 1.05),
            "cost_shipment": 95,
            "cost_kg": 3.9,
            "co2_kg_tkm": 0.65,
            "agreed_h": round(hours * 1.25),
            "window_h": 84,
        }
    road_km = km * 1.28
    hours = round(3 + road_km / 60 + 11 * (road_km // 620))
    return row | {
        "transit_kind": "lognormal",
        "transit_h": hours,
        "transit_sd_h": round(hours * 0.15, 1),
        "departures": "Mon-Fri 17:00",
        "distance_km": round(road_km),
        "cost_shipment": round(60 + 1.05 * road_km),
        "capacity_kg": 24000,
        "capacity_m3": 80,
        "co2_kg_tkm": 0.075,
        "agreed_h": round(hours * 1.25),
        "window_h": 64,
    }


def fixed_tables() -> dict[str, Rows]:
    """Every table that needs no sizing."""
    tables: dict[str, Rows] = defaultdict(list)
    tables["rates"] = [{"currency": "USD", "per_eur": 1.09}, {"currency": "CNY", "per_eur": 7.8}]
    countries = {row[5] for row in design.SITES.values()}
    for c in sorted(countries):
        tables["calendars"].append(
            {
                "id": f"WORK-{c}",
                "days": "Mon-Sat" if c in SHIFTS else "Mon-Fri",
                "shifts": SHIFTS.get(c, "06:00-14:00,14:00-22:00"),
                "break_min": 30,
                "holidays": c,
                "shutdowns": "2026-12-24..2027-01-01",
            }
        )
    for site, (name, kind, tier, lat, lon, country, zone) in design.SITES.items():
        own = kind in ("plant", "hub")
        tables["sites"].append(
            {
                "id": site,
                "name": name,
                "kind": kind,
                "tier": tier,
                "latitude": lat,
                "longitude": lon,
                "country": country,
                "zone": zone,
                "calendar": "" if kind == "hub" else f"WORK-{country}",
                "company": f"{COMPANY} {country}" if own else "",
            }
        )
    for item, (name, unit, cost, kg, m3, box) in design.ITEMS.items():
        tables["items"].append(
            {
                "id": item,
                "name": name,
                "unit": unit,
                "cost": cost,
                "weight_kg": kg,
                "volume_m3": m3,
                "container_qty": box,
            }
        )
    for parent, components in design.BOM.items():
        for component, qty in components.items():
            tables["bom"].append(
                {
                    "parent": parent,
                    "component": component,
                    "qty": qty,
                    "scrap": 0.01 if component in ("CUW", "LAM", "MAG") else 0,
                }
            )
    make_lines(tables)
    for customer, item, supplier, rate, lead in design.DEMAND:
        tables["demand"].append(
            {
                "site": customer,
                "item": item,
                "supplier": supplier,
                "rate_day": rate,
                "distribution": "negbin",
                "cv": 0.35,
                "lead_h": lead,
                "price": round(design.ITEMS[item][2] * 1.32, 2),
            }
        )
    return tables


def make_lines(tables: dict[str, Rows]) -> None:
    """Resources and processes of plants and suppliers."""
    for plant, lines in design.LINES.items():
        for line, (cycles, setup, good, mtbf, mttr) in lines.items():
            tables["resources"].append(
                {"id": line, "site": plant, "kind": "line", "mtbf_h": mtbf, "mttr_h": mttr}
            )
            for item, cycle in cycles.items():
                tables["processes"].append(
                    {
                        "site": plant,
                        "item": item,
                        "resource": line,
                        "cycle_s": cycle,
                        "setup_s": setup,
                        "yield_rate": good,
                    }
                )
    for site, items in design.MAKES.items():
        tables["resources"].append({"id": f"{site}-L1", "site": site, "kind": "line"})
        for item in items:
            tables["processes"].append(
                {
                    "site": site,
                    "item": item,
                    "resource": f"{site}-L1",
                    "cycle_s": 1.0,
                    "setup_s": 600,
                    "yield_rate": 1.0,
                }
            )


def pace_suppliers(tables: dict[str, Rows], takt: NetworkTakt) -> None:
    """Give a supplier's line the cycle at which it is busy for a bit more than half its time."""
    lines = {line.resource: line for line in takt.lines}
    for row in tables["processes"]:
        line = lines.get(str(row["resource"]))
        if row["cycle_s"] == 1.0 and line is not None and line.takt_s:
            row["cycle_s"] = round(0.55 * line.takt_s, 4)


def supply_tables(tables: dict[str, Rows]) -> None:
    """Lanes and supply options, primary and backup."""
    lanes: dict[tuple[str, str, str], None] = {}
    options = [(d, i, o, m, "primary") for d, i, o, m, _ in design.SUPPLY]
    options += [(d, i, o, m, "backup") for d, i, o, m in design.BACKUPS]
    for destination, items, origin, mode, role in options:
        lanes[origin, destination, mode] = None
        for item in items:
            cost = design.ITEMS[item][2]
            tables["sources"].append(
                {
                    "site": destination,
                    "item": item,
                    "origin": origin,
                    "lane": f"{origin}-{destination}-{mode}",
                    "price": round(cost * (1.0 if role == "primary" else 1.12), 4),
                    "prep_h": PREP_H[mode],
                    "share": 1 if role == "primary" else 0,
                    "role": role,
                }
            )
    supplied = set(lanes)
    for customer, _, plant, _, _ in design.DEMAND:
        lanes[plant, customer, "air" if plant == "SUZ" else "road"] = None
    ordered = {"window_h": design.ORDER_WINDOW_H}
    tables["lanes"] = [lane(*key) | ({} if key in supplied else ordered) for key in lanes]


def up(quantity: float, box: float) -> float:
    """The whole containers that hold `quantity`, in units."""
    return max(1, math.ceil(quantity / box)) * box


def sized_tables(tables: dict[str, Rows], rate: dict[tuple[str, str], float]) -> None:
    """Loops and stock points from the rate (units per calendar day) at each site and item."""
    lane_h = {row["id"]: float(str(row["transit_h"])) for row in tables["lanes"]}
    seen: set[tuple[str, str]] = set()
    for site, items, origin, mode, how in design.SUPPLY:
        lead_d = (PREP_H[mode] + lane_h[f"{origin}-{site}-{mode}"]) / 24
        for item in items:
            seen.add((site, item))
            per_day, box = rate[site, item], design.ITEMS[item][5]
            point: dict[str, object] = {"site": site, "item": item, "policy": "kanban"}
            if how == "loop":
                tables["loops"].append(
                    loop(site, item, origin, mode, per_day * (lead_d + 2.5) * 1.7, box)
                )
            elif how == "two_bin":
                bin_qty = up(per_day * (lead_d + 3) * 1.5, box)
                row = loop(site, item, origin, mode, 2 * bin_qty, bin_qty)
                tables["loops"].append(row | {"kind": "two_bin", "cards": 2})
            else:
                point |= policy(how, per_day, lead_d, box, mode)
            tables["stock_points"].append(point)
    for row in tables["processes"]:
        site, item = str(row["site"]), str(row["item"])
        per_day, box = rate.get((site, item), 0.0), design.ITEMS[item][5]
        if per_day > 0:
            tables["loops"].append(production_loop(row, per_day, box))
            tables["stock_points"].append({"site": site, "item": item, "policy": "kanban"})


def loop(
    site: str, item: str, origin: str, mode: str, position: float, box: float
) -> dict[str, object]:
    """A withdrawal loop whose cards hold `position` units."""
    return {
        "id": f"{origin}>{site}:{item}",
        "kind": "withdrawal",
        "site": site,
        "item": item,
        "origin": origin,
        "lane": f"{origin}-{site}-{mode}",
        "cards": max(6, math.ceil(position / box)),
        "container_qty": box,
        "collection_h": 0,
    }


def production_loop(process: dict[str, object], per_day: float, box: float) -> dict[str, object]:
    """Signal kanban where set-ups count (final assembly, stamping), else production kanban."""
    site, item = str(process["site"]), str(process["item"])
    row = {
        "id": f"{site}:{item}",
        "kind": "production",
        "site": site,
        "item": item,
        "origin": site,
        "resource": process["resource"],
        "cards": max(6, math.ceil(per_day * 5.5 / box)),
        "container_qty": box,
    }
    if item.startswith(("DU-", "SHF", "GR")) and site in design.LINES:
        lot = max(1, math.ceil(per_day * 1.5 / box))
        at = max(2, math.ceil(per_day * 5.0 / box))
        row |= {"kind": "signal", "lot_cards": lot, "signal_at": at, "cards": lot + at}
    return row


def policy(how: str, per_day: float, lead_d: float, box: float, mode: str) -> dict[str, object]:
    """(s,S), (R,Q) or base stock that covers lead time, review and a safety of a third."""
    wait = 3.5 if mode == "sea" else 1.0
    point = up(per_day * (lead_d + wait) * (1.2 if mode == "sea" else 1.45), box)
    if how == "RQ":
        return {"policy": "RQ", "reorder_point": point, "order_qty": up(per_day * 7, box)}
    if how == "sS":
        return {"policy": "sS", "reorder_point": point, "order_up_to": point + up(per_day * 4, box)}
    return {"policy": "base_stock", "base_stock": point + box}


def write(tables: dict[str, Rows], folder: Path) -> None:
    """One CSV file per table, columns as they are met."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in tables.items():
        columns = list(dict.fromkeys(key for row in rows for key in row))
        with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as out:
            writer = csv.DictWriter(out, columns, restval="", lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)


def main(folder: Path = HERE / "network") -> Network:
    """Write, size, write again, and read back what `check` accepts."""
    tables = fixed_tables()
    supply_tables(tables)
    sized_tables(tables, defaultdict(lambda: 1.0))
    write(tables, folder)
    takt = network_takt(Network.read(folder), date(2026, 9, 7))
    rates = {(node.site, node.item): node.rate_day for node in takt.nodes}
    rates |= {(customer, item): float(rate) for customer, item, _, rate, _ in design.DEMAND}
    pace_suppliers(tables, takt)
    tables["loops"], tables["stock_points"] = [], []
    sized_tables(tables, rates)
    write(tables, folder)
    return Network.read(folder)


if __name__ == "__main__":
    made = main()
    print(f"{len(made.sites)} sites, {len(made.items)} items, {len(made.loops)} loops")
