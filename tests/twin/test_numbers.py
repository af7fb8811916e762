"""Looking up rows by columns of numbers."""

from __future__ import annotations

import numpy as np

from taktnet.twin.numbers import Index


def ints(*values: int) -> np.ndarray:
    """A column."""
    return np.array(values, np.int64)


def test_the_first_of_equal_rows_is_found() -> None:
    """By all columns at once, in any order of asking."""
    index = Index(ints(3, 1, 3, 3), ints(0, 7, 0, 2))
    assert index.find(ints(3, 1, 3), ints(2, 7, 0)).tolist() == [3, 1, 0]


def test_what_is_not_there_is_minus_one() -> None:
    """Other pairs of known numbers, larger ones, and those below 0, on either side."""
    index = Index(ints(3, 1, -1), ints(0, 7, 5))
    asked = ints(3, 1, 4, 1, -1, 0), ints(7, 0, 0, 8, 5, 15)
    assert index.find(*asked).tolist() == [-1] * 6


def test_an_empty_index_finds_nothing() -> None:
    """Nor does an index of rows that are all left out."""
    assert Index(ints()).find(ints(0, 1)).tolist() == [-1, -1]
    assert Index(ints(-1)).find(ints(0, -1)).tolist() == [-1, -1]
