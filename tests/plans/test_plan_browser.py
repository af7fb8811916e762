"""The plan section in Chromium: from the button to the changed network, at both widths."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from support.browser import browser, need_chromium, serving, tab
from support.web_tower import World
from taktnet.web.api import create_app

pytestmark = [pytest.mark.chromium, pytest.mark.timeout(300)]
LOOP = "KB-OPO-1"
WIDE = "document.documentElement.scrollWidth > innerWidth"


@pytest.fixture(scope="module")
def running() -> Iterator[Any]:
    """One Chromium for all tests here."""
    need_chromium()
    with browser() as found:
        yield found


@pytest.mark.parametrize("width", [1440, 430])
def test_a_plan_is_worked_out_proposed_approved_and_undone_by_hand(
    running: Any, width: int
) -> None:
    """Every page fits its width, says nothing on the console, and every button does its work."""
    world = World()
    with serving(create_app(world.tower)) as address, tab(running, width=width) as seen:
        page = seen.page
        page.goto(f"{address}/plan/cards")
        page.get_by_role("button", name="Work out").click()
        page.get_by_role("heading", name="Loops: formula against simulation").wait_for(
            timeout=120_000
        )
        assert not page.evaluate(WIDE)
        page.get_by_role("button", name="Propose").click()
        page.get_by_label("Reason").fill("agreed with the line")
        assert not page.evaluate(WIDE)
        page.get_by_role("button", name="Approve").click()
        page.get_by_text("agreed with the line").wait_for()
        assert world.tower.network.loop(LOOP).cards > 6
        page.get_by_role("button", name="Propose to undo it").click()
        page.get_by_role("heading", name="Undo cards-1").wait_for()
        page.get_by_role("button", name="Approve").click()
        page.get_by_text("Approved by planner (web)").wait_for()
        assert world.tower.network.loop(LOOP).cards == 6
        page.goto(f"{address}/plan/proposals")
        page.get_by_role("link", name="cards-2").wait_for()
        assert not page.evaluate(WIDE)
        assert seen.complaints == []
    world.close()
