"""One cell: text to value by its column, value to text, and what is wrong with it.

Every cell is read as text first and typed by the field table, so `007` stays `007` where the
column is text.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from typing import Any

from taktnet.base.errors import Malformed
from taktnet.network.column import REQUIRED, Field
from taktnet.network.formats import FORMATS

MAX_TEXT = 4000
MAX_NAME = 200
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?\Z", re.ASCII)
_COMMA = re.compile(r"[+-]?\d{1,3}((\.\d{3})+|\d*),\d+\Z", re.ASCII)
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?\Z", re.ASCII)
#: Control characters, lone surrogates and non-characters: no file format carries them safely.
_UNCLEAN = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\u2028\u2029]")
_TYPES = {"date": (date,), "integer": (int,), "number": (int, float)}
_DATE = re.compile(r"(\d{4}-\d{2}-\d{2})([T ]00:00(:00(\.0+)?)?)?\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong with one cell: found, wanted and what to do."""

    found: str
    wanted: str
    remedy: str = ""


def quoted(text: str, most: int = 60) -> str:
    """Text as shown in a fault: in quotes, control characters escaped, long text cut."""
    shown = text if len(text) <= most else text[: most - 3] + "..."
    safe = "".join(ch if ch.isprintable() else ch.encode("unicode_escape").decode() for ch in shown)
    return f'"{safe}"'


def did_you_mean(text: str, known: list[str] | tuple[str, ...]) -> str:
    """A remedy that names the closest known word, or nothing."""
    lower = {k.lower(): k for k in known}
    close = get_close_matches(text.lower(), list(lower), n=1, cutoff=0.6)
    return f'Did you mean "{lower[close[0]]}"?' if close else ""


def to_text(value: Any) -> str:
    """A value as a cell: None is blank, whole floats have no point, nothing is rounded."""
    if value is None:
        return ""
    if isinstance(value, float):
        if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        return repr(value)
    return str(value)


def to_value(field: Field, text: str) -> Any:
    """The value of a cell, or `Wrong`. Spaces around it do not count; blank is the default."""
    text = text.strip()
    if not text:
        if field.default is REQUIRED:
            return Wrong("blank", field.wanted, "Fill it in.")
        return field.default
    if field.kind == "text":
        return wrong_value(field, text) or text
    if field.kind == "choice":
        return text if text in field.choices else _no_choice(field, text)
    value = _date(field, text) if field.kind == "date" else _number(field, text)
    if isinstance(value, Wrong):
        return value
    return wrong_value(field, value) or value


def wrong_value(field: Field, value: Any) -> Wrong | None:
    """What is wrong with a typed value, by type, range, choices, decimals and format."""
    if value is None:
        return None if field.optional else Wrong("blank", field.wanted, "Fill it in.")
    if field.kind == "text":
        return _wrong_text(field, value)
    if field.kind == "choice":
        return None if value in field.choices else _no_choice(field, str(value))
    types = _TYPES[field.kind]
    if type(value) not in types or (field.kind != "date" and not math.isfinite(value)):
        return Wrong(repr(value), field.wanted)
    return None if field.kind == "date" else _out_of_range(field, value)


def _no_choice(field: Field, text: str) -> Wrong:
    return Wrong(quoted(text), field.wanted, did_you_mean(text, field.choices))


def _date(field: Field, text: str) -> date | Wrong:
    found = _DATE.match(text)
    try:
        if found:
            return date.fromisoformat(found[1])
    except ValueError as e:
        return Wrong(quoted(text), field.wanted, f"{e}.".capitalize())
    return Wrong(quoted(text), field.wanted, "Write year-month-day.")


def _number(field: Field, text: str) -> float | int | Wrong:
    if not _NUMBER.match(text):
        return Wrong(quoted(text), field.wanted, _number_remedy(text))
    value = float(text)
    if not math.isfinite(value):
        return Wrong(text, field.wanted)
    if field.kind == "number":
        return value
    if not value.is_integer():
        return Wrong(text, field.wanted, f"Write a whole number, {math.ceil(value)} perhaps.")
    return int(value)


def _number_remedy(text: str) -> str:
    if _THOUSANDS.match(text) and not _COMMA.match(text):
        return f"Write {text.replace(',', '')}, without separators."
    if _COMMA.match(text):
        plain = text.replace(".", "").replace(",", ".")
        return f"Write {plain}, with a decimal point."
    bare = re.match(r"[+-]?\d+(\.\d+)?", text, re.ASCII)
    return f"Write {bare[0]}, the unit is in the column." if bare else "Write a number."


def _wrong_text(field: Field, value: Any) -> Wrong | None:
    if not isinstance(value, str):
        return Wrong(repr(value), field.wanted)
    if not value:
        # Blank text where the default is not blank could not be written: it reads as the default.
        return None if field.default == "" else Wrong("blank", field.wanted, "Fill it in.")
    return _unclean(field, value) or _malformed(field, value)


def _unclean(field: Field, value: str) -> Wrong | None:
    named = field.rules.key or bool(field.rules.refers)
    most = MAX_NAME if named else MAX_TEXT
    if len(value) > most:
        return Wrong(f"{len(value)} characters long", f"at most {most} characters")
    if _UNCLEAN.search(value):
        return Wrong(quoted(value), "text without control characters", "Remove them.")
    if value != value.strip():
        return Wrong(quoted(value), "no space before or after", f"Write {quoted(value.strip())}.")
    if named and "|" in value:
        return Wrong(quoted(value), "a name without |", "Write another sign.")
    return None


def _malformed(field: Field, value: str) -> Wrong | None:
    if field.rules.form:
        try:
            FORMATS[field.rules.form](value)
        except Malformed as e:
            return Wrong(quoted(value), e.wanted, e.remedy)
    return None


def _out_of_range(field: Field, value: float) -> Wrong | None:
    r = field.rules
    inside = (
        (r.above is None or value > r.above)
        and (r.low is None or value >= r.low)
        and (r.below is None or value < r.below)
        and (r.high is None or value <= r.high)
    )
    if not inside:
        return Wrong(to_text(value), field.wanted, _range_remedy(field, value))
    if r.decimals is not None and _decimals(value) > r.decimals:
        return Wrong(to_text(value), f"at most {r.decimals} decimals", f"Did you mean {value:.6g}?")
    return None


def _range_remedy(field: Field, value: float) -> str:
    r = field.rules
    for other in (-value, value / 100):
        low_ok = (r.above is None or other > r.above) and (r.low is None or other >= r.low)
        high_ok = (r.below is None or other < r.below) and (r.high is None or other <= r.high)
        whole = field.kind == "number" or float(other).is_integer()
        if low_ok and high_ok and whole and other:
            return f"Did you mean {to_text(float(other))}?"
    return ""


def _decimals(value: float) -> int:
    try:
        exponent = Decimal(repr(value)).normalize().as_tuple().exponent
    except InvalidOperation:
        return 0
    return max(0, -exponent) if isinstance(exponent, int) else 0
