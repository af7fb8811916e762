"""The one writer of a ledger: a thread that commits what many callers hand in, a group at a time.

Callers submit batches and are told when theirs is durable. Everything that waits when a commit
ends goes into the next one, so one disk sync serves many callers; a batch is never split.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from threading import Condition, Thread
from typing import Any, Protocol

from taktnet.base.errors import TaktnetError
from taktnet.ledger.event import AnyEvent
from taktnet.ledger.ledger import Fenced, Receipt

Done = Callable[[tuple[Receipt, ...] | BaseException], None]


class Busy(TaktnetError):
    """Too much waits for the writer already; try again a little later."""


class Closed(TaktnetError):
    """The tower was closed."""


class Batch:
    """Events of one caller, to be committed together; `done` is called from the writer."""

    __slots__ = ("done", "events", "own", "positions")

    def __init__(
        self, events: Sequence[AnyEvent], done: Done, own: bool, positions: Mapping[str, int]
    ) -> None:
        self.events = events
        self.done = done
        self.own = own
        self.positions = positions


class Task:
    """Work to be done by the writer's thread between two commits."""

    __slots__ = ("future", "work")

    def __init__(self, work: Callable[[], Any]) -> None:
        self.work = work
        self.future: Future[Any] = Future()


class Committer(Protocol):
    """What the writer drives; see `app.engine.Engine`."""

    def commit(self, batches: Sequence[Batch]) -> list[tuple[Receipt, ...]]:
        """Commit the batches in one transaction; the receipts of each."""
        ...

    def recover(self) -> None:
        """After a failure: forget what was not committed, load again what was."""
        ...


class Writer:
    """Takes batches from any thread; commits them in the order they came."""

    def __init__(self, committer: Committer, group_events: int, queue_events: int) -> None:
        self._committer = committer
        self._group = group_events
        self._limit = queue_events
        self._inbox: SimpleQueue[Batch | Task | None] = SimpleQueue()
        self._room = Condition()
        self._queued = 0
        self._closed = False
        self._dead: BaseException | None = None
        self._thread = Thread(target=self._run, name="taktnet-writer", daemon=True)
        self._thread.start()

    def submit(
        self,
        events: Sequence[AnyEvent],
        done: Done,
        *,
        own: bool = False,
        positions: Mapping[str, int] | None = None,
        wait: bool = False,
    ) -> None:
        """Hand in a batch. `own` events are Taktnet's; `positions` are stored with the commit.

        Raises Busy when the queue is full (with `wait` it waits for room instead), Closed after
        `close`. A batch larger than the queue is taken when nothing else waits.
        """
        size = len(events)
        batch = Batch(events, done, own, positions or {})
        with self._room:
            while self._queued and self._queued + size > self._limit and not self._closed:
                if not wait:
                    raise Busy(f"{self._queued} events wait for the writer; try again in a second")
                self._room.wait()
            self._refuse_if_closed()
            self._queued += size
            self._inbox.put(batch)

    def append(self, events: Sequence[AnyEvent], **how: Any) -> tuple[Receipt, ...]:
        """Submit a batch, wait for room and for the commit; raises what the commit raised."""
        future: Future[tuple[Receipt, ...]] = Future()

        def done(outcome: tuple[Receipt, ...] | BaseException) -> None:
            if isinstance(outcome, BaseException):
                future.set_exception(outcome)
            else:
                future.set_result(outcome)

        self.submit(events, done, wait=True, **how)
        return future.result()

    def call(self, work: Callable[[], Any]) -> Any:
        """Run `work` in the writer's thread between two commits; its result."""
        task = Task(work)
        with self._room:
            self._refuse_if_closed()
            self._inbox.put(task)
        return task.future.result()

    def close(self) -> None:
        """Commit what waits, then end the thread. May be called twice."""
        with self._room:
            if not self._closed:
                self._closed = True
                self._inbox.put(None)
                self._room.notify_all()
        self._thread.join()

    def _refuse_if_closed(self) -> None:
        if self._dead is not None:
            raise TaktnetError(f"the writer has stopped: {self._dead}") from self._dead
        if self._closed:
            raise Closed("the tower is closed")

    def _run(self) -> None:
        item = self._inbox.get()
        while item is not None:
            if isinstance(item, Task):
                self._do(item)
                item = self._inbox.get()
                continue
            batches = [item]
            total = len(item.events)
            try:
                item = self._inbox.get_nowait()
                while isinstance(item, Batch) and total < self._group:
                    batches.append(item)
                    total += len(item.events)
                    item = self._inbox.get_nowait()
                following = True
            except Empty:
                following = False
            self._commit(batches)
            with self._room:
                self._queued -= total
                self._room.notify_all()
            if not following:
                item = self._inbox.get()

    @staticmethod
    def _do(task: Task) -> None:
        try:
            task.future.set_result(task.work())
        except BaseException as error:  # handed to the caller, who raises it
            task.future.set_exception(error)

    def _commit(self, batches: list[Batch]) -> None:
        if self._dead is not None:
            _fail(batches, self._dead)
            return
        try:
            outcomes = self._committer.commit(batches)
        except Fenced as error:
            self._dead = error
            _fail(batches, error)
        except BaseException as error:  # handed to every caller of the group
            self._recover(batches, error)
        else:
            for batch, receipts in zip(batches, outcomes, strict=True):
                batch.done(receipts)

    def _recover(self, batches: list[Batch], error: BaseException) -> None:
        try:
            self._committer.recover()
        except BaseException as worse:
            self._dead = worse
            _fail(batches, worse)
            return
        if len(batches) == 1:
            _fail(batches, error)
            return
        # One bad batch must not take the others of its group down: each on its own.
        for batch in batches:
            self._commit([batch])


def _fail(batches: Sequence[Batch], error: BaseException) -> None:
    for batch in batches:
        batch.done(error)
