"""Signed notes (C2SP signed-note) and cosignatures (C2SP tlog-cosignature) with Ed25519.

A note is text that ends in a newline, an empty line, and signature lines
`— <key name> base64(key id || signature)`. A key's text form is `name+id+base64(type || key)`, the
form that other verifiers of transparency logs read.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from taktnet.base.errors import TaktnetError

ED25519 = 1  # a log's own signature: over the text
COSIGNATURE = 4  # a witness's: over the time and the text
_NAME = re.compile(r"[^\s+]+")
_LINE = re.compile(r"— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})")
_STAMP = 8  # bytes of the time in front of a cosignature


class NoteError(TaktnetError):
    """A note, key or signature that is not what it should be."""


def _unbase64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise NoteError(f"{text!r} is not base64") from error


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key under a name: what somebody else needs to check a note."""

    name: str
    public: bytes
    kind: int = ED25519

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise NoteError(f"key name {self.name!r}: wanted no space and no plus sign")
        if len(self.public) != 32 or self.kind not in (ED25519, COSIGNATURE):
            raise NoteError(f"key of {self.name}: wanted 32 bytes of Ed25519, type 1 or 4")

    @property
    def id(self) -> bytes:
        """The first four bytes of SHA-256(name || newline || type || key)."""
        return sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:4]

    def __str__(self) -> str:
        key = base64.b64encode(bytes([self.kind]) + self.public).decode()
        return f"{self.name}+{self.id.hex()}+{key}"

    @classmethod
    def parse(cls, text: str) -> Verifier:
        """The key of its text form; raises NoteError when name, id and key do not agree."""
        parts = text.strip().split("+", 2)
        key = _unbase64(parts[2]) if len(parts) == 3 else b""
        if not key:
            raise NoteError(f"key {text.strip()!r}: wanted name+id+base64")
        found = cls(parts[0], key[1:], key[0])
        if found.id.hex() != parts[1]:
            raise NoteError(f"key of {found.name}: id is {parts[1]}, wanted {found.id.hex()}")
        return found

    def accepts(self, message: bytes, signature: bytes) -> bool:
        """Whether the signature over the message is by this key."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except InvalidSignature:
            return False
        return True


class Signer:
    """A private key under a name. Its text form must stay secret."""

    def __init__(self, name: str, seed: bytes, kind: int = ED25519) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self._seed = seed
        public = self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.verifier = Verifier(name, public, kind)

    @property
    def name(self) -> str:
        """The name the key signs under."""
        return self.verifier.name

    def secret_text(self) -> str:
        """`PRIVATE+KEY+name+id+base64(type || seed)`, for the key file."""
        seed = base64.b64encode(bytes([self.verifier.kind]) + self._seed).decode()
        return f"PRIVATE+KEY+{self.name}+{self.verifier.id.hex()}+{seed}"

    @classmethod
    def parse(cls, text: str) -> Signer:
        """The key of its secret text form; the error does not show the text."""
        parts = text.strip().split("+", 4)
        if len(parts) != 5 or parts[:2] != ["PRIVATE", "KEY"]:
            raise NoteError("signing key: wanted PRIVATE+KEY+name+id+base64")
        key = _unbase64(parts[4])
        if len(key) != 33:
            raise NoteError(f"signing key of {parts[2]}: wanted a type byte and 32 bytes")
        found = cls(parts[2], key[1:], key[0])
        if found.verifier.id.hex() != parts[3]:
            raise NoteError(f"signing key of {parts[2]}: its id does not fit its key")
        return found

    def sign(self, text: str) -> str:
        """The note: the text with this key's signature."""
        _check_text(text)
        return f"{text}\n{_line(self.verifier, self._key.sign(text.encode()))}"

    def cosign(self, note: str, at: int) -> str:
        """The note with a witness's cosignature added; `at` in seconds since 1970 UTC."""
        text, _ = split(note)
        signature = self._key.sign(_cosigned(text, at))
        return note + _line(self.verifier, at.to_bytes(_STAMP, "big") + signature)


def _check_text(text: str) -> None:
    if not text.endswith("\n") or any(c < " " and c != "\n" for c in text):
        raise NoteError("the text of a note ends in a newline and has no other control character")


def _cosigned(text: str, at: int) -> bytes:
    return f"cosignature/v1\ntime {at}\n{text}".encode()


def split(note: str) -> tuple[str, tuple[tuple[str, bytes, bytes], ...]]:
    """The text of a note and (key name, key id, signature) of its lines; nothing is verified."""
    cut = note.rfind("\n\n")
    if cut < 0 or not note.endswith("\n"):
        raise NoteError("not a signed note: wanted text, an empty line, signature lines")
    text, lines = note[: cut + 1], note[cut + 2 : -1].split("\n")
    _check_text(text)
    found: list[tuple[str, bytes, bytes]] = []
    for line in lines:
        match = _LINE.fullmatch(line)
        if match is None:
            raise NoteError(f"not a signature line: {line!r}")
        blob = _unbase64(match[2])
        found.append((match[1], blob[:4], blob[4:]))
    return text, tuple(found)


def signature_line(note: str, verifier: Verifier) -> tuple[int, str] | None:
    """The good signature of this key as (seconds since 1970, line), or None.

    A log's signature has no time: 0. A bad signature under a known key spoils the whole note.
    """
    text, lines = split(note)
    for name, key_id, signature in lines:
        if (name, key_id) != (verifier.name, verifier.id):
            continue
        stamp = _STAMP if verifier.kind == COSIGNATURE else 0
        at = int.from_bytes(signature[:stamp], "big")
        message = _cosigned(text, at) if stamp else text.encode()
        good = verifier.accepts(message, signature[stamp:])
        return (at, _line(verifier, signature)) if good else None
    return None


def _line(verifier: Verifier, signature: bytes) -> str:
    return f"— {verifier.name} {base64.b64encode(verifier.id + signature).decode()}\n"


def open_signer(path: Path, name: str, seed: bytes) -> Signer:
    """The signing key kept in the file, made from `seed` (32 fresh random bytes) if there is none.

    The file is readable by its owner alone; one that others can read is refused. It is whole or
    not there, whenever the process is stopped.
    """
    if not path.exists():
        _make_signer(path, Signer(name, seed).secret_text())
    return _read_signer(path)


def _make_signer(path: Path, text: str) -> None:
    draft = path.with_name(f"{path.name}.{os.getpid()}.part")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
    with suppress(FileExistsError):  # another process was faster: its key is the one
        if os.name == "posix":
            os.link(draft, path)  # unlike a rename it never replaces a key
        else:
            draft.rename(path)
    draft.unlink(missing_ok=True)
    if os.name == "posix":
        folder = os.open(path.parent, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)


def _read_signer(path: Path) -> Signer:
    if os.name == "posix" and path.stat().st_mode & 0o077:
        raise NoteError(f"{path}: others can read this signing key. Run: chmod 600 {path}")
    return Signer.parse(path.read_text(encoding="utf-8"))
