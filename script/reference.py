"""The hook that fills the reference pages from the code when the documentation is built.

A page says `<!-- generate: events -->` where the text belongs. Nothing generated is kept in the
repository, so a reference page cannot fall behind the code.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
import change_reference
import event_reference

_MARK = re.compile(r"<!-- generate: (\w+) -->")


def cell(value: object) -> str:
    """A value as the cell of a Markdown table: one line, pipes escaped."""
    return " ".join(str(value).split()).replace("|", "\\|")


def table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """A Markdown table."""
    names = list(head)
    lines = ["| " + " | ".join(names) + " |", "|" + "---|" * len(names)]
    lines += ["| " + " | ".join(cell(value) for value in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def network() -> str:
    """Every table and column of the network, from its field table."""
    from taktnet.network import reference

    return str(reference.markdown())


def settings() -> str:
    """Every setting of a tower and of a channel, with its variable, default and range."""
    from taktnet.app import settings as module

    def default(f: Any) -> str:
        if f.type is tuple:
            return "none"
        return f"`{f.default}`" if f.default not in ("", {}) else ""

    def wanted(f: Any) -> str:
        if f.choices:
            return ", ".join(f"`{c}`" for c in f.choices)
        return f"{f.low:,} to {f.high:,}" if f.low is not None else ""

    rows = (
        (f"`{f.name}`", "" if f.type is dict else f"`{f.env}`", default(f), wanted(f), f.meaning)
        for f in module.FIELDS
    )
    channel = ((f"`{f.name}`", default(f), wanted(f), f.meaning) for f in module.CHANNEL_FIELDS)
    return (
        table(("setting", "variable", "default", "allowed", "meaning"), rows)
        + "\n## A channel\n\nEach partner's signals go where `[channels.SITE]` of `tower.toml` "
        "says; `[channels.default]` serves every other site.\n\n"
        + table(("field", "default", "allowed", "meaning"), channel)
    )


def _parameters(command: Any) -> str:
    rows = []
    for p in command.params:
        if p.param_type_name == "option" and p.name not in {"help"}:
            names = ", ".join(f"`{o}`" for o in (*p.opts, *p.secondary_opts))
        else:
            names = f"`{(p.metavar or p.name).upper()}`"
        plain = p.default not in (None, False, (), "") and not callable(p.default)
        usual = f"`{p.default}`" if plain and not p.required else ""
        rows.append((names, usual, getattr(p, "help", "") or ""))
    return table(("argument or option", "default", "meaning"), rows)


def commands() -> dict[str, Any]:
    """Every command of `taktnet`, those of groups as `group command`."""
    import typer

    from taktnet.cli.main import app

    def walk(prefix: str, group: Any) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, command in group.commands.items():
            full = f"{prefix}{name}"
            if hasattr(command, "commands"):
                found |= walk(f"{full} ", command)
            else:
                found[full] = command
        return found

    return walk("", typer.main.get_command(app))


def _help(text: str) -> str:
    """A command's help: paragraphs in one line each, examples as a block of code."""
    prose, _, examples = text.replace("\f", "").partition("\b")
    paragraphs = (" ".join(part.split()) for part in prose.strip().split("\n\n"))
    lines = [line.strip() for line in examples.splitlines() if line.strip().startswith("taktnet")]
    block = "\n\n```text\n" + "\n".join(lines) + "\n```" if lines else ""
    return "\n\n".join(paragraphs) + block


def cli() -> str:
    """Every command with its arguments and options, from Typer."""
    return "\n".join(
        f"## `taktnet {name}`\n\n{_help(command.help or '')}\n\n{_parameters(command)}"
        for name, command in commands().items()
    )


def kpis() -> str:
    """Every KPI with its variants, formulas and definitions."""
    from taktnet.kpi import catalogue

    return catalogue.reference_markdown()


