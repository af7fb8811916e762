"""Formats at the edge: Standard Webhooks signatures, file drop, CloudEvents."""

import base64
import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taktnet.base.errors import InputFaults, TaktnetError
from taktnet.exchange import cloudevents, events, folder, webhook
from taktnet.ledger import codec

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def test_published_signature():
    """The example of the Standard Webhooks test suite is signed to the letter."""
    made = webhook.signature(
        SECRET, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
    )
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@given(st.text(min_size=1, max_size=50), st.binary(max_size=200))
def test_signed_is_genuine_and_changed_is_not(id, body):
    """What `headers` signs, `genuine` accepts; another body, id, time or key it refuses."""
    sent = webhook.headers(SECRET, id, 1000, body)
    assert webhook.genuine(SECRET, sent, body, 1000)
    assert not webhook.genuine(SECRET, sent, body + b"x", 1000)
    assert not webhook.genuine(SECRET, sent | {"webhook-id": id + "x"}, body, 1000)
    assert not webhook.genuine(SECRET, sent, body, 1000 + 301)
    assert not webhook.genuine("whsec_" + base64.b64encode(b"other").decode(), sent, body, 1000)


def test_one_of_several_signatures_is_enough():
    """While a key is being changed the header holds two signatures, parted by a space."""
    sent = webhook.headers(SECRET, "a", 1000, b"{}")
    sent["webhook-signature"] = "v1,AAAA " + sent["webhook-signature"]
    assert webhook.genuine(SECRET, sent, b"{}", 1000)


@pytest.mark.parametrize("secret", ["whsec_", "whsec_???", "whsec_AAA"])
def test_unusable_secret(secret):
    """A secret that is empty or not base64 is refused."""
    with pytest.raises(TaktnetError, match="secret"):
        webhook.key(secret)


def test_file_drop_leaves_whole_files(tmp_path):
    """The same id twice is one file with the newest content, and no temporary file stays."""
    folder.drop(tmp_path / "out", [("KB-1#2", b"one")])
    paths = folder.drop(tmp_path / "out", [("KB-1#2", b"two"), ("KB-1#3", b"three")])
    assert sorted((tmp_path / "out").iterdir()) == sorted(paths)
    assert [path.read_bytes() for path in paths] == [b"two", b"three"]


def test_many_files_at_once(tmp_path):
    """Many files of one hand-over are all whole, and nothing else is there."""
    messages = [(f"KB-1#{n}", b"x" * n) for n in range(30)]
    paths = folder.drop(tmp_path / "out", messages)
    assert sorted((tmp_path / "out").iterdir()) == sorted(paths)
    assert [path.read_bytes() for path in paths] == [body for _, body in messages]


def test_flush_that_fails_is_told(tmp_path, monkeypatch):
    """When the disk cannot make the files durable, no file gets its name."""

    def refuse(handle: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(folder.os, "fsync", refuse)
    with pytest.raises(OSError, match="Input/output"):
        folder.drop(tmp_path / "out", [(f"KB-1#{n}", b"x") for n in range(30)])
    assert {path.suffix for path in (tmp_path / "out").iterdir()} == {".part"}


@given(st.text(min_size=1, max_size=120), st.text(min_size=1, max_size=120))
def test_file_names_are_safe_and_never_shared(one, other):
    """A name is plain ASCII without a path in it, and two ids never share one."""
    name = folder.name(one)
    assert name.isascii()
    assert "/" not in name
    assert "\\" not in name
    assert not name.startswith(".")
    assert len(name) < 130
    assert (name.casefold() == folder.name(other).casefold()) == (one == other)


EVENT = {
    "specversion": "1.0",
    "type": "stock.consumed/1",
    "source": "mes",
    "id": "7",
    "time": "2026-01-05T08:00:00Z",
    "site": "OPO",
    "traceparent": "00-1-2-01",
    "data": {"item": "MOTOR", "qty": 2},
}
PLAIN = {
    "kind": "stock.consumed/1",
    "source": "mes",
    "id": "7",
    "at": "2026-01-05T08:00:00Z",
    "site": "OPO",
    "item": "MOTOR",
    "qty": 2,
}


def test_cloud_event():
    """Type, source, id and time are the event's own; an unknown extension is passed over."""
    assert json.loads(cloudevents.events(json.dumps(EVENT).encode(), "x", False)) == [PLAIN]


def test_cloud_event_with_base64_data():
    """Data may come in base64."""
    event = {k: v for k, v in EVENT.items() if k != "data"}
    event["data_base64"] = base64.b64encode(json.dumps(EVENT["data"]).encode()).decode()
    assert json.loads(cloudevents.events(json.dumps([event]).encode(), "x", True)) == [PLAIN]


def test_cloud_events_faults():
    """Every envelope that is not right is named with its row and attribute."""
    bad = [
        EVENT | {"specversion": "0.3"},
        EVENT | {"id": ""},
        EVENT | {"data": [1]},
        7,
        EVENT | {"data": EVENT["data"] | {"source": "other"}},
        {k: v for k, v in EVENT.items() if k != "time"} | {"data_base64": "@"},
    ]
    with pytest.raises(InputFaults) as caught:
        cloudevents.events(json.dumps(bad).encode(), "request", True)
    found = [(f.row, f.field) for f in caught.value.faults]
    assert found == [
        (1, "specversion"), (2, "id"), (3, "data"), (4, ""), (5, "data.source"),
        (6, "data_base64"), (6, "time"),
    ]  # fmt: skip


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 100_000, b"7"])
def test_cloud_events_that_are_no_json(body):
    """Bytes that are no JSON array are one fault, never a crash."""
    with pytest.raises(InputFaults):
        cloudevents.events(body, "request", True)


