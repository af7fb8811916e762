"""The code in the documentation runs, and prints what the page says it prints."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from blocks import REPOSITORY, RUNNABLE, Page, blocks, commands, matches

PAGES = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").rglob("*.md"))]
WITH_CODE = [
    page
    for page in PAGES
    if any(
        b.language in RUNNABLE and not b.mark.startswith("not run")
        for b in blocks(page.read_text("utf-8"))
    )
]


@pytest.fixture(scope="module")
def kernels() -> None:
    """Compile what is not compiled yet, so that no command of a page waits for it."""
    command = [sys.executable, str(REPOSITORY / "script" / "warm.py")]
    subprocess.run(command, check=True, capture_output=True)


@pytest.mark.slow
@pytest.mark.usefixtures("kernels")
@pytest.mark.timeout(900)
@pytest.mark.parametrize("path", WITH_CODE, ids=lambda p: str(p.relative_to(REPOSITORY)))
def test_every_block_of_a_page_runs_as_written(path: Path, tmp_path: Path) -> None:
    """A reader who copies the blocks of a page from top to bottom gets what the page shows."""
    shutil.copytree(REPOSITORY / "examples", tmp_path / "examples", dirs_exist_ok=True)
    with Page(path, tmp_path) as page:
        assert page.run() > 0


def test_readme_and_tutorial_have_code_that_runs() -> None:
    """The two pages that a newcomer reads first are among those that are run."""
    names = {page.name for page in WITH_CODE}
    assert {"README.md", "tutorial.md"} <= names


def test_a_wrong_output_is_noticed(tmp_path: Path) -> None:
    """The runner itself fails on a page that shows what is not printed."""
    page = tmp_path / "page.md"
    page.write_text("```console\n$ echo one\ntwo\n```\n")
    with Page(page, tmp_path) as run, pytest.raises(AssertionError, match="line 1"):
        run.run()


def test_a_failing_command_is_noticed(tmp_path: Path) -> None:
    """A command that fails ends the page, with its output."""
    page = tmp_path / "page.md"
    page.write_text("text\n\n```bash\necho before; false\n```\n")
    with Page(page, tmp_path) as run, pytest.raises(AssertionError, match="before"):
        run.run()


def test_files_outputs_and_python_work_together(tmp_path: Path) -> None:
    """A file block is there for the code after it, and its output is compared."""
    page = tmp_path / "page.md"
    page.write_text(
        '```text title="a/b.txt"\nhello\n```\n'
        "```python\nprint(open('a/b.txt').read().strip(), 1 / 3)\n```\n"
        "<!-- output -->\n```text\nhello 0.333...\n```\n"
        "<!-- not run: it would never end -->\n```bash\nsleep 1000000\n```\n"
    )
    with Page(page, tmp_path) as run:
        assert run.run() == 3


def test_console_blocks_are_split_into_commands() -> None:
    """A command may go on after a backslash; what follows it is its output."""
    text = "$ a \\\n  b\nout\n$ c\n"
    assert list(commands(text)) == [("a \\\n  b\n", "out\n"), ("c\n", "")]


def test_dots_stand_for_anything() -> None:
    """Only where the page has dots may the output differ."""
    assert matches("a ... c\n", "a b c")
    assert not matches("a ... d\n", "a b c")
    assert not matches("a", "a\nb")
