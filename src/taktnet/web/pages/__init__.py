"""The pages of the web tower: server-rendered, live by one stream each, no build step."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastapi import APIRouter

    from taktnet.app.jobs import Job
    from taktnet.app.looks import Looks
    from taktnet.app.plans.desk import PlanScreens
    from taktnet.app.tower import Tower


def router(
    tower: Tower, plans: PlanScreens, looks: Looks, starting: Job | None = None
) -> APIRouter:
    """The routes of every page over a tower; `plans` and `looks` are those of the API too.

    Until `starting` ends, every page says how far it is.
    """
    from taktnet.app.screens.past import Pasts
    from taktnet.app.screens.screens import TowerScreens
    from taktnet.app.screens.targets import read_targets
    from taktnet.web.pages import plans as plan_pages
    from taktnet.web.pages.routes import Pages, make_router

    targets = read_targets(tower.parts.place)
    pages = Pages(TowerScreens(tower, targets), Pasts(tower, looks, targets).screens, starting)
    made = make_router(pages)
    plan_pages.add(made, pages, plans)
    return made
