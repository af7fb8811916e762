"""Pages as of another time: what was, what was known, marked, without an answer or a stream."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from support.web_tower import NOW, QUIET, TIMED, World, eventful
from taktnet.app.settings import Settings
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
    assert "The past." not in later[1].get(path).text


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
