"""Long work in the background: how far it is, what came out so far, and a way to stop it."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event, Lock, Thread
from typing import Any, Literal

from taktnet.base.errors import Fault, InputFaults, TaktnetError

Work = Callable[["Job"], Any]
_LOG = logging.getLogger(__name__)


class Cancelled(TaktnetError):
    """Somebody stopped the job."""


class TooManyJobs(TaktnetError):
    """As many jobs of this kind run as may at a time."""


@dataclass(slots=True)
class Job:
    """One piece of long work; the worker calls `at` and `tell`, everyone else reads.

    `result` is what came out so far; of a job that was stopped it is what it had by then.
    `version` rises with every change of what a reader sees, `told` with the results alone.
    """

    id: str
    kind: str
    state: Literal["running", "done", "failed", "cancelled"] = "running"
    done: int = 0
    total: int = 0
    result: Any = None
    error: str = ""
    faults: tuple[Fault, ...] = ()
    version: int = 0
    told: int = 0
    _stop: Event = field(default_factory=Event, repr=False)
    _end: Event = field(default_factory=Event, repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)
    _wakers: tuple[Callable[[], None], ...] = field(default=(), repr=False)

    def at(self, done: int, total: int) -> None:
        """Report progress; raises Cancelled when the job is to stop."""
        self.count(done, total)
        if self._stop.is_set():
            raise Cancelled(f"{self.kind} was stopped at {done} of {total}")

    def count(self, done: int, total: int) -> None:
        """Report progress of work that asks `stopping` itself, to end with what it has."""
        self.done, self.total = done, total
        self._changed()

    def tell(self, result: Any) -> None:
        """What came out so far."""
        self.result = result
        self.told += 1
        self._changed()

    def stopping(self) -> bool:
        """Whether somebody asked the job to stop."""
        return self._stop.is_set()

    def cancel(self) -> None:
        """Ask the work to stop at its next report."""
        self._stop.set()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for the end, at most `timeout` seconds; False when it still runs."""
        return self._end.wait(timeout)

    def subscribe(self, wake: Callable[[], None]) -> Callable[[], None]:
        """Call `wake` (short; in the worker's thread) at each change; returns the end of it."""
        with self._lock:
            self._wakers = (*self._wakers, wake)

        def leave() -> None:
            with self._lock:
                self._wakers = tuple(w for w in self._wakers if w is not wake)

        return leave

    def run(self, work: Work) -> None:
        """Do the work; keep what came of it."""
        try:
            self.result = work(self)
            self.told += 1
            self.state = "cancelled" if self._stop.is_set() else "done"
        except Cancelled as stop:
            self.state, self.error = "cancelled", str(stop)
        except InputFaults as faults:
            self.state, self.error, self.faults = "failed", str(faults), faults.faults
        except TaktnetError as error:
            self.state, self.error = "failed", str(error)
        except Exception as error:
            _LOG.exception("%s failed", self.id)
            self.state, self.error = "failed", f"{type(error).__name__}: {error}"
        finally:
            self._end.set()
            self._changed()

    def _changed(self) -> None:
        self.version += 1
        for wake in self._wakers:
            wake()


class Jobs:
    """The jobs of a tower; the newest `keep` that ended are remembered."""

    def __init__(self, keep: int = 50) -> None:
        self._jobs: dict[str, Job] = {}
        self._numbers = itertools.count(1)
        self._lock = Lock()
        self._keep = keep
        self._closed = False

    def start(self, kind: str, work: Work, limit: int = 1) -> Job:
        """Run `work` in a thread of its own, `limit` of a kind at a time.

        Of a kind that runs one at a time the running one is shared; of others raises TooManyJobs.
        """
        with self._lock:
            running = [j for j in self._jobs.values() if j.kind == kind and j.state == "running"]
            if running and limit == 1:
                return running[0]
            if self._closed:
                raise TooManyJobs("the tower is closing; no job is started any more")
            if len(running) >= limit:
                raise TooManyJobs(
                    f"{len(running)} jobs of the kind {kind} run already, at most {limit} may;"
                    " wait for one to end or stop one"
                )
            job = Job(f"{kind}-{next(self._numbers)}", kind)
            self._jobs[job.id] = job
            for old in [j for j in self._jobs.values() if j.state != "running"][: -self._keep]:
                del self._jobs[old.id]
        Thread(target=job.run, args=(work,), name=f"taktnet-{job.id}", daemon=True).start()
        return job

    def get(self, id: str) -> Job | None:
        """The job with this id."""
        return self._jobs.get(id)

    def all(self) -> list[Job]:
        """Every remembered job, newest last."""
        with self._lock:
            return list(self._jobs.values())

    def close(self, timeout: float = 5.0) -> None:
        """Stop everything that runs and wait for it; nothing more is started."""
        with self._lock:
            self._closed = True
        for job in self.all():
            job.cancel()
        for job in self.all():
            job.wait(timeout)
