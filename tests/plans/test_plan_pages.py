"""The plan section over HTTP: work a plan out, look at it, propose it, answer it."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from support.web_tower import World
from taktnet.app.jobs import Job
from taktnet.web.api import create_app

pytestmark = pytest.mark.timeout(300)
LOOP = "KB-OPO-1"


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """A tower that the tests of this file go through in order."""
    made = World()
    yield made
    made.close()


@pytest.fixture(scope="module")
def client(world: World) -> Iterator[TestClient]:
    """A client of its application."""
    with TestClient(create_app(world.tower), base_url="http://127.0.0.1") as made:
        yield made


def worked(client: TestClient, job: str) -> dict[str, object]:
    """The job when it has ended."""
    for _ in range(2500):  # a cold twin compiles first
        told = client.get(f"/api/jobs/{job}").json()
        if told["state"] != "running":
            return told
        time.sleep(0.1)
    raise AssertionError("the job did not end")


def test_every_tab_says_what_to_do_before_a_plan_is_worked_out(client: TestClient) -> None:
    """An empty tab has its form and a word about what pressing the button does."""
    first = client.get("/plan", follow_redirects=True)
    assert first.status_code == 200
    for kind in (row["kind"] for row in client.get("/api/plan").json()["plans"]):
        page = client.get(f"/plan/{kind}")
        assert page.status_code == 200
        assert "Not worked out yet" in page.text
        assert f'action="/plan/{kind}/work"' in page.text
        assert client.get(f"/api/plan/{kind}").status_code == 404
    assert "No proposals" in client.get("/plan/proposals").text
    assert client.get("/plan/nonsense").status_code == 404
    assert client.post("/api/plan/nonsense").status_code == 404


def test_wrong_options_are_told_all_at_once(client: TestClient) -> None:
    """Unknown ones, ones out of range and ones that are no number."""
    answer = client.post("/api/plan/cards", params={"service": "lots", "seed": "-1", "colour": "x"})
    assert answer.status_code == 422
    assert {fault["field"] for fault in answer.json()["faults"]} == {"service", "seed", "colour"}


def test_a_plan_is_worked_out_proposed_and_approved(client: TestClient, world: World) -> None:
    """From the job to the changed network, with the page in step."""
    job = client.post("/api/plan/cards", params={"service": "90"}).json()
    told = worked(client, job["id"])
    assert told["state"] == "done", told
    page = client.get("/plan/cards").text
    assert "Loops: formula against simulation" in page
    assert LOOP in page
    draft = client.get("/api/plan/cards").json()["draft"]
    wanted = draft["details"]["loops"][0]["counts"][-1]["cards"]
    made = client.post("/plan/cards/propose", follow_redirects=True)
    assert made.url.path == "/plan/proposals/cards-1"
    assert "Approve" in made.text
    assert "Try in the twin" in made.text
    wrong = client.post("/plan/proposals/cards-1", data={"verb": "try", "days": "soon"})
    assert wrong.status_code == 409
    assert "days is 0, wanted 1 to 366" in wrong.text
    how = {"days": 2, "replications": 2}
    tried = worked(
        client, client.post("/api/plan/proposals/cards-1/trial", params=how).json()["id"]
    )
    assert tried["state"] == "done", tried
    kept = client.get("/api/plan/proposals/cards-1").json()["trial"]
    assert (kept["days"], kept["replications"], kept["live"]) == (2, 2, True)
    assert {"service", "stock", "cost"} <= {effect["measure"] for effect in kept["effects"]}
    assert "2 runs from the live state" in client.get("/plan/proposals/cards-1").text
    done = client.post("/plan/proposals/cards-1", data={"verb": "approve", "reason": "agreed"},
                       follow_redirects=True)  # fmt: skip
    assert "Approved" in done.text
    assert "agreed" in done.text
    assert world.tower.network.loop(LOOP).cards == wanted
    again = client.post("/plan/proposals/cards-1", data={"verb": "approve"})
    assert again.status_code == 409
    assert "approved by planner (web) already" in again.text
    late = client.post("/api/plan/proposals/cards-1/trial")
    assert late.status_code == 409


def test_a_plan_that_is_worked_out_can_be_stopped(client: TestClient, world: World) -> None:
    """The page has a button while it works, and says what became of it."""

    def work(job: Job) -> None:
        while True:
            job.at(1, 2)
            time.sleep(0.01)

    job = world.tower.jobs.start("plan-level", work)
    assert 'action="/plan/level/stop"' in client.get("/plan/level").text
    assert client.post("/plan/level/stop").status_code == 200
    assert worked(client, job.id)["state"] == "cancelled"
    assert "Stopped; what was worked out before stands" in client.get("/plan/level").text
    assert client.post("/plan/level/stop").status_code == 200


def test_undo_and_refusal_over_the_api(client: TestClient, world: World) -> None:
    """The reverse is proposed and refused; a draft worked out elsewhere is taken in."""
    cards = world.tower.network.loop(LOOP).cards
    undo = client.post("/api/plan/proposals/cards-1/undo", params={"by": "ana"}).json()
    refused = client.post(
        f"/api/plan/proposals/{undo['id']}/refuse", params={"by": "ben", "reason": "no"}
    )
    assert refused.json()["status"] == "refused"
    assert world.tower.network.loop(LOOP).cards == cards
    draft = client.get("/api/plan/proposals/cards-1").json()["draft"]
    stale = client.post("/api/plan/proposals", params={"by": "ana"}, json=draft)
    assert stale.status_code == 201
    answer = client.post(f"/api/plan/proposals/{stale.json()['id']}/approve", params={"by": "eva"})
    assert answer.status_code == 409
    assert "stale" in answer.json()["detail"]
    withdrawn = client.post(
        f"/api/plan/proposals/{stale.json()['id']}/withdraw", params={"by": "ana"}
    )
    assert withdrawn.json()["status"] == "withdrawn"
    counts = client.get("/api/plan/proposals").json()["counts"]
    assert counts == {"open": 0, "approved": 1, "refused": 1, "withdrawn": 1, "superseded": 0}


def test_hostile_drafts_are_refused_in_words(client: TestClient) -> None:
    """Nothing that is no draft gets into the ledger."""
    for body in (b"", b"[]", b'{"kind": "cards"}', b"\xff", b"{" * 5000):
        answer = client.post("/api/plan/proposals", params={"by": "x"}, content=body)
        assert answer.status_code == 422, body[:20]
    nothing = {"kind": "cards", "summary": "none"}
    answer = client.post("/api/plan/proposals", params={"by": "x"}, json=nothing)
    assert answer.status_code == 400
    assert "nothing to propose" in answer.json()["detail"]
