"""The scenario lab in Chromium: picked, answered, stopped, told in words; at both widths."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from support.browser import browser, need_chromium, serving, tab
from support.web_tower import World, eventful, wide_network
from taktnet.web.api import create_app

pytestmark = [pytest.mark.chromium, pytest.mark.timeout(600)]
READY = "document.body.dataset.lab === 'ready'"
SHOWN = "!document.getElementById('results').hidden"
DONE = "document.getElementById('stop').hidden"


@pytest.fixture(scope="module")
def running() -> Iterator[Any]:
    """One Chromium for all tests here."""
    need_chromium()
    with browser() as found:
        yield found


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The address of the eventful tower."""
    need_chromium()
    world = eventful(World())
    with serving(create_app(world.tower)) as found:
        yield found
    world.close()


@pytest.mark.parametrize("width", [1440, 430])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_a_late_shipment_is_answered(running: Any, address: str, width: int, dark: bool) -> None:
    """The first of the list by keyboard: answers, bands and KPIs appear; nothing complains."""
    with tab(running, width, dark) as one:
        page = one.page
        page.goto(f"{address}/lab")
        one.until(READY)
        assert page.locator("#q-empty").is_visible()
        page.locator("#picks li").first.focus()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowUp")
        page.keyboard.press("Enter")
        one.until(SHOWN, 300)
        one.until(DONE, 300)
        assert "SHP-1" in page.inner_text("#q-h")
        assert page.locator("#answers input").count() >= 1
        assert "nothing is done" in page.inner_text("#options")
        assert page.locator("#options tbody tr").count() >= 2
        assert page.locator("#kpis tbody tr").count() == 6
        assert page.locator("#chart-stock canvas").count() == 1
        assert "never checked" in page.inner_text("#trust")
        assert "No advice" in page.inner_text("#advice")
        assert "Answered in" in page.inner_text("#status")
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0
        assert one.complaints == []


def test_a_link_names_what_is_picked(running: Any, address: str) -> None:
    """The address holds the pick, so that it can be sent to a colleague."""
    with tab(running) as one:
        one.page.goto(f"{address}/lab?pick=resource:WIND-1")
        one.until(SHOWN, 300)
        assert "WIND-1" in one.page.inner_text("#q-h")
        assert "pick=resource" in one.page.url


def test_a_long_one_can_be_stopped(running: Any, address: str) -> None:
    """Stop keeps what there was by then and says so."""
    with tab(running) as one:
        page = one.page
        page.goto(f"{address}/lab?pick=shipment:SHP-1")
        one.until(DONE + " && " + SHOWN, 300)
        page.select_option("#days", "56")
        page.click("#run")
        one.until("!document.getElementById('stop').hidden")
        page.click("#stop")
        one.until(DONE, 60)
        assert page.locator("#run").is_enabled()
        assert one.complaints == []


def test_words_narrow_the_list_and_nothing_found_is_said(running: Any, address: str) -> None:
    """A filter asks the server; a wrong amount is told in place."""
    with tab(running) as one:
        page = one.page
        page.goto(f"{address}/lab")
        one.until(READY)
        page.fill("#pick-q", "WIND")
        one.until("document.querySelectorAll('#picks li').length === 1")
        page.fill("#pick-q", "no such thing")
        one.until("document.querySelector('#picks .none') !== null")
        page.fill("#pick-q", "SHP-1")
        one.until("document.querySelectorAll('#picks [role=option]').length === 1")
        page.click("#picks li")
        one.until(DONE + " && " + SHOWN, 300)
        page.fill("#amount", "-5")
        page.click("#run")
        assert page.evaluate("!document.getElementById('amount').checkValidity()")


def test_a_site_is_picked_on_the_map_of_a_thousand(running: Any) -> None:
    """The map of 1,000 sites is drawn; a pick on it filters the list and asks the question."""
    world = eventful(World(wide_network(1000)))
    with serving(create_app(world.tower)) as found, tab(running) as one:
        one.page.goto(f"{found}/lab")
        one.until(READY)
        one.until("document.getElementById('map').dataset.ready === '1'", 60)
        pick = "new CustomEvent('taktnet:pick', { detail: { site: 'NGO' } })"
        one.page.evaluate(f"document.getElementById('map').dispatchEvent({pick})")
        one.until("document.getElementById('q-h').textContent.startsWith('NGO')", 60)
        one.until(SHOWN, 300)
        assert one.complaints == []
    world.close()
