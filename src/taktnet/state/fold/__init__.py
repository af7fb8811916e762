"""The compiled fold: one module per group of kinds, `dispatch` says which kind goes where."""
