"""The forecast page in Chromium: work it out, look at a series, override it, publish it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from support.browser import browser, need_chromium, serving, tab
from support.forecasts import with_history
from support.web_tower import World
from taktnet.ledger import event as e
from taktnet.web.api import create_app

pytestmark = [pytest.mark.chromium, pytest.mark.slow, pytest.mark.timeout(300)]
READY = "document.querySelector('[data-curve]')?.dataset.ready === '1'"


@pytest.fixture(scope="module")
def place() -> Iterator[tuple[World, str]]:
    """A tower with forty weeks of demand, and its address."""
    need_chromium()
    world = with_history(World())
    with serving(create_app(world.tower)) as address:
        yield world, address
    world.close()


@pytest.fixture(scope="module")
def running() -> Iterator[Any]:
    """One Chromium for all tests here."""
    need_chromium()
    with browser() as found:
        yield found


def test_a_planner_works_it_out_overrides_it_and_publishes_it(
    place: tuple[World, str], running: Any
) -> None:
    """From an empty page to a curve, a person's quantity with its reason, and events on record."""
    world, address = place
    with tab(running) as one:
        page = one.page
        page.goto(f"{address}/plan/forecast")
        assert "Not worked out yet" in page.content()
        page.get_by_role("button", name="Work out").click()
        one.until(READY, 90)
        assert page.get_by_role("heading", name="Methods tried").is_visible()
        assert "chosen" in page.inner_text("#tried-h >> xpath=ancestor::section")
        page.get_by_role("link", name="DU-500", exact=True).last.click()
        one.until(READY)
        assert "DU-500" in page.inner_text("#curve-h")
        assert "978" in page.inner_text("#spikes-h >> xpath=ancestor::section")
        page.fill("#overrides input[name=qty]", "250")
        page.fill("#overrides input[name=reason]", "a trade fair in Leipzig")
        page.fill("#overrides input[name=by]", "m.silva")
        page.get_by_role("button", name="Override").click()
        one.until("document.body.innerText.includes('a trade fair in Leipzig')", 90)
        one.until(READY)
        (made,) = [
            row.event for row in world.tower.ledger.read(0, 10_000)
            if isinstance(row.event, e.ForecastOverridden)
        ]  # fmt: skip
        assert (made.qty, made.by, made.item, made.site) == (250, "m.silva", "DU-500", "OPO")
        assert made.statistical > 0
        page.get_by_role("button", name="Propose").click()
        page.get_by_role("button", name="Approve").click()
        page.wait_for_load_state()
        published = [
            row.event for row in world.tower.ledger.read(0, 10_000)
            if isinstance(row.event, e.ForecastPublished)
        ]  # fmt: skip
        assert len(published) == 24
        assert max(p.qty for p in published if p.item == "DU-500") >= 250
        assert one.complaints == []


@pytest.mark.parametrize("width", [1440, 430])
def test_the_page_fits_and_complains_of_nothing(
    place: tuple[World, str], running: Any, width: int
) -> None:
    """No sideways scrolling at a desk or on a phone, and no word in the console."""
    _, address = place
    with tab(running, width) as one:
        one.page.goto(f"{address}/plan/forecast?series=DU-500&site=OPO")
        if not one.page.evaluate(READY):
            one.page.get_by_role("button", name="Work out").click()
        one.until(READY, 90)
        assert one.page.evaluate("document.documentElement.scrollWidth") <= width
        assert one.complaints == []
