"""The settings of a tower: one table, read from `tower.toml` and `TAKTNET_*` variables.

An environment variable wins over the file, an argument wins over both. `FIELDS` is the one list:
reading, checks and the documentation are made from it.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

from taktnet.base.errors import Fault, InputFaults


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of the settings table; `unit` is part of the meaning where there is one."""

    name: str
    type: type
    default: Any
    meaning: str
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()

    @property
    def env(self) -> str:
        """The environment variable that sets it."""
        return f"TAKTNET_{self.name.upper()}"


FIELDS: tuple[Setting, ...] = (
    Setting("ledger", str, "", 'Where events are kept; "" is ledger.sqlite in the tower folder.'),
    Setting("tenant", str, "main", "The one tenant this tower serves; others are rejected."),
    Setting("host", str, "127.0.0.1", "Address to listen on; not loopback needs a token."),
    Setting("port", int, 8321, "Port to listen on.", 0, 65535),
    Setting("token", str, "", "API token; callers send `Authorization: Bearer <token>`."),
    Setting("hosts", tuple, (), "Host names the server answers to, besides its own address."),
    Setting("body_mb", float, 16.0, "Largest request body, in megabytes.", 0.001, 1024),
    Setting("group_events", int, 2000, "Most events in one commit.", 1, 100_000),
    Setting("queue_events", int, 20_000, "Events that may wait for the writer.", 1, 10_000_000),
    Setting("snapshot_events", int, 100_000, "Events between two snapshots.", 100, 100_000_000),
    Setting(
        "segments",
        str,
        "",
        'Folder of old rows as Parquet; "" is segments in the tower folder, "none" makes none.',
    ),
    Setting("segment_events", int, 1_000_000, "Rows in a segment.", 1000, 100_000_000),
    Setting("segment_days", float, 1.0, "Age in days at which rows are closed.", 0, 36_500),
    Setting("checkpoint_s", float, 1.0, "Seconds between signed checkpoints.", 0.01, 1.0),
    Setting(
        "review_s", float, 60.0, "Seconds between looks at what comes due by time alone.", 1, 86400
    ),
    Setting(
        "stale",
        str,
        "mark",
        "Decisions on late data: go out marked, or wait for a person.",
        choices=("mark", "wait"),
    ),
    Setting("signal_attempts", int, 8, "Tries before a signal is given up as refused.", 1, 1000),
    Setting("signal_backoff_s", float, 1.0, "First pause between two tries; doubles.", 0.001, 3600),
    Setting("signal_backoff_max_s", float, 600.0, "Longest pause between two tries.", 0.001, 86400),
    Setting("signal_timeout_s", float, 10.0, "Time limit of one webhook call.", 0.01, 300),
    Setting("stream_mb", float, 8.0, "Recent events kept in memory for live readers.", 0.01, 1024),
    Setting("grace_s", float, 3.0, "Time open requests are given at shutdown.", 0, 60),
    Setting("plan_kinds", tuple, (), "Plans that are worked out and proposed on a schedule."),
    Setting("plan_days", float, 7.0, "Days between two proposals of such a plan.", 0.01, 3660),
    Setting("plan_auto", tuple, (), "Plans whose proposals are approved inside the limits below."),
    Setting(
        "plan_auto_percent",
        float,
        10.0,
        "Most that such a proposal may change any number, in %.",
        0,
        1000,
    ),
    Setting(
        "plan_auto_money",
        float,
        0.0,
        "Most that it may change the money it states, in EUR.",
        0,
        1e12,
    ),
    Setting(
        "plan_auto_service",
        float,
        0.1,
        "Most that it may lose of the service, in percentage points.",
        0,
        100,
    ),
    Setting(
        "twin_error_limit",
        float,
        0.25,
        "Largest error in the last `taktnet twin check` at which the twin still gives advice.",
        0,
        100,
    ),
    Setting("twin_jobs", int, 4, "Simulations that may run at a time.", 1, 64),
    Setting("twin_seconds", float, 300.0, "Longest time of one simulation over HTTP.", 0.1, 86400),
    Setting("twin_mb", float, 2048.0, "Most memory of one run of the twin.", 1, 1_000_000),
    Setting("channels", dict, {}, "Where signals go: partner site -> channel; see `[channels.*]`."),
)
_TABLE = {f.name: f for f in FIELDS}

#: What a `[channels.<site>]` table may hold; `default` serves every site without its own.
CHANNEL_FIELDS: tuple[Setting, ...] = (
    Setting(
        "kind",
        str,
        "files",
        "How: a folder of files, a webhook, or none.",
        choices=("files", "webhook", "none"),
    ),
    Setting("folder", str, "signals", "For files: the folder, relative to the tower folder."),
    Setting("url", str, "", "For a webhook: its http(s) address."),
    Setting("secret", str, "", "For a webhook: `whsec_` and the base64 of the shared key."),
    Setting("secret_env", str, "", "For a webhook: the variable that holds the secret."),
)
_CHANNEL = {f.name: f for f in CHANNEL_FIELDS}


