"""What if over HTTP: disturbances, answers, simulations as jobs, checks; hostile questions."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from support.serving import served
from support.web_tower import World, eventful

pytestmark = pytest.mark.timeout(600)  # the first run here compiles the twin
LATE = {"name": "late", "changes": [{"change": "delay", "shipment": "SHP-1", "hours": 72}]}


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    """A client of the eventful tower."""
    world = eventful(World())
    with served(world.tower) as made:
        yield made
    world.close()


def ended(client: httpx.Client, job: dict[str, Any]) -> dict[str, Any]:
    """The job when it has ended."""
    while job["state"] == "running":
        time.sleep(0.05)
        job = client.get(f"/api/jobs/{job['id']}").json()
    return job


def test_from_a_disturbance_to_ranked_answers(client: httpx.Client) -> None:
    """The list, the answers that suggest themselves, the job, its result with intervals."""
    rows = client.get("/api/simulations/disturbances").json()["rows"]
    assert rows[0]["subject"] == "SHP-1"
    few = client.get("/api/simulations/disturbances", params={"text": "WIND", "limit": 1})
    assert [r["subject"] for r in few.json()["rows"]] == ["WIND-1"]
    answers = client.post("/api/simulations/answers", json=LATE).json()["answers"]
    assert answers[0]["name"] == "accept"
    question = {"base": LATE, "answers": answers[1:], "days": 7, "replications": 8}
    started = client.post("/api/simulations", json=question)
    assert started.status_code == 202
    job = ended(client, started.json())
    assert job["state"] == "done", job["error"]
    result = job["result"]
    assert {o["name"] for o in result["options"]} >= {"late", "raise cards"}
    assert result["advice"]["given"] is False
    assert result["fidelity"] is None


def test_a_stopped_simulation_keeps_what_it_had(client: httpx.Client) -> None:
    """DELETE ends it soon, with the runs that were done."""
    question = {"base": LATE, "days": 28, "replications": 10_000}
    job = client.post("/api/simulations", json=question).json()
    while client.get(f"/api/jobs/{job['id']}").json()["done"] < 2:
        time.sleep(0.02)
    told = client.delete(f"/api/jobs/{job['id']}").json()
    told = ended(client, told)
    assert told["state"] == "cancelled"
    assert told["result"]["stopped"]
    assert 0 < told["result"]["options"][0]["replications"] < 10_000


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b"7", b'{"days": -1}', b'{"base": 7}', b'{"answers": {}}',
     b'{"base": {"name": "x", "changes": [7]}}', b"[" * 100_000, b'{"base": {"name": "\\u0000"}}',
     b'{"days": 1e999}', b'{"replications": 1e9}', b"\xff\xfe", b'{"kpis": "yes"}'],
)  # fmt: skip
def test_questions_with_faults(client: httpx.Client, body: bytes) -> None:
    """Each is refused with words before any job is made."""
    before = len(client.get("/api/jobs").json()["jobs"])
    answer = client.post("/api/simulations", content=body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["faults"]
    assert len(client.get("/api/jobs").json()["jobs"]) == before


def test_limits_and_rules(client: httpx.Client) -> None:
    """Too large is 413, another site's page 403, a name that does not exist fails the job."""
    large = json.dumps({"base": {"name": "x", "note": "n" * 2_100_000}})
    assert client.post("/api/simulations", content=large).status_code == 413
    foreign = {"origin": "http://evil.example"}
    assert client.post("/api/simulations", json={}, headers=foreign).status_code == 403
    unknown = {"name": "x", "changes": [{"change": "down", "kind": "site", "name": "NOPE"}]}
    job = ended(client, client.post("/api/simulations", json={"base": unknown}).json())
    assert job["state"] == "failed"
    assert "NOPE" in job["faults"][0]["found"]


def test_a_check_of_the_twin(client: httpx.Client) -> None:
    """None at first; a ledger that is too short says how far it must reach back."""
    assert client.get("/api/twin/check").status_code == 404
    job = ended(client, client.post("/api/twin/checks", json={"weeks": 4}).json())
    assert job["state"] == "failed"
    assert "must reach back" in job["error"]
    assert client.post("/api/twin/checks", json={"weeks": 0}).status_code == 422


def test_they_are_described(client: httpx.Client) -> None:
    """The body of a question is in the OpenAPI description, with the kinds of changes."""
    described = client.get("/api/openapi.json").json()
    body = described["paths"]["/api/simulations"]["post"]["requestBody"]
    assert body["content"]["application/json"]["schema"]["$ref"].endswith("/Question")
    assert {"Question", "Scenario", "Delay", "Down"} <= set(described["components"]["schemas"])
