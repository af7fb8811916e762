"""The command line: every command with tables and with JSON, errors in words, exit codes."""

import json
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from support.acme import AT, counted, two_plants, used
from taktnet.app import home
from taktnet.app.settings import Channel, Settings
from taktnet.app.tower import Tower
from taktnet.cli.main import app
from taktnet.ledger.codec import encode
from taktnet.ledger.event import DecisionTaken

QUIET = Settings(channels={"default": Channel(kind="none")})


def run(*words, code=0):
    """What a command prints; its exit code is checked."""
    result = CliRunner().invoke(app, [str(word) for word in words])
    assert result.exit_code == code, result.output
    return result.output


def run_json(*words, code=0):
    """The one JSON document a command prints."""
    return json.loads(run(*words, "--json", code=code))


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """The folder of a tower with a few events, its network beside it."""
    folder = tmp_path_factory.mktemp("tower")
    (folder / "tower.toml").write_text('[channels.default]\nkind = "none"\n')
    two_plants().write(folder / "network")
    with Tower.open(folder, folder / "network", QUIET) as tower:
        tower.ingest([counted(1), counted(2, "KRK", "COIL", 100), used(1, 10)])
        tower.ingest([used(2, 20, "KRK", "COIL")])
    return folder


def events_file(path: Path, events):
    """An NDJSON file."""
    path.write_bytes(b"".join(encode(event) + b"\n" for event in events))
    return path


def test_check_good_and_bad(tmp_path):
    """A good network is counted; a bad one gets all its faults in a table and exit code 1."""
    two_plants().write(tmp_path / "good")
    assert "no faults" in run("check", tmp_path / "good")
    assert run_json("check", tmp_path / "good")["tables"]["sites"] == 4
    digest = two_plants().digest
    for other in ("book.xlsx", "table.parquet"):
        form = ("--format", "parquet") if other.endswith("parquet") else ()
        told = run_json("check", tmp_path / "good", "--write", tmp_path / other, *form)
        assert told["written"] == str(tmp_path / other)
        assert run_json("check", tmp_path / other)["digest"] == digest
    bad = tmp_path / "bad"
    two_plants().write(bad)
    lanes = (bad / "lanes.csv").read_text("utf-8").replace("S1,KRK", "S9,KRK")
    (bad / "lanes.csv").write_text(lanes, "utf-8")
    loops = (bad / "loops.csv").read_text("utf-8").replace("withdrawal", "withdrawel")
    (bad / "loops.csv").write_text(loops, "utf-8")
    told = run("check", bad, code=1)
    assert "lanes.csv" in told
    assert "loops.csv" in told
    faults = run_json("check", bad, code=1)["faults"]
    assert {fault["where"].split("/")[-1] for fault in faults} >= {"lanes.csv", "loops.csv"}
    assert all(fault["wanted"] for fault in faults)


def test_generate_and_template(tmp_path):
    """A generated network passes its check and is the same for its seed; the template is there."""
    one = run_json("generate", tmp_path / "a", "--sites", 12, "--seed", 3)
    two = run_json("generate", tmp_path / "b.xlsx", "--sites", 12, "--seed", 3)
    assert one["digest"] == two["digest"]
    run("check", tmp_path / "a")
    run("template", tmp_path / "t.xlsx")
    assert (tmp_path / "t.xlsx").stat().st_size > 1000
    assert "wanted 10 to 5000" in run("generate", tmp_path / "c", "--sites", 3, code=1)


def test_ingest_says_what_became_of_each(tmp_path):
    """Recorded, then duplicates; a conflict is exit code 1; faults apply nothing."""
    two_plants().write(tmp_path / "network")
    good = events_file(tmp_path / "a.ndjson", [counted(1), used(1)])
    assert run_json("ingest", good, "-p", tmp_path)["outcomes"] == {"recorded": 2}
    assert run_json("ingest", good, "-p", tmp_path)["outcomes"] == {"duplicate": 2}
    other = events_file(tmp_path / "b.ndjson", [counted(1, qty=31)])
    told = run_json("ingest", other, "-p", tmp_path, code=1)
    assert told["outcomes"] == {"conflict": 1}
    assert "other content" in told["details"][0]["detail"]
    aside = run_json("log", "--aside", "-p", tmp_path)["rows"]
    assert [(row["outcome"], row["id"]) for row in aside] == [("conflict", counted(1).id)]
    assert "conflict" in run("log", "--aside", "-p", tmp_path)
    bad = tmp_path / "c.ndjson"
    bad.write_text('{"kind": "stock.used/1"}\n')
    assert "a kind of event" in run("ingest", bad, "-p", tmp_path, code=1)
    assert "no file" in run("ingest", tmp_path / "none", "-p", tmp_path, code=1)


