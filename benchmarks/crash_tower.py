"""A whole tower for the crash harness: rules decide, the dispatcher sends to a fickle partner."""

from __future__ import annotations

import http.server
import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from taktnet.app.settings import Channel, Settings
from taktnet.app.tower import Tower
from taktnet.exchange import webhook
from taktnet.ledger.codec import encode
from taktnet.ledger.event import AnyEvent, DecisionTaken, SignalRefused, SignalSent, StockConsumed
from taktnet.ledger.fact import FACT
from taktnet.ledger.ledger import Entry, Ledger, Receipt, Recorded
from taktnet.ledger.memory import MemoryLedger
from taktnet.network import Network
from taktnet.network.generate import generate
from taktnet.policy import Rules
from taktnet.state import State

START = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
SECRET = "whsec_" + "Y3Jhc2gtdGVzdC1zZWNyZXQtb2YtMzItYnl0ZXMh"
_DRAIN_S = 60.0
Answer = Callable[[tuple[Receipt, ...]], None]


class Plants:
    """A small network, and what is used up in it."""

    def __init__(self) -> None:
        self.network: Network = generate(12, 1)
        self._points = self.network.stock_points

    def __call__(self, n: int) -> AnyEvent:
        """The n-th event: stock is used at one of the points, some seconds later each time."""
        point = self._points[n * 7 % len(self._points)]
        return StockConsumed(
            source="mes", id=f"u{n:07d}", at=START + timedelta(seconds=5 * n), site=point.site,
            item=point.item, qty=float(n % 23 + 1),
        )  # fmt: skip

    def warm_up(self) -> None:
        """Compile the rules and the fold before any process is forked."""
        ledger = MemoryLedger()
        admission = ledger.admit([self(n) for n in range(40)], 1)
        facts = np.frombuffer(bytearray().join([a.facts for a in admission.admitted]), FACT)
        state = State(ledger.names)
        Rules(self.network, ledger.names).step(state, facts, 1)
        State.from_bytes(state.to_bytes(), ledger.names).digest()


class TowerSubject:
    """A tower in the folder, its ledger at `url`, its signals to the partner at `port`."""

    def __init__(self, place: Path, url: str, plants: Plants, port: int) -> None:
        partner = Channel("webhook", url=f"http://127.0.0.1:{port}/", secret=SECRET)
        settings = Settings(
            ledger=url, checkpoint_s=0.02, snapshot_events=300, signal_attempts=1000,
            signal_backoff_s=0.01, signal_backoff_max_s=0.05, channels={"default": partner},
        )  # fmt: skip
        self.tower = Tower.open(place, plants.network, settings)

    def submit(self, events: list[AnyEvent], answer: Answer) -> None:
        """Hand over to the writer; it answers from its own thread when the group is durable."""

        def done(outcome: tuple[Receipt, ...] | BaseException) -> None:
            if isinstance(outcome, BaseException):
                print(f"commit failed: {outcome}", flush=True)
                os._exit(3)
            answer(outcome)

        self.tower.writer.submit(events, done)

    def digest(self) -> tuple[int, str]:
        """(row, digest) of the writer's own state, between two commits."""
        engine = self.tower.parts.engine
        return self.tower.writer.call(lambda: (engine.state.seq, engine.state.digest()))

    def close(self) -> None:
        """Send all that is decided, then close in good order."""
        ends = time.monotonic() + _DRAIN_S
        while not self.tower.parts.dispatcher.idle and time.monotonic() < ends:
            time.sleep(0.02)
        self.tower.close()


def partner(log: Path, port_out: int, seed: int) -> None:
    """A receiver that now and then fails before, or goes silent after, it took a signal."""
    chance = random.Random(seed)
    notes = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    class Receiver(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            """Note id and body of what is genuine; answer 204, mostly."""
            length = int(self.headers["content-length"])
            body = self.rfile.read(length)
            if len(body) < length:  # its sender was killed while it wrote
                self.close_connection = True
                return
            fate = chance.random()
            headers = {name.lower(): value for name, value in self.headers.items()}
            if not webhook.genuine(SECRET, headers, body, int(time.time())):
                os.write(notes, b"forged -\n")
            elif fate > 0.05:
                told = f"{headers['webhook-id']} {sha256(body).hexdigest()}\n"
                os.write(notes, told.encode())
            status = 204 if fate > 0.10 else 503  # between: taken, and the answer says not
            self.send_response(status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Quiet."""

    class Server(http.server.ThreadingHTTPServer):
        def handle_error(self, request: Any, client_address: Any) -> None:
            """A sender that was killed breaks its connections: that is what it is for."""

    server = Server(("127.0.0.1", 0), Receiver)
    os.write(port_out, f"{server.server_port}\n".encode())
    server.serve_forever()


def examine_signals(ledger: Ledger, log: Path) -> list[str]:
    """Every decision reached the partner, under its one id and with one body; nothing else did."""
    decisions, reported = set[str](), Counter[str]()
    for row in _rows(ledger):
        if isinstance(row, DecisionTaken) and not row.waiting:
            decisions.add(row.decision)
        elif isinstance(row, SignalSent | SignalRefused):
            reported[row.decision] += 1
    bodies: dict[str, set[str]] = {}
    for line in log.read_text().splitlines() if log.exists() else ():
        told, digest = line.rsplit(" ", 1)
        bodies.setdefault(told, set()).add(digest)
    faults = {
        "decisions never reached the partner": decisions - set(bodies),
        "signals were of no recorded decision": set(bodies) - decisions,
        "ids came with different contents": {k for k, v in bodies.items() if len(v) > 1},
        "decisions were reported more than once": {k for k, v in reported.items() if v > 1},
        "decisions were not reported as sent": decisions - set(reported),
    }
    return [f"{len(ids)} {what}: {sorted(ids)[0]}" for what, ids in faults.items() if ids]


def _rows(ledger: Ledger) -> Any:
    after = 0
    while page := ledger.read(after, 5_000):
        for row in page:
            yield row.event
        after = page[-1].seq


def examine_decisions(ledger: Ledger, network: Network) -> list[str]:
    """The rules over what happened decide again exactly what is recorded, to the last byte.

    So no decision is missing and none was taken twice under two ids.
    """
    again = MemoryLedger()
    state, rules = State(again.names), Rules(network, again.names)
    for group in _commits(ledger):
        given = [row for row in group if not isinstance(row.event, DecisionTaken)]
        admission = again.admit([row.event for row in given], group[0].recorded)
        facts = np.frombuffer(bytearray().join([a.facts for a in admission.admitted]), FACT)
        step = rules.step(state, facts, group[0].recorded)
        decided = dict(zip(step.seqs, map(encode, step.decisions), strict=True))
        taken = {row.seq: row.body for row in group if isinstance(row.event, DecisionTaken)}
        if decided != taken:
            return [f"rows from {group[0].seq} on are not what the rules decide again"]
        packed = {n: step.facts[step.facts["seq"] == n].tobytes() for n in step.facts["seq"]}
        rows = [Entry(row.seq, row.event, row.body, packed[row.seq]) for row in group]
        again.commit(rows, group[0].recorded)
    return []


def _commits(ledger: Ledger) -> Iterator[list[Recorded]]:
    """The rows by the commit they came with: all of one have the same recorded time."""
    seq, group = 0, list[Recorded]()
    while page := ledger.read(seq, 5_000):
        for row in page:
            if group and row.recorded != group[0].recorded:
                yield group
                group = []
            group.append(row)
        seq = page[-1].seq
    if group:
        yield group
