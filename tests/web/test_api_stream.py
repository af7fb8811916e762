"""`GET /api/stream`: every row once and in order, resumed by id, ended at shutdown."""

import json
import time
from threading import Thread

import pytest

from support.acme import AT, counted, two_plants, used
from support.serving import served
from taktnet.app.settings import Channel, Settings
from taktnet.app.tower import Tower

SETTINGS = Settings(port=0, channels={"default": Channel(kind="none")}, stream_mb=0.01)


@pytest.fixture
def tower():
    """A tower whose ring holds only a few dozen rows."""
    with Tower.open(None, two_plants(), SETTINGS) as made:
        yield made


@pytest.fixture
def client(tower):
    """A client of its server."""
    with served(tower) as made:
        yield made


def rows(lines, count):
    """The next `count` rows of a stream as (id, data)."""
    found, id_ = [], None
    for line in lines:
        if line.startswith("id: "):
            id_ = int(line[4:])
        elif line.startswith("data: "):
            found.append((id_, json.loads(line[6:])))
            if len(found) == count:
                break
    return found


def test_live_rows_and_decisions(client, tower):
    """An event and the decision it caused arrive with their numbers, as in the ledger."""
    tower.ingest([counted(1)])
    with client.stream("GET", "/api/stream") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = answer.iter_lines()
        tower.ingest([used(1)])
        (one, two) = rows(lines, 2)
    assert (one[0], two[0]) == (2, 3)
    assert one[1]["seq"] == 2
    assert one[1]["event"]["kind"] == "stock.consumed/1"
    assert two[1]["event"]["kind"] == "decision.taken/1"
    assert two[1]["event"]["evidence"] == [2]


@pytest.mark.parametrize("after", [0, 1, 57, 300])
def test_resumes_behind_any_row(client, tower, after):
    """By Last-Event-ID or `after`, from the ring or from the ledger, nothing is left out."""
    for n in range(100):
        tower.ingest([counted(3 * n), counted(3 * n + 1), counted(3 * n + 2)])
    tower.ingest([counted(999)])
    for how in ({"headers": {"last-event-id": str(after)}}, {"params": {"after": after}}):
        with client.stream("GET", "/api/stream", **how) as answer:
            found = rows(answer.iter_lines(), 301 - after)
        assert [id_ for id_, _ in found] == list(range(after + 1, 302))
        assert all(data["seq"] == id_ for id_, data in found)


def test_header_wins_over_address(client, tower):
    """A browser that reconnects sends the old address and the newest id: the id counts."""
    tower.ingest([counted(n) for n in range(10)])
    how = {"headers": {"last-event-id": "8"}, "params": {"after": 1}}
    with client.stream("GET", "/api/stream", **how) as answer:
        assert rows(answer.iter_lines(), 1)[0][0] == 9


@pytest.mark.parametrize("position", ["x", "-1", "1.5", "99", "٣", "9" * 30, "\x00"])
def test_positions_that_are_none(client, position):
    """What is no row of this ledger is a bad request, so that nobody misses rows unaware."""
    answer = client.get("/api/stream", params={"after": position})
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"


def test_slow_reader_misses_nothing(client, tower):
    """A reader that does not read while hundreds of commits go by gets them all afterwards."""
    tower.ingest([counted(0)])
    with client.stream("GET", "/api/stream") as answer:
        lines = answer.iter_lines()
        next(lines)
        for n in range(1, 400):
            tower.ingest([counted(n), counted(10_000 + n)])
        time.sleep(0.3)
        found = rows(lines, 798)
    assert [id_ for id_, _ in found] == list(range(2, 800))


def test_many_readers_see_the_same(client, tower):
    """Ten readers at once, events in batches of all sizes: each reads every row in order."""
    tower.ingest([counted(0)])
    got = []

    def read():
        with client.stream("GET", "/api/stream", params={"after": 1}) as answer:
            got.append([id_ for id_, _ in rows(answer.iter_lines(), 300)])

    readers = [Thread(target=read) for _ in range(10)]
    for one in readers:
        one.start()
    sent = 1
    for size in (1, 2, 7, 40, 1, 100, 49, 100):
        tower.ingest([counted(sent + k) for k in range(size)])
        sent += size
    for one in readers:
        one.join(10)
    assert got == [list(range(2, 302))] * 10


def test_pulse_tells_only_how_far(client, tower):
    """With pulse=1 a reader hears of the newest row, seldom, instead of every row."""
    tower.ingest([counted(0)])
    with client.stream("GET", "/api/stream", params={"after": 0, "pulse": 1}) as answer:
        lines = answer.iter_lines()
        assert rows(lines, 1) == [(1, {"seq": 1})]
        for n in range(1, 50):
            tower.ingest([counted(n)])
        heard = rows(lines, 1)
        if heard[-1][0] < 50:
            heard += rows(lines, 1)
    assert heard[-1] == (50, {"seq": 50})
    assert len(heard) < 5


def test_streams_end_when_the_server_stops(tower):
    """Open streams do not hold a shutdown up, and their readers see the end."""
    ended = []
    with served(tower) as client:
        opened = []

        def read():
            with client.stream("GET", "/api/stream") as answer:
                opened.append(1)
                ended.append(sum(1 for _ in answer.iter_lines()))

        readers = [Thread(target=read) for _ in range(3)]
        for one in readers:
            one.start()
        while len(opened) < 3:
            time.sleep(0.01)
        began = time.monotonic()
    assert time.monotonic() - began < 2
    for one in readers:
        one.join(5)
    assert len(ended) == 3


def test_reader_that_left_is_forgotten(client, tower):
    """When a reader hangs up its place is freed."""
    tower.ingest([counted(0)])
    for _ in range(5):
        with client.stream("GET", "/api/stream") as answer:
            next(answer.iter_lines())
    tower.ingest([counted(1)])
    end = time.monotonic() + 5
    while client.get("/api/health").json()["streams"] and time.monotonic() < end:
        time.sleep(0.05)
    assert client.get("/api/health").json()["streams"] == 0
    assert AT is not None
