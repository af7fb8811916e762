"""The Gantt chart in Chromium: dragged, moved by keyboard, checked, repaired, published."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from support.browser import Tab, browser, need_chromium, serving, tab
from support.shop_tower import shop_world
from support.web_tower import World
from taktnet.ledger import event as e
from taktnet.web.api import create_app

pytestmark = [pytest.mark.chromium, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def running() -> Iterator[Any]:
    """One Chromium for all tests here."""
    need_chromium()
    with browser() as found:
        yield found


@pytest.fixture
def place() -> Iterator[tuple[World, str]]:
    """A tower with lots to plan, and its address."""
    need_chromium()
    world = shop_world()
    with serving(create_app(world.tower)) as address:
        yield world, address
    world.close()


def planned(page: Tab, address: str) -> Any:
    """The page with a schedule worked out on it by its own form."""
    page.page.goto(f"{address}/plan/schedule")
    page.page.fill("input[name=seconds]", "0.5")
    page.page.click("text=Work out")
    page.until("document.querySelectorAll('#gantt .lot').length === 7", 60)
    return page.page


#: Of the lots that begin left of what is in sight and go on there, each has its name there.
NAMED = """(() => {
  const left = document.getElementById('gantt').scrollLeft;
  const lots = [...document.querySelectorAll('#gantt .lot:has(text)')].map((lot) =>
    [lot.querySelector('rect').getBBox(), lot.querySelector('text').getBBox()]);
  const cut = lots.filter(([r, t]) => r.x < left && r.x + r.width > left + t.width + 12);
  return cut.length > 0 && cut.every(([r, t]) => t.x >= left && t.x + t.width <= r.x + r.width);
})()"""


def breaks(page: Tab) -> str:
    """What the page says is broken."""
    found = page.page.query_selector("section .notice.crit")
    return found.inner_text() if found else ""


def test_a_lot_is_dragged_checked_repaired_and_published(
    running: Any, place: tuple[World, str]
) -> None:
    """Onto another's time: told at once. Repair mends it; approval records the schedule."""
    world, address = place
    with tab(running) as page:
        shown = planned(page, address)
        boxes = {
            lot.get_attribute("data-op"): lot.query_selector("rect").bounding_box()
            for lot in shown.query_selector_all("#gantt .lot")
        }
        mine = boxes["SO-3"]
        onto = boxes["WO-1"]
        shown.mouse.move(mine["x"] + 10, mine["y"] + 10)
        shown.mouse.down()
        shown.mouse.move(onto["x"] + 20, onto["y"] + 10, steps=8)
        shown.mouse.up()
        page.until("document.querySelector('section .notice.crit') !== null")
        assert "broken" in breaks(page)
        assert shown.query_selector("#gantt .lot.broken")
        assert shown.query_selector("text=nothing to propose")
        shown.click("button:text('Repair')")
        page.until("document.querySelector('section .notice.crit') === null")
        shown.click("button:text('Propose')")
        shown.wait_for_url("**/plan/proposals/*")
        shown.click("text=Approve")
        page.until("document.body.innerText.includes('Approved by')")
        assert page.complaints == []
    kinds = [type(row.event) for row in world.tower.ledger.read(0, 1000)]
    assert kinds.count(e.ScheduleFrozen) == 6


def test_a_lot_is_moved_by_keyboard(running: Any, place: tuple[World, str]) -> None:
    """Arrows move it, Escape puts it back, Enter has it checked and keeps the focus there."""
    _, address = place
    with tab(running) as page:
        shown = planned(page, address)
        lot = "#gantt .lot[data-op='SO-6']"
        start = int(shown.get_attribute(lot, "data-start"))
        shown.focus(lot)
        shown.keyboard.press("ArrowRight")
        assert "SO-6 on ASM" in shown.inner_text("#gantt-says")
        shown.keyboard.press("Escape")
        assert shown.get_attribute(lot, "transform") is None
        for _ in range(4):
            shown.keyboard.press("ArrowRight")
        shown.keyboard.press("Enter")
        page.until(f'Number(document.querySelector("{lot}").dataset.start) > {start}')
        page.until("document.activeElement?.dataset?.op === 'SO-6'")
        assert page.complaints == []


def test_the_chart_fits_a_phone_and_the_dark(running: Any, place: tuple[World, str]) -> None:
    """At 430 px only the chart scrolls sideways; lots that began out of sight keep their names."""
    _, address = place
    with tab(running, 430, dark=True) as page:
        shown = planned(page, address)
        wide = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        assert shown.evaluate(wide)
        assert shown.evaluate("document.getElementById('gantt').scrollWidth > 430")
        shown.evaluate("document.getElementById('gantt').scrollLeft = 60")
        page.until(NAMED)
        assert page.complaints == []


@pytest.mark.parametrize("width", [1440, 430])
def test_the_heijunka_box_shows_every_container(
    running: Any, place: tuple[World, str], width: int
) -> None:
    """One card a slot in the row of its part, levelled; on a phone only the box scrolls."""
    _, address = place
    with tab(running, width) as page:
        shown = page.page
        shown.goto(f"{address}/plan/level")
        shown.fill("input[name=line]", "ASM-1")
        shown.click("text=Work out")
        page.until("document.querySelectorAll('table.box').length === 1", 60)
        rows = [
            [bool(cell.query_selector(".card-chip")) for cell in row.query_selector_all("td")]
            for row in shown.query_selector_all("table.box tbody tr")
        ]
        assert [sum(row) for row in rows] == [9, 9]
        assert all(a != b for a, b in zip(*rows, strict=True))
        wide = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        assert shown.evaluate(wide)
        assert page.complaints == []
