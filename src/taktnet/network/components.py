"""The components of a network. These declarations are the one field table.

Reading, typing, checks, defaults, the Excel template and the reference in the docs are made
from them through `network.fields`. Quantities are in the item's own unit, with at most six
decimals; times are hours or seconds as the name says; money is in the row's currency.
"""

from __future__ import annotations

from datetime import date
from typing import Literal

from taktnet.network.column import column, component

BIG = 1e9
SiteKind = Literal["plant", "supplier", "hub", "warehouse", "customer"]
Policy = Literal["none", "kanban", "base_stock", "sS", "RQ"]
Mode = Literal["road", "sea", "air", "rail", "barge", "courier", "multimodal"]
TransitKind = Literal["fixed", "gamma", "lognormal", "quantiles"]
LoopKind = Literal["production", "withdrawal", "two_bin", "signal", "conwip"]
Distribution = Literal["poisson", "fixed", "negbin", "normal", "lognormal"]


@component("sites", "site")
class Site:
    """A place that makes, keeps, ships or takes goods; every party of the network is a site."""

    id: str = column("Short name used everywhere else", key=True)
    name: str = column("Full name", default="")
    kind: SiteKind = column("What the place does")
    tier: int = column(
        "How far upstream: 0 own places and customers, 1 direct suppliers, 2 theirs", default=0,
        low=0, high=9,
    )  # fmt: skip
    latitude: float = column("Degrees north, south negative", unit="deg", low=-90, high=90)
    longitude: float = column("Degrees east, west negative", unit="deg", low=-180, high=180)
    country: str = column("ISO 3166-1 alpha-2 code", form="country")
    zone: str = column("IANA time zone in which shifts and windows are meant", form="zone")
    calendar: str = column(
        "Working calendar; blank works day and night", default="", refers="calendars"
    )
    company: str = column(
        "Legal entity of the group that owns the place; blank is an outside party. Flows between"
        " places with a company are eliminated from the network's inventory turns",
        default="",
    )


@component("items", "item")
class Item:
    """A part, material or product."""

    id: str = column("Part number; text, so 007 stays 007", key=True)
    name: str = column("Description", default="")
    unit: str = column("Unit of every quantity of this item", default="pcs")
    cost: float = column("Standard cost per unit", unit="currency", low=0, high=BIG)
    currency: str = column("ISO 4217 code of the cost", default="EUR", form="currency")
    weight_kg: float = column("Weight per unit", default=0.0, unit="kg", low=0, high=1e6)
    volume_m3: float = column("Volume per unit", default=0.0, unit="m3", low=0, high=1e6)
    container_qty: float = column(
        "Quantity in one standard container", default=1.0, unit="item", above=0, high=BIG,
        decimals=6,
    )  # fmt: skip
    shelf_life_d: float | None = column(
        "Days until the item may no longer be used; blank keeps for ever", default=None, unit="d",
        above=0, high=36500,
    )  # fmt: skip
    temp_min_c: float | None = column(
        "Lowest allowed temperature; blank has no limit", default=None, unit="degC", low=-273.15,
        high=1000,
    )  # fmt: skip
    temp_max_c: float | None = column(
        "Highest allowed temperature; blank has no limit", default=None, unit="degC", low=-273.15,
        high=1000,
    )  # fmt: skip
    family: str = column(
        "Product family: a level of sums of forecasts, and likeness for new items", default=""
    )


@component("bom", "BOM line")
class BomLine:
    """One component of a parent item (bill of materials)."""

    parent: str = column("Item that is made", key=True, refers="items")
    component: str = column("Item that goes into it", key=True, refers="items")
    qty: float = column("Quantity of the component in one parent", unit="item", above=0, high=1e6)
    scrap: float = column(
        "Share of the component lost when the parent is made; need = qty / (1 - scrap)",
        default=0.0, unit="fraction", low=0, below=1,
    )  # fmt: skip
    alternative: str = column(
        "Group of lines that stand for one another; blank is always used", default="", key=True
    )
    priority: int = column(
        "Among a group, the lowest number valid on the day is used", default=1, low=1, high=99
    )
    valid_from: date | None = column("First day of use; blank since ever", default=None, key=True)
    valid_to: date | None = column("Last day of use; blank for ever", default=None)


