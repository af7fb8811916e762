"""The declarative model of plants, suppliers, items, lanes and loops: tables with units."""
