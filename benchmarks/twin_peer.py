"""One peer of the twin on the three-echelon chain; prints one line of JSON. See twin_peers."""

from __future__ import annotations

import importlib
import json
import random
import sys
import time
from collections.abc import Iterator
from typing import Any

RATE = 10.0
STAGES = ((60, 5.0), (36, 3.0), (26, 2.0))
#: Base stock at the customers' end with which stockpyl has the others' fill rate.
STOCKPYL_LAST = 21


def process(days: int) -> dict[str, float]:
    """Idiomatic SimPy: a process per order and per trip, stock in a Container."""
    import simpy

    env, rng = simpy.Environment(), random.Random(1)
    stocks = [simpy.Container(env, init=base) for base, _ in STAGES]
    seen = {"events": 0, "wanted": 0, "filled": 0}

    def replenish(stage: int) -> Iterator[Any]:
        if stage > 0:
            env.process(replenish(stage - 1))
            yield stocks[stage - 1].get(1)
        yield env.timeout(rng.expovariate(1 / STAGES[stage][1]))
        seen["events"] += 1
        yield stocks[stage].put(1)

    def serve() -> Iterator[Any]:
        yield stocks[-1].get(1)

    def customers() -> Iterator[Any]:
        last = len(STAGES) - 1
        while True:
            yield env.timeout(rng.expovariate(RATE))
            seen["events"] += 1
            seen["wanted"] += 1
            seen["filled"] += stocks[-1].level > 0
            env.process(replenish(last))
            env.process(serve())

    env.process(customers())
    env.run(until=days)
    return {"events": seen["events"], "fill": seen["filled"] / seen["wanted"]}


def lean(days: int) -> dict[str, float]:
    """SimPy as an event list only: callbacks on timeouts, stock in lists."""
    import simpy

    env, rng = simpy.Environment(), random.Random(1)
    onhand, owed = [base for base, _ in STAGES], [0] * len(STAGES)
    seen, last = [0, 0, 0], len(STAGES) - 1

    def order(stage: int) -> None:
        if stage == 0:
            trip(0)
        elif onhand[stage - 1] > 0:
            onhand[stage - 1] -= 1
            trip(stage)
            order(stage - 1)
        else:
            owed[stage - 1] += 1
            order(stage - 1)

    def trip(stage: int) -> None:
        event = simpy.Timeout(env, rng.expovariate(1 / STAGES[stage][1]))
        event.callbacks.append(arrivals[stage])

    def arrival(stage: int) -> Any:
        def arrive(_: Any) -> None:
            seen[0] += 1
            if not owed[stage]:
                onhand[stage] += 1
                return
            owed[stage] -= 1
            if stage < last:
                trip(stage + 1)

        return arrive

    def customer(_: Any) -> None:
        seen[0] += 1
        seen[1] += 1
        if onhand[last] > 0:
            onhand[last] -= 1
            seen[2] += 1
        else:
            owed[last] += 1
        order(last)
        simpy.Timeout(env, rng.expovariate(RATE)).callbacks.append(customer)

    arrivals = [arrival(stage) for stage in range(len(STAGES))]
    simpy.Timeout(env, rng.expovariate(RATE)).callbacks.append(customer)
    env.run(until=days)
    return {"events": seen[0], "fill": seen[2] / seen[1]}


def supplynetpy(days: int) -> dict[str, float]:
    """SupplyNetPy with its own nodes, links and demand."""
    from SupplyNetPy import Components as parts  # noqa: N813  (a module)

    rng = random.Random(1)
    nodes = [{"ID": "S", "name": "S", "node_type": "infinite_supplier"}]
    links, names = [], ["S"]
    for i, (base, lead) in enumerate(STAGES):
        name = f"D{i}"
        nodes.append({
            "ID": name, "name": name, "node_type": "distributor", "capacity": base,
            "initial_level": base, "inventory_holding_cost": 0.1,
            "replenishment_policy": parts.SSReplenishment,
            "policy_param": {"s": base - 1, "S": base}, "product_buy_price": 1,
            "product_sell_price": 2,
        })  # fmt: skip
        links.append({
            "ID": f"L{i}", "source": names[-1], "sink": name, "cost": 1,
            "lead_time": lambda lead=lead: rng.expovariate(1 / lead),
        })  # fmt: skip
        names.append(name)
    demand = [{
        "ID": "K", "name": "K", "order_arrival_model": lambda: rng.expovariate(RATE),
        "order_quantity_model": lambda: 1, "demand_node": names[-1], "tolerance": float(days),
    }]  # fmt: skip
    net = parts.create_sc_net(nodes=nodes, links=links, demands=demand)
    parts.global_logger.disable_logging()
    late, wait = 0, net["demands"]["K"].wait_for_order

    def waits(*order: Any) -> Any:
        nonlocal late
        late += 1
        return wait(*order)

    net["demands"]["K"].wait_for_order = waits
    start = time.process_time()
    net = parts.simulate_sc_net(net, sim_time=days, logging=False)
    spent = time.process_time() - start
    wanted = net["demands"]["K"].stats.demand_placed[0]
    return {"events": 4 * wanted, "fill": 1 - late / max(1, wanted), "seconds": spent}


def stockpyl(days: int) -> dict[str, float]:
    """stockpyl: periods of a day, whole fixed lead times, and so less stock for the same fill.

    Its days hold the orders of customers and the arrivals that the others have as events.
    """
    from stockpyl.sim import simulation
    from stockpyl.supply_chain_network import serial_system

    net = serial_system(
        num_nodes=3, node_order_in_system=[3, 2, 1], node_order_in_lists=[1, 2, 3],
        shipment_lead_time=[int(lead) for _, lead in reversed(STAGES)],
        local_holding_cost=[1, 1, 1], stockout_cost=[1, 0, 0], demand_type="P", mean=RATE,
        policy_type="BS", base_stock_level=[STOCKPYL_LAST, STAGES[1][0], STAGES[0][0]],
    )  # fmt: skip
    simulation(net, days, rand_seed=1, progress_bar=False)
    last = net.nodes_by_index[1]
    rates = [v.fill_rate for v in last.state_vars[:days]]
    fill = rates[-1]
    if isinstance(fill, dict):
        fill = next(iter(fill.values()))
    return {"events": days * RATE * (1 + len(STAGES)), "fill": float(fill)}


MODULES = {
    "process": "simpy",
    "lean": "simpy",
    "supplynetpy": "SupplyNetPy.Components",
    "stockpyl": "stockpyl.sim",
}


def main() -> None:
    """Run one peer and print what it did."""
    what, days = sys.argv[1], int(sys.argv[2])
    importlib.import_module(MODULES[what])  # importing is not counted
    start = time.process_time()
    found = {"process": process, "lean": lean, "supplynetpy": supplynetpy,
             "stockpyl": stockpyl}[what](days)  # fmt: skip
    found.setdefault("seconds", time.process_time() - start)
    print(json.dumps({**found, "days": days}))


if __name__ == "__main__":
    main()
