"""Loopback only without a token; host, token and origin are checked before anything else."""

import json

import pytest

from support.acme import AT, two_plants
from support.serving import raw, served
from taktnet.app.settings import Channel, Settings
from taktnet.app.tower import Tower
from taktnet.base.errors import TaktnetError
from taktnet.web import server
from taktnet.web.security import Guard, is_loopback

NONE = {"default": Channel(kind="none")}
EVENT = json.dumps(
    {"kind": "stock.counted/1", "source": "w", "id": "1", "at": AT.isoformat(), "site": "OPO",
     "item": "MOTOR", "qty": 1}
)  # fmt: skip
JSON = {"content-type": "application/json"}


@pytest.fixture(scope="module")
def tower():
    """A tower in memory."""
    with Tower.open(None, two_plants(), Settings(port=0, channels=NONE)) as made:
        yield made


@pytest.fixture(scope="module")
def client(tower):
    """Without a token."""
    with served(tower) as made:
        yield made


@pytest.fixture(scope="module")
def locked(tower):
    """With a token."""
    with served(tower, Settings(port=0, token="open sesame", channels=NONE)) as made:
        yield made


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "plant.example", ""])
def test_other_addresses_need_a_token(host):
    """The server does not start on an address that others can reach, unless a token is set."""
    with pytest.raises(TaktnetError, match="token"):
        server.bind(Settings(host=host, port=0))


def test_taken_port_is_told():
    """A port that is taken is told with a remedy."""
    with server.bind(Settings(port=0)) as first:
        port = first.getsockname()[1]
        with pytest.raises(TaktnetError, match="--port"):
            server.bind(Settings(port=port))


@pytest.mark.parametrize(
    ("host", "local"),
    [("127.0.0.1", True), ("127.8.9.1", True), ("::1", True), ("[::1]", True),
     ("localhost", True), ("localhost.evil.example", False), ("10.0.0.1", False)],
)  # fmt: skip
def test_loopback(host, local):
    """Only addresses of this machine count as loopback."""
    assert is_loopback(host) is local


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "evil.example:80", ""])
def test_foreign_host_names_are_refused(client, host):
    """A page of another site that resolves to this address gets nothing (DNS rebinding)."""
    for path in ("/api/state", "/api/stream", "/", "/static/icon.svg"):
        assert client.get(path, headers={"host": host}).status_code == 421
    answer = client.post("/api/events", content=EVENT, headers=JSON | {"host": host})
    assert answer.status_code == 421


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.1:99", "[::1]:80"])
def test_own_names_are_known(client, host):
    """The machine's own names with any port."""
    assert client.get("/api/health", headers={"host": host}).status_code == 200


def test_named_hosts_are_known():
    """A name from the setting `hosts` counts."""
    guard = Guard(Settings(hosts=("tower.acme.example",)))
    scope = {"headers": [(b"host", b"tower.acme.example:8321")], "method": "GET"}
    assert guard.refusal(scope) is None


WRITES = (
    ("POST", "/api/events"),
    ("POST", "/api/signals/approve?decision=x&by=y"),
    ("POST", "/api/signals/decline?decision=x&by=y"),
    ("POST", "/api/jobs"),
    ("DELETE", "/api/jobs/verify-1"),
    ("POST", "/decisions/x/approve"),
)


@pytest.mark.parametrize(("method", "path"), WRITES)
@pytest.mark.parametrize(
    "headers",
    [{"origin": "https://evil.example"}, {"origin": "null"}, {"origin": "http://127.0.0.1:1"},
     {"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}],
)  # fmt: skip
def test_writes_from_other_pages_are_refused(client, method, path, headers):
    """What writes must come from the server's own origin, or from no page at all."""
    assert client.request(method, path, headers=headers, content=EVENT).status_code == 403


def test_own_pages_and_programs_may_write(client):
    """The own origin, and a program that sends none, are let through."""
    own = str(client.base_url).rstrip("/")
    assert client.post("/api/events", content=EVENT, headers=JSON).status_code == 201
    for more in ({"origin": own}, {"sec-fetch-site": "same-origin"}, {"sec-fetch-site": "none"}):
        assert client.post("/api/events", content=EVENT, headers=JSON | more).status_code == 200


def test_token_is_wanted_everywhere(locked):
    """With a token set nothing is shown or taken without it, and a wrong one is no better."""
    for path in ("/", "/api/health", "/api/stream", "/api/openapi.json", "/static/icon.svg"):
        assert locked.get(path).status_code == 401
    answer = locked.post("/api/events", content=EVENT, headers=JSON)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    for wrong in ("Bearer open sesam", "Bearer", "Basic open sesame", "open sesame"):
        assert locked.get("/api/health", headers={"authorization": wrong}).status_code == 401
    right = {"authorization": "Bearer open sesame"}
    assert locked.get("/api/health", headers=right).status_code == 200
    assert locked.post("/api/events", content=EVENT, headers=JSON | right).status_code == 200


def test_browser_brings_the_token_once(locked):
    """The token in the address is put into a cookie that scripts cannot read, and forgotten."""
    answer = locked.get("/?token=open+sesame")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/"
    kept = answer.headers["set-cookie"]
    assert "HttpOnly" in kept
    assert "SameSite=Strict" in kept
    assert locked.get("/api/health").status_code == 200
    locked.cookies.clear()
    assert locked.get("/?token=wrong").status_code == 401
    told = raw(
        locked.base_url,
        b"GET //evil.example/?token=open+sesame HTTP/1.1\r\nhost: localhost\r\n"
        b"connection: close\r\n\r\n",
    )
    assert b"location: /evil.example/\r\n" in told


def test_headers_of_every_answer(client):
    """Pages may load only the server's own files; nothing is sniffed or framed."""
    for path in ("/api/health", "/api/nothing", "/api/events", "/"):
        headers = client.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"


def test_token_beyond_loopback_is_enough():
    """With a token the server may listen on every address; then any host name is answered."""
    settings = Settings(host="0.0.0.0", port=0, token="t" * 20)
    server.bind(settings).close()
    scope = {"headers": [(b"host", b"plant.example")], "method": "GET", "query_string": b""}
    assert Guard(settings).refusal(scope).status == 401
