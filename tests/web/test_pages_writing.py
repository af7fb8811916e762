"""How the pages write numbers, times and names, draw small figures, and send their files."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from taktnet.app.screens.model import Definition, PaceRow, Tile, page_of
from taktnet.app.screens.targets import read_targets
from taktnet.app.screens.tiles import level
from taktnet.base.errors import InputFaults
from taktnet.ledger.fact import micros
from taktnet.web.pages import draw
from taktnet.web.pages import format as text
from taktnet.web.pages.assets import STATIC, address, asset, names

NOW = micros(datetime(2026, 3, 29, 12, 0, tzinfo=UTC))


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (0, "0"),
        (1240, "1,240"),
        (1.5, "1.5"),
        (-3, "−3"),
        (1e-9, "0"),
        (-0.0001, "0"),
        (2.25, "2.25"),
    ],
)
def test_quantities_have_no_idle_zeros(value: float, wanted: str) -> None:
    """Thousands are set apart, decimals end where they say nothing, minus is a minus sign."""
    assert text.qty(value) == wanted


@pytest.mark.parametrize(
    ("hours", "wanted"),
    [(0.25, "15 min"), (3.21, "3.2 h"), (36, "36 h"), (84, "3.5 d"), (720, "30 d")],
)
def test_durations_are_in_the_unit_that_tells(hours: float, wanted: str) -> None:
    """Minutes below an hour, hours below two days, then days."""
    assert text.hours(hours) == wanted


def test_minus_zero_is_zero() -> None:
    """A rounded nothing has no sign."""
    assert text.num(-0.04, 1) == "0.0"


def test_an_instant_is_shown_in_the_zone_of_the_site_with_utc_on_hover() -> None:
    """15:30 in Pune is 10:00 UTC; the element says both and the zone."""
    shown = text.when(micros(datetime(2026, 3, 29, 10, 0, tzinfo=UTC)), "Asia/Kolkata", NOW)
    assert ">15:30<" in shown
    assert "2026-03-29 15:30:00 Asia/Kolkata = 2026-03-29 10:00:00 UTC" in shown
    assert 'datetime="2026-03-29T10:00:00+00:00"' in shown


def test_an_instant_on_the_day_of_the_clock_change_keeps_its_offset() -> None:
    """Lisbon went from 00:59 to 02:00 on 29 March 2026: 00:30 UTC is 00:30, 01:30 UTC is 02:30."""
    before = text.when(micros(datetime(2026, 3, 29, 0, 30, tzinfo=UTC)), "Europe/Lisbon", NOW)
    after = text.when(micros(datetime(2026, 3, 29, 1, 30, tzinfo=UTC)), "Europe/Lisbon", NOW)
    assert (">00:30<" in before, ">02:30<" in after) == (True, True)


def test_the_day_is_told_when_it_is_another_one_there() -> None:
    """What is today in UTC may be tomorrow in Auckland; it is compared with now in that zone."""
    shown = text.when(micros(datetime(2026, 3, 28, 9, 0, tzinfo=UTC)), "Pacific/Auckland", NOW)
    assert ">Sat 22:00<" in shown


def test_a_clock_says_how_far_it_is_from_utc() -> None:
    """Where clocks of many zones stand in one list, each has its offset, half hours too."""
    zones = ("Asia/Kolkata", "America/Mexico_City", "America/St_Johns", "Mars/Olympus")
    assert [text.offset(NOW, z) for z in zones] == ["UTC+5:30", "UTC−6", "UTC−2:30", "UTC"]


def test_an_unknown_zone_is_utc() -> None:
    """A site that the network does not have is shown in UTC instead of failing the page."""
    assert ">10:00<" in text.when(NOW - 2 * 3_600_000_000, "Mars/Olympus", NOW)


@given(st.text(max_size=40), st.text(max_size=40))
def test_names_in_addresses_come_back_as_they_were(name: str, scope: str) -> None:
    """Whatever a site is called, its address has no raw separator in it."""
    url = text.site_url(name)
    assert url.count("/") == 2 and "?" not in url and '"' not in url
    assert "<" not in text.kpi_url("otif", scope) and " " not in text.events_url(name, "ref")


@given(st.text(max_size=60))
def test_data_in_a_script_element_cannot_end_it(name: str) -> None:
    """JSON for the charts holds any text, and never a `<`, `>` or `&`."""
    written = draw.data([name])
    assert not set("<>&") & set(written)
    assert json.loads(written) == [name]


def _tile(value: float | None, target: float | None, level: str) -> Tile:
    about = Definition("t", "t", "f", "28 days until then", "")
    return Tile("otif", "OTIF", value, "%", 1, target, True, (), about, level)  # type: ignore[arg-type]


def test_a_tile_tells_how_far_it_is_from_its_target() -> None:
    """93.4 against 95 is 1.6 below; without one it says its window; on target it does not boast."""
    assert "target 95.0 %" in text.goal(_tile(93.4, 95.0, "warn"))
    assert ">1.6 below<" in text.goal(_tile(93.4, 95.0, "warn"))
    assert text.goal(_tile(93.4, None, "none")) == "28 days"
    assert text.goal(_tile(96.0, 95.0, "ok")) == "target 95.0 %"


@given(st.lists(st.one_of(st.none(), st.floats(-1e9, 1e9)), max_size=40))
def test_a_trend_line_stays_in_its_box(values: list[float | None]) -> None:
    """Every point lies inside 84 by 28; fewer than two values draw nothing."""
    drawn = draw.spark(values)
    if sum(v is not None for v in values) < 2:
        assert drawn == Markup("")
        return
    for x, y in re.findall(r"[ML](-?[\d.]+) (-?[\d.]+)", drawn):
        assert -0.05 <= float(x) <= 84.05 and 0 <= float(y) <= 28


def _pace(deviation: float | None) -> PaceRow:
    return PaceRow("OPO", "L1", "UTC", 60.0, 600, 504, deviation, -1.5, "warn")


def test_pace_behind_and_ahead() -> None:
    """504 made of 600 asked for is 16 % behind; where nothing is asked for there is a dash."""
    shown = draw.deviation(_pace(504 / 600 - 1))
    assert "−16 %" in shown and 'title="1.5 h of work behind"' in shown
    assert "–" in draw.deviation(_pace(None)) and "%" not in draw.deviation(_pace(None))


@given(st.integers(0, 500), st.integers(0, 1 << 60), st.integers(1, 60))
def test_any_page_number_shows_a_page(total: int, wanted: int, size: int) -> None:
    """A page beyond the end is the last one; all pages together are the whole list."""
    page, where = page_of(total, wanted, size)
    assert 1 <= page.number <= page.pages
    seen = [
        i for n in range(1, page.pages + 1) for i in list(range(total))[page_of(total, n, size)[1]]
    ]
    assert seen == list(range(total))
    assert len(range(total)[where]) <= size


def test_parameters_are_set_once() -> None:
    """Turning the page keeps the filter and replaces the page."""
    assert text.with_parameter("/sites?kind=plant&page=2", "page", 3) == "/sites?kind=plant&page=3"


def test_files_are_sent_as_they_are_and_named_by_content() -> None:
    """The address carries the content's own tag; unpacked, the packed file is the file."""
    for name in names():
        content = (STATIC / name).read_bytes()
        found = asset(name)
        assert found.data == content
        assert found.tag == hashlib.sha256(content).hexdigest()[:16] in address(name)
        assert not found.gzip or gzip.decompress(found.gzip) == content


