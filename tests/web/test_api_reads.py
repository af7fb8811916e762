"""The reading routes: state, signals, reports, log, proofs, network, jobs; their description."""

import json
import time
from datetime import timedelta

import msgspec
import pytest

from support.acme import AT, counted, ordered, two_plants, used
from support.serving import served
from taktnet.app.clock import ReplayClock
from taktnet.app.settings import Channel, Settings
from taktnet.app.tower import Tower
from taktnet.kpi.catalogue import CATALOGUE
from taktnet.kpi.definition import DIMENSIONS
from taktnet.ledger import proofs
from taktnet.ledger.fact import micros
from taktnet.ledger.note import Verifier
from taktnet.state.views import STATUSES

SETTINGS = Settings(port=0, channels={"default": Channel(kind="none")})


@pytest.fixture(scope="module")
def tower():
    """A tower with a day behind it."""
    clock = ReplayClock(micros(AT))
    with Tower.open(None, two_plants(), SETTINGS, clock=clock) as made:
        made.ingest([counted(1), counted(2, "KRK", "COIL", 100), ordered(1)])
        made.ingest([used(1, 10)])
        clock.reach(micros(AT + timedelta(days=1)))
        made.ingest([used(2, 20, "KRK", "COIL")])
        yield made


@pytest.fixture(scope="module")
def client(tower):
    """A client of its server."""
    with served(tower) as made:
        yield made


def get(client, path, **params):
    """The JSON of a good answer."""
    answer = client.get(path, params=params)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("application/json")
    return answer.json()


VIEWS = ("stock", "transit", "orders", "loops", "cards", "lots", "resources", "pace", "feeds",
         "points", "anomalies")  # fmt: skip


@pytest.mark.parametrize("view", VIEWS)
def test_views_of_the_state(client, view):
    """Every view answers with rows, how many there are, and the row it stands at."""
    told = get(client, f"/api/state/{view}")
    assert told["seq"] >= 5
    assert len(told["rows"]) == told["total"]


def test_filters_and_pages(client):
    """By site, by item, in pages."""
    assert [r["qty"] for r in get(client, "/api/state/stock", site="OPO")["rows"]] == [20]
    assert get(client, "/api/state/stock", item="COIL")["rows"][0]["site"] == "KRK"
    both = get(client, "/api/state/stock")["rows"]
    assert get(client, "/api/state/stock", limit=1, offset=1)["rows"] == both[1:2]


def test_as_it_was(client):
    """The state at a business time, and as it was known."""
    was = get(client, "/api/state/stock", site="OPO", at=AT.isoformat())
    assert [r["qty"] for r in was["rows"]] == [30]
    knew = get(client, "/api/state/stock", site="KRK", known=(AT + timedelta(hours=1)).isoformat())
    assert [r["qty"] for r in knew["rows"]] == [100]
    assert client.get("/api/state/stock?at=2026-01-05T08:00").status_code == 422
    refused = client.get("/api/takt", params={"at": "0001-01-01T00:00:00+00:00"})
    assert refused.status_code == 400
    assert "1970 to 9000" in refused.json()["detail"]


def test_reports_as_they_were(client):
    """Takt, flow and KPIs end where it is asked, and know what was known."""
    early = {"at": (AT + timedelta(hours=2)).isoformat(), "known": AT.isoformat()}
    for path in ("/api/takt", "/api/flow"):
        assert get(client, path, **early)["end"] == micros(AT + timedelta(hours=2))
    (otif, *_) = get(client, "/api/kpis", key="otif", **early)["kpis"]
    assert otif["end"].startswith("2026-01-05")
    assert client.get("/api/kpis?known=2026-01-05T08:00").status_code == 422


def test_ages_are_of_the_time_asked_for(client):
    """A feed that was heard a minute ago then is not late for being looked at later."""
    asked = (AT + timedelta(minutes=30)).isoformat()
    rows = get(client, "/api/state/feeds", known=asked)["rows"]
    assert rows
    assert all(row["silent_h"] <= 0.5 for row in rows)


def test_summary_is_the_live_state(client, tower):
    """The digest is that of the state."""
    assert get(client, "/api/state")["digest"] == tower.state().digest()


def test_signals(client):
    """Decisions with reason and evidence; by status and site; answers to what does not wait."""
    told = get(client, "/api/signals")
    assert told["total"] == 2
    first = told["rows"][-1]
    assert first["decision"]["origin"] == "KRK"
    assert first["reason"]
    assert first["evidence"]
    assert get(client, "/api/signals", status="waiting")["total"] == 0
    assert get(client, "/api/signals", site="S1")["total"] == 1
    name = first["decision"]["decision"]
    late = client.post("/api/signals/approve", params={"decision": name, "by": "ana"})
    assert late.status_code == 409
    unknown = client.post("/api/signals/decline", params={"decision": "x", "by": "ana"})
    assert unknown.status_code == 404
    assert client.post("/api/signals/approve", params={"decision": name}).status_code == 422


def test_takt_flow_and_kpis(client):
    """The reports answer with their windows; KPIs carry formula, definition and exclusions."""
    takt = get(client, "/api/takt", days=1)
    assert {row["kind"] for row in takt["pace"]} == {"site", "line", "lane"}
    assert takt["takt"]["nodes"]
    flow = get(client, "/api/flow", item="MOTOR")
    assert flow["products"] == ["MOTOR"]
    assert flow["ladders"][0]["rungs"]
    kpis = get(client, "/api/kpis")["kpis"]
    assert {k["key"] for k in kpis} == {
        "otif", "turns", "lead_time", "schedule", "cost", "stockout",
    }  # fmt: skip
    assert all(k["formula"] and k["definition"] for k in kpis)
    by_site = get(client, "/api/kpis", by="site", key="turns", step="day", days=2)["kpis"]
    assert {k["key"] for k in by_site} == {"turns"}
    assert by_site[0]["trend"]


