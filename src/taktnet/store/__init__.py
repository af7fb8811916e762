"""Ledgers on disk: SQLite, PostgreSQL, Parquet segments."""
