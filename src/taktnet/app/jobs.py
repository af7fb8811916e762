"""Long work in the background: how far it is, what came out, and a way to stop it."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event, Lock, Thread
from typing import Any, Literal

from taktnet.base.errors import TaktnetError

Work = Callable[["Job"], Any]


class Cancelled(TaktnetError):
    """Somebody stopped the job."""


@dataclass(slots=True)
class Job:
    """One piece of long work; the worker calls `at`, everyone else reads."""

    id: str
    kind: str
    state: Literal["running", "done", "failed", "cancelled"] = "running"
    done: int = 0
    total: int = 0
    result: Any = None
    error: str = ""
    _stop: Event = field(default_factory=Event, repr=False)
    _end: Event = field(default_factory=Event, repr=False)

    def at(self, done: int, total: int) -> None:
        """Report progress; raises Cancelled when the job is to stop."""
        self.done, self.total = done, total
        if self._stop.is_set():
            raise Cancelled(f"{self.kind} was stopped at {done} of {total}")

    def cancel(self) -> None:
        """Ask the work to stop at its next report."""
        self._stop.set()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for the end, at most `timeout` seconds; False when it still runs."""
        return self._end.wait(timeout)

    def run(self, work: Work) -> None:
        """Do the work; keep what came of it."""
        try:
            self.result = work(self)
            self.state = "done"
        except Cancelled as stop:
            self.state, self.error = "cancelled", str(stop)
        except TaktnetError as error:
            self.state, self.error = "failed", str(error)
        except BaseException as error:
            self.state, self.error = "failed", f"{type(error).__name__}: {error}"
            raise
        finally:
            self._end.set()


class Jobs:
    """The jobs of a tower; the newest `keep` are remembered."""

    def __init__(self, keep: int = 50) -> None:
        self._jobs: dict[str, Job] = {}
        self._numbers = itertools.count(1)
        self._lock = Lock()
        self._keep = keep

    def start(self, kind: str, work: Work) -> Job:
        """Run `work` in a thread of its own; one of a kind at a time, the running one is shared."""
        with self._lock:
            for job in self._jobs.values():
                if job.kind == kind and job.state == "running":
                    return job
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
        """Stop everything that runs and wait for it."""
        for job in self.all():
            job.cancel()
        for job in self.all():
            job.wait(timeout)
