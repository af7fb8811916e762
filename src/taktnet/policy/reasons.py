"""Decisions as events: their stable id, and the reason in words a planner would use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from taktnet.base.names import Domain, Names
from taktnet.ledger.event import DecisionTaken
from taktnet.ledger.fact import ACTION, MILLION, RULE, Flag, instant
from taktnet.network import Network
from taktnet.policy import records as r

_RULE: dict[int, Any] = {v: k for k, v in RULE.items()}
_ACTION: dict[int, Any] = {v: k for k, v in ACTION.items()}
_CARD, _STALE, _WAITING = int(Flag.CARD), int(Flag.STALE), int(Flag.WAITING)
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
#: Names have at most 200 characters.
_LONGEST = 190
_THOUSANDTH = 1000  # in millionths


def number(millionths: int) -> str:
    """A quantity without needless zeros, to the thousandth unless it is smaller: 40, 2.5."""
    digits = 3 if abs(millionths) >= _THOUSANDTH else 6
    text = f"{millionths / MILLION:.{digits}f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


class Words:
    """Puts decisions of one network into words."""

    def __init__(self, network: Network, names: Names) -> None:
        self._names = names
        self._places = {s.id: s.name or s.id for s in network.sites}
        self._zones = {s.id: s.zone for s in network.sites}
        self._clocks: dict[str, ZoneInfo] = {}
        self._units = {i.id: i.unit for i in network.items}
        self._starts = {lane.id: lane.origin for lane in network.lanes}

    def decision(self, facts: np.ndarray, infos: np.ndarray, at: int, tenant: str) -> DecisionTaken:
        """The event of the decision whose main fact is `facts[at]`."""
        fact, info = facts[at], infos[at]
        end = at + 1
        while end < len(facts) and facts["flags"][end] & _CARD:
            end += 1
        text = self._names.text
        cards = tuple(text(Domain.REF, ref) for ref in facts["ref"][at + 1 : end].tolist())
        site, item = text(Domain.SITE, fact["site"]), text(Domain.ITEM, fact["item"])
        loop = text(Domain.LOOP, fact["loop"])
        id_ = self._id(loop or f"{site}/{item}", int(info["number"]))
        origin, flags = text(Domain.SITE, fact["to"]), int(fact["flags"])
        told = _Told(
            place=self._places.get(site, site),
            origin=self._places.get(origin, origin),
            item=item,
            unit=self._units.get(item, ""),
            loop=text(Domain.LOOP, info["board"]),
            cards=cards,
            qty=int(fact["qty"]),
            rule=_RULE[int(fact["status"])],
            action=_ACTION[int(fact["reason"])],
            by=_local(int(fact["t1"]), self._zone(site)),
            closed=self._closed(info, self._places.get(origin, origin)),
        )
        return DecisionTaken(
            source="taktnet",
            id=id_,
            at=instant(int(fact["at"])),
            site=site,
            tenant=tenant,
            zone=self._zones.get(site, ""),
            decision=id_,
            rule=told.rule,
            action=told.action,
            item=item,
            qty=told.qty / MILLION,
            origin=origin,
            reason=_reason(told, info, flags),
            evidence=_evidence(facts, infos, at, end),
            loop=loop,
            cards=cards,
            containers=int(fact["qty2"]),
            lane=text(Domain.LANE, fact["res"]),
            due=instant(int(fact["t1"])),
            due_from=instant(int(fact["t2"])),
            stale=bool(flags & _STALE),
            waiting=bool(flags & _WAITING),
        )

    def _closed(self, info: Any, origin: str) -> str:
        """What is closed, since when and until when, and who is asked for that; or nothing."""
        if not info["closed_seq"]:
            return ""
        site = self._names.text(Domain.SITE, info["closed_site"])
        lane = self._names.text(Domain.LANE, info["closed_lane"])
        zone = self._zone(site or self._starts.get(lane, ""))
        what = f"lane {lane}" if lane else self._places.get(site, site)
        until = int(info["until"])
        opens = f" and expected to open {_local(until, zone)}" if until else ""
        instead = {
            r.OTHER: f"{origin} delivers",
            r.BACKUP: f"its backup {origin} steps in",
            r.NOBODY: "no one else delivers, so the order waits there",
        }[int(info["instead"])]
        return f"; {what} is closed since {_local(int(info['since']), zone)}{opens}: {instead}"

    def _id(self, stem: str, n: int) -> str:
        """`OPO-CELL#58`; a name that is taken already gets a mark behind it."""
        id_ = f"{stem[:_LONGEST]}#{n}"
        while self._names.find(Domain.REF, id_) >= 0:
            id_ += "'"
        return id_

    def _zone(self, site: str) -> ZoneInfo:
        name = self._zones.get(site, "") or "UTC"
        known = self._clocks.get(name)
        if known is None:
            known = self._clocks[name] = ZoneInfo(name)
        return known


@dataclass(frozen=True, slots=True)
class _Told:
    """What a reason is worded from."""

    place: str
    origin: str
    item: str
    unit: str
    loop: str
    cards: tuple[str, ...]
    qty: int
    rule: Any
    action: Any
    by: str
    closed: str


def _evidence(facts: np.ndarray, infos: np.ndarray, at: int, end: int) -> tuple[int, ...]:
    """The events a decision rests on: its cause, the last that lowered the stock, the scans."""
    own, info = int(facts["seq"][at]), infos[at]
    cause = int(info["cause"])
    found = {
        int(info["out_seq"]),
        int(info["closed_seq"]),
        *infos["card_seq"][at + 1 : end].tolist(),
    }
    if cause >= 0:
        found.add(int(facts["seq"][cause]))
    return tuple(sorted(n for n in found if 0 < n < own))


def _local(us: int, zone: ZoneInfo) -> str:
    """`Tue 14 Apr 14:00 (Lisbon)`: an instant as the site's clock shows it."""
    at = instant(us).astimezone(zone)
    city = zone.key.rsplit("/", 1)[-1].replace("_", " ")
    return f"{_DAYS[at.weekday()]} {at.day} {_MONTHS[at.month - 1]} {at:%H:%M} ({city})"


