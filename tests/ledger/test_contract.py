"""One contract, run over memory and every store (see conftest for the stores)."""

from __future__ import annotations

from contract import LedgerContract, StoreContract


class TestLedger(LedgerContract):
    """Every ledger."""


class TestStore(StoreContract):
    """Every store."""
