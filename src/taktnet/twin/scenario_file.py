"""Reads files of scenarios, strictly: every fault with its scenario, change and field, at once.

A file is JSON: one scenario, or `{"scenarios": [...]}`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast, get_type_hints

import msgspec

from taktnet.base.errors import Fault, InputFaults
from taktnet.network.cells import did_you_mean, quoted
from taktnet.twin.changes import KINDS, AnyChange
from taktnet.twin.scenario import MAX_CHANGES, PLUS, Scenario, Scenarios

MAX_BYTES = 4_000_000
MAX_SCENARIOS = 1000
MAX_NAME, MAX_NOTE = 80, 2000
_UNCLEAN = re.compile(r"[\x00-\x1f\x7f]")
_FIELDS = ("name", "note", "include", "changes")
#: Faults told of one file; whoever has more mends these first.
MAX_FAULTS = 200
_WORDS = (
    (re.compile(r"^Expected `(.*)`, got `(.*)`$"), "{1}", "{0}"),
    (re.compile(r"^Invalid RFC3339 encoded datetime$"), "no instant", "hours, or an instant"
     " like 2026-01-05T08:00:00Z"),
)  # fmt: skip


def read_scenarios(path: str | Path) -> Scenarios:
    """The scenarios of a JSON file; raises InputFaults with all faults at once."""
    path = Path(path)
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise InputFaults([_too_large(path.name, size)])
        return parse_scenarios(path.read_bytes(), path.name)
    except OSError as e:
        wanted = "a file of scenarios that can be read"
        raise InputFaults([Fault(str(path), 0, "", e.strerror or str(e), wanted)]) from None


def parse_scenarios(text: bytes | str, where: str = "scenarios") -> Scenarios:
    """The scenarios of a JSON text; `where` is what faults name as its place."""
    if isinstance(text, str):
        text = text.encode("utf-8", "surrogatepass")
    if len(text) > MAX_BYTES:
        raise InputFaults([_too_large(where, len(text))])
    try:
        raw = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as e:
        raise InputFaults([Fault(where, 0, "", str(e), "JSON")]) from None
    reading = _Reading(where)
    scenarios = Scenarios(tuple(reading.all(raw)), where)
    faults = reading.faults or scenarios.check()
    if faults:
        raise InputFaults(faults[:MAX_FAULTS])
    return scenarios


def _too_large(where: str, size: int) -> Fault:
    return Fault(where, 0, "", f"{size} bytes", f"at most {MAX_BYTES}", "Part it into several.")


class _Reading:
    """Scenarios as they are read, and what is wrong."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.faults: list[Fault] = []

    def fault(self, subject: str, field: str, found: str, wanted: str, remedy: str = "") -> None:
        self.faults.append(Fault(self.where, 0, field, found, wanted, remedy, subject))

    def all(self, raw: Any) -> list[Scenario]:
        """The scenarios of a file's content."""
        if isinstance(raw, dict) and "scenarios" in raw:
            self.unknown("", cast("dict[str, Any]", raw), ("scenarios",), "a field of the file")
            raw = cast("dict[str, Any]", raw)["scenarios"]
        elif isinstance(raw, dict):
            raw = cast("list[Any]", [raw])
        if not isinstance(raw, list):
            self.fault("", "scenarios", _kind(raw), "a list of scenarios")
            return []
        rows = cast("list[Any]", raw)
        if not 0 < len(rows) <= MAX_SCENARIOS:
            self.fault("", "scenarios", f"{len(rows)} long", f"1 to {MAX_SCENARIOS} scenarios")
            return []
        return [self.scenario(row, i) for i, row in enumerate(rows, start=1)]

    def scenario(self, raw: Any, number: int) -> Scenario:
        """One scenario."""
        subject = f"scenario {number}"
        if not isinstance(raw, dict):
            self.fault(subject, "scenario", _kind(raw), "an object with a name and changes")
            return Scenario(name=subject)
        row = cast("dict[str, Any]", raw)
        self.unknown(subject, row, _FIELDS, "a field of a scenario")
        name = row.get("name", "")
        wrong = _wrong_name(name)
        if wrong:
            self.fault(subject, "name", *wrong)
            name = subject
        subject = f"scenario {quoted(name)}"
        note, include = row.get("note", ""), row.get("include", [])
        if not isinstance(note, str) or len(note) > MAX_NOTE:
            self.fault(subject, "note", _kind(note), f"text of at most {MAX_NOTE} characters")
            note = ""
        try:
            others = msgspec.convert([include] if isinstance(include, str) else include, list[str])
        except msgspec.ValidationError:
            self.fault(subject, "include", _kind(include), "a list of names of scenarios")
            others = []
        changes = self.changes(row.get("changes", []), subject)
        return Scenario(name=name, note=note, include=tuple(others), changes=changes)

    def changes(self, raw: Any, subject: str) -> tuple[AnyChange, ...]:
        """The changes of a scenario that are right."""
        if not isinstance(raw, list):
            self.fault(subject, "changes", _kind(raw), "a list of changes")
            return ()
        rows = cast("list[Any]", raw)
        if len(rows) > MAX_CHANGES:
            self.fault(subject, "changes", f"{len(rows)} long", f"at most {MAX_CHANGES} changes")
            return ()
        made = [self.change(row, f"{subject} change {i}") for i, row in enumerate(rows, start=1)]
        return tuple(change for change in made if change is not None)

    def change(self, raw: Any, subject: str) -> AnyChange | None:
        """One change, or None when something is wrong with it."""
        if not isinstance(raw, dict):
            self.fault(subject, "change", _kind(raw), "an object")
            return None
        row = cast("dict[str, Any]", raw)
        kind = KINDS.get(str(row.get("change", "")))
        if kind is None:
            found = quoted(str(row["change"])) if "change" in row else "missing"
            remedy = did_you_mean(str(row.get("change", "")), tuple(KINDS))
            self.fault(subject, "change", found, f"one of {', '.join(KINDS)}", remedy)
            return None
        before = len(self.faults)
        fields = {f.name: f for f in msgspec.structs.fields(kind)}
        self.unknown(subject, row, ("change", *fields), f"a field of {row['change']}")
        hints = get_type_hints(kind)
        for name, field in fields.items():
            if name not in row:
                if field.required:
                    self.fault(subject, name, "missing", "a value")
                continue
            try:
                msgspec.convert(row[name], hints[name])
            except msgspec.ValidationError as e:
                self.fault(subject, name, *_told(str(e), row[name]))
        if len(self.faults) > before:
            return None
        return cast("AnyChange", msgspec.convert(row, kind))

    def unknown(
        self, subject: str, row: Mapping[str, Any], known: Sequence[str], wanted: str
    ) -> None:
        """Fields that nothing is known of."""
        for name in row:
            if name not in known:
                self.fault(subject, quoted(name), "an unknown field", wanted,
                           did_you_mean(name, tuple(known)))  # fmt: skip


