"""Every screen over a real tower in memory: what it shows, what it escapes, how it fails."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from html.parser import HTMLParser
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from support.web_tower import (
    NASTY,
    NOW,
    PAGES,
    QUIET,
    World,
    eventful,
    rows,
    small_network,
    wide_network,
)
from taktnet.app.screens.screens import TowerScreens
from taktnet.app.settings import Settings
from taktnet.base.errors import TaktnetError
from taktnet.ledger import event as e
from taktnet.ledger.fact import micros
from taktnet.network import Network
from taktnet.web.api import create_app
from taktnet.web.pages import routes

VOID = {"meta", "link", "input", "br", "hr", "img"}


def client(world: World) -> TestClient:
    """A client on loopback, as a browser is."""
    return TestClient(create_app(world.tower), base_url="http://127.0.0.1")


@pytest.fixture(scope="module")
def busy() -> Iterator[World]:
    """The eventful small tower; tests only read it."""
    world = eventful(World())
    yield world
    world.close()


class Checker(HTMLParser):
    """Collects what a page is made of, and complains about tags that do not match."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.forbidden: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember ids and links; note inline style and script."""
        values = dict(attrs)
        self.ids += [values["id"] or ""] if "id" in values else []
        self.links += [values["href"] or ""] if tag == "a" and "href" in values else []
        self.forbidden += [n for n in values if n == "style" or n.startswith("on")]
        inline = tag == "script" and "src" not in values
        if inline and values.get("type") != "application/json":
            self.forbidden.append("inline script")
        if tag == "style":
            self.forbidden.append("inline style")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A tag that closes itself, as in drawings."""
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        """Every end has its beginning."""
        assert self.open and self.open[-1] == tag, f"</{tag}> inside {self.open[-3:]}"
        self.open.pop()


def checked(html: str) -> Checker:
    """The page read; it is well formed, its ids are its own, nothing is inline."""
    page = Checker()
    page.feed(html)
    assert page.open == []
    assert sorted(set(page.ids)) == sorted(page.ids)
    assert page.forbidden == []
    return page


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_well_formed_and_guarded(busy: World, path: str) -> None:
    """Each answers 200 with a policy that allows nothing inline, and keeps to it."""
    answer = client(busy).get(path)
    assert answer.status_code == 200
    policy = answer.headers["content-security-policy"]
    assert "unsafe" not in policy and "script-src 'self'" in policy
    assert answer.headers["cache-control"] == "no-store"
    page = checked(answer.text)
    assert "main" in page.ids and "#main" in page.links


@pytest.mark.parametrize("path", PAGES)
def test_every_link_leads_somewhere(busy: World, path: str) -> None:
    """No page links to one that is not there: every number can be followed."""
    browser = client(busy)
    page = checked(browser.get(path).text)
    for link in sorted({x for x in page.links if x.startswith("/")}):
        assert browser.get(link, follow_redirects=True).status_code == 200, link


@pytest.mark.parametrize("path", PAGES)
def test_text_from_outside_is_escaped_everywhere(path: str) -> None:
    """Names, reasons and notes full of markup stay text, also in the data of the map."""
    world = eventful(World(small_network(nasty=True)), note=NASTY)
    try:
        html = client(world).get(path).text
        checked(html)
        assert "<script>alert" not in html
    finally:
        world.close()


@pytest.mark.parametrize("name", [NASTY, "a/b", "../x", "%2e%2e", "\u202e", "ß" * 90, "a b?c#d"])
def test_strange_names_are_not_found_politely(busy: World, name: str) -> None:
    """A name that nobody has is told on a page of its own with 404, never a fault of the server."""
    browser = client(busy)
    for place in ("sites", "items", "signals", "kpis"):
        answer = browser.get(f"/{place}/{quote(name, safe='')}")
        assert answer.status_code == 404, (place, name)
        assert "<script>alert" not in answer.text
    assert browser.get("/events", params={"ref": name, "text": name}).status_code == 200
    assert browser.get("/search", params={"q": name}).status_code == 200


def test_nothing_has_happened_yet() -> None:
    """A tower without events says on every screen what will be there, and has no zero per cent."""
    world = World()
    try:
        browser = client(world)
        for path in ("/", "/loops", "/flow", "/sites/OPO", "/items/MOT-36", "/events", "/signals"):
            answer = browser.get(path)
            assert answer.status_code == 200, path
            checked(answer.text)
        first = browser.get("/").text
        assert "All quiet" in first and "No decision yet" in first
        assert first.count("no data") == 5, "only lost hours of planned hours are known to be 0"
        assert "No event fits" in browser.get("/events").text
    finally:
        world.close()


def test_a_network_without_a_site() -> None:
    """Even then every list page stands."""
    world = World(Network())
    try:
        for path in ("/", "/loops", "/flow", "/sites", "/items", "/events", "/signals"):
            assert client(world).get(path).status_code == 200, path
    finally:
        world.close()


def test_the_overview_tells_what_needs_attention(busy: World) -> None:
    """The stopped line, the late shipment and the silent feed, worst first, each with its page."""
    screen = TowerScreens(busy.tower).overview()
    assert [t.kind for t in screen.troubles][:2] == ["stopped", "late"]
    assert screen.troubles[0].title == "WIND-1 stopped at KRK"
    assert screen.troubles[1].title == "SHP-1 is 30 h late"
    assert {s.id: s.level for s in screen.sites}["KRK"] == "crit"
    (flow,) = screen.flows
    assert (flow.origin, flow.destination, flow.late, flow.level) == ("NGO", "KRK", 1, "crit")
    assert flow.value == pytest.approx(2000 * 1.2)
    assert (screen.shipments, screen.late) == (1, 1)


def test_what_is_closed_is_told_on_every_screen_that_it_touches() -> None:
    """A closed supplier and a closed lane: overview, map, sites, board, log; gone once open."""
    world = World()
    make, at = world.make, NOW - timedelta(days=2)
    shut = make(e.SiteClosed, at, "NGO", until=NOW + timedelta(hours=50), reason="typhoon")
    world.tell(shut, make(e.LaneClosed, at, "", lane="KRK-OPO"))
    world.clock.reach(micros(NOW))
    browser = client(world)
    overview = browser.get("/").text
    assert "NGO is closed" in overview
    assert "typhoon; expected to open in 50 h" in overview
    assert "Lane KRK-OPO is closed" in overview
    assert "lane KRK-OPO is closed, nobody said until when" in overview
    assert "NGO is closed" in browser.get("/sites/NGO").text
    assert "KRK to OPO, nobody said until when" in browser.get("/sites/OPO").text
    assert "lane closed" in browser.get("/loops?show=attention").text
    assert "NGO closed until 2026-09-23 16:00 UTC – typhoon" in browser.get("/events").text
    rows = browser.get("/api/state/closures").json()["rows"]
    assert [(r["kind"], r["name"]) for r in rows] == [("lane", "KRK-OPO"), ("site", "NGO")]
    world.tell(make(e.SiteOpened, NOW, "NGO"), make(e.LaneOpened, NOW, "", lane="KRK-OPO"))
    assert "is closed" not in browser.get("/").text
    world.close()


def test_the_board_counts_every_card_once(busy: World) -> None:
    """Cards by status add up to the cards of the loop, and each has its mark."""
    board = TowerScreens(busy.tower).board("", "", "", 1)
    (plant,) = board.plants
    (loop,) = plant.loops
    assert sum(loop.counts.values()) == loop.issued == 6
    assert {k: len(v) for k, v in loop.cards.items()} == loop.counts
    assert loop.counts["ordered"] > 0


def test_an_event_leads_to_its_decision_and_back(busy: World) -> None:
    """The consumption that emptied a container, the decision that rests on it, and its proof."""
    screens = TowerScreens(busy.tower)
    taken = next(i for i, ev in enumerate(rows(busy), 1) if isinstance(ev, e.DecisionTaken))
    decision = screens.event(taken)
    evidence = {group: lines for group, _, lines in decision.chain}["cause"]
    assert evidence and decision.proof.level == "ok"
    cause = screens.event(evidence[-1].seq)
    decided = {group: lines for group, _, lines in cause.chain}["decision"]
    assert taken in [line.seq for line in decided]


def test_search_in_the_log_pages_without_gaps(busy: World) -> None:
    """Older rows follow on the row before, until the first one."""
    browser = client(busy)
    seen: list[int] = []
    url = "/events"
    while url:
        html = browser.get(url).text
        seen += [int(n) for n in re.findall(r'data-href="/events/(\d+)"', html)]
        more = re.search(r'hx-get="(/events/rows[^"]+)"', html)
        url = more[1].replace("&amp;", "&") if more else ""
    assert seen == list(range(busy.tower.ledger.head.seq, 0, -1))


def test_search_in_the_log_finds_by_kind_site_reference_and_text(busy: World) -> None:
    """One shipment by its reference; stops by kind; nothing where nothing fits."""
    browser = client(busy)
    assert browser.get("/events?ref=SHP-1").text.count('data-href="/events/') == 1
    assert "WIND-1 stopped" in browser.get("/events?kind=resource.stopped/1&site=KRK").text
    assert "No event fits" in browser.get("/events?text=unheard").text
    wrong = browser.get("/events?since=yesterday")
    assert wrong.status_code == 200 and "is no time" in wrong.text


def test_the_legend_names_what_is_on_the_map(busy: World) -> None:
    """The kinds of sites that there are, lines and late data; alike on the overview and the lab."""
    one, other = (
        re.findall(r'<ul class="legend.*?</ul>', client(busy).get(page).text, re.DOTALL)
        for page in ("/", "/lab")
    )
    assert one == other
    told = re.findall(r"<li class=\"(\w+)\">", one[0])
    kinds = {site.kind for site in busy.network.sites}
    assert set(told) == kinds | {"silent", "flow", "slow", "late", "shut"}


def test_an_order_that_is_all_under_way_is_shipped_and_the_log_tells_offsets() -> None:
    """An open order with nothing left to ship says so; a row of the log says its clock's offset."""
    world = eventful(World())
    made = world.make(
        e.GoodsShipped, NOW, "OPO", shipment="SHP-9", to="LEJ", item="DU-500", qty=60, order="SO-1"
    )
    try:
        before = client(world).get("/sites/OPO").text
        world.tell(made)
        after, log = (client(world).get(page).text for page in ("/sites/OPO", "/events"))
    finally:
        world.close()
    open_qty = re.compile(r">SO-1</a></td>(?:(?!</tr>).)*?<td class=\"n\">(.*?)</td>", re.DOTALL)
    assert ["60" in open_qty.findall(before)[0], "shipped" in open_qty.findall(after)[0]] == [
        True
    ] * 2
    assert re.search(r'</time> <span class="dim">UTC(\+\d)?</span></td>', log)


