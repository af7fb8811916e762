"""Every vector of `shared/vectors.json` is computed by the product, or named as a later subject."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import pytest
from kpi_story import Story
from test_kpi_otif import worked
from test_kpi_turns import two_plants

from support.reference import DATA
from taktnet.kpi import roi, statistics
from taktnet.kpi.adherence import Built
from taktnet.kpi.delivered_cost import tiered_days
from taktnet.kpi.flow import Rung, ladder
from taktnet.network.rates import pitch_s, takt_s
from taktnet.plan import balance, ddmrp, epei, milk_run, oee, suppliers
from taktnet.plan.buffers import Stage, place
from taktnet.plan.buffers.serial import Demand, serial
from taktnet.plan.chasing import chase_goals
from taktnet.plan.inventory import lots, newsvendor, service
from taktnet.policy.cards import conwip, kanban_cards, polca_cards

FILE = DATA.parent / "vectors.json"
VECTORS = {v["id"]: v for v in json.loads(FILE.read_text())} if FILE.is_file() else {}

#: What other subjects than pull, plan and KPIs own: quality charts and sampling (methods C),
#: contracts (H4), risk (H1, H2), condition and maintenance (J).
LATER = frozenset(
    [
        "xbar.piston",
        "p.oj",
        "c.circuit",
        "cusum.nist",
        "ewma.nist",
        "oc.80_2",
        "ld.weeks",
        "ld.cap",
        "hhi",
        "ttr.lp",
        "mkt",
        "mkt.crt_fail",
        "weibull.nist",
        "age_replacement",
        "am_breakeven",
        "xbar.constructed",
        "p.constructed",
        "c.constructed",
        "imr.constructed",
        "nelson.constructed",
    ]
)


def _kanban(i: Any) -> int:
    return kanban_cards(i["D"], i["L"], i["alpha"], i["a"])


def _conwip(i: Any) -> dict[str, Fraction]:
    rate, time = conwip(i["rb"], i["T0"]).practical_worst(i["w"])
    return {"TH": rate, "CT": time}


def _pitch(i: Any) -> dict[str, object]:
    takt = takt_s(i["avail"], i["demand"])
    return {"takt": takt, "pitch": pitch_s(takt, i["pattern"])}


def _balance(i: Any) -> dict[str, float]:
    tasks = [balance.Task(n, t, tuple(i["pred"].get(n, ""))) for n, t in i["t"].items()]
    best, rule = balance.balance(tasks, i["CT"]), balance.longest_task(tasks, i["CT"])
    return {"min": len(best.stations), "opt_eff": best.efficiency,
            "heuristic": len(rule.stations), "heuristic_eff": rule.efficiency}  # fmt: skip


def _oee(i: Any) -> oee.Oee:
    ideal = i["ideal_s"] if "ideal_s" in i else i["ideal_min"] * 60
    made = oee.Made(ideal, i["total"], i["good"])
    return oee.oee(i["planned"] * 60, i["run"] * 60, [made])


def _factors(i: Any) -> dict[str, object]:
    one = _oee(i)
    return {"A": one.availability, "P": one.performance, "Q": one.quality, "OEE": one.oee}


def _epei(i: Any) -> float | None:
    pairs = zip(i["run"], i["co"], strict=True)
    parts = [epei.Part(str(n), 1, 60 * run, 60 * co) for n, (run, co) in enumerate(pairs)]
    return epei.epei(parts, 60 * i["avail"]).days


def _ladder(i: Any) -> dict[str, float]:
    rungs = [Rung("stock", "coils", "", i["coil_days"])]
    rungs += [Rung("stock", str(n), "", n / i["daily"], qty=n) for n in i["inv"]]
    rungs += [Rung("process", str(s), "", 0.0, s) for s in i["ct"]]
    found = ladder("bracket", rungs, 55_200, "two shifts")
    return {"days": found.wait_d, "va": found.value_s}


def _bts(i: Any) -> dict[str, object]:
    one = Built(i["plan"], i["built"], i["mix"], i["lots"], i["inseq"])
    return {"v": one.volume, "m": one.mix, "s": one.sequence, "bts": one.bts}


def _chopra(i: Any) -> list[float]:
    z = service.quantile(i["csl"])
    return [service.safety_stock(z, i["d"], i["sd"], i["L"], s) for s in i["sL"]]


def _carpet(i: Any) -> dict[str, float]:
    stock = service.safety_stock(i["z"], i["d"], i["sd"], i["L"])
    return {"ss": stock, "rop": service.reorder_point(i["d"], i["L"], stock)}


def _fill(i: Any) -> dict[str, float]:
    sd = i["sdw"] * math.sqrt(i["L"])
    return {
        "csl": service.cycle_service(i["rop"], i["muL"], sd),
        "esc": service.normal_loss(i["rop"], i["muL"], sd),
        "fr": service.fill_rate(i["rop"], i["Q"], i["muL"], sd),
    }


def _lot(lot: lots.Lot) -> dict[str, float]:
    return {"Q": lot.qty, "cost": lot.cost}


def _wagner(i: Any) -> dict[str, object]:
    orders, cost = lots.wagner_whitin(i["K"], i["h"], i["d"])
    return {"Q": orders, "cost": cost}


def _newsvendor(i: Any) -> dict[str, float]:
    best = newsvendor.normal(i["h"], i["p"], i["mu"], i["sd"])
    return {"S": best.level, "cost": best.cost}


def _guaranteed(i: Any) -> dict[str, object]:
    """Example 6.5: node 2 serves at once, node 4 within 1; node 1 waits 1 for its supplier."""
    stages = [
        Stage(n, i["T"][n], holding=h, k=1, inbound_time=i["SI1"] if n == "1" else 0,
              demand_sd=float(n in i["S_fixed"]), max_service_time=i["S_fixed"].get(n))
        for n, h in i["h"].items()
    ]  # fmt: skip
    placed = place(stages, [(str(a), str(b)) for a, b in i["edges"]], holding_rate=1)
    return {"S": {p.stage: p.outbound for p in placed.stages}, "cost": placed.cost}


def _serial(i: Any) -> dict[str, float]:
    h, lead = i["echelon_h"][::-1], i["L"][::-1]  # the file begins upstream
    return {"cost": serial(h, lead, i["p"], Demand(i["mu"], i["sd"])).cost}


def _ddmrp(i: Any) -> dict[str, object]:
    zones = ddmrp.buffer(i["ADU"], i["DLT"], i["LTF"], i["VF"], cycle=i["DOC"], moq=i["MOQ"])
    answer = ddmrp.net_flow(zones, i["OH"], i["OS"], i["QD"])
    return {"TOR": zones.top_of_red, "TOY": zones.top_of_yellow, "TOG": zones.top_of_green,
            "NF": answer.net_flow, "order": answer.order}  # fmt: skip


def _altman(i: Any) -> dict[str, object]:
    of = suppliers.Statement(i["TA"], i["WC"], i["RE"], i["EBIT"], i["TL"], i["S"],
                             i["MVE"], i["BVE"])  # fmt: skip
    kinds = {"Z": "public", "Z1": "private"}
    found = {n: suppliers.altman(of, f"{k} manufacturer").value for n, k in kinds.items()}
    return found | {"Z2": suppliers.altman(of, "non-manufacturer").value}


def _savings(i: Any) -> dict[str, float]:
    stops = list(i["d0"])

    def distance(a: str, b: str) -> float:
        a, b = sorted((a, b))
        return i["d0"][b if a == "0" else a] if "0" in (a, b) else i[a + b]

    saved = {a + b: s for (a, b), s in milk_run.savings("0", stops, distance).items()}
    run = milk_run.runs("0", dict.fromkeys(stops, 1.0), distance, capacity=3)[0]
    return saved | {"direct": milk_run.direct("0", stops, distance), "run": run.length}


def _demurrage(i: Any) -> Fraction:
    return tiered_days(i["days"], i["free"], tuple((d, r) for d, r in i["tiers"]))


def _npv(i: Any) -> dict[str, object]:
    flows, rate = i["cf"], str(i["r"])
    return {"npv": roi.npv(flows, rate), "irr": roi.irr(flows)[0],
            "payback": roi.payback(flows), "dpb": roi.payback(flows, rate)}  # fmt: skip


def _otif(i: Any) -> dict[str, object]:
    values = worked().values()
    names = ("strict.accepted", "strict.received", "contract", "weighted.received",
             "weighted.accepted")  # fmt: skip
    return {name.replace(".", "_"): values["otif", name].value for name in names}


def _turns(i: Any) -> float | None:
    story: Story = two_plants()
    return story.values(0, 365 * 24.0, keys=["turns"])["turns", "daily"].value


def _lead(i: Any) -> dict[str, object]:
    days = i["x"]
    mean, sd = statistics.mean(days), statistics.root(statistics.variance(days))
    assert mean is not None and sd is not None
    p50, p95 = (statistics.quantile(days, Fraction(p, 100)) for p in (50, 95))
    return {"mean": mean, "s": sd, "cv": sd / float(mean), "p50": p50, "p95": p95}


PRODUCT: Mapping[str, Callable[[Any], object]] = {
    "kanban": _kanban,
    "polca": lambda i: polca_cards(lead_a=i["LT_A"], move=i["MT"], lead_b=i["LT_B"],
                                   back=i["RT"], jobs=i["NUM"], horizon=i["D"], safety=i["S"]),
    "conwip": _conwip,
    "goal_chasing": lambda i: "".join(chase_goals(i["Q"], i["b"]).sequence),
    "takt": lambda i: takt_s(i["available_s"], i["demand"]),
    "pitch": _pitch,
    "linebalance": _balance,
    "oee.1": _factors,
    "oee.2": lambda i: _oee(i).oee,
    "epei": _epei,
    "vsm": _ladder,
    "bts": _bts,
    "ss.chopra": _chopra,
    "ss.carpet": _carpet,
    "fillrate": _fill,
    "loss": lambda i: service.unit_loss(i["z"]),
    "eoq": lambda i: _lot(lots.eoq(i["K"], i["h"], i["D"])),
    "epq": lambda i: _lot(lots.epq(i["K"], i["h"], i["D"], i["P"])),
    "ww": _wagner,
    "newsvendor": _newsvendor,
    "gsm": _guaranteed,
    "ssm": _serial,
    "ddmrp": _ddmrp,
    "altman": _altman,
    "savings": _savings,
    "demurrage": _demurrage,
    "npv": _npv,
    "otif": _otif,
    "turns": _turns,
    "lt": _lead,
}  # fmt: skip


def mapped(name: str) -> Callable[[Any], object] | None:
    """The product's answer to a vector: by its whole name, or by its subject before the point."""
    return PRODUCT.get(name) or PRODUCT.get(name.partition(".")[0])


