"""The pages of the web tower: server-rendered, live by one stream each, no build step."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastapi import APIRouter

    from taktnet.app.tower import Tower


def router(tower: Tower) -> APIRouter:
    """The routes of every page over a tower."""
    from taktnet.app.screens.screens import TowerScreens
    from taktnet.app.screens.targets import read_targets
    from taktnet.web.pages.routes import make_router

    return make_router(TowerScreens(tower, read_targets(tower.parts.place)))
