"""The pool of cells: requests, parcels, batches and production orders."""

from __future__ import annotations

from taktnet.state.memory import kernel
from taktnet.twin.engine.access import cell_at, head_at


@kernel
def new_cell(x: int) -> int:
    """A free cell; the caller made sure of room."""
    h = head_at(x, 0)
    i = h.cell_free
    if i >= 0:
        h.cell_free = cell_at(x, i).next
        return i
    i = h.cell_used
    h.cell_used = i + 1
    return i


@kernel
def free_cell(x: int, i: int) -> None:
    """Give a cell back."""
    h = head_at(x, 0)
    cell_at(x, i).next = h.cell_free
    h.cell_free = i
