"""`GET /api/jobs/{id}/events`: progress, results so far, the end; resumed; ends at shutdown."""

import json
from threading import Event, Thread

import pytest

from support.acme import two_plants
from support.serving import served
from taktnet.app.settings import Channel, Settings
from taktnet.app.tower import Tower

SETTINGS = Settings(port=0, channels={"default": Channel(kind="none")})


@pytest.fixture
def tower():
    """A tower in memory."""
    with Tower.open(None, two_plants(), SETTINGS) as made:
        yield made


def frames(lines):
    """The events of a stream as (id, event, data)."""
    told = {}
    for line in lines:
        if line.startswith(("id: ", "event: ", "data: ")):
            name, _, value = line.partition(": ")
            told[name] = value
        elif not line and "data" in told:
            yield int(told["id"]), told["event"], json.loads(told["data"])
            told = {}


def test_progress_results_and_end(tower):
    """A reader sees how far it is, what came out so far, and the whole job at its end."""
    step, seen = Event(), Event()

    def work(job):
        job.at(1, 3)
        step.wait(5)
        job.tell({"answer": 41})
        seen.wait(5)
        return {"answer": 42}

    with served(tower) as client:
        job = tower.jobs.start("simulate", work, 2)
        with client.stream("GET", f"/api/jobs/{job.id}/events") as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            assert answer.headers["x-content-type-options"] == "nosniff"
            found = frames(answer.iter_lines())
            kind, data = next(found)[1:]
            assert (kind, set(data)) == ("progress", {"done", "total"})
            step.set()
            result = next(f for f in found if f[1] == "result")
            assert result[2] == {"result": {"answer": 41}}
            seen.set()
            version, kind, data = next(f for f in found if f[1] == "end")
            assert data["state"] == "done"
            assert data["result"] == {"answer": 42}
            assert list(found) == []
        again = {"last-event-id": str(version)}
        with client.stream("GET", f"/api/jobs/{job.id}/events", headers=again) as answer:
            assert [f[1] for f in frames(answer.iter_lines())] == ["end"]
        assert client.get("/api/jobs/none-1/events").status_code == 404


def test_a_cancelled_job_ends_its_stream_with_what_it_had(tower):
    """DELETE stops the work; the stream's last word holds the partial result."""
    going = Event()

    def work(job):
        while not job.stopping():
            job.tell({"rows": 7})
            going.set()
        return {"rows": 8}

    with served(tower) as client:
        job = tower.jobs.start("simulate", work, 2)
        assert going.wait(5)
        with client.stream("GET", f"/api/jobs/{job.id}/events") as answer:
            client.delete(f"/api/jobs/{job.id}")
            *_, (_, kind, data) = frames(answer.iter_lines())
        assert (kind, data["state"], data["result"]) == ("end", "cancelled", {"rows": 8})


def test_a_server_that_stops_ends_the_streams(tower):
    """A job that still runs holds no server up; its reader just sees the stream end."""
    ended, begun = Event(), Event()
    job = tower.jobs.start("simulate", _until, 2)

    def read(client):
        with client.stream("GET", f"/api/jobs/{job.id}/events") as answer:
            for _ in answer.iter_lines():
                begun.set()
        ended.set()

    with served(tower) as client:
        reader = Thread(target=read, args=(client,), daemon=True)
        reader.start()
        assert begun.wait(5)
    assert ended.wait(5)
    assert job.state == "running"
    job.cancel()


def _until(job):
    while not job.stopping():
        job.wait(0.01)
