"""The twin made ready before anybody asks, so that the first answer comes as soon as the others."""

from __future__ import annotations

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
    """The same beside other work; whoever asks meanwhile waits for no more than the rest of it."""
    Thread(target=warm, name="warm-twin", daemon=True).start()
