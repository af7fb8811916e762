"""Reading a network: raw tables, typed by the field table, checked as a whole."""

from __future__ import annotations

from pathlib import Path

from taktnet.base.errors import Fault, InputFaults
from taktnet.network.check import check_draft
from taktnet.network.csv_io import read_csv
from taktnet.network.draft import draft_of_raw, told
from taktnet.network.excel_io import read_workbook
from taktnet.network.network import Network
from taktnet.network.parquet_io import read_parquet
from taktnet.network.raw import RawNetwork, table_named

_READERS = {".csv": read_csv, ".parquet": read_parquet}
_KINDS = "a folder of CSV or Parquet files, or an .xlsx workbook"


def read(path: Path) -> Network:
    """See `Network.read`."""
    raw = read_raw(path)
    draft = draft_of_raw(raw)
    faults = [*raw.faults, *draft.faults, *check_draft(draft)]
    if faults:
        raise InputFaults(told(faults))
    return draft.network


def read_raw(path: Path) -> RawNetwork:
    """The tables of a folder or workbook as text."""
    if path.is_dir():
        return _read_folder(path)
    if path.is_file() and path.suffix.lower() in (".xlsx", ".xlsm"):
        return read_workbook(path)
    found = "no such file or folder" if not path.exists() else f"a {path.suffix or 'plain'} file"
    raise InputFaults([Fault(path.name or str(path), 0, "", found, _KINDS)])


def _read_folder(path: Path) -> RawNetwork:
    base = path.resolve().name
    files = sorted(f for f in path.iterdir() if f.suffix.lower() in _READERS and f.is_file())
    kinds = {f.suffix.lower() for f in files}
    raw = RawNetwork(where=f"{base}/{{}}{'.parquet' if kinds == {'.parquet'} else '.csv'}")
    seen: dict[str, str] = {}
    for file in files:
        where = f"{base}/{file.name}"
        name = table_named(file.stem, where)
        if isinstance(name, Fault):
            raw.faults.append(name)
        elif name and name in seen:
            wanted = f"one file of {name}"
            remedy = f"Remove it or {seen[name]}."
            raw.faults.append(Fault(where, 0, "", "a second file", wanted, remedy))
        elif name:
            seen[name] = file.name
            raw.add(name, _READERS[file.suffix.lower()](file, name, where))
    if not seen and not raw.faults:
        raise InputFaults([Fault(base, 0, "", "no table", _KINDS, "Begin with sites.csv.")])
    return raw
