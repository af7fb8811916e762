"""What an import brings with it: the command line answers at once, the core stays pure."""

from __future__ import annotations

import subprocess
import sys

import pytest

SLOW = {
    *("polars", "pyarrow", "numba", "llvmlite", "fastapi", "uvicorn", "psycopg", "holidays"),
    *("numpy", "scipy", "pandas", "highspy", "ortools", "ray", "rich"),
    *("statsforecast", "mlforecast", "hierarchicalforecast", "lightgbm"),
}


def modules_after(code: str) -> set[str]:
    """The top-level modules that are loaded once a fresh Python has run `code`."""
    report = "import sys; print('\\n'.join(sorted({m.split('.')[0] for m in sys.modules})))"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{report}"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


HELP = """
from typer.testing import CliRunner
from taktnet.cli.main import app
result = CliRunner().invoke(app, ["--help"])
assert result.exit_code == 0, result.output
"""


def test_help_loads_no_slow_library() -> None:
    """`taktnet --help` answers without tables, kernels, servers, solvers and forecasts."""
    assert modules_after(HELP) & SLOW == set()


def test_importing_taktnet_is_cheap() -> None:
    """`import taktnet` alone loads nothing but the standard library, until a name is used."""
    assert modules_after("import taktnet") & (SLOW | {"typer"}) == set()


@pytest.mark.parametrize("part", ["base", "network", "ledger", "state", "policy", "kpi"])
def test_the_core_loads_no_server_and_no_database(part: str) -> None:
    """A user of one part of the core needs no web framework, no database, no HTTP client."""
    edges = {"fastapi", "starlette", "uvicorn", "httpx", "apsw", "psycopg", "typer", "jinja2"}
    code = f"""
import importlib, pkgutil
package = importlib.import_module("taktnet.{part}")
for module in pkgutil.walk_packages(package.__path__, "taktnet.{part}."):
    importlib.import_module(module.name)
"""
    assert modules_after(code) & edges == set()
