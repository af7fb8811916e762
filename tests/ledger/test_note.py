"""Signed notes and cosignatures: the published example, and every way to spoil one."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import pytest

from taktnet.ledger import note
from taktnet.ledger.note import NoteError, Signer, Verifier

# The example of the signed-note format in the Go checksum database (golang.org/x/mod/sumdb/note).
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETER_SECRET = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
SIGNED = (
    TEXT + "\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqd"
    "ngotpRZb6KE6RyyBwJnAM=\n"
)


def test_the_published_example_is_read_and_made_to_the_last_character() -> None:
    """Go's example key signs Go's example text exactly as Go does, and its note verifies."""
    verifier, signer = Verifier.parse(PETER), Signer.parse(PETER_SECRET)
    assert signer.verifier == verifier
    assert str(verifier) == PETER
    assert signer.secret_text() == PETER_SECRET
    assert signer.sign(TEXT) == SIGNED
    assert note.signature_line(SIGNED, verifier) == (0, SIGNED.splitlines()[-1] + "\n")


def test_every_changed_character_of_a_note_is_noticed() -> None:
    """No single letter of text or signature can be other than it was signed."""
    verifier = Verifier.parse(PETER)
    for at, old in enumerate(SIGNED):
        forged = SIGNED[:at] + ("A" if old != "A" else "B") + SIGNED[at + 1 :]
        with contextlib.suppress(NoteError):  # no longer a note at all
            assert note.signature_line(forged, verifier) is None, at


def test_a_cosignature_binds_the_time_and_the_text() -> None:
    """A witness's line carries its time; it is good for that text and that time alone."""
    log, witness = Signer("log.example/a", bytes(32)), Signer("w.example/1", b"w" * 32, 4)
    signed = witness.cosign(log.sign("log.example/a\n5\nroot\n"), 1_790_000_000)
    assert note.signature_line(signed, log.verifier) is not None
    found = note.signature_line(signed, witness.verifier)
    assert found is not None
    assert found[0] == 1_790_000_000
    assert note.signature_line(signed.replace("\n5\n", "\n6\n"), witness.verifier) is None
    later = witness.cosign(log.sign("log.example/a\n5\nroot\n"), 1_790_000_001)
    assert found[1] not in later
    plain = Verifier(witness.name, witness.verifier.public)  # same key, wrong kind
    assert note.signature_line(signed, plain) is None


@pytest.mark.parametrize(
    "broken",
    [
        "no signature\n",
        "text\n\nnot a line\n",
        "text\n\n— name !!!!\n",
        "text\n\n— name AAAA",
        "tab\there\n\n— name AAAAAAAA\n",
        "",
    ],
)
def test_what_is_not_a_note_is_refused(broken: str) -> None:
    """Broken notes raise, they are never just "not signed"."""
    with pytest.raises(NoteError):
        note.signature_line(broken, Verifier.parse(PETER))


@pytest.mark.parametrize(
    "broken",
    [
        "",
        "name",
        "name+00000000+" + PETER.split("+", 2)[2],
        PETER.replace("Peter", "Paul"),
        "a+b+!!!",
        "name+c74f20a3+AQ==",
    ],
)
def test_a_key_whose_parts_do_not_agree_is_refused(broken: str) -> None:
    """Name, id and key of a public key belong together."""
    with pytest.raises(NoteError):
        Verifier.parse(broken)


def test_names_that_would_break_a_line_are_refused() -> None:
    """A key's name has neither space nor plus."""
    for name in ("two words", "a+b", ""):
        with pytest.raises(NoteError):
            Signer(name, bytes(32))


@pytest.mark.parametrize(
    "broken", ["", PETER, PETER_SECRET[:-8], PETER_SECRET.replace("c74", "d74")]
)
def test_a_broken_signing_key_is_refused_without_showing_it(broken: str) -> None:
    """The secret never stands in an error."""
    with pytest.raises(NoteError) as error:
        Signer.parse(broken)
    assert "AYEKFALVFGyN" not in str(error.value)


def test_the_signing_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    """The first call makes the file with mode 0600, the second reads the same key."""
    path = tmp_path / "log.key"
    made = note.open_signer(path, "plant.example/log", b"a" * 32)
    again = note.open_signer(path, "plant.example/log", b"b" * 32)
    assert again.verifier == made.verifier
    assert again.secret_text() == path.read_text().strip()
    if os.name == "posix":
        assert path.stat().st_mode & 0o777 == 0o600
        path.chmod(0o644)
        with pytest.raises(NoteError, match="chmod 600"):
            note.open_signer(path, "plant.example/log", b"c" * 32)


def test_a_process_stopped_while_it_makes_the_key_leaves_none_or_a_whole_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped before, at or after each step: the next start has a key and keeps it."""
    for n, step in enumerate(("fdopen", "fsync", "link")):
        path = tmp_path / f"log{n}.key"

        def stop(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patched, contextlib.suppress(KeyboardInterrupt):
            patched.setattr(note.os, step, stop)
            note.open_signer(path, "plant.example/log", b"a" * 32)
        made = note.open_signer(path, "plant.example/log", b"b" * 32)
        assert note.open_signer(path, "plant.example/log", b"c" * 32).verifier == made.verifier


def test_processes_that_make_the_key_at_once_end_up_with_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one that is slower takes the key of the other and does not replace it."""
    path, link = tmp_path / "log.key", os.link

    def late(*how: object) -> None:
        path.write_text(Signer("plant.example/log", b"f" * 32).secret_text() + "\n")
        path.chmod(0o600)
        link(*how)  # pyright: ignore

    monkeypatch.setattr(note.os, "link", late)
    got = note.open_signer(path, "plant.example/log", b"s" * 32)
    assert got.verifier == Signer("plant.example/log", b"f" * 32).verifier
