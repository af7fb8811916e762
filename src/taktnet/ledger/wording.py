"""Faults of a decoded JSON object against the table of kinds, one per field, in plain words."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, cast

import msgspec
from msgspec import inspect

from taktnet.base.errors import Fault
from taktnet.ledger import event as e

BY_NAME: dict[str, type[e.Event]] = {e.kind_name(kind): kind for kind in e.KINDS}
#: field, found, wanted, remedy
Finding = tuple[str, str, str, str]
_EXAMPLE = "2026-03-01T06:00:00+01:00"
_LONGEST = 60


def quote(text: str) -> str:
    """`text` in quotation marks, its middle left out where it is long."""
    short = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 20]}...{text[-15:]}"
    seen = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in short)
    return f'"{seen}"'


def shown(value: object) -> str:
    """A value as the sender wrote it, short."""
    if isinstance(value, str):
        return quote(value)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict | list | tuple):
        return "an object" if isinstance(value, dict) else "a list"
    text = str(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def did_you_mean(word: object, known: list[str]) -> str:
    """A remedy naming the nearest known word, or "" if none is near."""
    near = difflib.get_close_matches(str(word)[:200], known, n=1, cutoff=0.6)
    return f"Did you mean {near[0]}?" if near else ""


def wanted_of(kind: inspect.Type) -> str:
    """What a field takes, in words."""
    return _WORDS[type(kind)](kind)


def _text_words(kind: Any) -> str:
    if kind.pattern:
        return "three capital letters (ISO 4217)"
    least = f"{kind.min_length} to " if kind.min_length else "at most "
    return f"text of {least}{kind.max_length} characters"


def _number_words(kind: Any) -> str:
    noun = "a whole number" if isinstance(kind, inspect.IntType) else "a number"
    bounds = [
        f"{sign} {bound:.10g}"
        for sign, bound in ((">", kind.gt), (">=", kind.ge), ("<=", kind.le))
        if bound is not None
    ]
    return " ".join([noun, " and ".join(bounds)]).strip()


_WORDS: dict[type[inspect.Type], Callable[[Any], str]] = {
    inspect.UnionType: lambda kind: " or ".join(wanted_of(t) for t in kind.types),
    inspect.NoneType: lambda _: "null",
    inspect.StrType: _text_words,
    inspect.DateTimeType: lambda _: f"a time with its offset, such as {_EXAMPLE}",
    inspect.FloatType: _number_words,
    inspect.IntType: _number_words,
    inspect.LiteralType: lambda kind: "one of " + ", ".join(str(v) for v in kind.values),
    inspect.BoolType: lambda _: "true or false",
    inspect.VarTupleType: lambda kind: f"a list, each {wanted_of(kind.item_type)}",
    inspect.DictType: lambda _: "an object of texts",
}


def object_faults(value: Any, where: str, row: int) -> list[Fault]:
    """Every fault of one decoded event; empty if it has none by itself."""
    if not isinstance(value, dict):
        return [Fault(where, row, "", shown(value), "one event as a JSON object")]
    fields_of = cast(dict[str, Any], value)
    name = fields_of.get("kind")
    kind = BY_NAME.get(name) if isinstance(name, str) else None
    if kind is None:
        return [_kind_fault(fields_of, where, row)]
    told = fields_of.get("id")
    subject = f"{name} {quote(told)}" if isinstance(told, str) and told else str(name)
    found = _known_fields(kind, fields_of) + _unknown_fields(kind, fields_of)
    return [Fault(where, row, *each, subject) for each in found]


def _known_fields(kind: type[e.Event], value: dict[str, Any]) -> list[Finding]:
    found: list[Finding] = []
    for field in _FIELDS[kind].values():
        if field.name in value:
            found += _value_fault(kind, field, value[field.name])
        elif field.required:
            found.append((field.name, "missing", wanted_of(field.type), "Add it."))
    return found


def _unknown_fields(kind: type[e.Event], value: dict[str, Any]) -> list[Finding]:
    known = _FIELDS[kind]
    wanted = f"only fields of {e.kind_name(kind)}"
    return [
        (quote(x)[1:-1], "unknown", wanted, did_you_mean(x, sorted(known)) or "Leave it out.")
        for x in value
        if x not in known and x != "kind"
    ]


def _kind_fault(value: dict[str, Any], where: str, row: int) -> Fault:
    wanted = "a kind of event, such as stock.consumed/1"
    if "kind" not in value:
        return Fault(where, row, "kind", "missing", wanted, "Add it.")
    name = value["kind"]
    return Fault(where, row, "kind", shown(name), wanted, did_you_mean(name, sorted(BY_NAME)))


def _value_fault(kind: type[e.Event], field: inspect.Field, value: Any) -> list[Finding]:
    try:
        read = msgspec.convert(value, _ANNOTATIONS[kind][field.name])
        if isinstance(read, datetime):
            read.astimezone(UTC)
    except (msgspec.ValidationError, OverflowError) as problem:
        remedy = _remedy(field.type, value, str(problem))
        return [(field.name, shown(value), wanted_of(field.type), remedy)]
    return []


def _remedy(kind: inspect.Type, value: Any, problem: str) -> str:
    types = kind.types if isinstance(kind, inspect.UnionType) else (kind,)
    if "timezone component" in problem:
        return f"Add an offset: Z for UTC, or as in {_EXAMPLE}."
    for each in types:
        if isinstance(each, inspect.LiteralType):
            return did_you_mean(value, [str(v) for v in each.values])
        if isinstance(each, inspect.FloatType | inspect.IntType) and isinstance(value, str):
            return "Write it without quotation marks."
        if isinstance(each, inspect.StrType) and isinstance(value, int | float):
            return "Write it in quotation marks."
    return ""


def _fields(kind: type[e.Event]) -> dict[str, inspect.Field]:
    info = inspect.type_info(kind)
    assert isinstance(info, inspect.StructType)
    return {field.name: field for field in info.fields}


_FIELDS: dict[type[e.Event], dict[str, inspect.Field]] = {k: _fields(k) for k in e.KINDS}
_ANNOTATIONS: dict[type[e.Event], dict[str, Any]] = {
    kind: {field.name: field.type for field in msgspec.structs.fields(kind)} for kind in e.KINDS
}