def _wrong_name(name: Any) -> tuple[str, str] | None:
    if not isinstance(name, str):
        return _kind(name), "text"
    if not name.strip():
        return "blank", "a name"
    if len(name) > MAX_NAME:
        return f"{len(name)} characters long", f"at most {MAX_NAME} characters"
    if name != name.strip() or PLUS in name or ":" in name or _UNCLEAN.search(name):
        return quoted(name), "a name without +, :, control characters and spaces around it"
    return None


def _told(said: str, value: Any) -> tuple[str, str]:
    """What was found and wanted, from what msgspec says."""
    said = said.split(" - at `", maxsplit=1)[0]
    for pattern, found, wanted in _WORDS:
        match = pattern.match(said)
        if match:
            groups = match.groups()
            shown = quoted(value) if isinstance(value, str) else found.format(*groups)
            return shown, _plain(wanted.format(*groups))
    return quoted(value) if isinstance(value, str) else _kind(value), _plain(said)


def _plain(wanted: str) -> str:
    """Types by the names that JSON has for them."""
    return wanted.replace("float", "number").replace("int ", "whole number ").replace(
        "str", "text").replace(" | ", " or ")  # fmt: skip


def _kind(value: Any) -> str:
    """What a JSON value is, in words."""
    if isinstance(value, bool):
        return "true or false"
    for kind, words in _JSON_KINDS:
        if isinstance(value, kind):
            return words
    return "null"


_JSON_KINDS = ((dict, "an object"), (list, "a list"), (str, "text"), ((int, float), "a number"))
