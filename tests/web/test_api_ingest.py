"""`POST /api/events`: durable before 201, faults in full, nothing half applied."""

import gzip
import json
from threading import Event

import httpx
import pytest

from support.acme import AT, two_plants
from support.serving import served
from taktnet.app.settings import Channel, Settings
from taktnet.app.tower import Tower

SETTINGS = Settings(
    port=0, channels={"default": Channel(kind="none")}, body_mb=0.5, queue_events=50
)
JSON = {"content-type": "application/json"}


@pytest.fixture(scope="module")
def tower():
    """A tower in memory."""
    with Tower.open(None, two_plants(), SETTINGS) as made:
        yield made


@pytest.fixture(scope="module")
def client(tower):
    """A client of its server."""
    with served(tower) as made:
        yield made


def event(id, **more):
    """An event as a partner sends it."""
    fields = {"kind": "stock.counted/1", "source": "wms", "id": id, "at": AT.isoformat()}
    return fields | {"site": "OPO", "item": "MOTOR", "qty": 30} | more


def post(client, value, **more):
    """Send it as JSON."""
    return client.post("/api/events", content=json.dumps(value), headers=JSON | more)


def test_created_means_recorded(client, tower):
    """201 comes with receipts, and the rows are in the ledger."""
    answer = post(client, [event("a1"), event("a2")])
    assert answer.status_code == 201
    told = answer.json()
    assert told["recorded"] == 2
    for receipt in told["receipts"]:
        assert tower.ledger.read(receipt["seq"] - 1, 1)[0].event.id == receipt["id"]


def test_single_object(client):
    """One event needs no array."""
    assert post(client, event("b1")).json()["receipts"][0]["outcome"] == "recorded"


def test_repeats_and_conflicts(client):
    """Partial duplicates are told; nothing new is 200; other content under a known id is 409."""
    post(client, event("c1"))
    both = post(client, [event("c1"), event("c2")])
    assert both.status_code == 201
    assert [r["outcome"] for r in both.json()["receipts"]] == ["duplicate", "recorded"]
    assert post(client, event("c1")).status_code == 200
    other = post(client, [event("c1", qty=31), event("c3")])
    assert other.status_code == 409
    assert other.headers["content-type"] == "application/problem+json"
    assert [r["outcome"] for r in other.json()["receipts"]] == ["conflict", "recorded"]


def test_other_tenants_are_rejected(client):
    """A tower serves one tenant; the receipt says so."""
    answer = post(client, event("t1", tenant="other"))
    assert answer.status_code == 409
    assert "'other'" in answer.json()["receipts"][0]["detail"]


def test_ndjson_and_cloudevents(client):
    """NDJSON and both forms of CloudEvents are understood by their content type."""
    lines = "\n".join(json.dumps(event(f"n{i}")) for i in range(3))
    answer = client.post(
        "/api/events", content=lines, headers={"content-type": "application/x-ndjson"}
    )
    assert answer.json()["recorded"] == 3
    fields = {"item": "MOTOR", "qty": 1}
    cloud = {
        "specversion": "1.0", "type": "stock.counted/1", "source": "wms", "id": "ce1",
        "time": AT.isoformat(), "site": "OPO", "data": fields,
    }  # fmt: skip
    one = {"content-type": "application/cloudevents+json; charset=utf-8"}
    many = {"content-type": "application/cloudevents-batch+json"}
    assert client.post("/api/events", content=json.dumps(cloud), headers=one).status_code == 201
    batch = json.dumps([cloud, cloud | {"id": "ce2"}])
    told = client.post("/api/events", content=batch, headers=many).json()
    assert [r["outcome"] for r in told["receipts"]] == ["duplicate", "recorded"]


def test_all_faults_and_nothing_applied(client, tower):
    """Every fault of every event is listed; the good events beside them are not recorded."""
    before = tower.ledger.head.seq
    answer = post(client, [event("f1"), event("f2", qty=-1), event("f3", at="yesterday", itm=1)])
    assert answer.status_code == 422
    told = answer.json()
    assert {(f["row"], f["field"]) for f in told["faults"]} == {(2, "qty"), (3, "at"), (3, "itm")}
    assert all(f["wanted"] and f["found"] for f in told["faults"])
    assert tower.ledger.head.seq == before


def test_too_large(client):
    """Bodies beyond the limit are refused, told beforehand or not."""
    big = json.dumps([event(f"x{i}") for i in range(5000)]).encode()
    assert len(big) > 500_000
    assert client.post("/api/events", content=big, headers=JSON).status_code == 413
    chunks = (big[i : i + 50_000] for i in range(0, len(big), 50_000))
    assert client.post("/api/events", content=chunks, headers=JSON).status_code == 413


def test_large_bodies_below_the_limit(client):
    """A body of hundreds of kilobytes in pieces is one batch."""
    big = json.dumps([event(f"y{i}") for i in range(2500)]).encode()
    assert 100_000 < len(big) < 500_000
    chunks = (big[i : i + 10_000] for i in range(0, len(big), 10_000))
    answer = client.post("/api/events", content=chunks, headers=JSON)
    assert (answer.status_code, answer.json()["recorded"]) == (201, 2500)


def test_content_types(client):
    """What is not understood is 415 and names what is; packed bodies are not taken."""
    answer = client.post("/api/events", content="a,b", headers={"content-type": "text/csv"})
    assert answer.status_code == 415
    assert "application/x-ndjson" in answer.json()["detail"]
    packed = gzip.compress(json.dumps(event("g1")).encode())
    headers = JSON | {"content-encoding": "gzip"}
    assert client.post("/api/events", content=packed, headers=headers).status_code == 415
    assert client.get("/api/events").status_code == 200
    assert client.put("/api/events", content="{}").status_code == 405


def test_busy(client, tower):
    """A full queue is 503 with Retry-After; afterwards it goes on."""
    gate, held = Event(), Event()
    future = []

    def hold():
        held.set()
        gate.wait(10)

    from threading import Thread

    blocker = Thread(target=lambda: tower.writer.call(hold))
    blocker.start()
    assert held.wait(5)
    filler = [event(f"q{i}") for i in range(60)]
    with httpx.Client(base_url=client.base_url, trust_env=False, timeout=10) as other:
        thread = Thread(target=lambda: future.append(post(other, filler)))
        thread.start()
        while not tower.writer._queued:
            pass
        answer = post(client, event("late"))
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "1"
        gate.set()
        thread.join(10)
    blocker.join(10)
    assert future[0].status_code == 201
    assert post(client, event("late")).status_code == 201


def test_empty_batch(client):
    """No events is no fault and nothing new."""
    answer = post(client, [])
    assert (answer.status_code, answer.json()["receipts"]) == (200, [])
