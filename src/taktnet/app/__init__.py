"""The only place where core and edges meet."""
