"""A number over the sources of the compiled code.

Numba's cache on disk notices a change in the file of a compiled function, not in those of the
functions it calls. The entries that Python calls hold this number, so that any change counts.
"""

from __future__ import annotations

from pathlib import Path
from zlib import crc32

_HERE = Path(__file__).parent


def stamp(*folders: Path) -> int:
    """A checksum of the Python sources in these folders and of the fact's layout."""
    ledger = _HERE.parent / "ledger"
    sources = [ledger / "fact.py", ledger / "slots.py", ledger / "event.py"]
    for folder in folders:
        sources += sorted(folder.glob("*.py"))
    value = 0
    for path in sources:
        value = crc32(path.read_bytes(), value)
    return value


STAMP = stamp(_HERE, _HERE / "fold")


def stamp_of_layout() -> int:
    """A checksum of the tables as they lie in memory."""
    from taktnet.state.tables import DTYPES

    return crc32(repr([(int(t), d.descr) for t, d in DTYPES.items()]).encode())
