"""In CI a test that is skipped has failed: what was not run proves nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = Path(__file__).resolve().parents[1] / "conftest.py"
SUITE = """
import pytest
def test_skips(): pytest.skip("no browser")
@pytest.mark.skip(reason="later")
def test_marked(): pass
@pytest.mark.xfail(strict=True)
def test_expected(): raise AssertionError
@pytest.mark.skipif(True, reason="reference data is absent")
def test_data(): pass
"""
MODULE = "import pytest\npytest.skip('whole module', allow_module_level=True)\n"


def outcome(folder: Path, *, ci: bool, data: bool) -> str:
    """The closing line of pytest over the suite above."""
    (folder / "tests").mkdir()
    (folder / "tests" / "conftest.py").write_text(CONFTEST.read_text("utf-8"))
    (folder / "tests" / "test_suite.py").write_text(SUITE)
    (folder / "tests" / "test_module.py").write_text(MODULE)
    (folder / "data").mkdir()
    where = folder / ("data" if data else "nowhere")
    env = dict(os.environ) | {"CI": "true" if ci else "", "TAKTNET_DATA": str(where)}
    command = [sys.executable, "-m", "pytest", "-q", "-c", os.devnull, "--rootdir", str(folder)]
    command += ["--continue-on-collection-errors", "-p", "no:cacheprovider", str(folder / "tests")]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    return done.stdout.splitlines()[-1]


@pytest.mark.parametrize(
    ("ci", "data", "wanted"),
    [
        (False, False, "4 skipped, 1 xfailed"),
        (True, True, "1 failed, 1 xfailed, 3 errors"),
        (True, False, "1 failed, 1 skipped, 1 xfailed, 2 errors"),
    ],
)
def test_a_skip_is_a_failure_in_ci_only(tmp_path: Path, ci: bool, data: bool, wanted: str) -> None:
    """Only reference data that is not there may be skipped, and an expected failure stays one."""
    assert outcome(tmp_path, ci=ci, data=data).startswith(wanted)
