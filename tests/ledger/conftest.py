"""The ledgers that the contract is run over: a store is added by one line in STORES."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from support import postgres
from taktnet.ledger.ledger import Ledger
from taktnet.ledger.memory import MemoryLedger
from taktnet.store.postgres import PostgresLedger
from taktnet.store.sqlite import SqliteLedger

pytest.register_assert_rewrite("contract")

Opener = Callable[..., Ledger]


def _memory(_: pytest.FixtureRequest) -> Opener:
    return MemoryLedger


def _sqlite(request: pytest.FixtureRequest) -> Opener:
    path = request.getfixturevalue("tmp_path") / "ledger.db"
    return lambda **options: SqliteLedger(path, **options)


def _postgres(_: pytest.FixtureRequest) -> Opener:
    dsn = postgres.shared().fresh()
    return lambda **options: PostgresLedger(dsn, **options)


#: name -> what gives, for one test, a function that opens its one store again and again
STORES: dict[str, Callable[[pytest.FixtureRequest], Opener]] = {
    "sqlite": _sqlite,
    "postgres": _postgres,
}
MARKS: dict[str, tuple[pytest.MarkDecorator, ...]] = {"postgres": (pytest.mark.postgres,)}


def _params(names: list[str]) -> list[Any]:
    return [pytest.param(name, marks=MARKS.get(name, ())) for name in names]


def _factory(request: pytest.FixtureRequest) -> Iterator[Opener]:
    makers = {"memory": _memory, **STORES}
    opener, opened = makers[request.param](request), list[Ledger]()

    def open_one(**options: Any) -> Ledger:
        opened.append(opener(**options))
        return opened[-1]

    yield open_one
    for ledger in reversed(opened):
        ledger.close()


@pytest.fixture(params=_params(["memory", *STORES]))
def ledger_factory(request: pytest.FixtureRequest) -> Iterator[Opener]:
    """Opens a ledger of this kind: once per test."""
    yield from _factory(request)


@pytest.fixture(params=_params([*STORES]))
def store_factory(request: pytest.FixtureRequest) -> Iterator[Opener]:
    """Opens the same store as often as a test likes; options as of its class."""
    yield from _factory(request)
