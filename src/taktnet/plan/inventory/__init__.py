"""Stock at one place: lot sizes, safety stock, service, newsvendor, (r,Q) and (s,S)."""
