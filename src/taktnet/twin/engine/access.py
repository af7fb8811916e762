"""Compiled access to the tables behind one context pointer.

The context is an array of addresses, one per table. They do not change while compiled code runs,
which is told to the compiler, so that it loads each once.

A context comes in two types, int64 and `Traced`. All engine code is compiled for the one that an
entry passes, and `traced(x)` is a constant to the compiler: a run without a trace pays nothing.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir  # pyright: ignore[reportMissingTypeStubs]
from numba import extending
from numba.core.datamodel import models
from numba.np.numpy_support import from_dtype

from taktnet.state.memory import types
from taktnet.twin.layout import DTYPES, Table

intrinsic: Any = extending.intrinsic
_Type: Any = types.Type
_PrimitiveModel: Any = models.PrimitiveModel
_extending: Any = extending


class Traced(_Type):
    """The context of a run that writes what happens as facts."""

    def __init__(self) -> None:
        _Type.__init__(self, "Traced")


@_extending.register_model(Traced)
class _TracedModel(_PrimitiveModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        _PrimitiveModel.__init__(self, manager, kind, ir.IntType(64))


def _context(x: Any) -> Any:
    return x if isinstance(x, Traced) else types.int64


@intrinsic
def with_trace(typing_context: Any, x: Any) -> Any:
    """The same context, for a run that writes a trace."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return args[0]

    return Traced()(types.int64), generate


@intrinsic
def traced(typing_context: Any, x: Any) -> Any:
    """Whether the run writes a trace: a constant to the compiler."""
    flag = ir.IntType(1)(int(isinstance(x, Traced)))

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return flag

    return types.boolean(x), generate


def _base(builder: Any, context: Any, table: Any) -> Any:
    long = ir.IntType(64)
    offset = builder.mul(table, long(8))
    pointer = builder.inttoptr(builder.add(context, offset), long.as_pointer())
    address = builder.load(pointer)
    address.set_metadata("invariant.load", builder.module.add_metadata([]))
    return address


@intrinsic
def base_of(typing_context: Any, x: Any, table: Any) -> Any:
    """Where a table begins, by its number."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _base(builder, *args)

    return types.int64(_context(x), types.int64), generate


def records(table: Table) -> Any:
    """A compiled function (x, i) -> record i of a table, to read and to assign to."""
    dtype = DTYPES[table]
    record: Any = from_dtype(dtype)
    number, size = int(table), dtype.itemsize

    @intrinsic
    def at(typing_context: Any, x: Any, i: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            offset = builder.mul(args[1], ir.IntType(64)(size))
            address = builder.add(_base(builder, args[0], ir.IntType(64)(number)), offset)
            return builder.inttoptr(address, context.get_value_type(record))

        return record(_context(x), types.int64), generate

    return at


def address(table: Table) -> Any:
    """A compiled function (x, i) -> the address of record i of a table; any i will do."""
    number, size = int(table), DTYPES[table].itemsize

    @intrinsic
    def at(typing_context: Any, x: Any, i: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            offset = builder.mul(args[1], ir.IntType(64)(size))
            return builder.add(_base(builder, args[0], ir.IntType(64)(number)), offset)

        return types.int64(_context(x), types.int64), generate

    return at


def _llvm(dtype: np.dtype) -> Any:
    kinds: dict[str, Any] = {"i": ir.IntType(8 * dtype.itemsize), "f": ir.DoubleType()}
    return kinds[dtype.kind]


def getter(table: Table) -> Any:
    """A compiled function (x, i) -> number i of a table of plain numbers, widened."""
    dtype = DTYPES[table]
    number, size, kind = int(table), dtype.itemsize, _llvm(dtype)
    result: Any = types.float64 if dtype.kind == "f" else types.int64

    @intrinsic
    def get(typing_context: Any, x: Any, i: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            offset = builder.mul(args[1], ir.IntType(64)(size))
            address = builder.add(_base(builder, args[0], ir.IntType(64)(number)), offset)
            value = builder.load(builder.inttoptr(address, kind.as_pointer()))
            return builder.sext(value, ir.IntType(64)) if size == 4 else value

        return result(_context(x), types.int64), generate

    return get


def setter(table: Table) -> Any:
    """A compiled function (x, i, value) that sets number i of a table of plain integers."""
    number, size, kind = int(table), DTYPES[table].itemsize, _llvm(DTYPES[table])

    @intrinsic
    def put(typing_context: Any, x: Any, i: Any, value: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            offset = builder.mul(args[1], ir.IntType(64)(size))
            address = builder.add(_base(builder, args[0], ir.IntType(64)(number)), offset)
            value = args[2] if size == 8 else builder.trunc(args[2], kind)
            builder.store(value, builder.inttoptr(address, kind.as_pointer()))
            return context.get_dummy_value()

        return types.none(_context(x), types.int64, types.int64), generate

    return put


@intrinsic
def apart(typing_context: Any) -> Any:
    """Keep the function that calls this out of those that call it: it is seldom needed."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        builder.function.attributes.add("noinline")
        builder.function.attributes.add("cold")
        return context.get_dummy_value()

    return types.none(), generate


@intrinsic
def lowest_bit(typing_context: Any, word: Any, skip: Any) -> Any:
    """How many zeros a word has above its `skip` lowest bits before its first one; 64 for none."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.cttz(builder.lshr(*args), ir.IntType(1)(0))

    return types.int64(types.int64, types.int64), generate


@intrinsic
def eighths(typing_context: Any, value: Any) -> Any:
    """How many eighths of octaves a number from 1 on lies above 1: its exponent and three bits."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        long = ir.IntType(64)
        bits = builder.lshr(builder.bitcast(args[0], long), long(49))
        return builder.sub(bits, long(1023 << 3))

    return types.int64(types.float64), generate


head_at = records(Table.HEAD)
point_at = records(Table.POINT)
link_at = records(Table.LINK)
lane_at = records(Table.LANE)
site_at = records(Table.SITE)
proc_at = records(Table.PROC)
res_at = records(Table.RES)
server_at = records(Table.SERVER)
cal_at = records(Table.CAL)
demand_at = records(Table.DEMAND)
tally_at = records(Table.TALLY)
road_at = records(Table.ROAD)
change_at = records(Table.CHANGE)
series_at = records(Table.SERIES)
node_at = records(Table.NODE)
cell_at = records(Table.CELL)
place_at = records(Table.PLACE)
lane0_at = records(Table.LANE0)
proc0_at = records(Table.PROC0)
res0_at = records(Table.RES0)
demand0_at = records(Table.DEMAND0)
site0_at = records(Table.SITE0)
edition_at = records(Table.EDITION)
part_at = records(Table.PART)
span_at = records(Table.SPAN)
dist_at = records(Table.DIST)
break_at = records(Table.BREAK)
cal0_at = records(Table.CAL0)
plan_at = records(Table.PLAN)
open_at = records(Table.OPEN)
ref_at = records(Table.REF)
trace_at = records(Table.TRACE)
point_id_at = records(Table.POINT_ID)
link_id_at = records(Table.LINK_ID)
lane_id_at = records(Table.LANE_ID)
res_id_at = records(Table.RES_ID)
demand_id_at = records(Table.DEMAND_ID)
user_of = getter(Table.USER)
leave_of = getter(Table.LEAVE)
knot_of = getter(Table.KNOT)
member_of = getter(Table.MEMBER)
setup_of = getter(Table.SETUP)
bucket_of, set_bucket = getter(Table.BUCKET), setter(Table.BUCKET)
full_of, set_full = getter(Table.FULL), setter(Table.FULL)
work_of, set_work = getter(Table.WORK), setter(Table.WORK)
