"""Ground layer: errors, units, exact arithmetic, names, clock and calendars."""