def test_nothing_outside_the_folder_is_a_file_of_the_pages() -> None:
    """Names are looked up in a list, never on the disk."""
    for name in ("../pages/routes.py", "/etc/passwd", "css/../../templates/flow.html", ""):
        with pytest.raises(KeyError):
            asset(name)


def test_vendored_files_are_the_ones_on_record() -> None:
    """SHA256SUMS, written with them, names every vendored file and its content."""
    folder = STATIC / "vendor"
    lines = (folder / "SHA256SUMS").read_text().splitlines()
    sums = dict(reversed(line.split("  ")) for line in lines)
    assert sums == {
        p.name: hashlib.sha256(p.read_bytes()).hexdigest()
        for p in folder.iterdir()
        if p.name != "SHA256SUMS"
    }


def test_the_first_page_weighs_little() -> None:
    """All that the overview loads is about 1.3 MB unpacked and under half a megabyte packed."""
    scripts = ("tower", "answer", "keys", "live", "map", "theme")
    used = [
        *(n for n in names() if n.startswith("css/")),
        *(f"js/{name}.js" for name in scripts),
        *("vendor/echarts.min.js", "vendor/htmx.min.js", "vendor/inter-latin.woff2"),
        "vendor/land.json",
        "icon.svg",
    ]
    assert sum(len(asset(n).data) for n in used) <= 1_360_000
    assert sum(len(asset(n).gzip or asset(n).data) for n in used) <= 560_000


def test_land_is_cut_at_the_antimeridian() -> None:
    """No polygon of the map has an edge that runs around the world."""
    world = json.loads(asset("vendor/land.json").data)
    rings = [r for p in world["features"][0]["geometry"]["coordinates"] for r in p]
    assert len(rings) > 100
    for ring in rings:
        assert ring[0] == ring[-1]
        assert all(-180 <= x <= 180 and -60 <= y <= 90 for x, y in ring)
        assert all(abs(a[0] - b[0]) < 180 for a, b in pairwise(ring))


def test_targets_are_read_from_the_towers_folder(tmp_path: Path) -> None:
    """A line a KPI; without a file there are none."""
    assert read_targets(None) == read_targets(tmp_path) == {}
    (tmp_path / "targets.toml").write_text("otif = 95\nstockout = 0.5\n")
    assert read_targets(tmp_path) == {"otif": 95.0, "stockout": 0.5}


def test_every_fault_of_the_targets_is_told(tmp_path: Path) -> None:
    """An unknown KPI and a target that is no number are both named, with what is known."""
    (tmp_path / "targets.toml").write_text("oti = 95\nturns = 'many'\ncost = true\n")
    with pytest.raises(InputFaults) as told:
        read_targets(tmp_path)
    assert [f.field for f in told.value.faults] == ["oti", "turns", "cost"]
    (tmp_path / "targets.toml").write_text("otif: 95")
    with pytest.raises(InputFaults):
        read_targets(tmp_path)


@pytest.mark.parametrize(
    ("value", "better", "wanted"),
    [
        (96, 1, "ok"),
        (95, 1, "ok"),
        (94, 1, "warn"),
        (85, 1, "crit"),
        (96, -1, "warn"),
        (94, -1, "ok"),
    ],
)
def test_a_value_is_judged_by_the_side_of_its_target(
    value: float, better: int, wanted: str
) -> None:
    """Target 95: below is bad where up is good, above where down is; a tenth off is critical."""
    assert level(value, 95.0, better) == wanted
    assert level(None, 95.0, better) == level(value, None, better) == "none"