VIEWS = ("stock", "points", "transit", "orders", "loops", "cards", "lots", "resources", "feeds",
         "anomalies")  # fmt: skip


@pytest.mark.parametrize("view", VIEWS)
def test_state(place, view):
    """Every view as a table and as JSON."""
    assert "after event" in run("state", view, "-p", place)
    told = run_json("state", view, "-p", place)
    assert set(told) == {"seq", "total", "rows"}


def test_state_filters_and_times(place):
    """By site; as it was; and what is no view or no time is told."""
    rows = run_json("state", "stock", "-p", place, "--site", "OPO")["rows"]
    assert [(r["item"], r["qty"]) for r in rows] == [("MOTOR", 20.0)]
    was = run_json("state", "stock", "-p", place, "--site", "OPO", "--at", AT.isoformat())["rows"]
    assert [r["qty"] for r in was] == [30.0]
    assert run_json("state", "stock", "-p", place, "--known", "2020-01-01")["rows"] == []
    then = ("-p", place, "--at", AT.isoformat(), "--known", AT.isoformat())
    for report in ("takt", "flow", "kpi"):
        assert run_json(report, *then) != run_json(report, "-p", place)
    assert "there are stock" in run("state", "socks", "-p", place, code=1)
    assert "is no time" in run("state", "-p", place, "--at", "soon", code=1)
    assert "no offset" in run("state", "-p", place, "--at", "2026-01-05T08:00", code=1)


def test_signals(place):
    """Listed with reasons; what does not wait cannot be approved, and is told why."""
    assert "loop M" in run("signals", "list", "-p", place)
    told = run_json("signals", "list", "-p", place)
    assert told["total"] == 2
    name = told["rows"][0]["decision"]["decision"]
    assert "did not wait" in run("signals", "approve", name, "-p", place, code=1)
    assert "no decision" in run_json("signals", "decline", "x", "-p", place, code=1)["error"]


def test_takt_flow_kpi(place):
    """The reports, also as JSON; what is no KPI is told."""
    assert "KRK-1" in run("takt", "-p", place)
    assert run_json("takt", "-p", place)["takt"]["nodes"]
    assert "MOTOR" in run("flow", "-p", place)
    assert run_json("flow", "-p", place)["products"] == ["MOTOR"]
    assert "no data" in run("kpi", "-p", place)
    assert {k["key"] for k in run_json("kpi", "otif", "-p", place)["kpis"]} == {"otif"}
    weeks = run("kpi", "turns", "-p", place, "--step", "week", "--days", 14).splitlines()
    points = run_json("kpi", "turns", "-p", place, "--step", "week", "--days", 14)["kpis"][0][
        "trend"
    ]
    assert weeks[1].split()[-1] == "trend"
    assert len(points) == 2
    assert weeks[2].split()[-2:] == [
        "–" if p["value"] is None else f"{p['value']:.4g}" for p in points
    ]
    assert "it is told by network" in run("kpi", "turns", "-p", place, "--by", "lane")
    assert "there are otif" in run("kpi", "speed", "-p", place, code=1)
    assert "dimension" in run("kpi", "-p", place, "--by", "moon", code=1)
    assert run_json("kpi", "-p", place, "--recompute")["same"] is True
    assert "to the last digit" in run("kpi", "-p", place, "--recompute")


