"""Which records of a model stand for what a ledger names: looked up by whole columns of ids."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from taktnet.base.names import Domain, Names
from taktnet.twin.layout import Table
from taktnet.twin.sim import Model

Ints = np.ndarray[Any, np.dtype[np.int64]]


class Index:
    """Rows by their columns of numbers that are never negative; of equal rows the first counts."""

    def __init__(self, *columns: Ints) -> None:
        """Rows with a number below 0 in a column are left out."""
        self._bounds = [int(column.max(initial=0)) + 1 for column in columns]
        keys, known = self._keys(columns)
        rows = np.flatnonzero(known)
        self._found, first = np.unique(keys[rows], return_index=True)
        self._rows = rows[first]

    def _keys(self, columns: Iterable[Ints]) -> tuple[Ints, np.ndarray[Any, np.dtype[np.bool_]]]:
        """One number for each row, and whether it may be in the index at all."""
        keys, known = np.int64(0), np.bool_(True)
        for column, bound in zip(columns, self._bounds, strict=True):
            keys = keys * np.int64(bound) + column
            known = known & (column >= 0) & (column < bound)
        return np.atleast_1d(keys), np.atleast_1d(known)

    def find(self, *columns: Ints) -> Ints:
        """The number of the row with such columns; -1 for none."""
        keys, known = self._keys(columns)
        if len(self._found) == 0:
            return np.full(len(keys), -1, np.int64)
        at = np.minimum(np.searchsorted(self._found, keys), len(self._found) - 1)
        return np.where(known & (self._found[at] == keys), self._rows[at], -1)


class Numbers:
    """The numbers of a model's points, links, lanes and demand rows for ids of a ledger.

    All columns are arrays of ids, and so are the answers; -1 stands for what the model has not.
    """

    def __init__(self, model: Model, names: Names) -> None:
        def ids(domain: Domain, texts: Iterable[str]) -> Ints:
            known = names.ids(domain)
            return np.fromiter((known.get(text, -1) for text in texts), np.int64)

        site, item, lane = Domain.SITE, Domain.ITEM, Domain.LANE
        self._point = Index(
            ids(site, (p[0] for p in model.points)), ids(item, (p[1] for p in model.points))
        )
        links = model.fresh[Table.LINK]
        dest = links["dest"].astype(np.int64)
        origin = ids(site, model.sites)[links["origin_site"]]
        way = ids(lane, (link[3] for link in model.links))
        loop = ids(Domain.LOOP, (link[2] for link in model.links))
        self._by_loop = Index(dest, np.where(loop > 0, loop, -1))
        self._source, self._by_origin = Index(dest, origin, way), Index(dest, origin)
        self._lane = Index(ids(lane, model.lanes))
        columns = zip(*model.demands, strict=True) if model.demands else ((), (), ())
        customers, items, suppliers = columns
        self._demand = Index(ids(site, customers), ids(item, items), ids(site, suppliers))

    def points(self, site: Ints, item: Ints) -> Ints:
        """Points of sites and items."""
        return self._point.find(site, item)

    def links(self, point: Ints, origin: Ints, loop: Ints, lane: Ints) -> Ints:
        """What supplies points: the loop if it is one of theirs, else by origin and lane.

        By origin alone where no link comes from there over that lane.
        """
        found = self._by_loop.find(point, loop)
        for other in self.sources(point, origin, lane), self._by_origin.find(point, origin):
            found = np.where(found < 0, other, found)
        return found

    def sources(self, point: Ints, origin: Ints, lane: Ints) -> Ints:
        """What supplies points from origins over lanes; of several loops the first."""
        return self._source.find(point, origin, lane)

    def lanes(self, lane: Ints) -> Ints:
        """Lanes."""
        return self._lane.find(lane)

    def demands(self, customer: Ints, item: Ints, supplier: Ints) -> Ints:
        """Demand rows."""
        return self._demand.find(customer, item, supplier)
