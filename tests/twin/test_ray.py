"""Ray gives the bits that threads give."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest
from lab_nets import live
from test_experiments import LATE, NEXT, ROW, same

from taktnet.twin import Threads, compare
from taktnet.twin.ray_workers import NoRay, Ray


@pytest.fixture
def cluster() -> Iterator[Ray]:
    """A local Ray of two processors, without a dashboard."""
    import ray

    ray.init(num_cpus=2, include_dashboard=False, object_store_memory=80_000_000,
             log_to_driver=False)  # fmt: skip
    yield Ray(2, size=4)
    ray.shutdown()


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_ray_gives_the_same_bits_as_threads(cluster: Ray) -> None:
    """Patched runs and runs lowered again; progress is told, and a stop leaves what there is."""
    seen: list[tuple[int, int]] = []
    there = compare(live(), LATE, [NEXT, ROW], 14, 10, every_h=24, workers=cluster,
                    on_progress=lambda *told: seen.append(told))  # fmt: skip
    here = compare(live(), LATE, [NEXT, ROW], 14, 10, every_h=24, workers=Threads(2))
    for a, b in zip(here.options, there.options, strict=True):
        assert same(a.runs, b.runs)
    assert seen[-1] == (30, 30)
    stopped = compare(live(), LATE, [NEXT], 14, 400, workers=cluster, stop=lambda: True)
    assert stopped.stopped
    assert stopped.replications < 400


def test_without_ray_the_error_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The name of the extra is in it."""
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(NoRay, match=r"pip install 'taktnet\[ray\]'"):
        compare(live(), LATE, days=5, replications=2, workers=Ray())