def test_stock_under_a_name_that_the_network_lacks_needs_attention() -> None:
    """A mistyped site is told with the nearest there is, until a correction takes it back."""
    world = eventful(World())
    count = world.make(e.StockCounted, NOW, "KKR", item="MOT-36", qty=5)
    try:
        assert "no site" not in client(world).get("/").text
        world.tell(count)
        page = client(world).get("/").text
        assert "There is no site KKR in the network" in page
        assert "Did you mean &#34;KRK&#34;?" in page
        assert 'href="/events?site=KKR"' in page
        world.tell(world.make(e.StockCounted, NOW, "KKR", item="MOT-36", qty=0, corrects=count.id))
        assert "no site" not in client(world).get("/").text
    finally:
        world.close()


def test_names_are_found_by_their_beginning_and_their_words(busy: World) -> None:
    """An id before a name, a name before a part of one; references by their exact name."""
    screens = TowerScreens(busy.tower)
    assert [h.id for h in screens.find("krk")][:1] == ["KRK"]
    assert "OPO" in [h.id for h in screens.find("drive")]
    assert ("reference", "SHP-1") in [(h.kind, h.id) for h in screens.find("shp-1")]
    assert screens.find("nothing of the kind") == ()


def make_wait(world: World) -> None:
    """Kraków reports sixteen days late that its bearings fell below the reorder point."""
    world.clock.reach(micros(NOW + timedelta(days=16)))
    at = NOW + timedelta(minutes=1)
    world.tell(world.make(e.StockConsumed, at, "KRK", item="BRG-608", qty=2800))


