"""How a column of a network table is declared: one place for name, type, unit, range, meaning."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from types import UnionType
from typing import Any, Final, Literal, TypeVar, dataclass_transform, get_args, get_origin

REQUIRED: Final = object()

#: Table -> (row class, what one row is called, one-line meaning); filled by `component`.
DECLARED: Final[dict[str, tuple[type, str, str]]] = {}

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Rules:
    """What a column asks of its values, beside their type.

    `above` and `below` are strict bounds, `low` and `high` are allowed themselves. `form` names
    a text format of `network.formats`; `refers` the table whose key the value names; `decimals`
    how many the value may have (the ledger counts in millionths).
    """

    meaning: str
    unit: str = ""
    key: bool = False
    refers: str = ""
    form: str = ""
    low: float | None = None
    high: float | None = None
    above: float | None = None
    below: float | None = None
    decimals: int | None = None


def column(
    meaning: str,
    *,
    default: Any = REQUIRED,
    unit: str = "",
    key: bool = False,
    refers: str = "",
    form: str = "",
    low: float | None = None,
    high: float | None = None,
    above: float | None = None,
    below: float | None = None,
    decimals: int | None = None,
) -> Any:
    """Declare one column; without `default` every row must fill it."""
    rules = Rules(meaning, unit, key, refers, form, low, high, above, below, decimals)
    if default is REQUIRED:
        return dataclasses.field(metadata={"rules": rules})
    return dataclasses.field(default=default, metadata={"rules": rules})


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(column,))
def component(table: str, noun: str) -> Callable[[type[T]], type[T]]:
    """Make a class the frozen row, a `noun`, of `table`; its docstring is the table's meaning."""

    def declare(cls: type[T]) -> type[T]:
        made = dataclass(frozen=True, slots=True, kw_only=True)(cls)
        DECLARED[table] = (made, noun, (cls.__doc__ or "").strip())
        return made

    return declare


@dataclass(frozen=True, slots=True)
class Field:
    """One column of one table, as everything else reads it.

    `kind` is text, number (float), integer, date or choice; `optional` means that a blank cell
    is None. `default` is REQUIRED where every row must fill the column.
    """

    name: str
    kind: Literal["text", "number", "integer", "date", "choice"]
    rules: Rules
    default: Any
    choices: tuple[str, ...]
    optional: bool

    @property
    def required(self) -> bool:
        """Whether a blank cell is a fault."""
        return self.default is REQUIRED

    @property
    def wanted(self) -> str:
        """What a value must be, in words: `> 0`, `0 to 9`, `one of poisson, fixed`."""
        r = self.rules
        if self.kind == "choice":
            return "one of " + ", ".join(self.choices)
        if self.kind == "date":
            return "a date like 2026-03-31"
        if self.kind == "text":
            return f"a name in {r.refers}" if r.refers else "text"
        return _range(r) or ("a whole number" if self.kind == "integer" else "a number")


def _range(r: Rules) -> str:
    if r.low is not None and r.high is not None:
        return f"{r.low:g} to {r.high:g}"
    parts: list[str] = []
    for sign, bound in ((">", r.above), (">=", r.low), ("<", r.below), ("<=", r.high)):
        if bound is not None:
            parts.append(f"{sign} {bound:g}")
    return " and ".join(parts)


def _kind(hint: Any) -> tuple[str, tuple[str, ...], bool]:
    if get_origin(hint) is Literal:
        return "choice", get_args(hint), False
    optional = isinstance(hint, UnionType)
    plain = next(a for a in get_args(hint) if a is not type(None)) if optional else hint
    return {str: "text", float: "number", int: "integer", date: "date"}[plain], (), optional


def fields_of(cls: type, hints: dict[str, Any]) -> tuple[Field, ...]:
    """The columns of a declared row class, in order."""
    made: list[Field] = []
    for f in dataclasses.fields(cls):
        kind, choices, optional = _kind(hints[f.name])
        default = REQUIRED if f.default is dataclasses.MISSING else f.default
        rules = f.metadata["rules"]
        made.append(Field(f.name, kind, rules, default, choices, optional))  # type: ignore[arg-type]
    return tuple(made)
