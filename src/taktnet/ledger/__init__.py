"""What happened: event kinds, their canonical form, the ledger port, followers and proofs."""