@pytest.fixture
def waiting() -> Iterator[World]:
    """A tower whose decisions on late data wait for a person; one does."""
    world = eventful(World(settings=Settings(stale="wait", channels=QUIET.channels)))
    make_wait(world)
    yield world
    world.close()


def waiting_id(world: World) -> str:
    """The name of a decision that waits."""
    found = [d.decision for d in world.tower.state().decisions() if d.status == "waiting"]
    assert found, "no decision waits"
    return found[0]


def test_a_waiting_decision_can_be_approved_once(waiting: World) -> None:
    """Approving records it and leads back; a second answer is told that it comes too late."""
    browser, name = client(waiting), waiting_id(waiting)
    assert "Waiting for you" in browser.get("/loops").text
    url = f"/signals/{quote(name, safe='')}"
    done = browser.post(f"{url}/approve", data={"next": "/loops?site=OPO"}, follow_redirects=False)
    assert (done.status_code, done.headers["location"]) == (303, "/loops?site=OPO")
    (answer,) = [ev for ev in rows(waiting) if isinstance(ev, e.DecisionApproved)]
    assert (answer.decision, answer.by) == (name, "planner (web)")
    again = browser.post(f"{url}/decline", headers={"X-Taktnet-Live": "1"})
    assert again.status_code == 409 and "approved" in again.json()["detail"]


