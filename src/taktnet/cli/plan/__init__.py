"""`taktnet plan`: plans of every kind, and the proposals that come of them.

A vertical adds a module here with one command that calls `work.run(kind, ...)`, and its
`register(app)` to `_MODULES`; the module imports nothing slow before the command runs.
"""

from __future__ import annotations

import typer

from taktnet.cli.plan import buffers, cards, cars, forecast, level, proposals, schedule, segments

app = typer.Typer(
    help="Plan the pull: today beside proposed, and proposals to answer.", no_args_is_help=True
)
_MODULES = (forecast, segments, buffers, cards, level, cars, schedule, proposals)
for module in _MODULES:
    module.register(app)