def test_log_and_chain(client):
    """Search by kind, site and text; from an event to its decision and back."""
    told = get(client, "/api/events", kind="stock.consumed", site="OPO")
    (row,) = told["rows"]
    assert get(client, "/api/events", text="USE-1")["rows"] == [row]
    chain = get(client, f"/api/events/{row['seq']}/chain")
    assert [d["event"]["kind"] for d in chain["decisions"]] == ["decision.taken/1"]
    back = get(client, f"/api/events/{chain['decisions'][0]['seq']}/chain")
    assert row["seq"] in [cause["seq"] for cause in back["causes"]]
    assert client.get("/api/events/999").status_code == 404
    page = get(client, "/api/events", limit=2)
    older = get(client, "/api/events", limit=2, before=page["before"])
    assert older["rows"][0]["seq"] == page["rows"][-1]["seq"] - 1


def test_conflicts_are_shown(client, tower):
    """What was offered under a known key is listed with its body."""
    tower.ingest([counted(1, qty=31)])
    (conflict,) = get(client, "/api/conflicts")["rows"]
    assert json.loads(conflict["body"])["qty"] == 31


def test_corrections_that_wait_are_shown(client, tower):
    """A correction whose original has not come is listed, and on the page of events."""
    (receipt,) = tower.ingest([msgspec.structs.replace(used(90, 1), corrects="not-yet")])
    assert receipt.outcome == "parked"
    (parked,) = get(client, "/api/parked")["rows"]
    assert (parked["id"], parked["corrects"]) == (used(90, 1).id, "not-yet")
    assert "waits for not-yet" in client.get("/events").text
    assert "Set aside" not in client.get("/events?kind=stock.counted/1").text


def test_checkpoint_and_proofs(client, tower):
    """A stranger can check a row and a continuation with the public key alone."""
    verifier = Verifier.parse(client.get("/api/key").text)
    first = int(client.get("/api/checkpoint").text.split("\n")[1])
    inclusion = proofs.from_json(client.get("/api/proofs/inclusion/2").content)
    proofs.check(inclusion, verifier)
    assert inclusion.row.seq == 2
    tower.ingest([used(70, 1)])
    second = int(client.get("/api/checkpoint").text.split("\n")[1])
    assert second > first
    answer = client.get(f"/api/proofs/consistency?first={first}&second={second}")
    proofs.check(proofs.from_json(answer.content), verifier)
    assert client.get("/api/proofs/inclusion/9999").status_code == 404


def test_network(client, tower):
    """Tables, sizes, rows."""
    told = get(client, "/api/network")
    assert told["digest"] == tower.network.digest
    assert told["tables"]["sites"] == 4
    assert get(client, "/api/network/loops")["rows"][0]["id"] == "M"
    assert client.get("/api/network/nothing").status_code == 404


@pytest.mark.parametrize("kind", ["verify", "recompute"])
def test_jobs(client, kind):
    """Long work is started, watched and told; it can be asked to stop."""
    job = client.post("/api/jobs", json={"kind": kind})
    assert job.status_code == 202
    id_ = job.json()["id"]
    end = time.monotonic() + 20
    while (told := get(client, f"/api/jobs/{id_}"))["state"] == "running":
        assert time.monotonic() < end
        time.sleep(0.05)
    assert told["state"] == "done", told
    assert told["result"].get("good", told["result"].get("same")) is True
    assert client.delete(f"/api/jobs/{id_}").json()["state"] == "done"
    assert id_ in [j["id"] for j in get(client, "/api/jobs")["jobs"]]
    assert client.get("/api/jobs/none").status_code == 404
    assert client.post("/api/jobs", json={"kind": "rm"}).status_code == 422


def test_description(client):
    """OpenAPI 3.1 with every kind of event; errors are problem details."""
    told = get(client, "/api/openapi.json")
    assert told["openapi"].startswith("3.1")
    post = told["paths"]["/api/events"]["post"]
    assert "application/x-ndjson" in post["requestBody"]["content"]
    assert "application/problem+json" in post["responses"]["422"]["content"]
    schemas = told["components"]["schemas"]
    assert len(schemas["Event"]["anyOf"]) >= 36
    for methods in told["paths"].values():
        for operation in methods.values():
            assert operation["summary"]


def test_errors_are_problem_details(client):
    """Whatever is wrong, the answer says what in one form."""
    for path in ("/api/nothing", "/api/events/x", "/api/state/nothing", "/api/takt?days=-1"):
        answer = client.get(path)
        assert answer.status_code in (404, 422)
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["detail"]


def test_a_word_that_a_parameter_does_not_take_is_refused(client):
    """An unknown KPI or status is no empty answer; the fault names the words there are."""
    for path, words in (
        ("/api/kpis?key=speed", [kpi.key for kpi in CATALOGUE]),
        ("/api/signals?status=sended", STATUSES),
        ("/api/kpis?by=moon", DIMENSIONS),
    ):
        (fault,) = client.get(path).json()["faults"]
        assert fault["found"] in path
        assert not fault["wanted"].startswith("Input")
        assert all(f"'{word}'" in fault["wanted"] for word in words)
    (fault,) = client.post("/api/signals/approve", params={"decision": "x"}).json()["faults"]
    assert (fault["field"], fault["wanted"]) == ("query.by", "a value")
