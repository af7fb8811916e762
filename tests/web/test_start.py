"""A tower that starts where nothing is compiled: pages at once that say so, then the pages."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event

import pytest
from starlette.testclient import TestClient

from support.browser import browser, need_chromium, serving, tab
from support.web_tower import PAGES, World, eventful
from taktnet.app import ready
from taktnet.app.jobs import Job
from taktnet.web.api import create_app


class Slow:
    """A start of two steps, the second when it may."""

    def __init__(self) -> None:
        self.go = Event()

    def __call__(self, job: Job) -> None:
        """Report the first, then wait."""
        job.at(1, 2)
        self.go.wait(100)


@pytest.fixture
def world() -> Iterator[World]:
    """The eventful tower."""
    made = eventful(World())
    yield made
    made.close()


def test_until_the_tower_is_ready_every_page_says_how_far_it_is(world: World) -> None:
    """No page waits for the compiler; the API answers; the job can be followed; then the pages."""
    work = Slow()
    job = world.tower.jobs.start(ready.KIND, work)
    with TestClient(create_app(world.tower, starting=job), base_url="http://127.0.0.1") as client:
        for path in PAGES[:3]:
            answer = client.get(path)
            assert answer.status_code == 503 and answer.headers["retry-after"] == "2"
            assert "The tower is starting" in answer.text and f'data-job="{job.id}"' in answer.text
            assert 'value="1" max="2"' in answer.text
        assert client.get("/api/health").json()["seq"] == world.tower.ledger.head.seq
        assert client.get(f"/api/jobs/{job.id}").json()["state"] == "running"
        work.go.set()
        assert all(client.get(path).status_code == 200 for path in PAGES)


def test_a_start_that_fails_hides_no_page(world: World) -> None:
    """What could not be readied is made when it is asked for."""

    def broken(_: Job) -> None:
        raise OSError("no space left")

    job = world.tower.jobs.start(ready.KIND, broken)
    with TestClient(create_app(world.tower, starting=job), base_url="http://127.0.0.1") as client:
        assert client.get("/").status_code == 200


def test_making_ready_runs_what_the_pages_need_and_tells_each_step() -> None:
    """On a tower of its own: nothing is recorded in the one that starts."""
    told: list[tuple[int, int]] = []
    with ready.small_tower() as small:
        ready.use(small, lambda done, total: told.append((done, total)))
        assert small.ledger.head.seq >= 2
    assert [done for done, _ in told] == list(range(told[-1][1] + 1))


@pytest.mark.chromium
def test_the_page_takes_the_place_of_the_wait_by_itself(world: World) -> None:
    """Whoever opened the first page of a first start sees the bar, and then the overview."""
    need_chromium()
    work = Slow()
    job = world.tower.jobs.start(ready.KIND, work)
    app = create_app(world.tower, starting=job)
    with serving(app) as address, browser() as running, tab(running) as one:
        one.page.goto(address)
        one.page.get_by_text("is compiled, once: 50 %").wait_for()
        work.go.set()
        one.page.get_by_role("heading", name="Overview").wait_for()
        assert [c for c in one.complaints if "503" not in c] == []