def test_log_and_export(place, tmp_path):
    """Search, the chain of one event, and an export that another tower takes."""
    assert "use-1" in run("log", "-p", place, "--kind", "stock.consumed")
    rows = run_json("log", "-p", place, "--site", "OPO")["rows"]
    used_row = next(r for r in rows if r["event"]["kind"] == "stock.consumed/1")
    assert run_json("log", "-p", place, "--at", "2020-01-01")["rows"] == []
    assert run_json("log", "-p", place, "--known", "2020-01-01")["rows"] == []
    chain = run_json("log", "-p", place, "--seq", used_row["seq"])
    assert [d["event"]["kind"] for d in chain["decisions"]] == ["decision.taken/1"]
    assert "Decisions on it" in run("log", "-p", place, "--seq", used_row["seq"])
    out = tmp_path / "all.ndjson"
    assert run_json("log", "-p", place, "--out", out)["events"] == 6
    two_plants().write(tmp_path / "copy" / "network")
    assert run_json("replay", out, "-p", tmp_path / "copy")["new"] == 4
    with (
        Tower.open(place, settings=QUIET, read_only=True) as one,
        Tower.open(tmp_path / "copy", settings=QUIET, read_only=True) as two,
    ):
        again = [r.event for r in two.ledger.read() if isinstance(r.event, DecisionTaken)]
        first = [r.event for r in one.ledger.read() if isinstance(r.event, DecisionTaken)]
        assert [(d.decision, d.qty) for d in again] == [(d.decision, d.qty) for d in first]


def test_verify_and_proofs(place, tmp_path):
    """A sound ledger is verified, continues its checkpoint, and gives proofs; else exit code 1."""
    assert "verified" in run("verify", "-p", place)
    told = run_json("verify", "-p", place)
    assert (told["good"], told["rows"]) == (True, 6)
    with Tower.open(place, settings=QUIET, read_only=True) as tower:
        size, note = tower.ledger.checkpoints()[-1]
    kept = tmp_path / "kept.note"
    kept.write_text(note, "utf-8")
    assert "it continues" in run("verify", "-p", place, "--checkpoint", kept)
    assert run_json("proof", 2, "-p", place)["format"] == "taktnet.inclusion/1"
    out = tmp_path / "p.json"
    run("proof", "--first", size, "--second", size, "-p", place, "--out", out)
    assert json.loads(out.read_bytes())["format"] == "taktnet.consistency/1"
    assert "under no checkpoint" in run("proof", 99, "-p", place, code=1)
    two_plants().write(tmp_path / "other" / "network")
    (tmp_path / "other" / "key").write_bytes((place / "key").read_bytes())
    (tmp_path / "other" / "key").chmod(0o600)
    run("ingest", events_file(tmp_path / "e.ndjson", [counted(n) for n in range(9)]),
        "-p", tmp_path / "other")  # fmt: skip
    told = run("verify", "-p", tmp_path / "other", "--checkpoint", kept, code=1)
    assert "not those of the checkpoint" in told


def test_no_tower_is_told(tmp_path):
    """A folder without a tower is told with what to do; usage errors are exit code 2."""
    assert "taktnet up" in run("state", "-p", tmp_path, code=1)
    run("state", "--nonsense", code=2)
    run("nonsense", code=2)
    assert "error" in run_json("kpi", "-p", tmp_path, code=1)


def test_settings_faults_are_a_table(tmp_path):
    """A bad tower.toml is told with file, field, found and wanted."""
    (tmp_path / "tower.toml").write_text('port = "x"\nspeed = 3\n')
    told = run("up", tmp_path, "--port", 0, code=1)
    assert "tower.toml" in told
    assert "2 faults" in told


def test_open_addresses_need_a_token(tmp_path):
    """`up` refuses an address that others can reach, unless a token is set."""
    two_plants().write(tmp_path / "network")
    assert "no API token" in run("up", tmp_path, "--host", "0.0.0.0", "--port", 0, code=1)


def test_help_shows_every_command_with_examples():
    """Help lists the commands; each has an example."""
    told = run("--help")
    for name in ("check", "generate", "up", "ingest", "log", "state", "signals", "takt", "flow",
                 "kpi", "verify", "replay", "template", "proof"):  # fmt: skip
        assert name in told
        words = (name, "list") if name == "signals" else (name,)
        assert "Example" in run(*words, "--help")


@pytest.fixture
def running(tmp_path):
    """`taktnet up` in a process of its own, replaying a file; its address and folder."""
    two_plants().write(tmp_path / "network")
    file = events_file(tmp_path / "week.ndjson", [counted(1), *(used(n) for n in range(1, 50))])
    command = [sys.executable, "-m", "taktnet.cli.main", "up", str(tmp_path), "--port", "0",
               "--replay", str(file), "--speed", "0", "--json"]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        told = ""
        while not told.rstrip().endswith("}"):
            line = process.stdout.readline()
            assert line, "it did not start"
            told += line
        yield json.loads(told)["url"], tmp_path, process
        process.kill()


