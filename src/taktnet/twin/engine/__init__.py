"""The compiled engine: one file for each thing that happens."""
