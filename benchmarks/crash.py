"""SIGKILL the writer at random moments; then nothing acknowledged may be lost or count twice.

    uv run python benchmarks/crash.py [--store sqlite postgres] [--what ledger tower]
                                      [--kills 500] [--json]

A client sends batches, keeps what is not acknowledged, and sends it again to the next process, in
another order and with some that were acknowledged already. Each process is killed at a moment drawn
from its whole life: while opening (three in ten from the start on, the others from the first answer
on), admitting, committing, signing, keeping a snapshot, answering.
Afterwards the log must verify (chain, facts, Merkle checkpoints), every acknowledged event be there
once, and the state be the same whether it was live, loaded from a snapshot, or folded anew.

A tower is killed with its dispatcher: every decision must then have reached the partner (who fails
one time in ten, half of these after having taken the signal) under its one id with one content, and
the rules over what happened must decide again exactly what is recorded.

`--torn N` damages the SQLite write-ahead log instead, N times, as a power cut may leave it.
A SIGKILL keeps what the operating system has cached: it does not show what a power cut does to a
program that forgets to sync. That commits wait for the disk is `synchronous = FULL` and
`synchronous_commit = on`, which the tests of the stores hold fast.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import select
import signal
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from append import happening
from crash_subjects import LedgerSubject, Subject, as_json, examine, serve
from crash_torn import torn

from taktnet.ledger.event import AnyEvent
from taktnet.ledger.memory import MemoryLedger
from taktnet.state import State
from taktnet.store import open_ledger

ROOT = Path(__file__).resolve().parents[1]
_OUTSTANDING = 4
_LIFE_S = {"ledger": 0.3, "tower": 0.5}
_LONGEST_START_S = 60.0


class Case(NamedTuple):
    """What is killed, the events it is sent, and what is looked at in between and at the end."""

    open: Callable[[], Subject]
    make: Callable[[int], AnyEvent]
    look: Callable[[], dict[str, Any]]
    last: Callable[[], dict[str, Any]]


class Client:
    """Sends events until they are acknowledged, for as many processes as it takes."""

    def __init__(self, chance: random.Random) -> None:
        self._chance, self._next = chance, 0
        self.acked: set[int] = set()
        self.unsure: list[list[int]] = []  # batches on their way when a process was killed
        self.flying: deque[list[int] | None] = deque()  # None: a digest was asked for
        self.live: dict[int, str] = {}
        self.resent = self.again = self.in_flight = 0

    def line(self) -> bytes:
        """What to send next: something unsure, something new, or a question."""
        chance = self._chance
        if self.unsure and chance.random() < 0.7:
            batch = self.unsure.pop(chance.randrange(len(self.unsure)))
            chance.shuffle(batch)
            self.resent += len(batch)
        elif chance.random() < 0.05:
            self.flying.append(None)
            return b"digest\n"
        else:
            size = chance.choice((1, 1, 5, 20, 100))
            batch = list(range(self._next, self._next + size))
            self._next += size
            if self.acked and chance.random() < 0.2:
                batch.append(chance.choice(tuple(self.acked)))
        self.flying.append(batch)
        return f"batch {' '.join(map(str, batch))}\n".encode()

    def hear(self, line: str) -> None:
        """One answer: an acknowledgement of the oldest batch, or a digest."""
        words, batch = line.split(), self.flying.popleft()
        if words[0] == "digest":
            assert batch is None
            self.live[int(words[1])] = words[2]
        else:
            assert batch is not None
            self.again += int(words[1])
            self.acked.update(batch)

    def killed(self) -> None:
        """The process is gone: what was not acknowledged is sent again."""
        left = [batch for batch in self.flying if batch is not None]
        self.in_flight += bool(left)
        self.unsure += left
        self.flying.clear()


def fork(work: Callable[[int, int], None]) -> tuple[int, int, int]:
    """(pid, file to write to it, file to read from it) of a process that runs `work`."""
    down_r, down_w = os.pipe()
    up_r, up_w = os.pipe()
    pid = os.fork()
    if pid:
        os.close(down_r)
        os.close(up_w)
        return pid, down_w, up_r
    os.close(down_w)
    os.close(up_r)
    code = 1
    try:
        work(down_r, up_w)
        code = 0
    except BaseException as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
    finally:
        os._exit(code)


def one_life(
    client: Client, start: Callable[[int, int], None], life_s: float, from_start: bool
) -> None:
    """Start a process, keep it busy, kill it `life_s` after its start or its first answer."""
    pid, to, back = fork(start)
    os.set_blocking(to, False)
    ends, unread = time.monotonic() + (life_s if from_start else _LONGEST_START_S), b""
    while (left := ends - time.monotonic()) > 0:
        room = len(client.flying) < _OUTSTANDING
        ready, writable, _ = select.select([back], [to] if room else [], [], left)
        if ready:
            data = os.read(back, 65_536)
            if not data:
                raise RuntimeError("the writer ended by itself")
            unread = hear(client, unread + data)
            if not from_start:
                ends, from_start = time.monotonic() + life_s, True
        if writable:
            os.write(to, client.line())
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    while data := os.read(back, 65_536):  # answers that were on their way are answers
        unread = hear(client, unread + data)
    os.close(to)
    os.close(back)
    client.killed()


def hear(client: Client, data: bytes) -> bytes:
    """Take up whole lines; what is left."""
    *lines, rest = data.split(b"\n")
    for line in lines:
        client.hear(line.decode())
    return rest


def finish(client: Client, start: Callable[[int, int], None]) -> None:
    """A process that is not killed: everything unsure is sent and acknowledged."""
    pid, to, back = fork(start)
    unread = b""
    while client.unsure or client.flying:
        while client.unsure and len(client.flying) < _OUTSTANDING:
            batch = client.unsure.pop()
            client.flying.append(batch)
            client.resent += len(batch)
            os.write(to, f"batch {' '.join(map(str, batch))}\n".encode())
        data = os.read(back, 65_536)
        if not data:
            raise RuntimeError("the last writer ended by itself")
        unread = hear(client, unread + data)
    os.close(to)
    os.waitpid(pid, 0)
    os.close(back)


def checked(look: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What an uninvolved process finds."""

    def work(_: int, out: int) -> None:
        with os.fdopen(out, "wb") as file:
            file.write(as_json(look()))

    pid, to, back = fork(work)
    with os.fdopen(back, "rb") as file:
        data = file.read()
    os.close(to)
    os.waitpid(pid, 0)
    if not data:
        raise RuntimeError("the examination failed")
    return json.loads(data)


