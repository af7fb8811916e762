"""A throw-away PostgreSQL from the installed binaries, for tests and benchmarks.

`server()` starts one in a directory of its own on a socket of its own and removes it afterwards.
When run as root it works as an unprivileged user, because PostgreSQL refuses to run as root.
"""

from __future__ import annotations

import atexit
import os
import pwd
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path

import psycopg
import pytest

INSTALL = "apt-get install postgresql (or your system's package of PostgreSQL 15 or newer)"
USER = "taktnet"


class NoPostgres(Exception):
    """The binaries are not installed."""


def binaries() -> Path:
    """The folder with `initdb` and `postgres` of the newest installed version, 15 or above."""
    found = [
        path.parent
        for pattern in ("/usr/lib/postgresql/*/bin/initdb", "/usr/pgsql-*/bin/initdb")
        for path in Path("/").glob(pattern.lstrip("/"))
    ]
    on_path = shutil.which("initdb")
    if on_path:
        found.append(Path(on_path).resolve().parent)
    usable = [(version, path) for path in found if (version := _version(path)) >= 15]
    if not usable:
        raise NoPostgres(f"PostgreSQL 15 or newer is not installed: {INSTALL}")
    return max(usable)[1]


def _version(folder: Path) -> int:
    said = subprocess.run(
        [folder / "postgres", "--version"], capture_output=True, text=True, check=False
    ).stdout
    found = re.search(r"\) (\d+)", said)
    return int(found[1]) if found else 0


class Server:
    """A running server: makes databases, stops and is killed on demand."""

    def __init__(self, home: Path, folder: Path, account: pwd.struct_passwd | None) -> None:
        self.home, self._bin, self._account = home, folder, account
        self._process: subprocess.Popen[bytes] | None = None
        self._databases = 0

    def dsn(self, database: str = "postgres") -> str:
        """The connection string of a database."""
        return f"host={self.home} user={USER} dbname={database}"

    def url(self, database: str) -> str:
        """The same as a URL."""
        return f"postgresql://{USER}@/{database}?host={self.home}"

    def fresh(self) -> str:
        """The connection string of a new, empty database."""
        self._databases += 1
        name = f"t{self._databases}"
        with psycopg.connect(self.dsn(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")  # pyright: ignore[reportArgumentType]
        return self.dsn(name)

    def run(self, *command: str) -> None:
        """Run one of PostgreSQL's own programs to its end."""
        subprocess.run([self._bin / command[0], *command[1:]], check=True, **self._as_user())

    def _as_user(self) -> dict[str, object]:
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": self.home}
        if self._account is None:
            return quiet
        return {**quiet, "user": self._account.pw_uid, "group": self._account.pw_gid}

    def start(self) -> None:
        """Start and wait until it answers (recovery included)."""
        command = [self._bin / "postgres", "-D", self.home / "data", "-k", self.home]
        self._process = subprocess.Popen([*command, "-h", ""], **self._as_user())
        for _ in range(600):
            try:
                psycopg.connect(self.dsn()).close()
                return
            except psycopg.OperationalError:
                if self._process.poll() is not None:
                    raise NoPostgres(f"PostgreSQL did not start in {self.home}") from None
                time.sleep(0.05)
        raise NoPostgres("PostgreSQL did not answer within 30 seconds")

    def crash(self) -> None:
        """Stop at once without tidying up: the next start recovers from the write-ahead log."""
        assert self._process is not None
        self._process.send_signal(3)  # SIGQUIT: immediate shutdown
        self._process.wait(30)

    def stop(self) -> None:
        """Stop at once, cleanly."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(2)  # SIGINT: fast shutdown
            self._process.wait(30)


@contextmanager
def server(settings: str = "") -> Iterator[Server]:
    """A server with durable settings (fsync and synchronous_commit on) while the block runs."""
    folder = binaries()
    home = Path(tempfile.mkdtemp(prefix="taktnet-pg-"))
    account = _unprivileged() if os.name == "posix" and os.geteuid() == 0 else None
    if account is not None:
        os.chown(home, account.pw_uid, account.pw_gid)
    running = Server(home, folder, account)
    try:
        running.run("initdb", "-D", str(home / "data"), "-U", USER, "-A", "trust", "-E", "UTF8")
        conf = home / "data" / "postgresql.conf"
        with conf.open("a") as file:
            file.write(
                f"fsync = on\nsynchronous_commit = on\nlogging_collector = off\n{settings}\n"
            )
        running.start()
        yield running
    finally:
        running.stop()
        shutil.rmtree(home, ignore_errors=True)


@cache
def _shared() -> Server:
    stack = ExitStack()
    running = stack.enter_context(
        server("fsync = off")
    )  # kills keep the page cache; power cuts do not
    atexit.register(stack.close)
    return running


def shared() -> Server:
    """One server for the whole test run; where there is none, the test is skipped, in CI failed."""
    try:
        return _shared()
    except NoPostgres as error:
        if os.environ.get("CI", "").lower() in {"1", "true", "yes"}:
            pytest.fail(str(error))
        pytest.skip(str(error))


def _unprivileged() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise NoPostgres("run as root, but there is no user postgres or nobody to run PostgreSQL as")
