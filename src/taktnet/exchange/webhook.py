"""Signatures of the Standard Webhooks specification (symmetric, `v1`), and sending with them.

Source: standardwebhooks.com, specification v1.0.0, "Signature scheme": HMAC-SHA256 over
`{id}.{timestamp}.{body}`, base64, after `v1,`; several signatures are parted by a space.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping

from taktnet.base.errors import TaktnetError

TOLERANCE_S = 300


def key(secret: str) -> bytes:
    """The bytes behind `whsec_...`; raises TaktnetError where it is not base64."""
    try:
        raw = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError) as error:
        raise TaktnetError("a webhook secret is `whsec_` and base64; this one is not") from error
    if not raw:
        raise TaktnetError("a webhook secret is empty; make one with 32 random bytes")
    return raw


def signature(secret: str, id: str, timestamp: int, body: bytes) -> str:
    """The value of `webhook-signature`; `timestamp` in seconds since 1970 UTC."""
    signed = f"{id}.{timestamp}.".encode() + body
    mac = hmac.new(key(secret), signed, "sha256").digest()
    return "v1," + base64.b64encode(mac).decode()


def headers(secret: str, id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The three headers of a signed message, and its content type."""
    return {
        "content-type": "application/json",
        "webhook-id": id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(secret, id, timestamp, body),
    }


def genuine(secret: str, sent: Mapping[str, str], body: bytes, now: int) -> bool:
    """Whether headers `sent` (lower-case names) prove `body`, within five minutes of `now` (s)."""
    stamp = sent.get("webhook-timestamp", "")
    if not stamp.isascii() or not stamp.isdigit() or abs(now - int(stamp)) > TOLERANCE_S:
        return False
    wanted = signature(secret, sent.get("webhook-id", ""), int(stamp), body).encode()
    offered = sent.get("webhook-signature", "").split(" ")
    return any(hmac.compare_digest(wanted, one.encode()) for one in offered)
