"""Entries: the compiled functions that Python calls, kept on disk with all they call.

Before Numba loads anything from disk it loads everything that it can compile, SciPy included:
half of a warm start. What is compiled already needs none of it, only the runtime of arrays.
"""

from __future__ import annotations

from typing import Any

from numba import njit
from numba.core import caching
from numba.core.runtime.nrt import rtsys

from taktnet.state.link import EntryCompiler

_njit: Any = njit
_runtime: Any = rtsys
_Cache: Any = caching.FunctionCache


class _Quick(_Cache):
    """Numba's cache of a function; a miss is compiled as ever."""

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """The compiled function of a signature, or None."""
        _runtime.initialize(target_context)
        with self._guard_against_spurious_io_errors():
            return self._load_overload(sig, target_context)


def entry(function: Any) -> Any:
    """Compile a function that Python calls, once on this machine.

    For code over numbers, addresses and arrays: what needs more of Numba's own (linear algebra,
    sorting, random numbers, objects) takes `njit(cache=True)`.
    """
    compiled = _njit(cache=True, nogil=True, error_model="numpy", pipeline_class=EntryCompiler)(
        function
    )
    compiled._cache = _Quick(function)
    return compiled


def is_kept(entry: Any, *values: Any) -> bool:
    """Whether what an entry compiles for such values lies on disk and is up to date."""
    cache, types = entry._cache, tuple(entry.typeof_pyval(value) for value in values)
    key = cache._index_key(types, entry.targetctx.codegen())
    return key in cache._cache_file._load_index()
