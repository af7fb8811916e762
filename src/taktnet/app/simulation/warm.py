"""The twin made ready before anybody asks, so that the first answer comes as soon as the others."""

from __future__ import annotations

import os
import subprocess
import sys
from threading import Lock, Thread

_compiling = Lock()


def warm() -> None:
    """Load the twin's machine code; compile it where that was never done on this machine."""
    import numpy as np

    from taktnet.twin.engine.loop import enter, enter_traced, passed
    from taktnet.twin.intervals import t_quantile

    enter(0, 0, 0, 0)
    passed(0, np.zeros(0, np.int64), np.zeros(0), np.zeros(0))
    enter_traced(0, 0, 0, 0)
    t_quantile(0.975, 3)


def warm_behind() -> None:
    """The same beside other work; `ready` waits for it.

    Compiled in a process of its own: in this one, everything else would wait for the compiler.
    """
    Thread(target=_behind, name="warm-twin", daemon=True).start()


def ready() -> None:
    """Wait for what compiles the twin, if anything does: two would take twice as long."""
    with _compiling:
        pass


def _behind() -> None:
    from taktnet.state.entry import is_kept
    from taktnet.twin.engine.loop import enter_traced

    with _compiling:
        if not is_kept(enter_traced, 0, 0, 0, 0):
            command = [sys.executable, "-m", __name__]
            with subprocess.Popen(command, stdin=subprocess.PIPE) as compiler:  # noqa: S603 - ours
                compiler.wait()
    warm()


def _end_with_parent() -> None:
    sys.stdin.read()  # it never writes; its end of the pipe is closed when it is gone
    os._exit(0)


if __name__ == "__main__":
    Thread(target=_end_with_parent, daemon=True).start()
    warm()
