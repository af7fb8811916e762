"""Shops to schedule: several plants, lots of three steps, set-ups, shifts, and a breakdown."""

from __future__ import annotations

from random import Random

from taktnet.plan.schedule import Mode, Operation, Placed, Problem, Resource

DAY = 1440


def made_shop(
    operations: int,
    seed: int = 1,
    *,
    plants: int = 4,
    machines: int = 6,
    days: int = 60,
    tightness: float = 1.0,
) -> Problem:
    """Orders of three steps at different plants; two shifts from Monday to Friday.

    Every machine has set-ups of 5 to 25 minutes between four families; one step in four can be
    done on either of two machines. Due dates are drawn so that about half of the orders are late
    in a plan by due date.
    """
    rng = Random(seed)
    families = ["red", "green", "blue", "clear"]
    spans = tuple(
        (d * DAY + a, d * DAY + b)
        for d in range(days)
        if d % 7 < 5
        for a, b in ((360, 840), (870, 1320))
    )
    resources = [
        Resource(f"P{p}M{m}", f"P{p}", spans, rng.choice(families))
        for p in range(plants)
        for m in range(machines)
    ]
    setups = {(a, b): rng.randrange(5, 26) for a in families for b in families if a != b}
    transport = {
        (f"P{a}", f"P{b}"): 120 + 60 * abs(a - b)
        for a in range(plants)
        for b in range(plants)
        if a != b
    }
    load: dict[str, int] = {}
    rows: list[Operation] = []
    for j in range(operations // 3):
        family, price = rng.choice(families), rng.choice([20.0, 50.0, 100.0])
        for step in range(3):
            plant, minutes = rng.randrange(plants), rng.randrange(20, 100)
            picks = rng.sample(range(machines), 2 if rng.random() < 0.25 else 1)
            modes = tuple(Mode(f"P{plant}M{m}", minutes) for m in picks)
            load[modes[0].resource] = load.get(modes[0].resource, 0) + minutes + 10
            after = (f"O{j}.{step - 1}",) if step else ()
            rows.append(
                Operation(f"O{j}.{step}", modes, after, setup=family, order=f"O{j}", item=family,
                          late_price=price if step == 2 else 0.0)
            )  # fmt: skip
    total = max(load.values()) / 930 * DAY * 7 / 5 * tightness
    dues = [round(rng.uniform(0.25, 1.0) * total) + 600 for _ in range(operations // 3)]
    rows = [
        Operation(o.id, o.modes, o.after, 0, dues[int(o.order[1:])] if o.late_price else None,
                  o.late_price, o.setup, None, o.order, o.item)
        for o in rows
    ]  # fmt: skip
    return Problem(tuple(resources), tuple(rows), setups, {}, transport)


def broken(problem: Problem, old: tuple[Placed, ...], part: float = 0.3, hours: int = 8) -> Problem:
    """The same shop when part of the plan is done and its busiest machine breaks down."""
    last = max(x.end for x in old)
    now = round(last * part)
    ahead = [x for x in old if x.start >= now]
    counts = {
        x.resource: sum(y.end - y.start for y in ahead if y.resource == x.resource) for x in ahead
    }
    worst = max(sorted(counts), key=lambda r: counts[r])
    resources = tuple(
        Resource(r.id, r.site, r.spans, r.setup, ((now, now + hours * 60),)) if r.id == worst else r
        for r in problem.resources
    )
    return Problem(
        resources, problem.operations, problem.setups, problem.setups_at, problem.transport, old,
        now, now + 120, 2.0, 10.0,
    )  # fmt: skip
