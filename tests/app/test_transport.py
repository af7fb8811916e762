"""Webhooks against a real receiver: signed, never redirected, never held up for long."""

import http.server
import json
import time
from threading import Thread

import pytest

from taktnet.exchange import webhook
from taktnet.exchange.transport import FolderTransport, Undelivered, WebhookTransport

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class Receiver(http.server.BaseHTTPRequestHandler):
    """Answers by path; keeps what was posted."""

    got: list = []  # noqa: RUF012 - filled by each test anew

    def do_POST(self):
        """Take the message, answer as the path says."""
        body = self.rfile.read(int(self.headers["content-length"]))
        sent = {name.lower(): value for name, value in self.headers.items()}
        self.got.append((self.path, sent, body))
        status = int(self.path.strip("/").split("/")[0])
        if self.path.endswith("slow"):
            time.sleep(1.0)
        self.send_response(status)
        if 300 <= status < 400:
            self.send_header("location", "/200")
        self.end_headers()
        try:
            if self.path.endswith("endless"):
                for _ in range(10_000):
                    self.wfile.write(b"x" * 10_000)
        except OSError:
            pass

    def log_message(self, *_):
        """Quiet."""


@pytest.fixture
def receiver():
    """Its address."""
    Receiver.got = []
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def post(url, seconds=5.0):
    """One message to the address."""
    transport = WebhookTransport(url, SECRET, seconds)
    try:
        transport.send([("KB-1#2", b'{"qty":5}')])
    finally:
        transport.close()


def test_signed_and_taken(receiver):
    """The receiver can prove who sent it, and knows it by its id."""
    post(f"{receiver}/200")
    ((_, sent, body),) = Receiver.got
    assert webhook.genuine(SECRET, sent, body, int(time.time()))
    assert sent["webhook-id"] == "KB-1#2"
    assert json.loads(body) == {"qty": 5}


@pytest.mark.parametrize("status", [204, 201])
def test_any_success_counts(receiver, status):
    """Every 2xx means taken."""
    post(f"{receiver}/{status}")


@pytest.mark.parametrize("status", [301, 307, 308, 400, 401, 404, 410, 429, 500, 503])
def test_everything_else_is_undelivered(receiver, status):
    """A redirect is not followed: the message goes to the configured address or nowhere."""
    with pytest.raises(Undelivered, match=str(status)):
        post(f"{receiver}/{status}")
    assert [path for path, _, _ in Receiver.got] == [f"/{status}"]


def test_slow_and_endless_receivers(receiver):
    """A receiver that does not answer in time is undelivered; an endless answer is cut off."""
    with pytest.raises(Undelivered):
        post(f"{receiver}/200/slow", seconds=0.2)
    began = time.monotonic()
    post(f"{receiver}/200/endless")
    assert time.monotonic() - began < 3


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "http://no-such-host.invalid/", "http://["])
def test_unreachable(url):
    """Nobody there is undelivered, in words."""
    with pytest.raises(Undelivered):
        post(url, seconds=2)


def test_folder_that_cannot_be_written(tmp_path):
    """A file in the folder's place is undelivered."""
    (tmp_path / "out").write_text("")
    with pytest.raises(Undelivered):
        FolderTransport(tmp_path / "out").send([("a", b"{}")])
