"""The six KPIs, pace and flow, read from facts."""