@component("stock_points", "stock point")
class StockPoint:
    """Where stock of an item is kept, and by which policy it is replenished."""

    site: str = column("Site that keeps the stock", key=True, refers="sites")
    item: str = column("Item that is kept", key=True, refers="items")
    policy: Policy = column(
        "none (no order of its own), kanban (by loops), base_stock, sS (order up to),"
        " RQ (fixed lot)",
        default="none",
    )
    base_stock: float = column(
        "Position that base_stock keeps", default=0.0, unit="item", low=0, high=BIG, decimals=6
    )
    reorder_point: float = column(
        "s or R: order when the position is at or below it", default=0.0, unit="item", low=0,
        high=BIG, decimals=6,
    )  # fmt: skip
    order_up_to: float = column(
        "S: position after an order of sS", default=0.0, unit="item", low=0, high=BIG, decimals=6
    )
    order_qty: float = column(
        "Q: lot of RQ, whole containers", default=0.0, unit="item", low=0, high=BIG, decimals=6
    )
    review_h: float = column(
        "Hours between reviews; 0 looks at every event", default=0.0, unit="h", low=0, high=8784
    )
    holding_rate: float = column(
        "Yearly cost of keeping stock, as a share of its cost", default=0.2, unit="1/year", low=0,
        high=10,
    )  # fmt: skip
    service_target: float = column(
        "Share of demand to be met from stock", default=0.95, unit="fraction", low=0, below=1
    )
    inspect_h: float = column(
        "Hours that what comes in is inspected before it is available", default=0.0, unit="h",
        low=0, high=8784,
    )  # fmt: skip
    owner: Literal["own", "consigned"] = column("Whose stock it is until used", default="own")
    consignor: str = column("Site that owns consigned stock", default="", refers="sites")


@component("processes", "process")
class Process:
    """How an item is made at a site on a resource."""

    site: str = column("Site that makes the item", key=True, refers="sites")
    item: str = column("Item that is made", key=True, refers="items")
    resource: str = column("Line or machine that makes it", key=True, refers="resources")
    cycle_s: float = column("Seconds of one resource per unit", unit="s", above=0, high=BIG)
    cycle_cv: float = column(
        "Coefficient of variation of the time of a job (gamma); 0 is constant, 1 exponential",
        default=0.0, unit="fraction", low=0, high=10,
    )  # fmt: skip
    setup_s: float = column("Seconds to change over to it", default=0.0, unit="s", low=0, high=1e7)
    setup_family: str = column(
        "What it needs the resource set up for, times by changeovers; blank is the item", default=""
    )
    lot_qty: float = column(
        "Lot between set-ups, whole containers; 0 makes what is ordered", default=0.0,
        unit="item", low=0, high=BIG, decimals=6,
    )  # fmt: skip
    yield_rate: float = column(
        "Good units per unit started", default=1.0, unit="fraction", above=0, high=1
    )
    priority: int = column(
        "The lowest number is used; equal numbers share the load by their rate", default=1, low=1,
        high=99,
    )  # fmt: skip


@component("resources", "resource")
class Resource:
    """A line, cell or machine group."""

    id: str = column("Short name", key=True)
    site: str = column("Where it stands", refers="sites")
    kind: str = column("What it is, in your words", default="line")
    calendar: str = column("Working calendar; blank is the site's", default="", refers="calendars")
    count: int = column("How many run side by side", default=1, low=1, high=10000)
    mtbf_h: float | None = column(
        "Mean working hours between failures; blank does not fail", default=None, unit="h",
        above=0, high=1e7,
    )  # fmt: skip
    mttr_h: float = column("Mean hours to repair", default=0.0, unit="h", low=0, high=1e5)


@component("changeovers", "changeover")
class Changeover:
    """How long a resource is changed over from one set-up to another, where the order matters."""

    resource: str = column("Line or machine", key=True, refers="resources")
    before: str = column("Set-up family, or item without one, that was made before", key=True)
    after: str = column("Set-up family, or item without one, that comes next", key=True)
    setup_s: float = column("Seconds to change over", unit="s", low=0, high=1e7)


