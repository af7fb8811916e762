"""Dear values are kept, made anew aside, and never older than allowed."""

from __future__ import annotations

import time
from threading import Event

import pytest

from taktnet.app.screens.kept import Kept


class Hand:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        """The instant it was moved to."""
        return self.now


def counter() -> tuple[list[int], object]:
    """A maker that counts how often it was asked."""
    made: list[int] = []

    def make() -> int:
        made.append(len(made) + 1)
        return made[-1]

    return made, make


def settled(kept: Kept, make: object, wanted: int) -> int:
    """Ask until the value made aside is there, at most five seconds."""
    end = time.monotonic() + 5
    while (value := kept.get("k", make)) != wanted and time.monotonic() < end:  # type: ignore[arg-type]
        time.sleep(0.005)
    return value  # type: ignore[return-value]


def test_a_value_is_made_once_while_it_is_fresh() -> None:
    """Ten readers within two seconds: one making."""
    clock = Hand()
    made, make = counter()
    kept = Kept(2.0, clock=clock)
    assert {kept.get("k", make) for _ in range(10)} == {1}  # type: ignore[arg-type]
    assert made == [1]


def test_a_stale_value_is_given_once_more_while_the_next_is_made() -> None:
    """After two seconds readers get the last one at once and the next one soon."""
    clock = Hand()
    made, make = counter()
    kept = Kept(2.0, clock=clock)
    kept.get("k", make)  # type: ignore[arg-type]
    clock.now += 3
    assert kept.get("k", make) == 1  # type: ignore[arg-type]
    assert settled(kept, make, 2) == 2
    assert made == [1, 2]


def test_too_old_a_value_is_not_given() -> None:
    """Whoever comes back after an hour waits for a new one."""
    clock = Hand()
    _, make = counter()
    kept = Kept(2.0, clock=clock)
    kept.get("k", make)  # type: ignore[arg-type]
    clock.now += 3600
    assert kept.get("k", make) == 2  # type: ignore[arg-type]


def test_a_dear_value_is_kept_longer() -> None:
    """What took five seconds is fresh for twenty."""
    clock = Hand()
    made: list[float] = []

    def make() -> int:
        clock.now += 5
        made.append(clock.now)
        return len(made)

    kept = Kept(2.0, 4.0, clock=clock)
    kept.get("k", make)
    clock.now += 19
    kept.get("k", make)
    assert len(made) == 1


def test_what_goes_wrong_aside_is_told_to_a_reader() -> None:
    """A failure in the making is raised, not hidden; the one after it may be well again."""
    clock, gone = Hand(), Event()
    answers = iter([1, ValueError("broken"), 3])

    def make() -> int:
        answer = next(answers)
        gone.set()
        if isinstance(answer, Exception):
            raise answer
        return answer

    kept = Kept(2.0, clock=clock)
    kept.get("k", make)
    clock.now += 3
    gone.clear()
    assert kept.get("k", make) == 1
    assert gone.wait(5)
    with pytest.raises(ValueError, match="broken"):
        for _ in range(1000):
            kept.get("k", make)
            time.sleep(0.005)
    assert settled(kept, make, 3) == 3


def test_the_least_used_is_forgotten() -> None:
    """Beyond the most that is kept, the one asked for longest ago goes."""
    made, make = counter()
    kept = Kept(1000.0, most=2)
    for key in ("a", "b", "a", "c", "a", "b"):
        kept.get(key, make)  # type: ignore[arg-type]
    assert len(made) == 4
