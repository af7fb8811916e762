"""The natural logarithm of a uniform number, as part of the compiled engine.

A call of the C library's costs a sixth of a simulated chain, and its last bit is each machine's
own. This one is table-driven (Tang, ACM TOMS 16(4), 1990): u = 2^k z with z in [11/16, 11/8) and
log u = k log 2 - log(1/c) + log(1 + r), r = z/c - 1, c the middle of one of 128 parts of that
octave, so that |r| < 1/255 and six terms of the series are good to 2e-18.
"""

from __future__ import annotations

import struct
from decimal import Decimal
from typing import Any

from llvmlite import ir  # pyright: ignore[reportMissingTypeStubs]

from taktnet.state.machine import intrinsic, kernel, types

#: The bits of 11/16, and how many bits of the fraction lie below the number of the part.
_FROM, _BELOW, _PARTS = 0x3FE6000000000000, 45, 128
_LN2 = 0.6931471805599453
_DOUBLE, _LONG = ir.DoubleType(), ir.IntType(64)


def _table() -> list[float]:
    """1/c, and the logarithm of c, of each part in turn."""
    found: list[float] = []
    for part in range(_PARTS):
        bits = _FROM + (part << _BELOW) + (1 << (_BELOW - 1))
        inverse = 1.0 / struct.unpack("<d", struct.pack("<q", bits))[0]
        found += [inverse, -float(Decimal(inverse).ln())]
    return found


@intrinsic
def _of_part(typing_context: Any, place: Any) -> Any:
    """A number of the table."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kind = ir.ArrayType(_DOUBLE, 2 * _PARTS)
        table: Any = builder.module.globals.get("logarithms")
        if table is None:
            table = ir.GlobalVariable(builder.module, kind, "logarithms")
            table.linkage, table.global_constant = "internal", True
            table.initializer = ir.Constant(kind, [ir.Constant(_DOUBLE, v) for v in _table()])
        return builder.load(builder.gep(table, [_LONG(0), args[0]], inbounds=True))

    return types.float64(types.int64), generate


@intrinsic
def _bits(typing_context: Any, value: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.bitcast(args[0], _LONG)

    return types.int64(types.float64), generate


@intrinsic
def _number(typing_context: Any, bits: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.bitcast(args[0], _DOUBLE)

    return types.float64(types.int64), generate


@intrinsic
def _fused(typing_context: Any, a: Any, b: Any, c: Any) -> Any:
    """a b + c, rounded once."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.fma(*args)

    return types.float64(types.float64, types.float64, types.float64), generate


@kernel
def log(u: float) -> float:
    """The logarithm of a normal number above 0, to two units in the last place or 1e-17."""
    bits = _bits(u)
    above = bits - _FROM
    k = above >> 52
    part = 2 * ((above >> _BELOW) & (_PARTS - 1))
    r = _fused(_number(bits - (k << 52)), _of_part(part), -1.0)
    square = r * r
    high = _fused(square, -1 / 6, _fused(r, 1 / 5, -1 / 4))
    series = _fused(square, high, _fused(r, 1 / 3, -1 / 2))
    return _fused(float(k), _LN2, _of_part(part + 1)) + _fused(square, series, r)
