"""The declarative model of plants, suppliers, items, lanes and loops: tables with units."""

from taktnet.network.network import Network, UnknownName, row_key

__all__ = ["Network", "UnknownName", "row_key"]
