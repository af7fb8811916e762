"""An executor without threads."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any


class Inline:
    """Works at once, in this thread."""

    def submit(self, work: Any, *args: Any) -> Future[Any]:
        """Do it; what ends the process (a BaseException) is no result."""
        future: Future[Any] = Future()
        try:
            future.set_result(work(*args))
        except Exception as error:
            future.set_exception(error)
        return future

    def shutdown(self, **_: Any) -> None:
        """Nothing to stop."""