@dataclass(frozen=True, slots=True)
class Channel:
    """Where one partner's signals go."""

    kind: Literal["files", "webhook", "none"] = "files"
    folder: str = "signals"
    url: str = ""
    secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one tower, checked; see `FIELDS` for the meaning of each."""

    ledger: str = ""
    tenant: str = "main"
    host: str = "127.0.0.1"
    port: int = 8321
    token: str = field(default="", repr=False)
    hosts: tuple[str, ...] = ()
    body_mb: float = 16.0
    group_events: int = 2000
    queue_events: int = 20_000
    snapshot_events: int = 100_000
    segments: str = ""
    segment_events: int = 1_000_000
    segment_days: float = 1.0
    checkpoint_s: float = 1.0
    review_s: float = 60.0
    stale: Literal["mark", "wait"] = "mark"
    signal_attempts: int = 8
    signal_backoff_s: float = 1.0
    signal_backoff_max_s: float = 600.0
    signal_timeout_s: float = 10.0
    stream_mb: float = 8.0
    grace_s: float = 3.0
    plan_kinds: tuple[str, ...] = ()
    plan_days: float = 7.0
    plan_auto: tuple[str, ...] = ()
    plan_auto_percent: float = 10.0
    plan_auto_money: float = 0.0
    plan_auto_service: float = 0.1
    twin_error_limit: float = 0.25
    twin_jobs: int = 4
    twin_seconds: float = 300.0
    twin_mb: float = 2048.0
    channels: Mapping[str, Channel] = field(default_factory=lambda: {"default": Channel()})

    @classmethod
    def read(
        cls, path: Path | None = None, env: Mapping[str, str] | None = None, **given: Any
    ) -> Settings:
        """Settings from a TOML file (if it exists), the environment, and `given` (not None).

        Raises InputFaults with every fault of file and environment at once.
        """
        env = os.environ if env is None else env
        faults: list[Fault] = []
        values: dict[str, Any] = {}
        if path is not None and path.exists():
            values |= _from_file(path, env, faults)
        for f in FIELDS:
            if f.type is not dict and f.env in env:
                _take(values, f, env[f.env], f.env, faults)
        for name, value in given.items():
            if value is not None:
                _take(values, _TABLE[name], value, "argument", faults)
        if faults:
            raise InputFaults(faults)
        return cls(**values)


def _from_file(path: Path, env: Mapping[str, str], faults: list[Fault]) -> dict[str, Any]:
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputFaults([Fault(path.name, 0, "", str(error), "TOML in UTF-8")]) from error
    values: dict[str, Any] = {}
    for name, raw in table.items():
        if name == "channels":
            values[name] = _channels(raw, path, env, faults)
        elif name in _TABLE:
            _take(values, _TABLE[name], raw, path.name, faults)
        else:
            known = ", ".join(_TABLE)
            faults.append(Fault(path.name, 0, name, repr(raw), "a known setting", known))
    return values


def _channels(
    raw: Any, path: Path, env: Mapping[str, str], faults: list[Fault]
) -> dict[str, Channel]:
    channels = {"default": Channel()}
    if not isinstance(raw, dict):
        faults.append(Fault(path.name, 0, "channels", repr(raw), "a table for each partner"))
        return channels
    for site, table in raw.items():
        where = f"{path.name} [channels.{site}]"
        if not isinstance(table, dict):
            faults.append(Fault(where, 0, site, repr(table), "a table"))
            continue
        values: dict[str, Any] = {}
        for name, value in table.items():
            if name in _CHANNEL:
                _take(values, _CHANNEL[name], value, where, faults)
            else:
                faults.append(Fault(where, 0, name, repr(value), "one of " + ", ".join(_CHANNEL)))
        variable = values.pop("secret_env", "")
        if variable and variable not in env:
            faults.append(Fault(where, 0, "secret_env", variable, "a variable that is set"))
        values["secret"] = values.get("secret") or env.get(variable, "")
        if values.get("kind") == "webhook":
            _webhook(values, where, faults)
        channels[site] = Channel(**values)
    return channels


def _webhook(values: dict[str, Any], where: str, faults: list[Fault]) -> None:
    url = values.get("url", "")
    if not url.startswith(("https://", "http://")):
        faults.append(Fault(where, 0, "url", repr(url), "an http:// or https:// address"))
    if not values["secret"].startswith("whsec_"):
        hint = "whsec_ and the base64 of 24 to 64 random bytes"
        faults.append(Fault(where, 0, "secret", "not of that form", hint))


def _take(values: dict[str, Any], f: Setting, raw: Any, where: str, faults: list[Fault]) -> None:
    """Type and check one value; `raw` is text where it comes from the environment."""
    try:
        value = _typed(f, raw)
    except ValueError:
        wanted = {int: "a whole number", float: "a number", tuple: "a list of names"}
        faults.append(Fault(where, 0, f.name, repr(raw), wanted.get(f.type, "text")))
        return
    if f.choices and value not in f.choices:
        faults.append(Fault(where, 0, f.name, repr(raw), "one of " + ", ".join(f.choices)))
    elif f.low is not None and not f.low <= value <= (f.high or 0):
        faults.append(Fault(where, 0, f.name, repr(raw), f"{f.low} to {f.high}"))
    else:
        values[f.name] = value


def _typed(f: Setting, raw: Any) -> Any:
    if f.type is str and isinstance(raw, str):
        return raw
    if f.type is tuple:
        names = raw.split(",") if isinstance(raw, str) else raw
        if isinstance(names, list | tuple) and all(isinstance(n, str) for n in names):
            return tuple(n.strip() for n in names if n.strip())
    elif f.type is int and isinstance(raw, int | str) and not isinstance(raw, bool):
        return int(raw)
    elif f.type is float and isinstance(raw, int | float | str) and not isinstance(raw, bool):
        return float(raw)
    elif f.type is dict and isinstance(raw, Mapping):
        return raw
    raise ValueError(raw)


assert [f.name for f in FIELDS] == [f.name for f in fields(Settings)]
