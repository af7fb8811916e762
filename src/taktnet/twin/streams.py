"""Chance: every draw is a function of seed, replication, an entity's name, a purpose, a number.

Nothing is drawn "next" from a shared stream, so what a scenario adds leaves the luck of all else
alone (common random numbers). A number is mixed before it meets the key: adding it to the key
would put all streams on one orbit. The mix is the finaliser of SplitMix64 (Steele, Lea and
Flood, OOPSLA 2014).
"""

from __future__ import annotations

import hashlib
from enum import IntEnum
from typing import Any

import numpy as np

from taktnet.state.memory import kernel

_U = np.uint64
_GOLD = _U(0x9E3779B97F4A7C15)
_A, _B = _U(0xBF58476D1CE4E5B9), _U(0x94D049BB133111EB)
_S30, _S27, _S31, _S11 = _U(30), _U(27), _U(31), _U(11)
_STEP = 2.0**-53


class Purpose(IntEnum):
    """What a draw is for; two purposes of one entity never share a number."""

    GAP = 1
    SIZE = 2
    TRANSIT = 3
    CUSTOMS = 4
    TIME = 5
    GOOD = 6
    FAIL = 7
    REPAIR = 8
    RESIDUAL = 9


def name_key(*parts: str) -> int:
    """64 bits of an entity's name, the same on every machine."""
    text = "\x1f".join(parts).encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "little")


@kernel
def mix(z: Any) -> Any:
    """Spread 64 bits over 64 bits, one to one."""
    z = _U(z)  # a kernel's integers are int64
    z = (z ^ (z >> _S30)) * _A
    z = (z ^ (z >> _S27)) * _B
    return z ^ (z >> _S31)


@kernel
def run_key(seed: int, replication: int) -> Any:
    """The key of one replication."""
    return _U(mix(_U(seed) + _GOLD)) ^ _U(mix(_U(replication) * _GOLD + _A))


@kernel
def uniform(run: Any, name: Any, purpose: int, number: int) -> float:
    """A uniform number strictly between 0 and 1."""
    key = _U(mix(_U(run) ^ (_U(name) + _U(purpose) * _GOLD)))
    bits = _U(mix(key ^ _U(mix(_U(number) * _GOLD + _B))))
    return (np.float64(bits >> _S11) + 0.5) * _STEP
