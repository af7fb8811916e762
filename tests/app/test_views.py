"""Views of the state, of a site or an item."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from support.acme import AT, counted, ordered, two_plants
from taktnet.app.history import Sight
from taktnet.app.settings import Channel, Settings
from taktnet.app.tower import Tower
from taktnet.app.views import rows_of
from taktnet.base.errors import TaktnetError
from taktnet.ledger.event import CardIssued, GoodsShipped, LaneClosed, SiteClosed

QUIET = Settings(channels={"default": Channel(kind="none")})


@pytest.fixture(scope="module")
def tower() -> Iterator[Tower]:
    """Motors under way from Kraków to Porto for a card, an order of a customer, two closures."""
    about = {"source": "wms", "at": AT + timedelta(hours=1)}
    with Tower.open(None, two_plants(), QUIET) as made:
        made.ingest([
            counted(1), counted(2, "KRK", "MOTOR", 100), ordered(1),
            CardIssued(id="i", site="OPO", loop="M", card="M-1", **about),
            GoodsShipped(id="s", site="KRK", to="OPO", shipment="S", item="MOTOR", qty=5, **about),
            SiteClosed(id="c", site="S1", **about),
            LaneClosed(id="l", site="KRK", lane="L2", **about),
        ])  # fmt: skip
        yield made


def told(tower: Tower, view: str, site: str = "", item: str = "") -> int:
    """How many rows a view has."""
    return len(rows_of(tower.state(), Sight(tower.parts), view, site, item))


@pytest.mark.parametrize(
    ("view", "sites"),
    [("transit", {"KRK", "OPO"}), ("orders", {"OPO", "C1"}), ("cards", {"OPO"}),
     ("closures", {"S1", "KRK", "OPO"}), ("stock", {"KRK", "OPO"})],
)  # fmt: skip
def test_a_site_has_what_leaves_and_what_comes(tower: Tower, view: str, sites: set[str]) -> None:
    """Shipments, orders and closed lanes are told at both their ends; cards where their loop is."""
    assert {site for site in ("OPO", "KRK", "S1", "C1") if told(tower, view, site)} == sites


def test_an_item_is_asked_for_only_where_rows_are_about_items(tower: Tower) -> None:
    """Orders of an item are found; feeds of an item are refused instead of none."""
    assert told(tower, "orders", "C1", "MOTOR") == told(tower, "orders") == 1
    assert told(tower, "orders", item="COIL") == 0
    with pytest.raises(TaktnetError, match="feeds are not told by item"):
        told(tower, "feeds", item="MOTOR")
