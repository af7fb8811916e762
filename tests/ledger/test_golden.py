"""Kinds of events are frozen: a file that outlives every version of the program holds them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from msgspec import NODEFAULT, UNSET, inspect

from taktnet.ledger import event as e
from taktnet.ledger.fact import FACT, Flag
from taktnet.ledger.slots import ACTION, BASIS, BY, COMPONENT, RULE, SLOTS, STATUS, STOP

GOLDEN = Path(__file__).parents[1] / "golden" / "events.json"


def _type(kind: inspect.Type) -> str:
    if isinstance(kind, inspect.UnionType):
        return " | ".join(_type(t) for t in kind.types)
    parts = {
        name: value
        for name in kind.__struct_fields__
        if (value := getattr(kind, name)) not in (None, UNSET) and not isinstance(value, tuple)
    }
    inner = [_type(v) if isinstance(v, inspect.Type) else f"{k}={v!r}" for k, v in parts.items()]
    if isinstance(kind, inspect.LiteralType):
        inner = [repr(value) for value in kind.values]
    return type(kind).__name__.removesuffix("Type") + (f"({', '.join(inner)})" if inner else "")


def _field(field: inspect.Field) -> dict[str, Any]:
    told: dict[str, Any] = {"type": _type(field.type)}
    if field.default is not NODEFAULT:
        told["default"] = field.default
    elif field.default_factory is not NODEFAULT:
        told["default"] = field.default_factory()
    return told


def _kind(kind: type[e.Event]) -> dict[str, Any]:
    info = inspect.type_info(kind)
    assert isinstance(info, inspect.StructType)
    slots = {
        slot: [attribute, how if isinstance(how, str) else getattr(how, "name", "code")]
        for slot, (attribute, how) in SLOTS[kind].items()
    }
    fields = {field.name: _field(field) for field in info.fields}
    return {"number": e.NUMBER[kind], "fields": fields, "slots": slots}


def current() -> dict[str, Any]:
    """The kinds of events as the program has them now, as JSON would read them back."""
    told = {
        "kinds": {e.kind_name(kind): _kind(kind) for kind in e.KINDS},
        "fact": [[name, FACT.fields[name][0].str, FACT.fields[name][1]] for name in FACT.names],  # type: ignore[index,union-attr]
        "flags": {flag.name: int(flag) for flag in Flag},
        "codes": {
            "status": STATUS, "by": BY, "stop": STOP, "component": COMPONENT, "basis": BASIS,
            "rule": RULE, "action": ACTION,
        },
    }  # fmt: skip
    return json.loads(json.dumps(told))


def test_no_kind_of_event_ever_changes() -> None:
    """Name, number, fields in order, types, defaults, slots of facts and codes are for ever.

    A ledger is read for years. If this fails: leave the kind as it is and add a new version of it
    (`noun.verb/2`) with a number of its own; only additions belong into the golden file.
    """
    golden, now = json.loads(GOLDEN.read_text()), current()
    for name, frozen in golden["kinds"].items():
        assert now["kinds"].get(name) == frozen, f"{name} has changed: make it a new version"
        assert list(now["kinds"][name]["fields"]) == list(frozen["fields"]), name
    for part in ("fact", "flags", "codes"):
        assert now[part] == golden[part], f"{part} has changed: stored facts would be misread"


def test_every_kind_is_in_the_golden_file() -> None:
    """A new kind is frozen from the day it ships; running this file as a script adds it."""
    assert set(current()["kinds"]) == set(json.loads(GOLDEN.read_text())["kinds"])


def test_numbers_of_kinds_are_dense_and_never_given_twice() -> None:
    """They are positions in history, stored in every fact."""
    assert sorted(e.NUMBER.values()) == list(range(1, len(e.KINDS) + 1))


def test_names_of_kinds_are_noun_verb_version() -> None:
    """`stock.consumed/1`: never tied to a class or a module."""
    for kind in e.KINDS:
        noun_verb, _, version = e.kind_name(kind).partition("/")
        assert noun_verb.count(".") == 1
        assert noun_verb == noun_verb.lower()
        assert version.isdigit()


def add_new_kinds() -> None:
    """Freeze kinds that the golden file does not have yet; changes nothing that it has."""
    golden = json.loads(GOLDEN.read_text()) if GOLDEN.exists() else {"kinds": {}}
    now = current()
    kept = {**now, **golden, "kinds": {**now["kinds"], **golden["kinds"]}}
    GOLDEN.write_text(json.dumps(kept, indent=1) + "\n")


if __name__ == "__main__":
    add_new_kinds()
