"""Pages as of another time: what was, what was known, marked, without an answer or a stream."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from threading import Timer
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from support.web_tower import NOW, PRESENT, QUIET, TIMED, Held, World, eventful
from taktnet.app.settings import Settings
from taktnet.app.story import chain
from taktnet.ledger import event as e
from taktnet.ledger.fact import micros
from taktnet.web.api import create_app

BEFORE = NOW + timedelta(minutes=1)


@pytest.fixture(scope="module")
def later() -> Iterator[tuple[World, TestClient]]:
    """The eventful tower; an hour on, motors are counted that were there an hour before too."""
    world = eventful(World(settings=Settings(stale="wait", channels=QUIET.channels)))
    world.clock.reach(micros(NOW + timedelta(hours=2)))
    world.tell(
        world.make(e.StockCounted, NOW - timedelta(minutes=1), "OPO", item="MOT-36", qty=777)
    )
    world.tell(world.make(e.StockCounted, NOW + timedelta(hours=1), "OPO", item="MOT-36", qty=4321))
    yield world, TestClient(create_app(world.tower), base_url="http://127.0.0.1")
    world.close()


def page(client: TestClient, path: str, **when: object) -> str:
    """A page as of a time."""
    more = "&".join(f"{n}={quote(str(v))}" for n, v in when.items())
    answer = client.get(f"{path}{'&' if '?' in path else '?'}{more}")
    assert answer.status_code == 200, answer.text
    return answer.text


@pytest.mark.parametrize("path", TIMED)
def test_a_past_is_marked_and_neither_goes_on_nor_is_answered(
    later: tuple[World, TestClient], path: str
) -> None:
    """No stream, no form that writes, a way back, and links that stay in that time."""
    html = page(later[1], path, at=BEFORE.isoformat(), known=BEFORE.isoformat())
    assert "The past." in html and "Back to now" in html
    assert "data-stream" not in html and 'method="post"' not in html
    links = re.findall(r'href="(/(?:sites|items|loops|flow|kpis)[^"]*)"', html)
    assert links and all("at=2026" in link and "known=2026" in link for link in links)
    assert 'name="known" value="2026' in html, "the search stays there too"
    assert "The past." not in later[1].get(path).text


@pytest.mark.parametrize("path", PRESENT)
def test_a_page_that_knows_no_past_says_that_it_speaks_of_now(
    later: tuple[World, TestClient], path: str
) -> None:
    """And its links lead back to where the reader was."""
    html = page(later[1], path, at=BEFORE.isoformat())
    assert "This page speaks of now." in html and "The past." not in html
    assert re.search(r'href="/sites\?at=2026[^"]*"', html)
    assert "speaks of now" not in later[1].get(path).text


def test_the_log_answers_both_times(later: tuple[World, TestClient]) -> None:
    """What happened by then, and what was on record by then: rows, older rows, one row, search."""
    world, client = later
    head = world.tower.ledger.head.seq
    late, after = head - 1, head  # recorded an hour on: a count of before, and one of then
    now = client.get("/events").text
    was = page(client, "/events", at=BEFORE.isoformat())
    knew = page(client, "/events", known=BEFORE.isoformat())
    assert f"/events/{late}" in now and f"/events/{after}" in now
    assert f"/events/{late}?" in was and f"/events/{after}?" not in was
    assert f"/events/{late}?" not in knew and f"/events/{after}?" not in knew
    assert f"/events/{late}?" not in page(client, "/events/rows", known=BEFORE.isoformat())
    for seq, when, status in (
        (late, "at", 200), (after, "at", 404), (late, "known", 404), (after, "known", 404),
    ):  # fmt: skip
        answer = client.get(f"/events/{seq}", params={when: BEFORE.isoformat()})
        assert answer.status_code == status, (seq, when)
        assert "The past." in answer.text
    start = NOW - timedelta(days=2, hours=23)
    assert "SHP-1" in page(client, "/search/hits?q=SHP-1", at=start.isoformat())
    early = start - timedelta(days=1)
    assert "Nothing named" in page(client, "/search/hits?q=SHP-1", at=early.isoformat())


def test_the_chain_of_an_event_ends_where_the_past_ends(later: tuple[World, TestClient]) -> None:
    """A decision that rests on an event is no part of its story before it was recorded."""
    world, client = later
    row = next(r for r in world.tower.ledger.read(0, 9999) if isinstance(r.event, e.DecisionTaken))
    cause = row.event.evidence[-1]
    assert f"/events/{row.seq}" in client.get(f"/events/{cause}").text
    told = chain(world.tower.ledger, cause)
    then = chain(world.tower.ledger, cause, lambda r: r.seq < row.seq)
    assert told and [d.seq for d in told.decisions] == [row.seq]
    assert then and then.decisions == ()
    early = {"at": (NOW - timedelta(days=9)).isoformat()}
    assert client.get(f"/api/events/{cause}/chain", params=early).status_code == 404
    assert client.get("/api/events", params=early).json()["rows"] == []
    asked = {"known": BEFORE.isoformat(), "limit": 1}
    (newest,) = client.get("/api/events", params=asked).json()["rows"]
    assert newest["seq"] == world.tower.ledger.head.seq - 2


def test_a_long_look_shows_how_far_it_is_and_then_the_page() -> None:
    """The answer comes at once, with a job to follow and to stop; folded, it is the page."""
    world = eventful(World())
    world.tower.parts.past = held = Held(world.tower.parts.past)  # type: ignore[assignment]
    with TestClient(create_app(world.tower), base_url="http://127.0.0.1") as client:
        answer = client.get("/items", params={"at": BEFORE.isoformat()})
        assert answer.status_code == 202 and "Looking back" in answer.text
        (name,) = re.findall(r'data-job="([^"]+)"', answer.text)
        assert client.get(f"/api/jobs/{name}").json()["state"] == "running"
        asked = {"params": {"at": BEFORE.isoformat()}, "headers": {"Prefer": "respond-async"}}
        later = client.get("/api/state/stock", **asked)
        assert later.status_code == 202 and later.headers["location"] == f"/api/jobs/{name}"
        held.go.set()
        assert world.tower.jobs.get(name).wait(20)
        assert "The past." in page(client, "/items", at=BEFORE.isoformat())
        assert client.get("/api/state/stock", **asked).status_code == 200
    world.close()


def test_a_look_that_was_stopped_is_told(later: tuple[World, TestClient]) -> None:
    """Whoever waits over HTTP for what another stopped gets 503, not half a state."""
    world = eventful(World())
    world.tower.parts.past = held = Held(world.tower.parts.past)  # type: ignore[assignment]
    with TestClient(create_app(world.tower), base_url="http://127.0.0.1") as client:
        asked = {"at": BEFORE.isoformat()}
        html = client.get("/", params=asked).text
        (name,) = re.findall(r'data-job="([^"]+)"', html)
        world.tower.jobs.get(name).cancel()
        Timer(0.3, held.go.set).start()
        answer = client.get("/api/state", params=asked)
        assert answer.status_code == 503 and "was stopped" in answer.json()["detail"]
        assert client.get("/api/state", params=asked).status_code == 200
    world.close()


def test_as_it_was_and_as_it_was_known(later: tuple[World, TestClient]) -> None:
    """What came late counts at its own time; by what was known then it does not count."""
    _, client = later
    now = client.get("/items/MOT-36").text
    was = page(client, "/items/MOT-36", at=BEFORE.isoformat())
    knew = page(client, "/items/MOT-36", known=BEFORE.isoformat())
    assert "4,321" in now and "773" not in now
    assert "773" in was and "4,321" not in was
    assert "773" not in knew and "4,321" not in knew


def test_a_time_without_an_offset_is_that_of_the_first_plant(
    later: tuple[World, TestClient],
) -> None:
    """The form sends local times; the pages show them in the same zone again."""
    html = page(later[1], "/sites", at="2026-09-21T15:01", level="attention")
    assert 'value="2026-09-21T15:01"' in html
    assert '<input type="hidden" name="level" value="attention">' in html


@pytest.mark.parametrize(
    "when", ["yesterday", "2026-13-01", "2999-01-01T00:00", "0001-01-01T00:00"]
)
def test_a_time_that_cannot_be_looked_at_is_refused(
    later: tuple[World, TestClient], when: str
) -> None:
    """A page that says what is wrong, never a failure."""
    answer = later[1].get("/loops", params={"known": when})
    assert answer.status_code == 422 and "No such time" in answer.text
