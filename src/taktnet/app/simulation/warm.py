"""The twin made ready before anybody asks, so that the first answer comes as soon as the others."""

from __future__ import annotations

import atexit
import subprocess
import sys
from threading import Thread


def warm() -> None:
    """Load the twin's machine code; compile it where that was never done on this machine."""
    from taktnet.twin.engine.loop import enter, enter_traced, passed
    from taktnet.twin.intervals import t_quantile

    enter(0, 0, 0, 0)
    passed(0, 0, 0.0)
    enter_traced(0, 0, 0, 0)
    t_quantile(0.975, 3)


def warm_behind() -> None:
    """The same beside other work.

    Compiled in a process of its own: in this one, everything else would wait for the compiler.
    """
    Thread(target=_behind, name="warm-twin", daemon=True).start()


def _behind() -> None:
    from taktnet.state.entry import is_kept
    from taktnet.twin.engine.loop import enter_traced

    if not is_kept(enter_traced, 0, 0, 0, 0):
        command = [sys.executable, "-m", __name__]
        compiler = subprocess.Popen(command, stdout=subprocess.DEVNULL)  # noqa: S603 - our own
        atexit.register(compiler.kill)
        compiler.wait()
        atexit.unregister(compiler.kill)
    warm()


if __name__ == "__main__":
    warm()
