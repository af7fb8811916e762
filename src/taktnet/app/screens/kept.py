"""Values that are dear to make, kept for a while: the dearer, the longer."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from threading import Lock
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass(slots=True)
class _Value:
    """One value: when it was made, until when it is fresh, and the making of the next."""

    lock: Lock
    made: float = 0.0
    fresh: float = -1.0
    value: Any = None
    next: Future[tuple[float, float, Any]] | None = None


class Kept:
    """Keeps what `make` gave for `least_s` seconds, or `factor` times what it took to make.

    After that the next is made aside while readers still get the last one, unless it is older
    than `most_s`: then they wait. What `make` raises is raised to a reader. A value that nobody
    asks for is forgotten after `most` others.
    """

    def __init__(
        self,
        least_s: float,
        factor: float = 4.0,
        *,
        most_s: float = 30.0,
        most: int = 64,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._least, self._factor, self._most_s, self._most = least_s, factor, most_s, most
        self._clock = clock
        self._lock = Lock()
        self._values: OrderedDict[Hashable, _Value] = OrderedDict()
        self._aside = ThreadPoolExecutor(1, thread_name_prefix="taktnet-screens")

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """The value of `key`, fresh or the last one."""
        with self._lock:
            kept = self._values.setdefault(key, _Value(Lock()))
            self._values.move_to_end(key)
            while len(self._values) > self._most:
                self._values.popitem(last=False)
        with kept.lock:
            if kept.next is not None and kept.next.done():
                done, kept.next = kept.next, None
                kept.made, kept.fresh, kept.value = done.result()
            now = self._clock()
            if now >= kept.fresh:
                if kept.fresh < 0 or now - kept.made > self._most_s:
                    kept.made, kept.fresh, kept.value = self._make(make)
                elif kept.next is None:
                    kept.next = self._aside.submit(self._make, make)
            return kept.value

    def _make(self, make: Callable[[], Any]) -> tuple[float, float, Any]:
        start = self._clock()
        value = make()
        end = self._clock()
        return end, end + max(self._least, self._factor * (end - start)), value
