"""Ids of Taktnet's own events about a decision: one answer and one outcome for each, for ever."""

from __future__ import annotations

from hashlib import sha256

_LONGEST = 200


def answer_id(decision: str) -> str:
    """The id under which a person's answer is recorded: approved or declined, never both."""
    return _about("answer:", decision)


def outcome_id(decision: str) -> str:
    """The id under which it is recorded that a decision was sent, or given up."""
    return _about("signal:", decision)


def _about(prefix: str, decision: str) -> str:
    """Names have at most 200 characters; in a longer one the digest stands for the decision."""
    if len(prefix) + len(decision) <= _LONGEST:
        return prefix + decision
    return prefix + sha256(decision.encode()).hexdigest()
