"""Malformed requests by the hundred: each is refused with a reason, none is a server error."""

import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.acme import AT, two_plants
from support.serving import raw, served
from support.web_tower import PAGES
from taktnet.app.settings import Channel, Settings
from taktnet.app.tower import Tower
from taktnet.exchange.events import CONTENT_TYPES

SETTINGS = Settings(port=0, channels={"default": Channel(kind="none")}, body_mb=0.3)
GOOD = {
    "kind": "stock.counted/1", "source": "w", "id": "1", "at": AT.isoformat(), "site": "OPO",
    "item": "MOTOR", "qty": 1,
}  # fmt: skip


@pytest.fixture(scope="module")
def client():
    """A client of a server over a tower in memory, in which nothing may ever be recorded."""
    with Tower.open(None, two_plants(), SETTINGS) as tower, served(tower) as made:
        yield made
        assert tower.ledger.head.seq == 0, "something of a malformed request was applied"


def changed(**more):
    """A good event with some fields spoiled; None takes a field away."""
    fields = GOOD | more
    return json.dumps({k: v for k, v in fields.items() if v is not None}).encode()


FIELDS = [
    changed(**{name: value})
    for name in ("source", "id", "at", "site", "item", "qty", "kind")
    for value in (
        *((None,) if name != "site" else ()),
        7 if name != "qty" else "7", [], {}, True, "x" * 5000, "\x00", "a\nb",
    )
]  # fmt: skip
NUMBERS = [
    changed(qty=None)[:-1] + b', "qty": ' + number + b"}"
    for number in (
        b"1e999", b"-1e999", b"NaN", b"Infinity", b"-0.1", b"1e400000", b"9" * 5000, b"0x10",
        b"1.5.5", b"+1", b"01", b"1e", b".5", b"1_000", b"2000000000", b"0.0000001", b"null",
    )
]  # fmt: skip
TIMES = [
    changed(at=at)
    for at in (
        "", "yesterday", "2026-01-05", "2026-01-05T08:00:00", "2026-13-05T08:00:00Z",
        "2026-02-30T08:00:00Z", "2026-01-05T25:00:00Z", "2026-01-05T08:00:00+99:00",
        "-2026-01-05T08:00:00Z", "10000-01-05T08:00:00Z", "0000-01-05T08:00:00Z",
    )
]  # fmt: skip
BODIES = [
    b"", b" ", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"null", b"true", b'"text"', b"7", b"{", b"[",
    b"}", b"{}", b"[{}]", b"[[]]", b"[null]", b"[1, 2]", b"{}{}", b"[]]", b"{,}", b"[,]",
    b"[" * 100_000, b'{"a":' * 20_000, b"[" * 5_000 + b"]" * 5_000,
    b'{"kind": "stock.counted/1"', b'{"kind": "\xff"}', b'{"kind": "\\ud800"}',
    b'{"\\ud800": 1}', b'{"kind": "\\u0000"}', b'{"kind": "stock.counted/2"}',
    b'{"kind": "no.such/1"}', b'{"kind": 7}', b'{"kind": null}', b"\xed\xa0\x80",
    changed(item=None)[:-1] + b', "item": "\\ud83d"}',
    changed(item=None)[:-1] + b', "item": "\xc3"}',
    changed(extra=1), changed(kind="goods.shipped/1"), b"[" + changed() + b"," + changed()[:-1],
    b"[" + changed(qty=-1) + b"," + changed(id="2") + b"]", changed() + b"\x00",
    changed().replace(b'"OPO"', b"'OPO'"), b"// c\n" + changed(), b"event=1&x=2",
    b'<?xml version="1.0"?><event/>', bytes(range(256)), b"\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n",
    json.dumps([GOOD] * 3).encode("utf-16"), json.dumps(GOOD).encode("utf-32"),
    changed(currency="eur"), changed(zone=5), changed(tenant=""), changed(corrects=["a"]),
]  # fmt: skip


@pytest.mark.parametrize("body", [*FIELDS, *NUMBERS, *TIMES, *BODIES])
def test_bodies(client, body):
    """Whatever stands in a JSON body, the answer is 4xx with words, and quick."""
    headers = {"content-type": "application/json"}
    answer = client.post("/api/events", content=body, headers=headers, timeout=5)
    assert 400 <= answer.status_code < 500, answer.text
    told = answer.json()
    assert told["detail"]
    if answer.status_code == 422:
        assert told["faults"]
        assert all(f["wanted"] for f in told["faults"])


