"""What a tower is made of, put together in one place; nothing connects at import."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from taktnet.app import home
from taktnet.app.clock import Clock, ReplayClock, WallClock
from taktnet.app.dispatch import Dispatcher, open_transports
from taktnet.app.engine import OWN, Engine
from taktnet.app.hub import Hub
from taktnet.app.jobs import Jobs
from taktnet.app.keeper import Keeper
from taktnet.app.past import Closer, Past
from taktnet.app.plans.proposal import Proposals
from taktnet.app.reading import KpiReading, StateReading, load_state
from taktnet.app.revisions import Revisions
from taktnet.app.settings import Settings
from taktnet.app.simulation.forks import Forks
from taktnet.app.writer import Writer
from taktnet.base.errors import TaktnetError
from taktnet.ledger.checkpoint import Checkpointer
from taktnet.ledger.event import AnyEvent, NetworkChanged
from taktnet.ledger.fact import instant
from taktnet.ledger.ledger import Ledger
from taktnet.ledger.memory import MemoryLedger
from taktnet.ledger.note import Signer, open_signer
from taktnet.network import Network
from taktnet.policy import Rules

_SENDERS = 16
_WITHIN_SECOND = 0.75  # of the allowed time between checkpoints, so that none comes late


#: Which clock the newest writing tower went by, kept with the ledger.
CLOCK, WALL, REPLAY = "tower.clock", b"wall", b"replay"
#: The clock of a simulated run: it stands at the last row, whoever opens the tower.
SIMULATED = b"simulated"


@dataclass(slots=True)
class Parts:
    """A running tower's parts; `writer`, `keeper` and `dispatcher` are None when only reading."""

    place: Path | None
    settings: Settings
    clock: Clock
    ledger: Ledger
    past: Past
    revisions: Revisions
    signer: Signer | None
    hub: Hub
    state: StateReading
    kpis: KpiReading
    jobs: Jobs
    proposals: Proposals
    forks: Forks
    engine: Engine | None = None
    writer: Writer | None = None
    keeper: Keeper | None = None
    dispatcher: Dispatcher | None = None
    closer: Closer | None = None
    rounds: Callable[[], object] | None = None

    def publish(
        self, first: int, recorded: int, facts: np.ndarray, bodies: Sequence[bytes]
    ) -> None:
        """Rows from `first` on are durable; called in the writer's thread."""
        self.state.hear(facts)
        self.hub.put(first, recorded, bodies)
        if self.dispatcher is not None:
            self.dispatcher.hear()

    def close(self) -> None:
        """Stop everything, outermost first; what was acknowledged is durable already."""
        self.jobs.close()
        if self.dispatcher is not None:
            self.dispatcher.close()
        if self.closer is not None:
            self.closer.close()
        if self.writer is not None:
            self.writer.close()
        if self.keeper is not None:
            self.keeper.close()
        self.ledger.close()


def assemble(
    place: Path | None, network: Network | None, settings: Settings, clock: Clock | None = None
) -> Parts:
    """Open or make the tower in the folder `place`, or one in memory, and start it."""
    if place is not None:
        place.mkdir(parents=True, exist_ok=True)
    ledger = open_tower_ledger(place, settings, read_only=False)
    try:
        past = open_past(ledger, place, settings)
        clock = clock or _own_clock(ledger)
        parts = _readers(past, Revisions(ledger, past, network), place, settings, clock)
        _keep_clock(parts.clock, ledger)
        _start(parts)
        _take_up(parts, network)
    except BaseException:
        ledger.close()
        raise
    return parts


def assemble_reader(place: Path, settings: Settings, clock: Clock | None = None) -> Parts:
    """Look at a tower without writing: it may be running in another process."""
    ledger = open_tower_ledger(place, settings, read_only=True)
    clock = clock or _kept_clock(ledger)
    try:
        past = open_past(ledger, place, settings)
        revisions = Revisions(ledger, past, None, read_only=True)
        return _readers(past, revisions, place, settings, clock)
    except BaseException:
        ledger.close()
        raise


def open_tower_ledger(place: Path | None, settings: Settings, *, read_only: bool) -> Ledger:
    """The ledger that the settings name; without a name, the file in the folder, or memory."""
    from taktnet.store import open_ledger

    if settings.ledger:
        return open_ledger(settings.ledger, read_only=read_only)
    if place is None:
        return MemoryLedger()
    return open_ledger(f"sqlite:{place / home.LEDGER}", read_only=read_only)


def open_tower_signer(place: Path | None, settings: Settings) -> Signer | None:
    """Who signs the tower's checkpoints; None where its key is not to be had."""
    name, seed = home.origin_name(settings.tenant), os.urandom(32)
    if place is None:
        return Signer(name, seed)
    key = place / home.KEY
    return open_signer(key, name, seed) if key.exists() or os.access(place, os.W_OK) else None


def open_past(ledger: Ledger, place: Path | None, settings: Settings) -> Past:
    """The closed segments that the settings name; none for a tower in memory."""
    folder = None
    if place is not None and settings.segments != "none":
        folder = place / (settings.segments or home.SEGMENTS)
    return Past(ledger, folder, settings.segment_events, settings.segment_days)


