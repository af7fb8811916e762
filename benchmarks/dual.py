"""Dual sourcing beside the exact optimum: `uv run python benchmarks/dual.py`.

Demand uniform on 0 to 4, h 5, p 495, fast lead time 0 (Veeraraghavan & Scheller-Wolf's setting).
"""

from __future__ import annotations

import time

from taktnet.plan.dual import Sources, compare, optimal_cost


def main() -> None:
    """Print one line a setting."""
    demand = [0.2] * 5
    compare(Sources(2, 5, 5, 495), demand, search=500, test=500)  # compiles
    for lead in (2, 3, 4):
        for premium in (5.0, 10.0):
            sources = Sources(lead, premium, 5, 495)
            begun = time.perf_counter()
            found = compare(sources, demand, test=400_000)
            taken = time.perf_counter() - begun
            exact = optimal_cost(sources, demand, low=-4, high=16, most=4)
            rows = ", ".join(
                f"{p.kind} {p.cost:.2f} ({100 * (p.cost / exact - 1):+.2f} %)" for p in found
            )
            print(f"lead {lead}, premium {premium:g}: optimum {exact:.3f}; {rows}; {taken:.1f} s")


if __name__ == "__main__":
    main()
