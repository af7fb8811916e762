"""Values that are dear to make, kept for a while: the dearer, the longer."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, TypeVar

T = TypeVar("T")


class Kept:
    """Keeps what `make` gave for at least `least_s` seconds, or `factor` times what it took.

    Readers of one value wait for one maker; readers of others do not wait for it. A value that
    nobody asks for is forgotten after `most` newer ones.
    """

    def __init__(
        self,
        least_s: float,
        factor: float = 10.0,
        most: int = 64,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._least, self._factor, self._most, self._clock = least_s, factor, most, clock
        self._lock = Lock()
        self._makers: OrderedDict[Hashable, Lock] = OrderedDict()
        self._values: dict[Hashable, tuple[float, Any]] = {}

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """The value of `key`, made anew when it is too old."""
        with self._lock:
            maker = self._makers.setdefault(key, Lock())
            self._makers.move_to_end(key)
            while len(self._makers) > self._most:
                old, _ = self._makers.popitem(last=False)
                self._values.pop(old, None)
        with maker:
            found = self._values.get(key)
            start = self._clock()
            if found is not None and start < found[0]:
                return found[1]
            value = make()
            end = self._clock()
            self._values[key] = (end + max(self._least, self._factor * (end - start)), value)
            return value
