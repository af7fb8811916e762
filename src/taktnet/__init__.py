"""Taktnet: just-in-time manufacturing across plants that are far apart."""

__version__ = "0.1.0"
