"""The shape of the source: small files, one direction of imports, nothing that does not belong."""

from __future__ import annotations

import ast
import statistics
import subprocess
from pathlib import Path

import grimp
import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
SOURCES = sorted((REPOSITORY / "src").rglob("*.py"))
LONGEST = 400
LONGEST_FUNCTION = 40

#: Files that may be longer, each with its reason.
LONG_FILES = {
    "src/taktnet/ledger/event.py": "the one table of all kinds of events; split it and it is two",
}
#: Functions that may be longer, each with its reason.
LONG_FUNCTIONS = {
    "src/taktnet/policy/reasons.py:decision": "fills a record of 22 fields, one a line",
    "src/taktnet/plan/schedule/decode.py:decode": "compiled: one pass; it runs uncompiled too",
    "src/taktnet/plan/buffers/tree.py:span": "compiled: one pass whose arrays all steps share",
}
#: Modules whose imports inside functions may close a circle, each with its reason.
FACADES = {
    "taktnet.network.network": "a Network's methods open onto read, write, check, change and diff,"
    " which make and take Networks",
}


def tracked() -> list[Path]:
    """Every file that git keeps or would keep."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    return [path for name in listed.stdout.splitlines() if (path := REPOSITORY / name).is_file()]


def name(path: Path) -> str:
    """A path as it is written in the repository."""
    return path.relative_to(REPOSITORY).as_posix()


def lines(path: Path) -> int:
    """How many lines a file has."""
    return len(path.read_text("utf-8").splitlines())


def test_no_source_file_is_longer_than_400_lines() -> None:
    """A file holds one idea; one that outgrows 400 lines holds two, or says why not."""
    too_long = {name(p): n for p in SOURCES if (n := lines(p)) > LONGEST}
    assert set(too_long) <= set(LONG_FILES), too_long


def test_every_exception_is_still_needed() -> None:
    """An exception that no longer applies is taken off the list."""
    assert all(lines(REPOSITORY / path) > LONGEST for path in LONG_FILES)
    assert set(LONG_FUNCTIONS) <= set(long_functions())


def test_half_of_the_source_files_are_shorter_than_200_lines() -> None:
    """The median file is read in one sitting."""
    assert statistics.median(lines(p) for p in SOURCES if lines(p) > 5) < 200


def own_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function without its decorators, its docstring and functions inside it."""
    first = node.body[1] if ast.get_docstring(node) and len(node.body) > 1 else node.body[0]
    last = node.end_lineno or node.lineno
    inner = [n for n in node.body if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    return last - first.lineno + 1 - sum((n.end_lineno or 0) - n.lineno + 1 for n in inner)


def long_functions() -> dict[str, int]:
    """Functions longer than the limit: `file:name` -> lines."""
    return {
        f"{name(path)}:{node.name}": length
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := own_lines(node)) > LONGEST_FUNCTION
    }


def test_no_function_is_longer_than_40_lines() -> None:
    """A function fits on a screen, or says why not."""
    found = long_functions()
    assert set(found) <= set(LONG_FUNCTIONS), found


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    """Every import between modules, those inside functions too, but of facades, and for types."""
    found = grimp.build_graph("taktnet", exclude_type_checking_imports=True, cache_dir=None)
    for facade in FACADES:
        eager = imports_at_once(facade)
        for other in found.find_modules_directly_imported_by(facade) - eager:
            found.remove_import(importer=facade, imported=other)
    return found


def imports_at_once(module: str) -> set[str]:
    """What a module names in imports outside its functions."""
    tree = ast.parse((REPOSITORY / "src" / (module.replace(".", "/") + ".py")).read_text("utf-8"))
    top = [node for node in tree.body if isinstance(node, ast.ImportFrom) and node.module]
    named = {f"{node.module}.{alias.name}" for node in top for alias in node.names}
    return named | {str(node.module) for node in top}


def components(graph: grimp.ImportGraph) -> list[set[str]]:
    """The sets of modules that import one another in a circle (Tarjan 1972)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[set[str]] = []

    def visit(module: str) -> None:
        index[module] = low[module] = len(index)
        stack.append(module)
        for other in sorted(graph.find_modules_directly_imported_by(module)):
            if other not in index:
                visit(other)
                low[module] = min(low[module], low[other])
            elif other in stack:
                low[module] = min(low[module], index[other])
        if low[module] == index[module]:
            at = stack.index(module)
            if len(stack) - at > 1:
                found.append(set(stack[at:]))
            del stack[at:]

    for module in sorted(graph.modules):
        if module not in index:
            visit(module)
    return found


def test_no_modules_import_one_another_in_a_circle(graph: grimp.ImportGraph) -> None:
    """Not even where an import waits inside a function, but for the facades."""
    assert components(graph) == []


def test_every_module_says_what_it_is_for() -> None:
    """Every module begins with a docstring."""
    silent = [name(p) for p in SOURCES if not ast.get_docstring(ast.parse(p.read_text("utf-8")))]
    assert silent == []


#: Written in two parts, so that this file does not hold what it looks for.
FOREIGN = [
    "/wo" + "rk/",
    "/ro" + "ot/",
    "pypi" + ".org",
    "pythonhosted" + ".org",
    "npmjs" + ".org",
    "npmjs" + ".com",
    "deb.debian" + ".org",
    "TO" + "DO",
    "FIX" + "ME",
]


def test_no_file_names_this_machine_or_a_package_registry() -> None:
    """Only uv.lock, which is made by uv, may name where packages come from."""
    found = []
    for path in tracked():
        if path.name == "uv.lock" or b"\0" in path.read_bytes()[:8000]:
            continue
        vendored = "static/vendor" in name(path)
        text = path.read_text("utf-8", errors="replace")
        words = FOREIGN[:-2] if vendored else FOREIGN
        found += [f"{name(path)}: {word}" for word in words if word in text]
    assert found == []


def test_no_large_file_is_kept() -> None:
    """A clone stays small: no file of more than 4 MB."""
    assert [name(p) for p in tracked() if p.stat().st_size > 4_000_000] == []
