"""What is compiled already starts without all that could compile it."""

import subprocess
import sys

from taktnet.state.entry import is_kept
from taktnet.twin.engine.loop import enter

_RUN = """
import sys
from taktnet.network.generate import generate
from taktnet.twin import Start
sim = Start(generate(10, 1), 1_767_571_200_000_000, 3.0).sim()
sim.begin(1, 0)
sim.run_to(2.0)
print(sim.events, "numba.np.arraymath" in sys.modules)
"""


def _run() -> list[str]:
    done = subprocess.run([sys.executable, "-c", _RUN], check=True, capture_output=True, text=True)
    return done.stdout.split()


def test_a_warm_start_loads_no_compiler():
    """A process that finds its entries on disk gives the same, and never loads what compiles."""
    first, second = _run(), _run()
    assert first[0] == second[0] != "0"
    assert second[1] == "False"


def test_what_lies_on_disk_is_known_without_loading_it():
    """An entry that was run with integers is kept for those, and for nothing else."""
    _run()
    assert is_kept(enter, 0, 0, 0, 0)
    assert not is_kept(enter, 0.5, 0, 0, 0)