@component("lanes", "lane")
class Lane:
    """A way from one site to another."""

    id: str = column("Short name", key=True)
    origin: str = column("Site of departure", refers="sites")
    destination: str = column("Site of arrival", refers="sites")
    mode: Mode = column("Mode of the main leg", default="road")
    transit_kind: TransitKind = column("Distribution of transit time", default="fixed")
    transit_h: float = column("Mean transit time, door to door", unit="h", above=0, high=8784)
    transit_sd_h: float = column(
        "Standard deviation of transit time (gamma, lognormal)", default=0.0, unit="h", low=0,
        high=8784,
    )  # fmt: skip
    quantiles: str = column(
        "Transit time by quantiles, hours: 0.05:20;0.5:24;0.95:40", default="", form="quantiles"
    )
    departures: str = column(
        "Departures in the origin's time: Mon,Thu 18:00; Sat 06:00. Blank leaves at any time",
        default="",
        form="departures",
    )
    distance_km: float = column("Distance along the way", default=0.0, unit="km", low=0, high=50000)
    cost_shipment: float = column(
        "Fixed cost per shipment", default=0.0, unit="currency", low=0, high=BIG
    )
    cost_kg: float = column("Freight cost per kg", default=0.0, unit="currency/kg", low=0, high=BIG)
    cost_m3: float = column("Freight cost per m3", default=0.0, unit="currency/m3", low=0, high=BIG)
    currency: str = column("ISO 4217 code of the costs", default="EUR", form="currency")
    capacity_kg: float | None = column(
        "Most a shipment may weigh; blank has no limit", default=None, unit="kg", above=0, high=BIG
    )
    capacity_m3: float | None = column(
        "Most a shipment may fill; blank has no limit", default=None, unit="m3", above=0, high=BIG
    )
    vehicles: int = column(
        "Vehicles of one departure; 0 takes as many as there are goods", default=0, low=0, high=1000
    )
    customs_h: float = column(
        "Mean hours held by customs (exponential), on top of the transit time", default=0.0,
        unit="h", low=0, high=8784,
    )  # fmt: skip
    co2_kg_tkm: float = column(
        "CO2e per tonne-kilometre, well to wheel", default=0.0, unit="kg/tkm", low=0, high=100
    )
    agreed_h: float | None = column(
        "Agreed transit time; blank is the mean", default=None, unit="h", above=0, high=8784
    )
    window_h: float = column(
        "Width of the delivery window at the destination", default=24.0, unit="h", above=0,
        high=8784,
    )  # fmt: skip


@component("sources", "source")
class Source:
    """A supply option: an item for a site, from an origin over a lane."""

    site: str = column("Site that receives", key=True, refers="sites")
    item: str = column("Item that is received", key=True, refers="items")
    origin: str = column("Site that ships", key=True, refers="sites")
    lane: str = column("Lane from the origin to the site", key=True, refers="lanes")
    price: float = column("Price per unit", default=0.0, unit="currency", low=0, high=BIG)
    currency: str = column("ISO 4217 code of the price", default="EUR", form="currency")
    price_breaks: str = column(
        "Lower prices from a quantity on: 100:9.5;500:9", default="", form="price_breaks"
    )
    moq: float = column(
        "Least quantity of an order, whole containers; 0 has none", default=0.0, unit="item",
        low=0, high=BIG, decimals=6,
    )  # fmt: skip
    prep_h: float = column(
        "Working hours of the origin from order to ready to ship", default=0.0, unit="h", low=0,
        high=8784,
    )  # fmt: skip
    share: float = column(
        "Part of the need; primary shares of a site and item sum to 1 (less where it is also made"
        " there)", default=1.0, unit="fraction", low=0, high=1,
    )  # fmt: skip
    role: Literal["primary", "backup"] = column(
        "backup steps in while the site or lane of the others is down, or when chosen",
        default="primary",
    )