def agree(found: Any, wanted: Any, tolerance: float, where: str) -> None:
    """Every number of `wanted` is within the tolerance of what was found, in the same place."""
    if isinstance(wanted, dict):
        for key, value in wanted.items():
            agree(found[key], value, tolerance, f"{where} {key}")
    elif isinstance(wanted, list):
        assert len(found) == len(wanted), where
        for n, value in enumerate(wanted):
            agree(found[n], value, tolerance, f"{where}[{n}]")
    elif isinstance(wanted, str):
        assert found == wanted, where
    else:
        assert abs(float(found) - wanted) <= max(tolerance, 1e-12 * abs(wanted)), where


def test_every_vector_has_its_place() -> None:
    """A vector is computed here or belongs to a later subject by name; nothing is left out."""
    if not VECTORS:
        pytest.skip("published reference data is not at hand")
    assert {name for name in VECTORS if mapped(name) is None} == LATER


@pytest.mark.parametrize("name", sorted(set(VECTORS) - LATER) or ["none"])
def test_vector_is_reached(name: str) -> None:
    """The product's number is that of the file, within the file's own tolerance."""
    if not VECTORS:
        pytest.skip("published reference data is not at hand")
    vector, answer = VECTORS[name], mapped(name)
    assert answer is not None, f"{name} is computed by nothing"
    agree(answer(vector["input"]), vector["expected"], vector["tol"], name)