def _keep_clock(clock: Clock, ledger: Ledger) -> None:
    """Note which clock the tower goes by; a replayed one goes on where the record ends."""
    kept = ledger.load_snapshot(CLOCK)
    name = WALL
    if isinstance(clock, ReplayClock):
        name = REPLAY
        clock.reach(ledger.head.recorded)
    if (kept[1] if kept else WALL) not in (name, SIMULATED):
        ledger.save_snapshot(CLOCK, ledger.head.seq, name)


def _own_clock(ledger: Ledger) -> Clock:
    """The clock of a tower that is opened without one: the wall's, but for a simulated run."""
    kept = ledger.load_snapshot(CLOCK)
    simulated = kept is not None and kept[1] == SIMULATED
    return ReplayClock(ledger.head.recorded) if simulated else WallClock()


def _kept_clock(ledger: Ledger) -> Clock:
    """The clock to look by: a history that was replayed is seen as of its last row."""
    kept = ledger.load_snapshot(CLOCK)
    replayed = kept is not None and kept[1] in (REPLAY, SIMULATED)
    return ReplayClock(ledger.head.recorded) if replayed else WallClock()


def _readers(
    past: Past,
    revisions: Revisions,
    place: Path | None,
    settings: Settings,
    clock: Clock | None,
) -> Parts:
    ledger = past.ledger
    return Parts(
        place=place,
        settings=settings,
        clock=clock or WallClock(),
        ledger=ledger,
        past=past,
        revisions=revisions,
        signer=open_tower_signer(place, settings),
        hub=Hub(int(settings.stream_mb * 1_000_000), ledger.head.seq),
        state=StateReading(ledger, past),
        kpis=KpiReading(ledger, past, revisions),
        jobs=Jobs(),
        proposals=Proposals(ledger),
        forks=Forks(),
    )


def _start(parts: Parts) -> None:
    settings, ledger = parts.settings, parts.ledger
    engine = Engine(
        ledger,
        parts.revisions,
        clock=parts.clock,
        tenant=settings.tenant,
        make_rules=lambda network: Rules(
            network, ledger.names, stale=settings.stale, tenant=settings.tenant
        ),
        load_state=lambda: load_state(ledger, parts.past),
        publish=parts.publish,
    )
    writer = Writer(engine, settings.group_events, settings.queue_events)
    parts.engine, parts.writer = engine, writer
    assert parts.signer is not None
    interval = int(settings.checkpoint_s * _WITHIN_SECOND * 1_000_000)
    parts.keeper = Keeper(
        ledger,
        Checkpointer(ledger, parts.signer, interval),
        state=parts.state,
        kpis=parts.kpis,
        revisions=parts.revisions,
        snapshot_events=settings.snapshot_events,
        review=lambda: _review(parts),
        review_s=settings.review_s,
        micros=lambda: time.monotonic_ns() // 1000,
    )
    if parts.place is not None and settings.segments != "none":
        parts.closer = Closer(parts.past, parts.clock.now, parts.keeper.root)
    transports = open_transports(settings, parts.place)
    parts.dispatcher = Dispatcher(
        ledger,
        lambda events, positions: writer.append(events, own=True, positions=positions),
        transports,
        clock=parts.clock,
        settings=settings,
        executor=ThreadPoolExecutor(_SENDERS, thread_name_prefix="taktnet-send"),
        chance=random.Random(),  # noqa: S311 - jitter of retries, no secret
    )
    parts.dispatcher.start(time.monotonic)


def _review(parts: Parts) -> None:
    """Decide and plan what is due by time; in a replayed history only events move anything."""
    if parts.writer is not None and parts.engine is not None and _is_live(parts.clock):
        parts.writer.call(parts.engine.review)
        if parts.rounds is not None:
            parts.rounds()


def _is_live(clock: Clock) -> bool:
    return not isinstance(clock, ReplayClock)


def _take_up(parts: Parts, network: Network | None) -> None:
    """Record what was edited in the network's files since they were last taken up."""
    if network is None:
        return
    since, edits = parts.revisions.edits(network)
    if not edits:
        return
    assert parts.writer is not None
    at = instant(parts.clock.now())
    digest = network.digest
    events: list[AnyEvent] = [
        NetworkChanged(
            source=OWN,
            id=f"files:{since}:{digest[:16]}:{n}",
            at=at,
            tenant=parts.settings.tenant,
            table=table,
            key=key,
            values=values,
            digest=digest,
            by="files",
        )
        for n, (table, key, values) in enumerate(edits)
    ]
    ledger, tenant = parts.ledger, parts.settings.tenant
    new = [event for event in events if ledger.find(OWN, event.id, tenant) is None]
    for receipt in parts.writer.append(new, own=True):
        if receipt.outcome != "recorded":
            raise TaktnetError(f"the edited network was not taken up: {receipt.detail}")
    parts.revisions.took_up(network, ledger.head.seq)
