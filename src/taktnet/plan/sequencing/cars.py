"""What is to be sequenced: options with their ratios, classes of cars, limits of the paint shop.

An option's ratio p / q says that of any q cars in a row at most p may carry it. The text form is
that of CSPLib's problem 1 (Smith 1996): a line `cars options classes`, a line of p, a line of q,
then per class its index, how many cars it has, and 0 or 1 for every option.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from taktnet.base.errors import Fault, InputFaults

#: Most cars and most options of one problem, and the longest text that is read.
MOST_CARS, MOST_OPTIONS, MOST_TEXT = 20_000, 200, 4_000_000


@dataclass(frozen=True, slots=True)
class Option:
    """At most `most` of `window` cars in a row; `weight` is the price of each car too many."""

    id: str
    most: int
    window: int
    weight: int = 1


@dataclass(frozen=True, slots=True)
class CarClass:
    """Cars that are alike: how many, the options they carry, and their colour (blank: any)."""

    id: str
    count: int
    options: frozenset[str]
    colour: str = ""


@dataclass(frozen=True, slots=True)
class Cars:
    """A day of a mixed line; `paint_limit` is the most cars of one colour in a row, None: any.

    Raises InputFaults with every fault when it is made.
    """

    options: tuple[Option, ...]
    classes: tuple[CarClass, ...]
    paint_limit: int | None = None

    def __post_init__(self) -> None:
        faults = [*_option_faults(self.options), *_class_faults(self)]
        if faults:
            raise InputFaults(faults)

    @property
    def count(self) -> int:
        """How many cars there are."""
        return sum(c.count for c in self.classes)

    @property
    def colours(self) -> tuple[str, ...]:
        """The colours, in order."""
        return tuple(sorted({c.colour for c in self.classes}))


def read_cars(text: str, where: str = "cars") -> Cars:
    """The problem of a text in the form of CSPLib's problem 1.

    Options are called 0, 1, 2 ... and classes as their line says. Raises InputFaults naming the
    line, with all faults at once.
    """
    if len(text) > MOST_TEXT:
        wanted = f"at most {MOST_TEXT} characters"
        raise InputFaults([Fault(where, 0, "text", str(len(text)), wanted)])
    rows = [(n, line.split()) for n, line in enumerate(text.splitlines(), 1) if line.strip()]
    faults: list[Fault] = []
    numbers = [_numbers(where, n, cells, faults) for n, cells in rows]
    if not faults and (len(rows) < 3 or len(numbers[0]) != 3):
        found = " ".join(rows[0][1]) if rows else "nothing"
        faults.append(
            Fault(where, 1, "head", found[:80], "cars, options and classes, then p and q")
        )
    if faults:
        raise InputFaults(faults)
    (cars, options, classes), head = numbers[0], rows[0][0]
    shape = [(1, options, "p"), (2, options, "q")]
    shape += [(i, options + 2, "class") for i in range(3, len(rows))]
    faults += [
        Fault(where, rows[i][0], field, f"{len(numbers[i])} numbers", f"{wanted} numbers")
        for i, wanted, field in shape
        if len(numbers[i]) != wanted
    ]
    if len(rows) - 3 != classes:
        faults.append(Fault(where, head, "classes", str(classes), f"{len(rows) - 3}, as listed"))
    listed = sum(r[1] for r in numbers[3:] if len(r) > 1)
    if listed != cars:
        faults.append(Fault(where, head, "cars", str(cars), f"{listed}, the sum of the classes"))
    faults += [
        Fault(where, rows[i][0], "class", "an option neither 0 nor 1", "0 or 1 for every option")
        for i in range(3, len(rows))
        if set(numbers[i][2:]) - {0, 1}
    ]
    if faults:
        raise InputFaults(faults)
    return _made(numbers)


def _made(numbers: Sequence[Sequence[int]]) -> Cars:
    ratios = enumerate(zip(numbers[1], numbers[2], strict=True))
    return Cars(
        tuple(Option(str(o), p, q) for o, (p, q) in ratios),
        tuple(
            CarClass(str(row[0]), row[1], frozenset(str(o) for o, x in enumerate(row[2:]) if x))
            for row in numbers[3:]
        ),
    )


def _numbers(where: str, row: int, cells: Sequence[str], faults: list[Fault]) -> list[int]:
    bad = [c for c in cells if not (c.isascii() and c.isdigit() and len(c) < 10)]
    faults += [Fault(where, row, "number", c[:40], "a whole number, 0 or more") for c in bad]
    return [] if bad else [int(c) for c in cells]


def _option_faults(options: Sequence[Option]) -> list[Fault]:
    faults: list[Fault] = []
    if len(options) > MOST_OPTIONS:
        faults.append(Fault("options", 0, "number", str(len(options)), f"at most {MOST_OPTIONS}"))
    seen: set[str] = set()
    for row, o in enumerate(options, 1):
        if o.id in seen:
            faults.append(Fault("options", row, "id", o.id, "a name used once"))
        seen.add(o.id)
        if not 0 <= o.most <= o.window or not 1 <= o.window <= MOST_CARS:
            found = f"{o.most} of {o.window}"
            faults.append(
                Fault("options", row, "ratio", found, "p of q, 0 <= p <= q", subject=o.id)
            )
        if not 0 <= o.weight <= 10**6:
            wanted = "a whole number, 0 to 1,000,000"
            faults.append(Fault("options", row, "weight", str(o.weight), wanted, subject=o.id))
    return faults


def _class_faults(cars: Cars) -> list[Fault]:
    faults: list[Fault] = []
    known = {o.id for o in cars.options}
    seen: set[str] = set()
    for row, c in enumerate(cars.classes, 1):
        if c.id in seen:
            faults.append(Fault("classes", row, "id", c.id, "a name used once"))
        seen.add(c.id)
        if c.count < 0:
            faults.append(Fault("classes", row, "count", str(c.count), "0 or more", subject=c.id))
        faults += [
            Fault("classes", row, "option", o, "an option that is listed", subject=c.id)
            for o in sorted(c.options - known)
        ]
    if not faults and not 1 <= cars.count <= MOST_CARS:
        faults.append(Fault("classes", 0, "cars", str(cars.count), f"1 to {MOST_CARS}"))
    if cars.paint_limit is not None and cars.paint_limit < 1:
        faults.append(Fault("paint", 0, "limit", str(cars.paint_limit), "1 or more"))
    return faults
