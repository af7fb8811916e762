"""Levelling and schedule over HTTP, end to end: worked out, proposed, approved, undone."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from support.shop_tower import shop_world
from support.web_tower import World
from taktnet.app.plans.draft import Draft, Figure
from taktnet.app.plans.limits import within
from taktnet.app.settings import Settings
from taktnet.ledger import event as e
from taktnet.web.api import create_app


@pytest.fixture
def world() -> Iterator[World]:
    """A tower whose lines have work."""
    made = shop_world()
    yield made
    made.close()


@pytest.fixture
def client(world: World) -> Iterator[TestClient]:
    """A client of its application."""
    with TestClient(create_app(world.tower), base_url="http://127.0.0.1") as made:
        yield made


def proposed(client: TestClient, kind: str, **asked: str) -> str:
    """The name of a proposal, from the first request to the record."""
    job = client.post(f"/api/plan/{kind}", params=asked).json()
    for _ in range(600):
        job = client.get(f"/api/jobs/{job['id']}").json()
        if job["state"] != "running":
            break
        time.sleep(0.1)
    assert job["state"] == "done", job
    return client.post(f"/api/plan/{kind}/propose", params={"by": "ana"}).json()["id"]


def answer(client: TestClient, id: str, verb: str) -> Any:
    """What comes of an answer."""
    return client.post(f"/api/plan/proposals/{id}/{verb}", params={"by": "eva"})


def test_lots_change_through_the_ledger_and_back_again(client: TestClient, world: World) -> None:
    """Approval records every row that changes under the proposal's name; undo is the reverse."""

    def lots() -> list[float]:
        return [p.lot_qty for p in world.tower.network.processes]

    before = lots()
    id = proposed(client, "level")
    assert lots() == before
    assert answer(client, id, "approve").json()["status"] == "approved"
    after = lots()
    assert after != before
    rows = [r.event for r in world.tower.ledger.read(0, 1000)]
    changed = [r for r in rows if isinstance(r, e.NetworkChanged) and r.correlation == id]
    assert len(changed) == sum(a != b for a, b in zip(after, before, strict=True))
    back = answer(client, id, "undo").json()["id"]
    assert answer(client, back, "approve").json()["status"] == "approved"
    assert lots() == before


def test_a_schedule_is_refused_or_published_and_not_undone(
    client: TestClient, world: World
) -> None:
    """Refusal publishes nothing; what was published is replaced by a newer plan, not undone."""

    def published() -> int:
        rows = world.tower.ledger.read(0, 1000)
        return sum(isinstance(r.event, e.ScheduleFrozen) for r in rows)

    asked = {"seconds": "0.2", "days": "3"}
    assert answer(client, proposed(client, "schedule", **asked), "refuse").status_code == 200
    assert published() == 0
    id = proposed(client, "schedule", **asked)
    assert answer(client, id, "approve").json()["status"] == "approved"
    assert published() == 6
    refused = answer(client, id, "undo")
    assert refused.status_code == 409
    assert "a newer plan takes its place" in refused.json()["detail"]


def test_the_form_shows_what_the_running_job_was_asked(client: TestClient) -> None:
    """Not the defaults, while a plan is worked out and after."""
    job = client.post("/api/plan/schedule", params={"seconds": "30", "days": "2"}).json()
    page = client.get("/plan/schedule").text
    assert 'name="seconds" value="30"' in page
    assert 'name="days" value="2"' in page
    client.delete(f"/api/jobs/{job['id']}")


def test_fewer_days_until_a_part_comes_again_are_no_loss_of_service() -> None:
    """Limits know that of this figure less is better; more days want a person."""
    settings = Settings(plan_auto=("level",), plan_auto_percent=50.0, plan_auto_money=100.0)

    def draft(days: float) -> Draft:
        money = Figure(today=100.0, proposed=90.0)
        service = Figure(today=3.0, proposed=days, unit="d", less_is_better=True)
        return Draft(kind="level", summary="", money=money, service=service)

    assert within(settings, draft(2.0))
    assert not within(settings, draft(4.0))