def openapi() -> dict[str, Any]:
    """The OpenAPI description of a tower, without one that runs."""
    from taktnet.app.tower import Tower
    from taktnet.network import Network
    from taktnet.web.api import create_app

    with Tower.open(None, Network()) as tower:
        return create_app(tower).openapi()


def _schema_words(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return f"`{schema['$ref'].rsplit('/', 1)[-1]}`"
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    for key in ("anyOf", "oneOf"):
        if key in schema:
            words = (_schema_words(s) for s in schema[key] if s.get("type") != "null")
            return " or ".join(words)
    return str(schema.get("format") or schema.get("type", ""))


#: FastAPI's own words for what every route may answer, in the product's.
_USUAL = {
    "Successful Response": "Done; the answer is JSON unless said otherwise",
    "Validation Error": "The request has faults, all of them are listed",
}


def _operation(name: str, operation: dict[str, Any]) -> str:
    parts = [f"### `{name}`\n\n{operation.get('summary', '')}.\n".replace("..", ".")]
    if text := operation.get("description", "").strip():
        parts.append(f"{text}\n")
    if parameters := operation.get("parameters", []):
        rows = (
            (
                f"`{p['name']}`",
                p["in"] + (", required" if p.get("required") else ""),
                _schema_words(p.get("schema", {})),
                p.get("description", ""),
            )
            for p in parameters
        )
        parts.append(table(("parameter", "where", "type", "meaning"), rows))
    if bodies := operation.get("requestBody", {}).get("content", {}):
        parts.append("Takes " + ", ".join(f"`{kind}`" for kind in bodies) + ".\n")
    answers = operation.get("responses", {}).items()
    rows = ((code, _USUAL.get(word := answer["description"], word)) for code, answer in answers)
    parts.append(table(("answer", "meaning"), rows))
    return "\n".join(parts)


_FORM = "A form of the page: a person's answer to a waiting decision."


def page_routes() -> dict[str, str]:
    """Every route of the web pages, and what its handler says of itself."""
    from taktnet.app.looks import Looks
    from taktnet.app.plans.desk import TowerPlans
    from taktnet.app.tower import Tower
    from taktnet.network import Network
    from taktnet.web import pages

    with Tower.open(None, Network()) as tower:
        routes: Any = pages.router(tower, TowerPlans(tower), Looks(tower.parts)).routes
    return {
        f"{method} {route.path}": " ".join((route.endpoint.__doc__ or _FORM).split())
        for route in routes
        for method in sorted(route.methods - {"HEAD"})
    }


def pages() -> str:
    """Every page of the web tower."""
    rows = ((f"`{name}`", said) for name, said in page_routes().items())
    return table(("page", "what it is"), rows)


def http() -> str:
    """Every route of the API, from its OpenAPI description."""
    paths = openapi()["paths"]
    return "\n".join(
        _operation(f"{method.upper()} {path}", operation)
        for path, methods in paths.items()
        for method, operation in methods.items()
    )


def benchmarks() -> str:
    """Every benchmark that is a command, from the first lines of its program."""
    rows = []
    for path in sorted((Path(__file__).parents[1] / "benchmarks").glob("*.py")):
        doc = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
        command = re.search(r"uv run python benchmarks/[^`\n]*", doc)
        if command:
            what = re.split(r": `uv run|\n", doc)[0].rstrip(".")
            rows.append((what, f"`{command[0].strip()}`"))
    return table(("what is measured", "command"), rows)


GENERATORS: dict[str, Callable[[], str]] = {
    "network": network,
    "events": event_reference.markdown,
    "changes": change_reference.markdown,
    "settings": settings,
    "cli": cli,
    "kpis": kpis,
    "http": http,
    "pages": pages,
    "benchmarks": benchmarks,
}


def on_page_markdown(markdown: str, **_: Any) -> str:
    """MkDocs calls this for every page before it is rendered."""
    return _MARK.sub(lambda found: GENERATORS[found[1]](), markdown)