def _reason(told: _Told, info: Any, flags: int) -> str:
    why = _loop_reason(told, info) if told.loop else _position_reason(told, info)
    amount = f"{number(told.qty)} {told.unit}".rstrip()
    where = f"at {told.place}" if told.action == "produce" else f"from {told.origin}"
    marks = "; its data are late" if flags & _STALE else ""
    marks += "; waits for approval" if flags & _WAITING else ""
    return f"{why}{told.closed} -> {told.action} {amount} {where} by {told.by}{marks}"


def _loop_reason(told: _Told, info: Any) -> str:
    cards, empty = int(info["cards"]), int(info["empty"])
    each = f"{number(int(info['container']))} {told.unit}".rstrip() + " each"
    if len(told.cards) == 1:
        return (
            f"Card {told.cards[0]} of {cards} of loop {told.loop} emptied at {told.place};"
            f" {empty} empty, {each}"
        )
    if told.cards:
        named = ", ".join(told.cards)
        return (
            f"Cards {named} of loop {told.loop} emptied at {told.place};"
            f" {empty} of {cards} empty, {each}"
        )
    have = f"{number(int(info['on_hand']))} on hand, {number(int(info['coming']))} coming"
    return (
        f"{empty} of {cards} containers of loop {told.loop} emptied at {told.place}, {each}"
        f" ({have})"
    )


def _position_reason(told: _Told, info: Any) -> str:
    level, reorder = number(int(info["level"])), number(int(info["reorder"]))
    limit = {
        "base_stock": f"below the base stock of {level}",
        "sS": f"not above the reorder point of {reorder}, order up to {level}",
        "RQ": f"not above the reorder point of {reorder}",
    }[told.rule]
    have = (
        f"{number(int(info['on_hand']))} on hand, {number(int(info['coming']))} coming,"
        f" {number(int(info['reserved']))} promised"
    )
    at = f"{number(int(info['position']))} {told.unit}".rstrip()
    return f"Position of {told.item} at {told.place} is {at}, {limit} ({have})"
