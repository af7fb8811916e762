"""Kernels are compiled to be linked: only an entry is optimised and made machine code.

Numba optimises every compiled function by itself, with all that it calls, and makes machine code
of it. For functions that only compiled functions call that work is thrown away, and it grows with
the square of the depth of calls: two thirds of a cold start.
"""

from __future__ import annotations

from typing import Any

from llvmlite import binding  # pyright: ignore[reportMissingTypeStubs]
from numba.core import codegen, compiler, typed_passes
from numba.core import compiler_machinery as machinery

_Library: Any = codegen.JITCodeLibrary
_Lowering: Any = typed_passes.NativeLowering
_Compiler: Any = compiler.CompilerBase
_Builder: Any = compiler.DefaultPassBuilder
_machinery: Any = machinery
_Linkage: Any = binding.Linkage


class _Unrun:
    """A code generator that sets no environment: nothing of a kernel is called from Python."""

    def __init__(self, real: Any) -> None:
        self._real = real

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def set_env(self, name: str, env: Any) -> None:
        """Nothing: the function is not in memory."""


class LinkedLibrary(_Library):
    """The code of one kernel, kept for the entries that link it."""

    @property
    def codegen(self) -> Any:
        """The code generator, as far as linking needs it."""
        return _Unrun(self._codegen)

    def _optimize_final_module(self) -> None:
        """The entry does it, once, for all that it links."""

    def _finalize_final_module(self) -> None:
        self._finalize_dynamic_globals()
        self._finalized = True

    def get_pointer_to_function(self, name: str) -> int:
        """No address: there is no machine code."""
        return 0


class EntryLibrary(_Library):
    """The code of an entry and of all kernels that it links, which no one else calls.

    Told so, the compiler puts kernels into their callers, and drops what their callers never see.
    They lose their names: another entry's kernels may have the same ones.
    """

    def _optimize_final_module(self) -> None:
        for function in self._final_module.functions:
            if function.linkage == _Linkage.linkonce_odr:
                function.linkage = _Linkage.private
        _Library._optimize_final_module(self)


@_machinery.register_pass(mutates_CFG=True, analysis_only=False)
class EntryLowering(_Lowering):
    """Lowers an entry into a library that keeps its kernels to itself."""

    _name = "entry_lowering"

    def run_pass(self, state: Any) -> bool:
        """Lower."""
        state.library = EntryLibrary(state.targetctx.codegen(), state.func_id.func_qualname)
        state.library.enable_object_caching()
        return bool(_Lowering.run_pass(self, state))


@_machinery.register_pass(mutates_CFG=True, analysis_only=False)
class LinkedLowering(_Lowering):
    """Lowers a kernel into a library that is only linked."""

    _name = "linked_lowering"

    def run_pass(self, state: Any) -> bool:
        """Lower."""
        state.library = LinkedLibrary(state.targetctx.codegen(), state.func_id.func_qualname)
        return bool(_Lowering.run_pass(self, state))


def _with(lowering: Any, state: Any) -> list[Any]:
    """One pipeline, Numba's own up to the last step, without an object mode to fall back to."""
    made = _Builder.define_nopython_pipeline(state)
    made.add_pass_after(lowering, typed_passes.NativeLowering)
    made.passes = [p for p in made.passes if p[0] is not typed_passes.NativeLowering]
    made.finalize()
    return [made]


class LinkedCompiler(_Compiler):
    """The compiler of kernels."""

    def define_pipelines(self) -> list[Any]:
        """Lower into what is only linked."""
        return _with(LinkedLowering, self.state)


class EntryCompiler(_Compiler):
    """The compiler of entries."""

    def define_pipelines(self) -> list[Any]:
        """Lower into what keeps its kernels to itself."""
        return _with(EntryLowering, self.state)
