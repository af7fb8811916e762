"""The scripts: they say clearly what is wrong, from any directory, and leave nothing outside."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
SCRIPTS = ["script/up", "script/test", "script/lint", "script/common.sh"]


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """The scripts alone, in a checkout of their own."""
    shutil.copytree(REPOSITORY / "script", tmp_path / "house" / "script")
    return tmp_path / "house"


def run(script: Path, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """Run a script with this environment added; no network index can be reached."""
    closed = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "", "PIP_CONFIG_FILE": os.devnull}
    return subprocess.run(
        [str(script)],
        cwd=cwd,
        env=dict(os.environ) | closed | env,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_is_plain_posix_shell(name: str) -> None:
    """It parses with the shell of the smallest system."""
    subprocess.run(["sh", "-n", str(REPOSITORY / name)], check=True)


@pytest.mark.parametrize("name", ["script/up", "script/test", "script/lint", ".ci/run"])
def test_a_script_can_be_executed(name: str) -> None:
    """A clone can start it at once."""
    assert os.access(REPOSITORY / name, os.X_OK)


@pytest.mark.parametrize("name", ["up", "test"])
def test_an_old_python_is_named_with_what_is_wanted(house: Path, tmp_path: Path, name: str) -> None:
    """Python 3.10 is refused with the versions wanted and the way to name another."""
    old = tmp_path / "python3"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo Python 3.10.12 && exit 0\nexit 1\n')
    old.chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    done = run(house / "script" / name, tmp_path, TAKTNET_PYTHON=str(old), PATH=path)
    assert done.returncode == 1
    assert "needs Python 3.11, 3.12 or 3.13; found: Python 3.10.12" in done.stderr
    assert "TAKTNET_PYTHON=" in done.stderr


def test_a_missing_network_is_named_and_leaves_nothing_half_made(
    house: Path, tmp_path: Path
) -> None:
    """Without a package index the first start says so, and the next one begins afresh."""
    done = run(house / "script" / "up", tmp_path, TAKTNET_PYTHON=sys.executable)
    assert done.returncode == 1
    assert "Could not fetch uv. The first start needs the network" in done.stderr
    assert not (house / ".cache" / "uv-tool").exists()
    assert not (house / ".cache" / "uv-new").exists()


def test_everything_a_script_makes_is_ignored_by_git() -> None:
    """Caches and environments never turn up as changes."""
    for made in (
        ".cache/uv/x",
        ".cache/run/x",
        ".venv/x",
        ".hypothesis/x",
        ".import_linter_cache/x",
    ):
        done = subprocess.run(["git", "check-ignore", "-q", made], cwd=REPOSITORY, check=False)
        assert done.returncode == 0, made