@pytest.mark.parametrize("content_type", sorted(CONTENT_TYPES))
@pytest.mark.parametrize(
    "body", [b"{", b"[{}]", b"\xff\xff", b"[" * 50_000, b'{"a":1}\n{', b"7\n7"]
)
def test_bodies_of_every_format(client, content_type, body):
    """The same for NDJSON and CloudEvents."""
    answer = client.post("/api/events", content=body, headers={"content-type": content_type})
    assert answer.status_code == 422
    assert answer.json()["faults"]


@pytest.mark.parametrize(
    "content_type",
    ["", "text/plain", "application/xml", "application/json; charset=\xff", "json", "a" * 3000,
     "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", "\x01"],
)  # fmt: skip
def test_content_types(client, content_type):
    """What is not understood is 415, whatever it is; a charset does not matter to JSON."""
    head = b"POST /api/events HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n"
    head += b"content-type: " + content_type.encode("latin-1") + b"\r\ncontent-length: 2\r\n\r\n[{"
    told = raw(client.base_url, head)
    assert told.split(b" ")[1] in (b"415", b"422", b"400")


def wire(*lines, body=b""):
    """A request as bytes."""
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


HOST, CLOSE = b"Host: localhost", b"Connection: close"
JSON = b"Content-Type: application/json"
POST = b"POST /api/events HTTP/1.1"
WIRE = [
    b"\x00\x01\x02", b"GET\r\n\r\n", b"\r\n" * 50, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    wire(b"GET / HTTP/9.9", HOST), wire(b"GET / HTTP/1.1"), wire(b"GET  /  HTTP/1.1", HOST),
    wire(b"GET /\x00 HTTP/1.1", HOST, CLOSE), wire(b"GET /api/\xff\xfe HTTP/1.1", HOST, CLOSE),
    wire(b"GET /%00 HTTP/1.1", HOST, CLOSE), wire(b"GET /%ff%fe HTTP/1.1", HOST, CLOSE),
    wire(b"GET /%zz HTTP/1.1", HOST, CLOSE), wire(b"GET /../../etc/passwd HTTP/1.1", HOST, CLOSE),
    wire(b"GET /static/../../pyproject.toml HTTP/1.1", HOST, CLOSE),
    wire(b"GET /static/%2e%2e/%2e%2e/api.py HTTP/1.1", HOST, CLOSE),
    wire(b"GET http://evil.example/ HTTP/1.1", b"Host: evil.example", CLOSE),
    wire(b"GET / HTTP/1.1", HOST, HOST, CLOSE), wire(b"GET / HTTP/1.1", b"Host: \xff", CLOSE),
    wire(b"GET / HTTP/1.1", b"Host:", CLOSE), wire(b"GET / HTTP/1.1", b"Host: [", CLOSE),
    wire(b"BREW /api/events HTTP/1.1", HOST, CLOSE), wire(b"TRACE / HTTP/1.1", HOST, CLOSE),
    wire(b"CONNECT evil.example:443 HTTP/1.1", HOST, CLOSE),
    wire(b"OPTIONS * HTTP/1.1", HOST, CLOSE), wire(b"HEAD /api/stream HTTP/1.1", HOST, CLOSE),
    wire(POST, HOST, JSON, b"Content-Length: -1", CLOSE),
    wire(POST, HOST, JSON, b"Content-Length: x", CLOSE),
    wire(POST, HOST, JSON, b"Content-Length: 99999999999999999999", CLOSE),
    wire(POST, HOST, JSON, b"Content-Length: 5", b"Content-Length: 6", CLOSE, body=b"[{}]"),
    wire(POST, HOST, JSON, b"Content-Length: 50", CLOSE, body=b"[{}"),
    wire(POST, HOST, JSON, b"Transfer-Encoding: chunked", CLOSE, body=b"zz\r\n"),
    wire(POST, HOST, JSON, b"Transfer-Encoding: chunked", CLOSE, body=b"2\r\n[]\r\n"),
    wire(POST, HOST, JSON, b"Transfer-Encoding: gzip", CLOSE, body=b"[]"),
    wire(POST, HOST, JSON, CLOSE), wire(POST, HOST, CLOSE, b"Content-Length: 2", body=b"[]"),
    wire(POST, HOST, JSON, b"Expect: 200-ok", b"Content-Length: 1", CLOSE, body=b"x"),
    wire(b"GET / HTTP/1.1", HOST, b"Cookie: \xff=\xfe; ;;=;", CLOSE),
    wire(b"GET / HTTP/1.1", HOST, b"Authorization: \xff", CLOSE),
    wire(b"GET /api/stream HTTP/1.1", HOST, b"Last-Event-ID: \xff", CLOSE),
    wire(b"GET /api/stream?after=%00 HTTP/1.1", HOST, CLOSE),
    wire(b"GET / HTTP/1.1", HOST, b"X: " + b"a" * 200_000, CLOSE),
    wire(b"GET /" + b"a" * 100_000 + b" HTTP/1.1", HOST, CLOSE),
    wire(b"GET /?" + b"a=1&" * 30_000 + b" HTTP/1.1", HOST, CLOSE),
    wire(b"GET / HTTP/1.1", HOST, *[b"X-%d: y" % n for n in range(2000)], CLOSE),
    wire(b"GET / HTTP/1.1", HOST, b"Upgrade: websocket", b"Connection: Upgrade",
         b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", b"Sec-WebSocket-Version: 13"),
]  # fmt: skip


@pytest.mark.parametrize("data", WIRE)
def test_bytes_on_the_wire(client, data):
    """Broken HTTP is hung up on or answered below 500, and the server goes on."""
    told = raw(client.base_url, data, seconds=2)
    if told:
        assert told.startswith(b"HTTP/1.1 ")
        assert told.split(b" ")[1] < b"500"
    assert client.get("/api/health").status_code == 200


PATHS = (
    "/api/state/stock", "/api/state", "/api/takt", "/api/flow", "/api/kpis", "/api/signals",
    "/api/events", "/api/conflicts", "/api/proofs/consistency", "/api/network/sites",
    "/api/stream", "/search", *(path for path in PAGES if "?" not in path),
)  # fmt: skip
NAMES = ("limit", "offset", "site", "item", "at", "known", "days", "by", "step", "key", "status",
         "kind", "text", "since", "until", "before", "first", "second", "after", "q", "page",
         "show", "start", "end")  # fmt: skip
VALUES = ("", "-1", "0", "1e9", "NaN", "inf", "9" * 400, "x", "\x00", "\ud800", "é", "%", "../..",
          "2026-01-05", "0001-01-01T00:00:00+00:00", "9999-12-31T23:59:59Z", "2026-01-05T00:00",
          "<script>", "' OR 1=1", "[]", "true", "network", "day")  # fmt: skip


def query(chance):
    """Some parameters with values that nobody would send."""
    pairs = [(chance.choice(NAMES), chance.choice(VALUES)) for _ in range(chance.randint(1, 4))]
    return "&".join(f"{k}={quoted(v)}" for k, v in pairs)


def quoted(text):
    """Percent-encoded, lone surrogates too."""
    return "".join(f"%{b:02x}" for b in text.encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize("path", PATHS)
def test_parameters(client, path):
    """Forty queries of odd parameters for each route: never a server error."""
    chance = random.Random(path)
    for _ in range(40):
        url = f"{path}?{query(chance)}"
        if path == "/api/stream":
            status = raw(client.base_url, wire(f"GET {url} HTTP/1.1".encode(), HOST, CLOSE), 0.3)
            assert status.split(b" ")[1] in (b"200", b"400"), url
        else:
            answer = client.get(url)
            assert answer.status_code < 500, (url, answer.text)


@pytest.mark.parametrize(
    "path",
    [f"/api/{p}/{v}" for p in ("state", "events", "proofs/inclusion", "network", "jobs")
     for v in ("0", "-1", "9" * 400, "x", "%00", "%ff", "é", "..", "1/chain/2", "1.5")],
)  # fmt: skip
def test_path_values(client, path):
    """Odd values in paths are not found or not understood."""
    answer = client.get(path)
    assert 400 <= answer.status_code < 500, answer.text


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [("POST", "/api/jobs", b) for b in (b"", b"{", b"[]", b'{"kind": 1}', b'{"kind":"\\ud800"}',
                                       b"\xff", b"[" * 20_000, b'{"kind":"verify","x":')]
    + [("POST", f"/api/signals/{v}{q}", b"") for v in ("approve", "decline")
       for q in ("", "?decision=x", "?decision=x&by=", "?decision=%00&by=%ff",
                 "?decision=" + "x" * 500 + "&by=a")],
)  # fmt: skip
def test_writes(client, method, path, body):
    """Odd answers and jobs are refused."""
    answer = client.request(
        method, path, content=body, headers={"content-type": "application/json"}
    )
    assert 400 <= answer.status_code < 500, answer.text


JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=10,
)


@settings(max_examples=60)
@given(st.dictionaries(st.sampled_from(sorted(GOOD)), JSONS, min_size=1, max_size=3))
def test_any_json_in_any_field(client, spoiled):
    """A good event with fields replaced by any JSON is refused, unless it is good again."""
    fields = GOOD | spoiled | {"qty": -1}
    body = json.dumps(fields).encode()
    answer = client.post("/api/events", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 422


@settings(max_examples=40)
@given(st.binary(max_size=300))
def test_any_bytes(client, body):
    """Any bytes at all."""
    answer = client.post(
        "/api/events", content=body, headers={"content-type": "application/x-ndjson"}
    )
    assert answer.status_code in (200, 422)