def test_a_waiting_decision_can_be_declined(waiting: World) -> None:
    """Declining takes it off the list."""
    browser, name = client(waiting), waiting_id(waiting)
    done = browser.post(f"/signals/{quote(name, safe='')}/decline", headers={"X-Taktnet-Live": "1"})
    assert done.status_code == 200
    assert name not in [
        d.decision for d in waiting.tower.state().decisions() if d.status == "waiting"
    ]


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Host": "evil.example"},
    ],
)
def test_no_other_site_can_answer_for_a_person(waiting: World, headers: dict[str, str]) -> None:
    """A form on another site is refused and nothing is recorded."""
    name, before = waiting_id(waiting), waiting.tower.ledger.head.seq
    answer = client(waiting).post(f"/signals/{quote(name, safe='')}/approve", headers=headers)
    assert answer.status_code in (403, 421)
    assert waiting.tower.ledger.head.seq == before


@pytest.mark.parametrize("place", ["//evil.example", "https://evil.example", "/\\evil", "x", ""])
def test_the_way_back_stays_on_this_server(waiting: World, place: str) -> None:
    """Whatever the form says, the answer leads to a page of this server."""
    name = waiting_id(waiting)
    url = f"/signals/{quote(name, safe='')}/approve"
    done = client(waiting).post(url, data={"next": place}, follow_redirects=False)
    assert (done.status_code, done.headers["location"]) == (303, "/loops")


def test_a_failing_part_is_told_on_a_page(busy: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the store cannot answer, the page says so with 503 and what to do."""

    def broken(self: TowerScreens) -> None:
        raise TaktnetError("the store does not answer")

    monkeypatch.setattr(TowerScreens, "overview", broken)
    answer = client(busy).get("/")
    assert answer.status_code == 503
    assert "the store does not answer" in answer.text
    checked(answer.text)


def test_files_are_kept_by_the_browser_and_checked_without_content(busy: World) -> None:
    """Under its tag for ever, without it by asking: then 304 and no body."""
    browser = client(busy)
    address = re.search(r'href="(/static/css/base\.css[^"]+)"', browser.get("/").text)
    assert address is not None
    kept = browser.get(address[1])
    assert "immutable" in kept.headers["cache-control"]
    plain = browser.get("/static/css/base.css", headers={"If-None-Match": kept.headers["etag"]})
    assert (plain.status_code, plain.content) == (304, b"")
    assert browser.get("/static/../routes.py").status_code == 404


def test_a_thousand_sites_are_on_the_screen_at_once() -> None:
    """Every screen's model over 1,000 sites is built anew; lists are cut, the map is whole."""
    world = eventful(World(wide_network(1000)))
    try:
        screens = TowerScreens(world.tower)
        screens.overview()
        for n, build in enumerate(
            (
                screens.overview,
                lambda: screens.board("", "", "", 1),
                lambda: screens.sites("", "", 3),
                lambda: screens.site("OPO"),
                lambda: screens.find("Supplier 9"),
            )
        ):
            at = NOW + timedelta(seconds=n + 1)
            world.tell(world.make(e.StockConsumed, at, "OPO", item="MOT-36", qty=1))
            build()
        assert len(screens.overview().sites) == 1000
        assert screens.sites("supplier", "", 2).page.total == 997
        html = client(world).get("/").text
        assert html.count('data-href="/sites/') < 200, "lists are cut, the map has all"
    finally:
        world.close()


def test_every_screen_is_reached_by_a_route() -> None:
    """Each method of the port is asked by some handler."""
    from inspect import getsource

    from taktnet.app.screens.port import Screens

    methods = [n for n in vars(Screens) if not n.startswith("_")]
    source = getsource(routes)
    assert [n for n in methods if f"screens.{n}(" not in source] == []


def test_the_flow_of_a_product_is_that_of_its_stream_alone(busy: World) -> None:
    """What is measured for the page is what the whole report says of the same parts."""
    whole = {(d.place, d.item): d.mean_h for d in busy.tower.flow().dwell}
    (one,) = {d.item for d in busy.tower.flow("MOT-36").dwell}
    assert one == "MOT-36"
    rows = TowerScreens(busy.tower).flow("MOT-36", 1).dwell
    assert rows and {row.item for row in rows} < {item for _, item in whole}
    assert all(row.mean_h == whole[row.place, row.item] for row in rows)


def test_the_page_of_a_kpi_asks_for_that_kpi_alone(busy: World) -> None:
    """And says of each site what the whole report says."""
    whole = {v.scope.name: v for v in busy.tower.kpis(28.0, by="site") if v.key == "turns"}
    screen = TowerScreens(busy.tower).kpi("turns", "")
    group = next(g for g in screen.groups if g.title != "Variants")
    assert group.rows and {row.name for row in group.rows} <= set(whole)
