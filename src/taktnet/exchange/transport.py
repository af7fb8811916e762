"""Ways a message leaves the house: a file in a folder, or a signed webhook."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from taktnet.base.errors import TaktnetError
from taktnet.exchange import folder, webhook

ANSWER_BYTES = 65_536


class Undelivered(TaktnetError):
    """The message did not arrive, as far as anybody here can know."""


#: A message's id and its bytes.
Message = tuple[str, bytes]


class Transport(Protocol):
    """Delivers messages, at least once; the receiver knows a repeat by its id."""

    most: int  #: messages that may be handed over together
    lanes: int  #: hand-overs that may go on at a time

    def send(self, messages: Sequence[Message]) -> None:
        """Return when all have arrived; raise Undelivered if one has not."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...


class FolderTransport:
    """One file a message in a folder; the same id always has the same file name."""

    most, lanes = 100, 1

    def __init__(self, path: Path) -> None:
        self._path = path

    def send(self, messages: Sequence[Message]) -> None:
        """Write the files durably."""
        try:
            folder.drop(self._path, messages)
        except OSError as error:
            raise Undelivered(f"{self._path}: {error.strerror or error}") from error

    def close(self) -> None:
        """Nothing to let go of."""


class WebhookTransport:
    """POSTs to one address, signed; follows no redirect, reads little, waits not for long."""

    most, lanes = 1, 4

    def __init__(self, url: str, secret: str, timeout_s: float) -> None:
        import httpx

        webhook.key(secret)  # an unusable secret is found now, not at the first signal
        self._url, self._secret, self._timeout = url, secret, timeout_s
        self._errors = (httpx.HTTPError, httpx.InvalidURL)
        self._client = httpx.Client(timeout=timeout_s, follow_redirects=False, trust_env=False)

    def send(self, messages: Sequence[Message]) -> None:
        """POST each message and wait for a 2xx answer."""
        for id_, body in messages:
            self._post(id_, body)

    def _post(self, id: str, body: bytes) -> None:
        stamp = int(time.time())  # the receiver checks it against its own clock
        headers = webhook.headers(self._secret, id, stamp, body)
        deadline = time.monotonic() + self._timeout
        try:
            with self._client.stream("POST", self._url, content=body, headers=headers) as answer:
                read = 0
                for part in answer.iter_raw():
                    read += len(part)
                    if read > ANSWER_BYTES or time.monotonic() > deadline:
                        break
                status = answer.status_code
        except self._errors as error:
            raise Undelivered(f"{self._url}: {type(error).__name__} {error}".strip()) from error
        if not 200 <= status < 300:
            raise Undelivered(f"{self._url} answered {status}")

    def close(self) -> None:
        """Close the connections."""
        self._client.close()