@pytest.mark.slow
def test_up_replays_serves_and_stops(running):
    """It answers, replays, takes commands through its server, and stops cleanly when told to."""
    url, place, process = running
    end = time.monotonic() + 100  # kernels may have to be compiled first
    while (seq := httpx.get(f"{url}/api/health", trust_env=False, timeout=30).json()["seq"]) < 50:
        assert time.monotonic() < end
        time.sleep(0.05)
    while httpx.get(url, trust_env=False, timeout=30).status_code == 503:
        assert time.monotonic() < end
        time.sleep(0.05)
    assert httpx.get(url, trust_env=False, timeout=30).status_code == 200
    assert home.running_at(place) == url
    more = events_file(place / "more.ndjson", [used(60)])
    assert run_json("ingest", more, "-p", place)["outcomes"] == {"recorded": 1}
    assert run_json("state", "stock", "-p", place)["seq"] > seq
    assert "no decision" in run_json("signals", "approve", "x", "-p", place, code=1)["error"]
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    assert home.running_at(place) is None
    with Tower.open(place, settings=QUIET, read_only=True) as tower:
        assert tower.ledger.load_snapshot("state")[0] == tower.ledger.head.seq
        assert tower.verify().good


@pytest.mark.parametrize(
    "words",
    [("state", "stock", "--site", "OP0"), ("state", "--item", "MOTER"), ("takt", "--site", "OP0"),
     ("flow", "--item", "MOTER"), ("log", "--site", "OP0"), ("log", "--item", "MOTER"),
     ("log", "--kind", "stock.consumd"), ("signals", "list", "--site", "OP0"),
     ("signals", "list", "--status", "sended"), ("state", "stok")],
)  # fmt: skip
def test_a_name_that_nothing_bears_is_told(place, words):
    """A mistyped site, item, kind, status or view is refused, and the nearest or all are named."""
    told = run(*words, "-p", place, code=1)
    assert f"{words[-1]!r}" in told
    assert "Did you mean" in told or "there are " in told


def test_files_that_cannot_be_used_are_told(place, tmp_path):
    """A file that is missing, a folder or in the way is told in words, also as JSON."""
    (tmp_path / "file").write_text("x")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    where = ("-p", place)
    assert "No such file" in run("verify", "--checkpoint", tmp_path / "none", *where, code=1)
    assert "Error" not in run("verify", "--checkpoint", tmp_path / "binary", *where, code=1)
    for words in (("log", "--out", tmp_path), ("proof", 1, "--out", tmp_path)):
        assert str(tmp_path) in run_json(*words, *where, code=1)["error"]
    assert "file" in run("generate", tmp_path / "file" / "x", code=1)
    assert "there is no" in run("up", tmp_path / "none", "--port", 0, code=1)
    assert not (tmp_path / "none").exists()


def test_nothing_is_written_over(tmp_path):
    """A network or template is not written where something is already; nothing there changes."""
    two_plants().write(tmp_path / "network")
    two_plants().write(tmp_path / "plants.xlsx")
    before = (tmp_path / "network" / "sites.csv").read_bytes()
    book = (tmp_path / "plants.xlsx").read_bytes()
    assert "there already" in run("generate", tmp_path / "network", "--sites", 12, code=1)
    assert "there already" in run("template", tmp_path / "plants.xlsx", code=1)
    words = ("check", tmp_path / "network", "--write", tmp_path / "plants.xlsx")
    assert "there already" in run(*words, code=1)
    assert (tmp_path / "network" / "sites.csv").read_bytes() == before
    assert (tmp_path / "plants.xlsx").read_bytes() == book


def test_verify_names_a_row_that_cannot_even_be_folded(place, tmp_path):
    """A row that was put behind the last one is named, though no state follows from it."""
    copy = tmp_path / "copy"
    shutil.copytree(place, copy)
    ledger = sqlite3.connect(copy / "ledger.sqlite", isolation_level=None)
    last = ledger.execute("SELECT max(seq) FROM event").fetchone()[0]
    ledger.execute(
        "INSERT INTO event SELECT seq + 1, recorded, tenant, source, 'put in', corrects, facts, "
        "hash, body, names FROM event WHERE seq = ?", [last],
    )  # fmt: skip
    ledger.close()
    told = run("verify", "-p", copy, code=1)
    assert f'event {last + 1} "put in"' in told
    assert "hash does not follow" in " ".join(told.split())
    assert run_json("verify", "-p", copy, code=1)["good"] is False
