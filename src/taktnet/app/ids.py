"""Ids of Taktnet's own events: one answer and one outcome for each decision, for ever."""

from __future__ import annotations

from hashlib import sha256

_LONGEST = 200


def answer_id(decision: str) -> str:
    """The id under which a person's answer is recorded: approved or declined, never both."""
    return about("answer:", decision)


def outcome_id(decision: str) -> str:
    """The id under which it is recorded that a decision was sent, or given up."""
    return about("signal:", decision)


def about(prefix: str, decision: str) -> str:
    """A name has at most 200 characters; in a longer one a digest stands for what it is about."""
    if len(prefix) + len(decision) <= _LONGEST:
        return prefix + decision
    return prefix + sha256(decision.encode()).hexdigest()
