"""What the partners' systems report, in the order in which it reaches Taktnet."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime

import msgspec

from taktnet.ledger.event import AnyEvent, DecisionTaken

Take = Callable[[AnyEvent], list[DecisionTaken]]


class Diary:
    """Numbers events per source, repeats a few as real feeds do, and keeps every line.

    `take` is what happens to an event on arrival (the ledger and the rules); it returns the
    decisions that the event caused.
    """

    def __init__(self, take: Take, seed: int, repeats: float = 0.003) -> None:
        self.take, self.repeats = take, repeats
        self.lines: list[bytes] = []
        self.last_id = ""
        self._numbers: dict[str, int] = defaultdict(int)
        self._chance = random.Random(f"{seed}/diary")

    def tell(
        self, kind: str, source: str, site: str, at: datetime, zone: str, values: dict[str, object]
    ) -> list[DecisionTaken]:
        """Report one event; the decisions it causes."""
        self._numbers[source] += 1
        self.last_id = f"{source}-{self._numbers[source]:06d}"
        fields = {k: v for k, v in values.items() if v is not None}
        event = msgspec.convert(
            {
                "kind": kind,
                "source": source,
                "id": self.last_id,
                "site": site,
                "at": at,
                "zone": zone,
                **fields,
            },
            AnyEvent,
        )
        line = msgspec.json.encode(event)
        self.lines.append(line)
        if self._chance.random() < self.repeats:
            self.lines.append(line)
        return self.take(event)