@component("loops", "loop")
class Loop:
    """A kanban loop: cards that circulate between a consumer and its origin."""

    id: str = column("Short name", key=True)
    kind: LoopKind = column("Which rule the loop follows")
    site: str = column("Site that consumes", refers="sites")
    item: str = column("Item that circulates", refers="items")
    origin: str = column("Site that replenishes; the site itself for production", refers="sites")
    lane: str = column(
        "Lane it comes by; blank takes the lane of the source, or none within a site", default="",
        refers="lanes",
    )  # fmt: skip
    resource: str = column(
        "Line that makes it (production, signal, conwip)", default="", refers="resources"
    )
    cards: int = column("Cards issued to the loop", low=1, high=100000)
    container_qty: float = column(
        "Quantity per card, whole containers of the item", unit="item", above=0, high=BIG,
        decimals=6,
    )  # fmt: skip
    collection_h: float = column(
        "Hours between two collections of cards; 0 sends each at once", default=0.0, unit="h",
        low=0, high=8784,
    )  # fmt: skip
    trigger: Literal["scan", "consumption"] = column(
        "What frees a card: its scan, or stock consumed by a container", default="consumption"
    )
    signal_at: int = column(
        "signal kanban: order when this many cards are left at the stock", default=0, low=0,
        high=100000, unit="cards",
    )  # fmt: skip
    lot_cards: int = column(
        "signal kanban: cards ordered together", default=1, low=1, high=100000, unit="cards"
    )


@component("demand", "demand")
class Demand:
    """What a customer takes of an item, and who ships it."""

    site: str = column("The customer", key=True, refers="sites")
    item: str = column("Item that the customer takes", key=True, refers="items")
    supplier: str = column("Site that ships to the customer", key=True, refers="sites")
    rate_day: float = column(
        "Mean units per calendar day, over the whole week", unit="item/d", low=0, high=BIG
    )
    distribution: Distribution = column("Distribution of a day's demand", default="poisson")
    cv: float = column(
        "Coefficient of variation of a day's demand (negbin, normal, lognormal)", default=0.0,
        unit="fraction", low=0, high=100,
    )  # fmt: skip
    lead_h: float = column(
        "Hours from an order to the end of its delivery window", default=24.0, unit="h", low=0,
        high=8784,
    )  # fmt: skip
    partial: Literal["yes", "no"] = column(
        "Whether an order may be shipped in parts as stock allows", default="no"
    )
    priority: int = column(
        "Served first: the lowest number; replenishment has 1", default=1, low=1, high=99
    )
    price: float = column("Price per unit", default=0.0, unit="currency", low=0, high=BIG)
    currency: str = column("ISO 4217 code of the price", default="EUR", form="currency")


@component("drivers", "driver")
class Driver:
    """What drives demand, as a dated series: a price, a promotion, weather, an indicator.

    A value holds from its day until the next one of the same name, site and item.
    """

    name: str = column("What it is: price, promotion, temperature", key=True)
    site: str = column("Site whose demand it drives; blank is every site", default="", key=True,
                       refers="sites")  # fmt: skip
    item: str = column("Item whose demand it drives; blank is every item", default="", key=True,
                       refers="items")  # fmt: skip
    day: date = column("First day on which the value holds", key=True)
    value: float = column("Its value", unit="the driver's own", low=-BIG, high=BIG)


@component("calendars", "calendar")
class Calendar:
    """Working time, in the local time of the site that uses it."""

    id: str = column("Short name", key=True)
    days: str = column("Days on which shifts start: Mon-Fri,Sun", default="Mon-Sun", form="days")
    shifts: str = column(
        "Shifts of a day: 06:00-14:00,22:00-06:00; one may run over midnight",
        default="00:00-24:00",
        form="shifts",
    )
    break_min: float = column(
        "Unpaid break in the middle of every shift", default=0.0, unit="min", low=0, high=720
    )
    holidays: str = column(
        "Public holidays that are free: a country, or country and subdivision: DE-BW",
        default="",
        form="holidays",
    )
    shutdowns: str = column(
        "Days off, first and last: 2026-12-24..2027-01-01;2027-08-02..2027-08-13",
        default="",
        form="shutdowns",
    )


@component("rates", "rate")
class Rate:
    """How much of a currency is worth one euro."""

    currency: str = column("ISO 4217 code; EUR is always 1", key=True, form="currency")
    per_eur: float = column(
        "Units of the currency per euro", unit="currency/EUR", above=0, high=BIG
    )
