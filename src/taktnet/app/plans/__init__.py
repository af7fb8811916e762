"""Plans as proposals: worked out, compared with today, tried, answered by a person, recorded.

How a vertical (forecast, buffers, cards, levelling, schedule) hooks in:

1. `app/plans/<kind>.py` holds `VERTICAL = Vertical(...)` (`vertical.Vertical`): the options it
   takes, and a function `make(view, asked, progress)` that returns a `draft.Draft`. `view` is a
   `view.PlanView`: the network, and for a tower also ledger, state and clock. A draft says today
   beside proposed (`lines`), money and service (`Figure`), and what approval does: `changes` of
   rows of the network (made by `draft.change`), and `events` to record (`forecast.published`,
   `schedule.frozen`).
2. One line in `verticals.VERTICALS` loads it lazily. From this alone come the tab `/plan/<kind>`,
   `POST /api/plan/<kind>`, `taktnet plan <kind>` (see `cli.plan.verticals`), and the proposal with
   approval, refusal, undo and trial.
3. For a page of its own: `templates/plan/<kind>.html` extending `plan/kind.html`, named by
   `Vertical.template`, with `Vertical.screen(view)` for data of its own; for more routes a module
   `web/pages/plan_<kind>.py` with `add(router, pages, tower)`, listed in `web.pages.plans`.
"""
