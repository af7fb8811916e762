"""Runs the code blocks of a Markdown page, in order, in one folder, as a reader would.

`python`, `console` and `bash` blocks run unless the line before the fence says otherwise:

    <!-- not run: why -->         is left out, and says why
    <!-- background: text -->     keeps running; the page goes on when `text` was printed
    <!-- output -->               is what the block before printed
    <!-- fails -->                its commands end with an error, as the page says

A block with a title (```toml title="tower.toml"), in any language, is written to that file.
In `console` blocks lines after `$ ` are commands, the rest is what they print; a command goes on
after a backslash, within single quotes and until the end of its here-document. In what is
printed, `...` stands for anything. Shell variables live as long as the page.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
RUNNABLE = ("python", "console", "bash")
PORT = "8321"  # the default port, as written in the pages
_FENCE = re.compile(
    r"^(?P<indent> *)(?:<!-- (?P<mark>[^\n]*?) -->\n+ *)?"
    r"```(?P<language>\w*)(?: title=\"(?P<file>[^\"]+)\")?\n"
    r"(?P<text>.*?)^ *```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Block:
    """One fenced block: its language, its mark and file ("" for none), its text and its line."""

    language: str
    mark: str
    file: str
    text: str
    line: int


def blocks(markdown: str) -> Iterator[Block]:
    """The fenced blocks of a page, in order."""
    for found in _FENCE.finditer(markdown):
        indent = found["indent"]
        text = "".join(
            line.removeprefix(indent) for line in found["text"].splitlines(keepends=True)
        )
        line = markdown.count("\n", 0, found.start()) + 1
        yield Block(found["language"], found["mark"] or "", found["file"] or "", text, line)


def matches(wanted: str, printed: str) -> bool:
    """True when `printed` is `wanted`, where `...` is anything and line ends do not count."""

    def plain(text: str) -> str:
        return "\n".join(line.rstrip() for line in text.strip().splitlines())

    first, *rest = (part.strip() for part in plain(wanted).split("..."))
    text = plain(printed)
    if not rest:
        return text == first
    if not (text.startswith(first) and text.endswith(rest[-1])):
        return False
    at = len(first)
    for part in rest[:-1]:
        at = text.find(part, at)
        if at < 0:
            return False
        at += len(part)
    return at <= len(text) - len(rest[-1])


def complete(command: str) -> bool:
    """False when a shell would wait for more lines."""
    if command.endswith("\\\n"):
        return False
    if here := re.search(r"<<\s*(\w+)", command):
        return re.search(rf"^{here[1]}$", command, re.MULTILINE) is not None
    return command.count("'") % 2 == 0


def commands(text: str) -> Iterator[tuple[str, str]]:
    """(command, what it prints) of a console block."""
    command, printed = "", ""
    for line in text.splitlines(keepends=True):
        if command and not complete(command):
            command += line
        elif line.startswith("$ "):
            if command:
                yield command, printed
            command, printed = line[2:], ""
        else:
            printed += line
    if command:
        yield command, printed


class Page:
    """Runs the blocks of one page in `folder`; a context manager that ends what it started."""

    def __init__(self, path: Path, folder: Path) -> None:
        self.path, self.folder = path, folder
        self.printed = ""
        self._variables = folder.parent / f"{folder.name}.sh"
        self._running: list[subprocess.Popen[str]] = []
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = str(probe.getsockname()[1])
        keep = {k: v for k, v in os.environ.items() if not k.startswith(("TAKTNET_", "PYTEST_"))}
        bin_dir = str(Path(sys.executable).parent)
        self.env = keep | {
            "PATH": bin_dir + os.pathsep + os.environ["PATH"],
            "COLUMNS": "100",
            "NO_COLOR": "1",
            "TERM": "dumb",
            "PYTHONUNBUFFERED": "1",
            "TAKTNET_PORT": self.port,
        }
        self.env.pop("FORCE_COLOR", None)

    def __enter__(self) -> Page:
        return self

    def __exit__(self, *_: object) -> None:
        for process in reversed(self._running):
            process.send_signal(signal.SIGINT)
            try:
                process.wait(60)
            finally:
                process.kill()
            assert process.returncode in (0, 130), f"{self.path.name}: a server did not stop well"

    def run(self) -> int:
        """Run every block; how many ran. AssertionError names the page and line."""
        count = 0
        for block in blocks(self.path.read_text("utf-8")):
            count += self._one(block)
        return count

    def _one(self, block: Block) -> int:
        mark, text = (re.sub(rf"\b{PORT}\b", self.port, t) for t in (block.mark, block.text))
        kind, _, rest = mark.partition(":")
        where = f"{self.path.name} line {block.line}"
        if kind == "not run":
            assert rest.strip(), f"{where}: say why it is not run"
            return 0
        if block.file:
            target = self.folder / block.file
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, "utf-8")
            return 1
        if kind == "output":
            assert matches(text, self.printed), f"{where}: printed\n{self.printed}"
            return 1
        if kind == "background":
            self._start(text, rest.strip(), where)
            return 1
        fails = kind == "fails"
        if block.language == "console":
            for command, wanted in commands(text):
                self._shell(command, where, fails)
                assert not wanted.strip() or matches(wanted, self.printed), (
                    f"{where}: `{command.strip()}` printed\n{self.printed}"
                )
        elif block.language == "bash":
            self._shell(text, where, fails)
        elif block.language == "python":
            self._call([sys.executable, "-c", text], where, fails)
        return block.language in RUNNABLE

    def _shell(self, text: str, where: str, fails: bool) -> None:
        kept = f"set -a; [ ! -f {self._variables} ] || . {self._variables}\n"
        keep = f"trap 'export -p > {self._variables}' EXIT\n"
        self._call(["bash", "-euo", "pipefail", "-c", kept + keep + text], where, fails)

    def _call(self, command: list[str], where: str, fails: bool) -> None:
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
            check=False,
        )
        self.printed = done.stdout
        as_told = (done.returncode != 0) == fails
        assert as_told, f"{where}: ended with {done.returncode}\n{done.stdout}"

    def _start(self, text: str, until: str, where: str) -> None:
        text = "\n".join(command.strip() for command, _ in commands(text)) or text
        process = subprocess.Popen(
            ["bash", "-c", f"exec {text}"],
            cwd=self.folder,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._running.append(process)
        lines: list[str] = []
        assert process.stdout is not None
        threading.Thread(target=lines.extend, args=(process.stdout,), daemon=True).start()
        deadline = time.monotonic() + 90
        while not any(until in line for line in lines):
            printed = "".join(lines)
            assert process.poll() is None, f"{where}: ended before it printed {until}\n{printed}"
            assert time.monotonic() < deadline, f"{where}: {until} was not printed\n{printed}"
            time.sleep(0.05)
