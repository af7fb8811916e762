"""Forecasts: what demand will be, how sure that is, and which method to believe."""
