"""What holds for every test: in CI nothing is skipped, and properties draw the same examples."""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

CI = os.environ.get("CI", "").lower() in {"1", "true", "yes"}
REPOSITORY = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("TAKTNET_DATA", REPOSITORY.parent / "shared" / "data"))

# The first call of a kernel compiles it, so no deadline fits all examples.
_slow = [HealthCheck.too_slow, HealthCheck.data_too_large]
settings.register_profile("dev", deadline=None, suppress_health_check=_slow)
settings.register_profile(
    "ci", deadline=None, suppress_health_check=_slow, derandomize=True, print_blob=True
)
settings.load_profile("ci" if CI else "dev")


def allowed(reason: str) -> bool:
    """True for the one skip that CI accepts: published reference data that is not at hand."""
    return "reference data" in reason.lower() and not DATA.is_dir()


def _fail_if_skipped(report: Any) -> None:
    """Turns a skip into a failure in CI; an expected failure is not a skip."""
    if not CI or report.outcome != "skipped" or hasattr(report, "wasxfail"):
        return
    place = report.longrepr
    reason = str(place[2]) if isinstance(place, tuple) else str(place)
    if not allowed(reason):
        report.outcome = "failed"
        report.longrepr = f"skipped in CI, where nothing may be: {reason}"


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_makereport() -> Generator[None, Any, Any]:
    """A test that was skipped counts as failed in CI."""
    report = yield
    _fail_if_skipped(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, Any, Any]:
    """So does a module that skipped itself."""
    report = yield
    _fail_if_skipped(report)
    return report
