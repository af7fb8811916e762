"""Planning: forecasts, buffers, cards, takt, levelled and finite schedules."""
