"""Formats and transports: the only place that knows them."""
