"""What compiled code is made with: the decorator, records at addresses, words, cache lines."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir  # pyright: ignore[reportMissingTypeStubs]
from numba import extending, njit
from numba import types as numba_types
from numba.core import cgutils
from numba.np.numpy_support import from_dtype

from taktnet.state.link import LinkedCompiler

types: Any = numba_types
_tools: Any = cgutils
intrinsic: Any = extending.intrinsic
_njit: Any = njit
_compile: Any = _njit(
    nogil=True,
    error_model="numpy",
    no_cpython_wrapper=True,
    no_cfunc_wrapper=True,
    pipeline_class=LinkedCompiler,
)


def kernel(function: Callable[..., Any]) -> Any:
    """Compile a function that only compiled functions call, once, for 64-bit integers.

    A record's fields are of several widths; without widening every mix of widths in a call would
    be compiled again. The entries that Python calls are cached on disk with all they call.
    """
    compiled = _compile(function)
    template: Any = compiled.get_call_template

    def widened(args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        wide: Any = template(tuple(map(_wide, args)), {k: _wide(v) for k, v in named.items()})
        return wide

    compiled.get_call_template = widened
    return compiled


def _wide(kind: Any) -> Any:
    plain: Any = types.unliteral(kind)
    wide: Any = types.int64 if isinstance(plain, types.Integer) else plain
    return wide


def load_word(builder: Any, address: Any) -> Any:
    """Generate the load of the int64 at an address."""
    pointer = builder.inttoptr(address, ir.IntType(64).as_pointer())
    return builder.load(pointer)


def record_at(dtype: np.dtype) -> Any:
    """A compiled function (address) -> the record of `dtype` there."""
    record: Any = from_dtype(dtype)

    @intrinsic
    def at(typing_context: Any, address: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            return builder.inttoptr(args[0], context.get_value_type(record))

        return record(types.int64), generate

    return at


@intrinsic
def peek(typing_context: Any, address: Any) -> Any:
    """The int64 at an address."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return load_word(builder, args[0])

    return types.int64(types.int64), generate


@intrinsic
def poke(typing_context: Any, address: Any, value: Any) -> Any:
    """Put an int64 at an address."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        builder.store(args[1], builder.inttoptr(args[0], ir.IntType(64).as_pointer()))
        return context.get_dummy_value()

    return types.none(types.int64, types.int64), generate


@intrinsic
def peek4(typing_context: Any, address: Any) -> Any:
    """The int32 at an address, widened."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        pointer = builder.inttoptr(args[0], ir.IntType(32).as_pointer())
        return builder.sext(builder.load(pointer), ir.IntType(64))

    return types.int64(types.int64), generate


@intrinsic
def poke4(typing_context: Any, address: Any, value: Any) -> Any:
    """Put the low half of an int64 at an address."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        half = builder.trunc(args[1], ir.IntType(32))
        builder.store(half, builder.inttoptr(args[0], ir.IntType(32).as_pointer()))
        return context.get_dummy_value()

    return types.none(types.int64, types.int64), generate


@intrinsic
def prefetch(typing_context: Any, address: Any) -> Any:
    """Ask for the cache line of an address, and do not wait; any address will do."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        byte, half = ir.IntType(8).as_pointer(), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [byte, half, half, half])
        call = builder.module.declare_intrinsic("llvm.prefetch", [byte], kind)
        builder.call(call, [builder.inttoptr(args[0], byte), half(1), half(3), half(1)])
        return context.get_dummy_value()

    return types.none(types.int64), generate


@intrinsic
def clear(typing_context: Any, address: Any, size: Any) -> Any:
    """Fill bytes from an address on with zeros."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        byte = ir.IntType(8).as_pointer()
        _tools.memset(builder, builder.inttoptr(args[0], byte), args[1], 0)
        return context.get_dummy_value()

    return types.none(types.int64, types.int64), generate


@intrinsic
def bits(typing_context: Any, value: Any) -> Any:
    """How many binary digits a positive int64 has."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        zeros = builder.ctlz(args[0], ir.IntType(1)(0))
        return builder.sub(ir.IntType(64)(64), zeros)

    return types.int64(types.int64), generate