@contextmanager
def store(kind: str, place: Path) -> Iterator[str]:
    """The address of an empty store."""
    if kind == "sqlite":
        yield f"sqlite:{place / 'ledger.db'}"
        return
    sys.path.insert(0, str(ROOT / "tests"))
    from support import postgres

    with postgres.server() as server:
        yield server.url(server.fresh().split("dbname=")[1])


def warm_up() -> None:
    """Compile or load what is compiled, once, before any process is forked."""
    ledger = MemoryLedger()
    ledger.append([happening(n) for n in range(20)], 1)
    state = State(ledger.names)
    for facts in ledger.facts():
        state.fold(facts)
    State.from_bytes(state.to_bytes(), ledger.names).digest()


@contextmanager
def bare(place: Path, url: str, client: Client, _: int) -> Iterator[Case]:
    """A ledger with state, checkpoints and snapshots."""
    warm_up()

    def look() -> dict[str, Any]:
        ledger = open_ledger(url, read_only=True)
        return examine(ledger, place, client.acked, client.live, happening)

    yield Case(lambda: LedgerSubject(place, url), happening, look, look)


@contextmanager
def tower(place: Path, url: str, client: Client, seed: int) -> Iterator[Case]:
    """A tower with rules and dispatcher, and the partner it sends to."""
    from crash_tower import Plants, TowerSubject, examine_decisions, examine_signals, partner

    plants, log = Plants(), place / "partner.log"
    plants.warm_up()
    pid, to, back = fork(lambda _, out: partner(log, out, seed))
    port = int(os.read(back, 100))

    def look() -> dict[str, Any]:
        ledger = open_ledger(url, read_only=True)
        found = examine(ledger, place, client.acked, client.live, plants)
        found["wrong"] += examine_decisions(ledger, plants.network)
        return found

    def last() -> dict[str, Any]:
        found = look()
        found["wrong"] += examine_signals(open_ledger(url, read_only=True), log)
        found["signals"] = len(log.read_bytes().splitlines())
        return found

    try:
        yield Case(lambda: TowerSubject(place, url, plants, port), plants, look, last)
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(to)
        os.close(back)


GOOD = {
    "ledger": "0 acknowledged lost, 0 counted twice, log verifies, states are equal",
    "tower": "0 acknowledged lost, 0 counted twice, 0 decisions unsent or under two ids",
}
WHAT = {"ledger": bare, "tower": tower}


def measure(what: str, kind: str, args: argparse.Namespace) -> dict[str, Any]:
    """Kill that many processes; examine after each `every` of them and at the end."""
    chance = random.Random(args.seed)
    client, wrong = Client(chance), list[str]()
    with (
        tempfile.TemporaryDirectory() as folder,
        store(kind, Path(folder)) as url,
        WHAT[what](Path(folder), url, client, args.seed) as case,
    ):

        def start(inbox: int, outbox: int) -> None:
            serve(case.open(), case.make, inbox, outbox)

        begun = time.monotonic()
        for n in range(1, args.kills + 1):
            life_s = chance.uniform(0.0, args.life or _LIFE_S[what])
            one_life(client, start, life_s, from_start=chance.random() < 0.3)
            if n % args.every == 0:
                wrong += [f"after {n} kills: {w}" for w in checked(case.look)["wrong"]]
                client.live.clear()  # examined; a longer list costs a fold each time
        finish(client, start)
        found = checked(case.last)
    return {
        "what": what, "store": kind, "kills": args.kills, "in_flight": client.in_flight,
        "acked": len(client.acked), "events": found["events"], "rows": found["rows"],
        "resent": client.resent, "known_already": client.again, **found["sent"],
        "signals": found.get("signals", 0), "wrong": wrong + found["wrong"],
        "seconds": round(time.monotonic() - begun, 1),
    }  # fmt: skip


def main() -> int:
    """Kill, examine, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--store", choices=("sqlite", "postgres"), nargs="+",
                        default=["sqlite", "postgres"])  # fmt: skip
    parser.add_argument("--what", choices=tuple(WHAT), nargs="+", default=list(WHAT))
    parser.add_argument("--life", type=float, help="longest life, in seconds")
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--every", type=int, default=50, help="kills between two examinations")
    parser.add_argument("--torn", type=int, default=0, help="damaged write-ahead logs instead")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    if args.torn:
        rows = [torn(args.torn, args.seed)]
    else:
        rows = [measure(what, kind, args) for what in args.what for kind in args.store]
    if args.json:
        print(json.dumps({"rows": rows}, indent=1))
    else:
        for row in rows:
            print("  ".join(f"{k} {v}" for k, v in row.items() if k != "wrong"))
            print("\n".join(row["wrong"]) or f"  {GOOD[row.get('what', 'ledger')]}")
    return 1 if any(row["wrong"] for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
