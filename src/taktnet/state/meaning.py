"""What each kind of event does to the state: the one table, shown in the docs.

`+` adds, `-` takes away; a reversal does the opposite. Every kind with a source also counts in
the rhythm of its feed, but Taktnet's own.
"""

from __future__ import annotations

from taktnet.ledger import event as e

MEANING: dict[type[e.Event], str] = {
    e.OrderPlaced: "line opened: + reserved at the seller, + on order at the buyer",
    e.OrderChanged: "line: new quantity or window, absent fields stay",
    e.OrderCancelled: "line ended: what is open of it is neither reserved nor on order",
    e.ForecastPublished: "nothing; plans read it",
    e.CalloffPlaced: "line opened or, under a decision's id, confirmed: like an order",
    e.StockCounted: "balance moved to the count, as a difference; a corrected count keeps what"
    " happened since",
    e.StockConsumed: "- available; + used (pace); its order line shipped and received",
    e.StockProduced: "+ its status; + made (pace of point and resource); work order, line and"
    " cards received",
    e.StockReceived: "+ its status; with an order or an origin its line received",
    e.StockMoved: "- available here, + available there; its line received; + shipped (pace)",
    e.StockScrapped: "- its status",
    e.StockHeld: "- available, + held",
    e.StockReleased: "- held or inspection, + available",
    e.CardPulled: "card full -> empty, next cycle; again in that cycle nothing, counted",
    e.CardReturned: "card -> full",
    e.CardIssued: "card into circulation, full or (empty) detached",
    e.CardWithdrawn: "card, full or empty, out of circulation",
    e.LotStarted: "work order runs; its decision's line started, else + in process; cards in"
    " process",
    e.LotFinished: "work order ends; what was started and not made well will not come",
    e.GoodsShipped: "- available; + in transit to the destination; line shipped; cards in"
    " transit; + shipped (pace)",
    e.GoodsPosition: "shipment: place and expected arrival",
    e.GoodsArrived: "shipment: at the gate",
    e.GoodsReceived: "- in transit; + its status, rejected ones + held; line received; cards"
    " full. Without a shipment or beyond it: still taken in, and counted",
    e.ResourceStopped: "resource down, since when, why",
    e.ResourceStarted: "resource up again",
    e.ScheduleFrozen: "nothing; plans and KPIs read it",
    e.NetworkChanged: "nothing; the network changes",
    e.CostCharged: "nothing; KPIs read it",
    e.PeriodClosed: "closed until that instant",
    e.EventVoided: "nothing by itself; its reversal undoes",
    e.DecisionTaken: "line opened: + on order here, + reserved at the origin unless made here;"
    " cards ordered",
    e.DecisionApproved: "decision no longer waits",
    e.DecisionDeclined: "decision ended: its open quantity off order, ordered cards detached;"
    " nothing in its place until a new pull",
    e.SignalSent: "decision: sent, once more",
    e.SignalAcknowledged: "decision: acknowledged, promised for",
    e.SignalRefused: "as declined",
    e.ForecastOverridden: "nothing; plans read it",
    e.PlanProposed: "nothing; a proposal waits for its answer",
    e.PlanTried: "nothing; the proposal shows it",
    e.PlanApproved: "nothing by itself; the changes behind it do it",
    e.PlanRefused: "nothing; the proposal is closed",
    e.PlanWithdrawn: "nothing; the proposal is closed",
    e.SiteClosed: "site closed, since when and until when; sources there are passed over",
    e.SiteOpened: "site open",
    e.LaneClosed: "lane closed, since when and until when; sources by it are passed over",
    e.LaneOpened: "lane open",
}
