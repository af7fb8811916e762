"""The pages in Chromium: live without reload, by keyboard, at 430 px, in both themes, quietly."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from support.browser import Tab, browser, need_chromium, serving, tab
from support.web_tower import NOW, PAGES, QUIET, Held, World, eventful, rows
from taktnet.app.settings import Settings
from taktnet.ledger import event as e
from taktnet.ledger.fact import micros
from taktnet.web.api import create_app

pytestmark = [pytest.mark.chromium, pytest.mark.timeout(300)]

LIVE = "document.getElementById('live').dataset.state === 'live'"


@pytest.fixture(scope="module")
def running() -> Iterator[Any]:
    """One Chromium for all tests here."""
    need_chromium()
    with browser() as found:
        yield found


@pytest.fixture(scope="module")
def place() -> Iterator[tuple[World, str]]:
    """The eventful tower, where decisions on late data wait, and its address."""
    need_chromium()
    world = eventful(World(settings=Settings(stale="wait", channels=QUIET.channels)))
    with serving(create_app(world.tower)) as address:
        yield world, address
    world.close()


def opened(page: Tab, address: str) -> Any:
    """Go there and wait until the page is live."""
    page.page.goto(address)
    page.until(LIVE)
    return page.page


def consume(world: World, qty: float = 1, minutes: int = 5) -> None:
    """One more use of motors in Porto."""
    at = NOW + timedelta(minutes=minutes)
    world.tell(world.make(e.StockConsumed, at, "OPO", item="MOT-36", qty=qty))


@pytest.mark.parametrize("width", [1440, 430])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_no_page_complains_or_scrolls_sideways(
    running: Any, place: tuple[World, str], width: int, dark: bool
) -> None:
    """No console error, no refusal of the content policy, no 5xx, no sideways scroll."""
    before = f"at={(NOW - timedelta(hours=1)).strftime('%Y-%m-%dT%H:%MZ')}"
    pasts = (f"/events?{before}", f"/lab?{before}", f"/?{before}")
    with tab(running, width, dark) as one:
        for path in (*PAGES, *pasts, "/sites/NOWHERE"):
            one.page.goto(place[1] + path)
            one.page.wait_for_load_state("load")
            one.page.wait_for_timeout(150)
            wide = one.page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert wide <= 0, f"{path} is {wide} px too wide at {width}"
        grumbles = [c for c in one.complaints if "404 (Not Found)" not in c]
        assert grumbles == []


def test_news_arrives_without_a_reload(running: Any, place: tuple[World, str]) -> None:
    """An event changes the number on the open page; the page itself is the same one."""
    world, address = place
    with tab(running) as one:
        page = opened(one, f"{address}/")
        page.evaluate("window.witness = 1")
        before = world.tower.ledger.head.seq
        consume(world)
        one.until(f"Number(document.body.dataset.seq) > {before}")
        one.until(f"document.querySelector('#record').textContent.includes('{before + 1}')")
        assert page.evaluate("window.witness") == 1


def test_a_long_look_at_the_past_tells_how_far_it_is_and_can_be_stopped(running: Any) -> None:
    """The bar moves, Stop ends it, the next try goes on by itself to the page of that time."""
    world = eventful(World())
    world.tower.parts.past = held = Held(world.tower.parts.past)  # type: ignore[assignment]
    with serving(create_app(world.tower)) as address, tab(running) as one:
        past = f"{address}/items?known={(NOW - timedelta(hours=5)).strftime('%Y-%m-%dT%H:%MZ')}"
        one.page.goto(past)
        one.page.locator("#wait-stop").click()
        held.go.set()
        one.page.get_by_text("Stopped. Reload to begin again.").wait_for()
        held.go.clear()
        one.page.goto(past)
        assert one.page.locator("#wait-bar").is_visible()
        held.go.set()
        one.page.get_by_text("Nothing here goes on.").wait_for()
        assert one.page.locator("table.rows tr").count() > 1
        assert one.complaints == []
    world.close()


def test_many_events_are_a_few_updates(running: Any, place: tuple[World, str]) -> None:
    """A hundred events within a second or two ask for the page a few times, not a hundred."""
    world, address = place
    with tab(running) as one:
        page = opened(one, f"{address}/")
        page.wait_for_timeout(1500)
        asked: list[str] = []
        page.on("request", lambda r: asked.append(r.url) if r.resource_type == "fetch" else None)
        for n in range(100):
            consume(world, minutes=10 + n)
        head = world.tower.ledger.head.seq
        one.until(f"Number(document.body.dataset.seq) >= {head}", seconds=20)
        assert 1 <= len(asked) <= 12


def test_focus_and_scroll_survive_an_update(running: Any, place: tuple[World, str]) -> None:
    """Whoever is on a row stays on it when the numbers around it change."""
    world, address = place
    with tab(running) as one:
        page = opened(one, f"{address}/sites/OPO")
        page.locator("#stock tr[data-href]").first.focus()
        consume(world, qty=2, minutes=200)
        head = world.tower.ledger.head.seq
        one.until(f"Number(document.body.dataset.seq) >= {head}", seconds=20)
        page.wait_for_timeout(300)
        assert page.evaluate("document.activeElement.closest('#stock') !== null")


def test_the_log_offers_news_instead_of_moving(running: Any, place: tuple[World, str]) -> None:
    """On the event log nothing jumps; a line says how many events came."""
    world, address = place
    with tab(running) as one:
        page = opened(one, f"{address}/events")
        first = page.locator("tr[data-href]").first.get_attribute("data-href")
        consume(world, minutes=210)
        page.locator("#news").wait_for(state="visible")
        assert page.locator("tr[data-href]").first.get_attribute("data-href") == first
        page.locator("#news a").click()
        one.until(LIVE)
        assert page.locator("tr[data-href]").first.get_attribute("data-href") != first


def test_older_events_are_added_below(running: Any, place: tuple[World, str]) -> None:
    """The button at the end of the log adds rows without leaving the page."""
    with tab(running) as one:
        page = opened(one, f"{place[1]}/events")
        page.get_by_text("Older events").click()
        one.until("document.querySelectorAll('tr[data-href]').length > 50")
        numbers = page.evaluate(
            "[...document.querySelectorAll('tr[data-href]')]"
            ".map(r => +r.dataset.href.split('/')[2])"
        )
        assert numbers == sorted(numbers, reverse=True)
        assert one.complaints == []


def test_all_by_keyboard(running: Any, place: tuple[World, str]) -> None:
    """Skip link first; / searches, arrows walk hits and rows, Enter opens, Esc leaves."""
    with tab(running) as one:
        page = opened(one, f"{place[1]}/sites")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        page.keyboard.press("/")
        assert page.evaluate("document.activeElement.id") == "q"
        page.keyboard.type("krak")
        page.locator("#hits a").first.wait_for()
        page.keyboard.press("ArrowDown")
        assert page.evaluate("document.activeElement.closest('#hits') !== null")
        page.keyboard.press("Escape")
        assert page.locator("#hits a").count() == 0
        rows_ = page.locator("tr[data-href]")
        rows_.first.focus()
        page.keyboard.press("ArrowDown")
        second = rows_.nth(1).get_attribute("data-href")
        assert page.evaluate("document.activeElement.dataset.href") == second
        page.keyboard.press("End")
        page.keyboard.press("Home")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        page.wait_for_url(f"**{second}")


def test_the_definition_of_a_number_is_on_demand(running: Any, place: tuple[World, str]) -> None:
    """Beside each KPI stands its definition with window and formula; Esc closes it."""
    with tab(running) as one:
        page = opened(one, f"{place[1]}/")
        page.get_by_role("button", name="How OTIF to production is defined").click()
        card = page.locator("#def-otif")
        assert card.is_visible() and "otif.strict.accepted" in card.inner_text()
        page.keyboard.press("Escape")
        assert card.is_hidden()


def test_the_map_is_drawn_and_follows_the_theme(running: Any, place: tuple[World, str]) -> None:
    """A canvas with more than one colour on it, another one in the dark."""
    count = """() => { const c = document.querySelector('#map canvas');
      const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
      const seen = new Set();
      for (let i = 0; i < d.length; i += 388) seen.add(d[i] << 16 | d[i + 1] << 8 | d[i + 2]);
      return [...seen]; }"""
    colours = []
    for dark in (False, True):
        with tab(running, dark=dark) as one:
            page = opened(one, f"{place[1]}/")
            one.until("document.getElementById('map').dataset.ready")
            page.wait_for_timeout(200)
            colours.append(set(page.evaluate(count)))
    assert len(colours[0]) > 5 and len(colours[1]) > 5
    assert colours[0] != colours[1]


def test_an_answer_can_be_undone_before_it_is_sent(running: Any, place: tuple[World, str]) -> None:
    """Approving waits five seconds for a change of mind; then it is on record and off the list."""
    world, address = place
    world.clock.reach(micros(NOW + timedelta(days=16)))
    at = NOW + timedelta(minutes=1)
    world.tell(world.make(e.StockConsumed, at, "KRK", item="BRG-608", qty=2800))
    with tab(running, 430) as one:
        page = opened(one, f"{address}/loops")
        page.get_by_role("button", name="Approve").first.click()
        page.get_by_role("button", name="Undo").click()
        page.wait_for_timeout(300)
        assert page.locator(".toast").count() == 0
        page.get_by_role("button", name="Approve").first.click()
        one.until("!document.querySelector('.waits')", seconds=20)
        assert [type(x).__name__ for x in rows(world)].count("DecisionApproved") == 1
        assert one.complaints == []


def test_a_lost_connection_is_told_and_made_again(running: Any) -> None:
    """Without the server the page says so; when it is back the page goes on by itself."""
    world = eventful(World())
    app = create_app(world.tower)
    try:
        with tab(running) as one:
            with serving(app) as address:
                page = opened(one, f"{address}/")
            one.until("document.getElementById('live').dataset.state !== 'live'")
            assert page.locator("#live").inner_text() in ("Reconnecting",) or "Stale" in (
                page.locator("#live").inner_text()
            )
            port = int(address.rsplit(":", 1)[1])
            with serving(create_app(world.tower), port):
                consume(world, minutes=30)
                one.until(LIVE, seconds=30)
                head = world.tower.ledger.head.seq
                one.until(f"Number(document.body.dataset.seq) >= {head}", seconds=20)
    finally:
        world.close()