def consumed(n: int) -> str:
    """A line of NDJSON."""
    return json.dumps(PLAIN | {"id": str(n)})


def test_content_types():
    """JSON, NDJSON and both forms of CloudEvents are told apart; others are not understood."""
    assert events.format_of("application/json; charset=utf-8") == "json"
    assert events.format_of("Application/X-NDJSON") == "ndjson"
    assert events.format_of("application/cloudevents+json") == "cloudevent"
    assert events.format_of("application/cloudevents-batch+json") == "cloudevents"
    assert events.format_of("text/csv") is None
    assert events.format_of("") is None


@pytest.mark.parametrize("form", ["json", "ndjson", "cloudevent", "cloudevents"])
def test_every_format_gives_the_same_event(form):
    """One event is the same event however it was sent."""
    body = {
        "json": json.dumps([PLAIN]),
        "ndjson": json.dumps(PLAIN) + "\n",
        "cloudevent": json.dumps(EVENT),
        "cloudevents": json.dumps([EVENT]),
    }[form]
    (event,) = events.read(body.encode(), form)
    assert event.qty == 2
    assert event.site == "OPO"


@pytest.mark.parametrize("name", ["a.ndjson", "a.jsonl.gz", "a.json", "a.json.gz"])
def test_files_are_read_whole(tmp_path, name):
    """Files of thousands of lines lose none at the joints, packed or not."""
    lines = [consumed(n) for n in range(4501)]
    text = "\n".join(lines) if "jsonl" in name or "ndjson" in name else f"[{','.join(lines)}]"
    data = gzip.compress(text.encode()) if name.endswith(".gz") else text.encode()
    (tmp_path / name).write_bytes(data)
    found = [e.id for piece in events.read_file(tmp_path / name) for e in piece]
    assert found == [str(n) for n in range(4501)]


def test_fault_in_a_file_names_its_line(tmp_path):
    """The row of a fault is the line of the file, also far down."""
    file = tmp_path / "log.ndjson"
    file.write_text("\n".join([consumed(n) for n in range(3000)] + ['{"kind": "x"}']))
    with pytest.raises(InputFaults) as caught:
        list(events.read_file(file))
    assert [f.row for f in caught.value.faults] == [3001]


@pytest.mark.parametrize("name", ["a.json.gz", "a.ndjson.gz"])
def test_a_file_that_unpacks_to_too_much_is_refused(tmp_path, monkeypatch, name):
    """A few packed bytes do not fill the memory: no more is read than would be taken."""
    monkeypatch.setattr(codec, "LIMITS", codec.Limits(total_bytes=100_000))
    monkeypatch.setattr(events, "_LONGEST", 100_000)
    (tmp_path / name).write_bytes(gzip.compress(b'["' + b"x" * 50_000_000))
    with pytest.raises(InputFaults, match=r"at most 100000 bytes|100001 bytes|broken JSON"):
        list(events.read_file(tmp_path / name))


def test_broken_gzip(tmp_path):
    """A file that only looks packed is a fault of that file."""
    (tmp_path / "a.ndjson.gz").write_bytes(b"no gzip")
    with pytest.raises(InputFaults, match=r"a\.ndjson\.gz"):
        list(events.read_file(tmp_path / "a.ndjson.gz"))
