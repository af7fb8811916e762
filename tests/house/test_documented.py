"""Nothing undocumented ships: every event, KPI, setting, command, option, column and route."""

from __future__ import annotations

import json
import re
import sys
from functools import cache
from pathlib import Path

import msgspec
import pytest

from taktnet.ledger.event import KINDS, AnyEvent, Event, kind_name
from taktnet.network import Network
from taktnet.twin import Scenario, Start, parse_scenarios
from taktnet.twin.changes import KINDS as CHANGES

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "script"))
import change_reference  # noqa: E402
import event_reference  # noqa: E402
import reference  # noqa: E402


@cache
def page(name: str) -> str:
    """A page of the documentation as it is built, generated parts included."""
    text = (REPOSITORY / "docs" / name).read_text("utf-8")
    built = reference.on_page_markdown(text)
    assert "<!-- generate:" not in built
    return built


@pytest.mark.parametrize("kind", KINDS, ids=kind_name)
def test_every_kind_of_event_is_explained(kind: type[Event]) -> None:
    """Name, what it is, what it does to the state, every field with its meaning, an example."""
    text = page("reference/events.md")
    section = text.split(f"### `{kind_name(kind)}`")[1].split("\n### ")[0]
    assert "*Effect:* " in section
    assert " ".join((kind.__doc__ or "").split()) in section
    for field in event_reference.own_fields(kind):
        assert f"| `{field.name}` |" in section
    example = json.loads(section.split("```json\n")[1].split("```")[0])
    assert isinstance(msgspec.convert(example, AnyEvent), kind)


def test_no_words_are_kept_for_what_is_gone() -> None:
    """The tables of meanings and effects name nothing that the events do not have."""
    fields = {field.name for kind in KINDS for field in event_reference.own_fields(kind)}
    kinds = {event_reference.base_name(kind) for kind in KINDS}
    special = [key.rsplit(".", 1) for key in event_reference.MEANING if "." in key]
    assert {key for key in event_reference.MEANING if "." not in key} <= fields
    assert {kind for kind, _ in special} <= kinds
    assert {field for _, field in special} <= fields
    assert set(event_reference.EFFECT) == kinds


@pytest.mark.parametrize("kind", CHANGES)
def test_every_kind_of_change_is_explained(kind: str) -> None:
    """What it does, every field with its meaning, and an example that is read back."""
    section = page("reference/changes.md").split(f"### `{kind}`")[1].split("\n### ")[0]
    for field in msgspec.structs.fields(CHANGES[kind]):
        assert f"| `{field.name}` |" in section
        assert change_reference.meaning(kind, field.name) in section
    text = section.split("```json\n")[1].split("```")[0]
    scenario = parse_scenarios(f'{{"name": "example", "changes": [{text}]}}').get("example")
    assert scenario.changes == tuple(
        x for x in change_reference.EXAMPLES if isinstance(x, CHANGES[kind])
    )


def test_examples_of_changes_are_of_the_shipped_network() -> None:
    """Cold, they can all be made but for those that name what is under way or open."""
    network = Network.read(REPOSITORY / "examples" / "drivetrain" / "network")
    start = Start(network, 1_767_571_200_000_000, 1.0)
    cold = [x for x in change_reference.EXAMPLES if not hasattr(x, "shipment")]
    cold = [x for x in cold if not hasattr(x, "order")]
    assert start.sim(Scenario(name="all", changes=tuple(cold))).events == 0


def test_no_words_are_kept_for_fields_of_changes_that_are_gone() -> None:
    """Every meaning belongs to a field of a kind."""
    names = {f"{k}.{f.name}" for k, kind in CHANGES.items() for f in msgspec.structs.fields(kind)}
    plain = {name.split(".")[1] for name in names}
    assert all(key in (names if "." in key else plain) for key in change_reference.MEANING)


def test_every_setting_is_explained() -> None:
    """Each with its variable, its default and its meaning; so is each field of a channel."""
    from taktnet.app import settings

    text = page("reference/settings.md")
    for field in settings.FIELDS:
        assert f"| `{field.name}` |" in text
        assert field.meaning.replace("|", "\\|") in text
    for field in settings.CHANNEL_FIELDS:
        assert f"| `{field.name}` |" in text


def test_every_kpi_and_variant_is_explained() -> None:
    """Each with its formula, unit and definition."""
    from taktnet.kpi.catalogue import CATALOGUE

    text = page("reference/kpis.md")
    assert len(CATALOGUE) == 6
    for kpi in CATALOGUE:
        assert f"(`{kpi.key}`)" in text
        for variant in kpi.variants:
            assert variant.formula in text
            assert variant.words in text


def test_every_column_of_the_network_is_explained() -> None:
    """Each table with each column, its unit and its meaning."""
    from taktnet.network.fields import TABLES

    text = page("reference/network.md")
    for table in TABLES.values():
        section = text.split(f"## {table.name}\n")[1].split("\n## ")[0]
        for field in table.fields:
            assert field.name in section
            assert field.rules.meaning in section


def test_every_command_is_explained() -> None:
    """Each with what it does and with every argument and option."""
    text = page("reference/cli.md")
    commands = reference.commands()
    wanted = "check generate up ingest log state signals takt flow kpi verify replay"
    assert set(wanted.split()) <= {name.split()[0] for name in commands}
    for name, command in commands.items():
        section = text.split(f"## `taktnet {name}`")[1].split("\n## ")[0]
        assert command.help, name
        for parameter in command.params:
            assert getattr(parameter, "help", "x"), f"{name} {parameter.name}"
            for option in parameter.opts:
                assert option.upper() in section.upper(), f"{name} {option}"


def test_every_command_speaks_json() -> None:
    """Machines read the same answers as people."""
    silent = [
        name
        for name, command in reference.commands().items()
        if not any("--json" in parameter.opts for parameter in command.params)
    ]
    assert silent == []


def test_every_route_is_explained() -> None:
    """Each method and path of the API, with a summary."""
    text = page("reference/http.md")
    described = reference.openapi()
    assert described["openapi"].startswith("3.1")
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            assert f"`{method.upper()} {path}`" in text
            assert operation.get("summary"), f"{method} {path}"


def test_every_page_is_listed() -> None:
    """Each page of the web tower, with what it is."""
    text = page("reference/http.md")
    routes = reference.page_routes()
    assert "GET /" in routes
    for name, said in routes.items():
        assert f"| `{name}` | {said} |" in text


def test_every_law_has_its_test() -> None:
    """The table beside the laws has a row for each law of CONTRIBUTING, and names what there is."""
    stated = re.findall(r"^- \*\*([^*]+)\*\*:", (REPOSITORY / "CONTRIBUTING.md").read_text(), re.M)
    laws = REPOSITORY / "tests" / "laws"
    rows = (laws / "README.md").read_text("utf-8").splitlines()[4:]
    assert [row.split(" | ")[0].strip("| ") for row in rows] == stated
    for row in rows:
        files = [laws / name for name in re.findall(r"`([\w./]+\.py)`", row)]
        source = "".join(file.read_text("utf-8") for file in files)
        named = re.findall(r"`(test_\w+)`", row)
        assert named and all(f"def {name}(" in source for name in named), row
