"""Which slot of a fact holds which field of an event, kind by kind; codes of closed lists."""

from __future__ import annotations

from typing import get_args

from taktnet.base.names import Domain
from taktnet.ledger import event as e


def _codes(choices: object, first: int = 0) -> dict[str, int]:
    """Codes of a closed list in its order, which the golden file freezes: new ones go last."""
    return {name: n for n, name in enumerate(get_args(choices), first)}


STATUS = _codes(e.Status)
BY = _codes(e.Party)
STOP = _codes(e.StopReason)
COMPONENT = _codes(e.CostComponent)
BASIS = _codes(e.CostBasis)
RULE = _codes(e.RuleName, 1)
ACTION = _codes(e.Action)

_D = Domain
#: kind -> {slot: (attribute, how)}; how is a Domain (a name), "qty" (millionths), "time",
#: "int", or a dict of codes. `site` and `at` are the same for all kinds.
SLOTS: dict[type[e.Event], dict[str, tuple[str, object]]] = {
    e.OrderPlaced: {
        "ref": ("order", _D.REF),
        "to": ("party", _D.SITE),
        "item": ("item", _D.ITEM),
        "qty": ("qty", "qty"),
        "qty2": ("price", "qty"),
        "lot": ("currency", _D.CURRENCY),
        "t1": ("window_start", "time"),
        "t2": ("window_end", "time"),
    },
    e.OrderChanged: {
        "ref": ("order", _D.REF),
        "qty": ("qty", "qty"),
        "reason": ("by", BY),
        "t1": ("window_start", "time"),
        "t2": ("window_end", "time"),
    },
    e.OrderCancelled: {"ref": ("order", _D.REF), "reason": ("by", BY)},
    e.ForecastPublished: {
        "item": ("item", _D.ITEM),
        "qty": ("qty", "qty"),
        "qty2": ("days", "qty"),
        "t1": ("start", "time"),
        "ref": ("version", _D.REF),
    },
    e.CalloffPlaced: {
        "ref": ("order", _D.REF),
        "to": ("origin", _D.SITE),
        "item": ("item", _D.ITEM),
        "qty": ("qty", "qty"),
        "qty2": ("price", "qty"),
        "lot": ("currency", _D.CURRENCY),
        "loop": ("loop", _D.LOOP),
        "t1": ("window_start", "time"),
        "t2": ("window_end", "time"),
    },
    e.StockCounted: {
        "item": ("item", _D.ITEM),
        "qty": ("qty", "qty"),
        "lot": ("lot", _D.LOT),
        "status": ("status", STATUS),
    },
    e.StockConsumed: {
        "item": ("item", _D.ITEM),
        "qty": ("qty", "qty"),
        "lot": ("lot", _D.LOT),
        "res": ("resource", _D.RESOURCE),
        "ref2": ("order", _D.REF),
    },
    e.StockProduced: {
        "item": ("item", _D.ITEM),
        "qty": ("qty", "qty"),
        "lot": ("lot", _D.LOT),
        "res": ("resource", _D.RESOURCE),
        "ref2": ("order", _D.REF),
        "qty2": ("scrap", "qty"),
        "status": ("status", STATUS),
    },
    e.StockReceived: {
        "item": ("item", _D.ITEM),
        "qty": ("qty", "qty"),
        "lot": ("lot", _D.LOT),
        "to": ("origin", _D.SITE),
        "ref2": ("order", _D.REF),
        "status": ("status", STATUS),
    },
    e.StockMoved: {
        "item": ("item", _D.ITEM),
        "qty": ("qty", "qty"),
        "lot": ("lot", _D.LOT),
        "to": ("to", _D.SITE),
    },
    e.StockScrapped: {
        "item": ("item", _D.ITEM),
        "qty": ("qty", "qty"),
        "lot": ("lot", _D.LOT),
        "status": ("status", STATUS),
    },
    e.StockHeld: {"item": ("item", _D.ITEM), "qty": ("qty", "qty"), "lot": ("lot", _D.LOT)},
    e.StockReleased: {
        "item": ("item", _D.ITEM),
        "qty": ("qty", "qty"),
        "lot": ("lot", _D.LOT),
        "status": ("status", STATUS),
    },
    e.CardPulled: {"loop": ("loop", _D.LOOP), "ref": ("card", _D.REF)},
    e.CardReturned: {"loop": ("loop", _D.LOOP), "ref": ("card", _D.REF)},
    e.CardIssued: {"loop": ("loop", _D.LOOP), "ref": ("card", _D.REF)},
    e.CardWithdrawn: {"loop": ("loop", _D.LOOP), "ref": ("card", _D.REF)},
    e.LotStarted: {
        "ref": ("order", _D.REF),
        "item": ("item", _D.ITEM),
        "qty": ("qty", "qty"),
        "res": ("resource", _D.RESOURCE),
        "lot": ("lot", _D.LOT),
        "loop": ("loop", _D.LOOP),
    },
    e.LotFinished: {
        "ref": ("order", _D.REF),
        "item": ("item", _D.ITEM),
        "qty": ("qty", "qty"),
        "res": ("resource", _D.RESOURCE),
        "lot": ("lot", _D.LOT),
        "qty2": ("scrap", "qty"),
    },
    e.GoodsShipped: {
        "ref": ("shipment", _D.REF),
        "ref2": ("order", _D.REF),
        "to": ("to", _D.SITE),
        "item": ("item", _D.ITEM),
        "qty": ("qty", "qty"),
        "lot": ("lot", _D.LOT),
        "loop": ("loop", _D.LOOP),
        "res": ("lane", _D.LANE),
        "t1": ("eta", "time"),
        "t2": ("promised", "time"),
    },
    e.GoodsPosition: {
        "ref": ("shipment", _D.REF),
        "qty": ("latitude", "qty"),
        "qty2": ("longitude", "qty"),
        "t1": ("eta", "time"),
    },
    e.GoodsArrived: {"ref": ("shipment", _D.REF)},
    e.GoodsReceived: {
        "ref": ("shipment", _D.REF),
        "ref2": ("order", _D.REF),
        "item": ("item", _D.ITEM),
        "qty": ("qty", "qty"),
        "qty2": ("rejected", "qty"),
        "lot": ("lot", _D.LOT),
        "status": ("status", STATUS),
    },
    e.ResourceStopped: {
        "res": ("resource", _D.RESOURCE),
        "reason": ("reason", STOP),
        "item": ("item", _D.ITEM),
        "ref": ("root", _D.REF),
    },
    e.ResourceStarted: {"res": ("resource", _D.RESOURCE)},
    e.ScheduleFrozen: {
        "ref": ("schedule", _D.REF),
        "res": ("resource", _D.RESOURCE),
        "item": ("item", _D.ITEM),
        "qty": ("qty", "qty"),
        "qty2": ("position", "int"),
        "lot": ("lot", _D.LOT),
        "t1": ("start", "time"),
        "t2": ("end", "time"),
    },
    e.NetworkChanged: {},
    e.CostCharged: {
        "status": ("component", COMPONENT),
        "qty2": ("amount", "qty"),
        "qty": ("qty", "qty"),
        "lot": ("currency", _D.CURRENCY),
        "item": ("item", _D.ITEM),
        "ref": ("shipment", _D.REF),
        "to": ("origin", _D.SITE),
        "res": ("lane", _D.LANE),
        "reason": ("basis", BASIS),
        "ref2": ("invoice", _D.REF),
    },
    e.PeriodClosed: {"t1": ("until", "time")},
    e.EventVoided: {},
    e.DecisionTaken: {
        "ref": ("decision", _D.REF),
        "status": ("rule", RULE),
        "reason": ("action", ACTION),
        "item": ("item", _D.ITEM),
        "qty": ("qty", "qty"),
        "qty2": ("containers", "int"),
        "to": ("origin", _D.SITE),
        "loop": ("loop", _D.LOOP),
        "res": ("lane", _D.LANE),
        "t1": ("due", "time"),
        "t2": ("due_from", "time"),
    },
    e.DecisionApproved: {"ref": ("decision", _D.REF)},
    e.DecisionDeclined: {"ref": ("decision", _D.REF)},
    e.SignalSent: {"ref": ("decision", _D.REF), "qty2": ("attempt", "int")},
    e.SignalAcknowledged: {"ref": ("decision", _D.REF), "t1": ("promised", "time")},
    e.SignalRefused: {"ref": ("decision", _D.REF)},
    e.ForecastOverridden: {
        "item": ("item", _D.ITEM),
        "qty": ("qty", "qty"),
        "qty2": ("days", "qty"),
        "t1": ("start", "time"),
    },
    e.PlanProposed: {"ref": ("proposal", _D.REF)},
    e.PlanTried: {"ref": ("proposal", _D.REF)},
    e.PlanApproved: {"ref": ("proposal", _D.REF)},
    e.PlanRefused: {"ref": ("proposal", _D.REF)},
    e.PlanWithdrawn: {"ref": ("proposal", _D.REF)},
    e.SiteClosed: {"t1": ("until", "time")},
    e.SiteOpened: {},
    e.LaneClosed: {"res": ("lane", _D.LANE), "t1": ("until", "time")},
    e.LaneOpened: {"res": ("lane", _D.LANE)},
}
