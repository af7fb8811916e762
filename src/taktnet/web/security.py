"""Who may talk to the tower, checked before any route: host, token, origin.

The server listens on loopback until a token is set. The Host header must name the server, or a
page of some other site could reach it through a name of its own (DNS rebinding); whatever writes
must come from the server's own pages or from no page at all.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from http.cookies import CookieError, SimpleCookie
from ipaddress import ip_address
from typing import Any, NamedTuple

from taktnet.app.settings import Settings
from taktnet.base.errors import TaktnetError

COOKIE = "taktnet_token"
_READS = frozenset(("GET", "HEAD", "OPTIONS"))
_LOOPBACK = ("localhost", "127.0.0.1", "::1")

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; manifest-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
#: Headers of every answer; a page that sets one of them itself keeps its own.
HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"content-security-policy", PAGE_POLICY.encode()),
)


class Refusal(NamedTuple):
    """Why a request goes no further."""

    status: int
    detail: str


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine only; a name other than localhost is not taken for it."""
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def check_address(settings: Settings) -> None:
    """Refuse to listen beyond loopback without a token; raises TaktnetError."""
    if is_loopback(settings.host) or settings.token:
        return
    raise TaktnetError(
        f"{settings.host} can be reached from other machines and no API token is set; "
        "listen on 127.0.0.1, or set TAKTNET_TOKEN"
    )


def host_of(header: bytes) -> str:
    """The host in a Host header, without port and brackets, in small letters."""
    text = header.decode("latin-1").strip().lower()
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.rpartition(":")[0] if ":" in text else text


class Guard:
    """Decides on a request from its ASGI scope alone."""

    def __init__(self, settings: Settings) -> None:
        self._token = settings.token.encode()
        self.cookie = hmac.new(self._token, b"taktnet cookie", "sha256").hexdigest()
        names = {*_LOOPBACK, settings.host.lower().strip("[]"), *map(str.lower, settings.hosts)}
        # Bound to every address, it cannot know its names; the token is then the guard.
        self._any_host = bool(settings.token) and settings.host in ("0.0.0.0", "::")  # noqa: S104
        self._any_host = self._any_host and not settings.hosts
        self._names = frozenset(names)

    def refusal(self, scope: dict[str, Any]) -> Refusal | None:
        """None when the request may go on."""
        host, origin, site, bearer, cookie, hosts = b"", b"", b"", b"", b"", 0
        for name, value in scope["headers"]:
            if name == b"host":
                host, hosts = value, hosts + 1
            elif name == b"origin":
                origin = value
            elif name == b"sec-fetch-site":
                site = value
            elif name == b"authorization":
                bearer = value
            elif name == b"cookie":
                cookie = value
        if hosts != 1 or not (self._any_host or host_of(host) in self._names):
            return Refusal(421, "the Host header names another server; see the setting `hosts`")
        if self._token and not self._known(bearer, cookie):
            return Refusal(401, "send the API token as `Authorization: Bearer <token>`")
        if scope["method"] not in _READS and not self._own(origin, site, host):
            return Refusal(403, "writing is for the server's own pages and for programs")
        return None

    def token_matches(self, offered: str) -> bool:
        """Compare in constant time; always False where no token is set."""
        return bool(self._token) and hmac.compare_digest(offered.encode(), self._token)

    def _known(self, bearer: bytes, cookie: bytes) -> bool:
        scheme, _, offered = bearer.partition(b" ")
        if scheme.lower() == b"bearer" and hmac.compare_digest(offered.strip(), self._token):
            return True
        if not cookie:
            return False
        try:
            jar = SimpleCookie(cookie.decode("latin-1"))
        except CookieError:
            return False
        return COOKIE in jar and hmac.compare_digest(
            jar[COOKIE].value.encode(), self.cookie.encode()
        )

    def _own(self, origin: bytes, site: bytes, host: bytes) -> bool:
        if origin:
            return origin.lower() in (b"http://" + host.lower(), b"https://" + host.lower())
        return site in (b"", b"same-origin", b"none")


def cookie_header(value: str, secure: bool) -> tuple[bytes, bytes]:
    """The header that lets a browser keep `Guard.cookie`, which stands for the token."""
    flags = "; Secure" if secure else ""
    return (
        b"set-cookie",
        f"{COOKIE}={value}; Path=/; HttpOnly; SameSite=Strict{flags}".encode(),
    )


def with_headers(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """`headers` and the security headers that they do not set themselves."""
    have = list(headers)
    names = {name.lower() for name, _ in have}
    return have + [h for h in HEADERS if h[0] not in names]
