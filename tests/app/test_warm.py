"""The twin is compiled beside the server, which does not outlive it."""

from __future__ import annotations

import subprocess
import sys
from threading import Thread

import pytest

from taktnet.app.simulation import warm


@pytest.mark.skipif(sys.platform == "win32", reason="waits for pipes as POSIX does")
def test_what_compiles_the_twin_ends_with_its_parent() -> None:
    """Killed in any way, the parent lets go of the pipe; the compiler does not go on alone."""
    command = [sys.executable, "-m", warm.__name__]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as compiler:
        assert compiler.stdin is not None
        compiler.stdin.close()
        assert compiler.wait(60) == 0


def test_a_question_waits_for_what_compiles_the_twin() -> None:
    """Not beside it: two that compile the same take twice as long."""
    asking = Thread(target=warm.ready, daemon=True)
    with warm._compiling:
        asking.start()
        asking.join(0.2)
        assert asking.is_alive()
    asking.join(20)
    assert not asking.is_alive()
